//! Runs of scenarios: one worker calls [`prepare`], every worker calls [`work`], one calls [`finish`].

use std::cell::Cell;

use js_sys::Function;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::call_error::CallError;
use super::{WorkerClock, from_js, run_table, to_js};
use crate::ledger::Clock;
use crate::scenarios::{Catalogue, PerWorker, Request, Run};
use crate::sync::Ordering;

/// The time between two reports of a run's progress.
const PROGRESS_INTERVAL_NS: u64 = 100_000_000;

/// Returns the scenarios, their parameters and presets, and the layout of the counters, as a plain object.
///
/// # Errors
/// When the object cannot be made.
#[wasm_bindgen]
pub fn describe() -> Result<JsValue, JsValue> {
    to_js(&Catalogue::new())
}

/// Prepares a run and returns `{ run, counters: { pointer, words } }`. It does no work yet.
///
/// # Errors
/// When a parameter is out of its bounds. The message names it, its value and the bounds.
#[wasm_bindgen]
pub fn prepare(request: JsValue) -> Result<JsValue, JsValue> {
    let request: Request = from_js("the request", request)?;
    let run = Run::prepare(request).map_err(CallError::refused)?;
    let (pointer, words) = run.counters().location();
    to_js(&PreparedRun {
        run: run_table::insert(run),
        counters: CountersLocation { pointer, words },
    })
}

#[derive(Serialize)]
struct PreparedRun {
    run: u32,
    counters: CountersLocation,
}

#[derive(Serialize)]
struct CountersLocation {
    pointer: usize,
    words: usize,
}

/// Executes the share of one worker of a run, from 0. It blocks the calling worker until the share is done.
///
/// # Errors
/// When there is no such run or share, and when not all workers came.
#[wasm_bindgen]
pub fn work(run: u32, worker: usize) -> Result<(), JsValue> {
    run_table::find(run)?.work(worker, &WorkerClock::new()).map_err(CallError::refused)?;
    Ok(())
}

/// Does the same as [`work`], and calls `report` ten times a second with JSON: an object with `operations`, `attempts`,
/// `accepted` and `refused` of all workers so far. It is for hosts that share no memory and so cannot read the counters.
///
/// # Errors
/// As [`work`].
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
        #[derive(Default, Serialize)]
        struct Progress {
            operations: u64,
            attempts: u64,
            accepted: u64,
            refused: u64,
        }
        let mut all = Progress::default();
        for worker in 0..self.run.workers() {
            let word = |word| self.run.counters().worker(worker, word).load(Ordering::Relaxed);
            all.operations += word(PerWorker::Operations);
            all.attempts += word(PerWorker::Attempts);
            all.accepted += word(PerWorker::Accepted);
            all.refused += word(PerWorker::Refused);
        }
        let json = serde_json::to_string(&all).expect("numbers serialize");
        // An error of the callback does not concern the run.
        let _ = self.report.call1(&JsValue::NULL, &JsValue::from_str(&json));
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
///
/// # Errors
/// When there is no such run, and while a worker works.
#[wasm_bindgen]
pub fn finish(run: u32) -> Result<JsValue, JsValue> {
    to_js(&run_table::find(run)?.finish().map_err(CallError::refused)?)
}

/// Discards a run and all that was opened of it. A run that was not finished is not checked.
#[wasm_bindgen]
pub fn discard(run: u32) {
    #[cfg(feature = "reader")]
    super::live_inspection::close_all(run);
    run_table::discard(run);
}

/// Returns a fresh seed below 2^53.
///
/// # Errors
/// When the host has no source of randomness.
#[wasm_bindgen]
pub fn random_seed() -> Result<f64, JsValue> {
    Ok(crate::host::random_seed().map_err(CallError::refused)? as f64)
}
