//! A build without threads: the test's worker executes the whole run.

use ledgerlab::host::web::work_with_progress;
use wasm_bindgen::prelude::*;

use crate::scenario_cases::Case;
use crate::{Prepared, expect_ok};

#[wasm_bindgen(module = "/tests/web/workers.js")]
extern "C" {
    #[wasm_bindgen(js_name = cancelIf)]
    fn cancel_if(
        attempts: u32,
        memory: JsValue,
        pointer: u32,
        words: u32,
        layout: &JsValue,
    ) -> bool;
}

/// Returns the case with one worker. A run waits for all of its workers at the start.
pub(crate) fn as_possible(case: Case) -> Case {
    case.on_one_worker()
}

/// This worker.
pub(crate) struct Host;

impl Host {
    pub(crate) async fn start(_workers: usize) -> Self {
        Self
    }

    /// Executes the run. If the case says so, the run's progress callback cancels it, because no
    /// other thread can.
    pub(crate) async fn work(&self, case: &Case, prepared: &Prepared) {
        let after = case.cancel_after;
        let Prepared { run, pointer, words, ref layout } = *prepared;
        let layout = layout.clone();
        let on_progress = Closure::<dyn FnMut(JsValue)>::new(move |_progress| {
            if let Some(attempts) = after {
                cancel_if(attempts as u32, wasm_bindgen::memory(), pointer, words, &layout);
            }
        });
        expect_ok(work_with_progress(run, 0, on_progress.as_ref().unchecked_ref()));
    }
}
