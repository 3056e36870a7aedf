//! Runs that workers know by number, because JavaScript cannot hand a reference from one worker to another.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wasm_bindgen::JsError;

use crate::scenarios::{Counters, Run};

#[derive(Debug)]
struct Runs {
    next: u32,
    kept: BTreeMap<u32, Arc<Run>>,
    /// Counters of the run that was let go last: the page may still read them when it has not heard of it yet.
    last_counters: Option<Arc<Counters>>,
}

static RUNS: Mutex<Runs> = Mutex::new(Runs { next: 1, kept: BTreeMap::new(), last_counters: None });

fn runs() -> MutexGuard<'static, Runs> {
    RUNS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps a run, and its number.
pub(super) fn keep(run: Arc<Run>) -> u32 {
    let mut runs = runs();
    let number = runs.next;
    runs.next = number.wrapping_add(1).max(1);
    runs.kept.insert(number, run);
    number
}

/// The run of this number.
pub(super) fn find(number: u32) -> Result<Arc<Run>, JsError> {
    let run = runs().kept.get(&number).cloned();
    run.ok_or_else(|| {
        JsError::new(&format!("there is no run {number}; it was finished or discarded"))
    })
}

/// Lets go of a run; its memory is freed when no worker works on it any more, its counters when the next one is let go.
pub(super) fn discard(number: u32) {
    let mut runs = runs();
    if let Some(run) = runs.kept.remove(&number) {
        runs.last_counters = Some(Arc::clone(run.counters()));
        drop(runs);
        drop(run);
    }
}
