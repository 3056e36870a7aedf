//! Runs of scenarios, for workers: one calls [`prepare`], all call [`work`], one calls [`finish`].

use std::cell::Cell;

use js_sys::Function;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::{WorkerClock, runs, to_js};
use crate::ledger::Clock;
use crate::scenarios::{Catalogue, PerWorker, Request, Run};
use crate::sync::Ordering;

/// How often a run tells how far it is.
const TELLING_NS: u64 = 100_000_000;

/// The scenarios, their parameters and presets, and where the counters are, as a plain object.
///
/// # Errors
/// A sentence, when the object cannot be made.
#[wasm_bindgen]
pub fn describe() -> Result<JsValue, JsError> {
    to_js(&Catalogue::new())
}

/// Makes a run of a request and answers `{ run, counters: { pointer, words } }`. Quick.
///
/// # Errors
/// A sentence that names the parameter, its value and its bounds.
#[wasm_bindgen]
pub fn prepare(request: JsValue) -> Result<JsValue, JsError> {
    let request: Request = serde_wasm_bindgen::from_value(request)
        .map_err(|error| JsError::new(&format!("the request cannot be read: {error}")))?;
    let run = Run::prepare(request)?;
    let (pointer, words) = run.counters().location();
    let prepared = Prepared { run: runs::keep(run), counters: Location { pointer, words } };
    to_js(&prepared)
}

#[derive(Serialize)]
struct Prepared {
    run: u32,
    counters: Location,
}

#[derive(Serialize)]
struct Location {
    pointer: usize,
    words: usize,
}

/// Does the share of one worker of a run, from 0; returns when it is done. It blocks the calling worker.
///
/// # Errors
/// A sentence, when there is no such run or share, or when not all workers came.
#[wasm_bindgen]
pub fn work(run: u32, worker: usize) -> Result<(), JsError> {
    runs::find(run)?.work(worker, &WorkerClock::new())?;
    Ok(())
}

/// As [`work`], and has `tell` called ten times a second with a text: an object with `operations`, `attempts`, `accepted` and
/// `refused`, of all workers so far. For hosts that cannot read the counters, because no memory is shared.
///
/// # Errors
/// As [`work`].
#[wasm_bindgen]
pub fn work_telling(run: u32, worker: usize, tell: &Function) -> Result<(), JsError> {
    let run = runs::find(run)?;
    let clock = TellingClock { clock: WorkerClock::new(), told_ns: Cell::new(0), run: &run, tell };
    run.work(worker, &clock)?;
    clock.tell();
    Ok(())
}

/// A clock that whoever works looks at between batches, which is when there is something to tell.
struct TellingClock<'a> {
    clock: WorkerClock,
    told_ns: Cell<u64>,
    run: &'a Run,
    tell: &'a Function,
}

impl TellingClock<'_> {
    fn tell(&self) {
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
        let text = serde_json::to_string(&all).expect("numbers serialize");
        // What a listener throws is the listener's: the run goes on.
        let _ = self.tell.call1(&JsValue::NULL, &JsValue::from_str(&text));
    }
}

impl Clock for TellingClock<'_> {
    fn now_ns(&self) -> u64 {
        let now_ns = self.clock.now_ns();
        if now_ns.saturating_sub(self.told_ns.get()) >= TELLING_NS {
            self.told_ns.set(now_ns);
            self.tell();
        }
        now_ns
    }
}

/// Replays the trail, computes the checks and answers the report. The run stays until it is let go by [`discard`].
///
/// # Errors
/// A sentence, when there is no such run or a worker still works.
#[wasm_bindgen]
pub fn finish(run: u32) -> Result<JsValue, JsError> {
    to_js(&runs::find(run)?.finish()?)
}

/// Lets go of a run, and of all that was opened of it. One that was not finished is not checked.
#[wasm_bindgen]
pub fn discard(run: u32) {
    #[cfg(feature = "reader")]
    super::reader::let_go(run);
    runs::discard(run);
}

/// A fresh seed, below 2^53.
///
/// # Errors
/// A sentence, when the browser has no randomness to give.
#[wasm_bindgen]
pub fn random_seed() -> Result<f64, JsError> {
    Ok(crate::host::random_seed()? as f64)
}
