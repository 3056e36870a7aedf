//! The runs that workers know by number.

use std::sync::{Arc, Mutex};

use wasm_bindgen::JsError;

use super::kept::{Kept, lock};
use crate::scenarios::{Counters, Phase, Run};

#[derive(Debug)]
struct Runs {
    kept: Kept<Arc<Run>>,
    /// Counters of the run that was let go last: the page may still read them when it has not heard of it yet.
    last_counters: Option<Arc<Counters>>,
}

static RUNS: Mutex<Runs> = Mutex::new(Runs { kept: Kept::new(), last_counters: None });

/// Keeps a run, and its number.
pub(super) fn keep(run: Arc<Run>) -> u32 {
    lock(&RUNS).kept.keep(run)
}

/// The run of this number.
pub(super) fn find(number: u32) -> Result<Arc<Run>, JsError> {
    let run = lock(&RUNS).kept.find(number).cloned();
    run.ok_or_else(|| JsError::new(&format!("there is no run {number}; it was discarded")))
}

/// Whether there is one that has not ended.
pub(super) fn is_one_underway() -> bool {
    lock(&RUNS).kept.any(|run| run.counters().phase() != Phase::Finished)
}

/// Lets go of a run; its memory is freed when no worker works on it any more, its counters when the next one is let go.
pub(super) fn discard(number: u32) {
    let mut runs = lock(&RUNS);
    if let Some(run) = runs.kept.take(number) {
        runs.last_counters = Some(Arc::clone(run.counters()));
        drop(runs);
        drop(run);
    }
}
