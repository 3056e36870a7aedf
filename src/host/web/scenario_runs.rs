//! Runs of scenarios: one worker calls [`prepare`], every worker calls [`work`], one calls [`finish`].
//!
//! A call fails when there is no such run, and when an argument is invalid.

use std::cell::Cell;

use js_sys::Function;
use serde_json::json;
use wasm_bindgen::prelude::*;

use super::call_error::CallError;
use super::{WorkerClock, from_js, run_table, to_js};
use crate::ledger::Clock;
use crate::model::amounts::JsonU64;
use crate::scenarios::{Catalogue, PerWorker, Request, Run};

/// The time between two reports of a run's progress.
const PROGRESS_INTERVAL_NS: u64 = 100_000_000;

/// Returns the scenarios, their parameters and presets, and the layout of the counters, as a plain object.
#[wasm_bindgen]
pub fn describe() -> Result<JsValue, JsValue> {
    to_js(&Catalogue::new())
}

/// Prepares a run and returns `{ run, counters: { pointer, words } }`. It does no work yet.
#[wasm_bindgen]
pub fn prepare(request: JsValue) -> Result<JsValue, JsValue> {
    let request: Request = from_js("the request", request)?;
    let run = Run::prepare(request).map_err(CallError::refused)?;
    let (pointer, words) = run.counters().location();
    let run = run_table::insert(run);
    to_js(&json!({ "run": run, "counters": { "pointer": pointer, "words": words } }))
}

/// Executes the operations of one worker of a run, counted from 0. It blocks the calling worker until they are done.
#[wasm_bindgen]
pub fn work(run: u32, worker: usize) -> Result<(), JsValue> {
    run_table::find(run)?.work(worker, &WorkerClock::new()).map_err(CallError::refused)?;
    Ok(())
}

/// Like [`work`], and calls `report` ten times a second with the `operations`, `attempts`, `accepted` and `refused` of all
/// workers so far, as a JSON object. Hosts without shared memory need it, because they cannot read the counters.
#[wasm_bindgen]
pub fn work_with_progress(run: u32, worker: usize, report: &Function) -> Result<(), JsValue> {
    let run = run_table::find(run)?;
    let clock =
        ProgressClock { clock: WorkerClock::new(), reported_ns: Cell::new(0), run: &run, report };
    run.work(worker, &clock).map_err(CallError::refused)?;
    clock.report();
    Ok(())
}

/// A clock that reports progress when a worker reads it between two batches.
struct ProgressClock<'a> {
    clock: WorkerClock,
    reported_ns: Cell<u64>,
    run: &'a Run,
    report: &'a Function,
}

impl ProgressClock<'_> {
    fn report(&self) {
        let sum = |word| JsonU64(self.run.counters().sum(word));
        let progress = json!({
            "operations": sum(PerWorker::Operations),
            "attempts": sum(PerWorker::Attempts),
            "accepted": sum(PerWorker::Accepted),
            "refused": sum(PerWorker::Refused),
        });
        // An error of the callback does not concern the run.
        let _ = self.report.call1(&JsValue::NULL, &JsValue::from_str(&progress.to_string()));
    }
}

impl Clock for ProgressClock<'_> {
    fn now_ns(&self) -> u64 {
        let now_ns = self.clock.now_ns();
        if now_ns.saturating_sub(self.reported_ns.get()) >= PROGRESS_INTERVAL_NS {
            self.reported_ns.set(now_ns);
            self.report();
        }
        now_ns
    }
}

/// Replays the trail, computes the checks and returns the report. The run stays until [`discard`] is called.
#[wasm_bindgen]
pub fn finish(run: u32) -> Result<JsValue, JsValue> {
    to_js(&run_table::find(run)?.finish().map_err(CallError::refused)?)
}

/// Discards a run and its open lists and seals. A run that was not finished is not checked.
#[wasm_bindgen]
pub fn discard(run: u32) {
    #[cfg(feature = "reader")]
    super::live_inspection::close_all(run);
    run_table::discard(run);
}

/// Returns a fresh seed below 2^53.
#[wasm_bindgen]
pub fn random_seed() -> Result<f64, JsValue> {
    Ok(crate::host::random_seed().map_err(CallError::refused)? as f64)
}
