//! A build with shared memory: each worker of a run is a web worker.

use wasm_bindgen::prelude::*;

use crate::Prepared;
use crate::scenario_cases::Case;

#[wasm_bindgen(module = "/tests/web/workers.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = startWorkers)]
    async fn start_workers(
        count: usize,
        module: JsValue,
        memory: JsValue,
    ) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = workOn)]
    fn work_on(run: u32) -> js_sys::Promise;
    #[wasm_bindgen(catch, js_name = cancelAfter)]
    async fn cancel_after(
        attempts: u32,
        memory: JsValue,
        pointer: u32,
        words: u32,
        layout: JsValue,
    ) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = stopWorkers)]
    fn stop_workers();
}

/// Returns the case unchanged: any number of workers is possible here.
pub(crate) fn as_possible(case: Case) -> Case {
    case
}

/// The web workers of a run, which stop when dropped.
pub(crate) struct Host;

impl Host {
    pub(crate) async fn start(workers: usize) -> Self {
        start_workers(workers, wasm_bindgen::module(), wasm_bindgen::memory())
            .await
            .expect("the workers start");
        Self
    }

    /// Executes the run, and cancels it from here if the case says so.
    pub(crate) async fn work(&self, case: &Case, prepared: &Prepared) {
        let working = work_on(prepared.run);
        if let Some(attempts) = case.cancel_after {
            let Prepared { pointer, words, layout, .. } = prepared;
            let memory = wasm_bindgen::memory();
            cancel_after(attempts as u32, memory, *pointer, *words, layout.clone())
                .await
                .expect("the run is cancelled");
        }
        let done = wasm_bindgen_futures::JsFuture::from(working).await;
        done.expect("every worker does its share");
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        stop_workers();
    }
}
