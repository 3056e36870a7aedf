//! Measures the ledger on web workers that share one memory, with the same bodies as on native
//! threads.
//!
//! This is not a test. `cargo xtask bench` runs it together with `benches/speed/`, and no suite
//! does. In a build without threads it is empty.
#![cfg(all(target_family = "wasm", target_feature = "atomics"))]

#[path = "../benches/speed/bodies/mod.rs"]
mod bodies;

use std::sync::Mutex;

use bodies::host::{Host, Part};
use bodies::{Plan, measure};
use ledgerlab::host::web::WorkerClock;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[wasm_bindgen(module = "/tests/web/workers.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = startWorkers)]
    async fn start_workers(
        count: usize,
        module: JsValue,
        memory: JsValue,
    ) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = doParts)]
    async fn do_parts(count: usize) -> Result<JsValue, JsValue>;
}

/// Parts that wait for a worker, by the workers' numbers.
static PARTS: Mutex<Vec<Option<Part>>> = Mutex::new(Vec::new());

/// Executes the part that waits for this worker, which calls it.
#[wasm_bindgen]
pub fn do_part(worker: usize) {
    let part = PARTS.lock().expect("no thread panicked").get_mut(worker).and_then(Option::take);
    part.expect("there is a part for this worker")();
}

/// A pool of workers, started once.
struct Workers;

/// Two writers and one that takes snapshots.
const WORKERS: usize = 3;

impl Host for Workers {
    type Clock = WorkerClock;

    async fn at_once(&self, parts: Vec<Part>) {
        let count = parts.len();
        assert!(count <= WORKERS, "{count} parts for {WORKERS} workers");
        *PARTS.lock().expect("no thread panicked") = parts.into_iter().map(Some).collect();
        do_parts(count).await.expect("every worker does its part");
    }
}

async fn print_figures(plan: Plan) {
    start_workers(WORKERS, wasm_bindgen::module(), wasm_bindgen::memory())
        .await
        .expect("the workers start");
    measure(&Workers, &plan, &mut |name, figure| console_log!("figure {name} {figure}")).await;
}

#[wasm_bindgen_test]
async fn speed_in_full() {
    print_figures(Plan::FULL).await;
}

#[wasm_bindgen_test]
async fn speed_quickly() {
    print_figures(Plan::QUICK).await;
}
