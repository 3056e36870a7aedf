//! Runs by their numbers.

use std::sync::{Arc, Mutex};

use super::call_error::CallError;
use super::handle_table::{HandleTable, lock};
use crate::scenarios::{Counters, Phase, Run};

#[derive(Debug)]
struct RunTable {
    runs: HandleTable<Arc<Run>>,
    /// The counters of the run that was discarded last. A page may read them until it receives the message about it.
    last_counters: Option<Arc<Counters>>,
}

static RUNS: Mutex<RunTable> =
    Mutex::new(RunTable { runs: HandleTable::new(), last_counters: None });

/// Adds a run and returns its number.
pub(super) fn insert(run: Arc<Run>) -> u32 {
    lock(&RUNS).runs.insert(run)
}

pub(super) fn find(number: u32) -> Result<Arc<Run>, CallError> {
    let run = lock(&RUNS).runs.get(number).cloned();
    run.ok_or_else(|| CallError::refused(format!("there is no run {number}; it was discarded")))
}

/// Whether any run has not finished.
pub(super) fn has_active() -> bool {
    lock(&RUNS).runs.any(|run| run.counters().phase() != Phase::Finished)
}

/// Discards a run. Its memory is freed when no worker uses it, its counters when the next run is discarded.
pub(super) fn discard(number: u32) {
    let mut table = lock(&RUNS);
    if let Some(run) = table.runs.remove(number) {
        table.last_counters = Some(Arc::clone(run.counters()));
        drop(table);
        drop(run);
    }
}
