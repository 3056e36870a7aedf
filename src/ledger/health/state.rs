//! State shared by all samples of a ledger's health.

use super::components::{LatchFigures, WINDOW_OPERATIONS_MIN};
use crate::sync::{AtomicU64, Latched, Ordering};
use crate::trail::Divergence;

/// Stands for a time that has not been set.
const UNSET: u64 = u64::MAX;

/// What samples share, and what others have reported of the ledger's health.
#[derive(Debug)]
pub(in crate::ledger) struct HealthState {
    started_ns: AtomicU64,
    pub(super) samples: Latched<SampleState>,
}

impl Default for HealthState {
    fn default() -> Self {
        Self { started_ns: AtomicU64::new(UNSET), samples: Latched::new(SampleState::default(), 0) }
    }
}

impl HealthState {
    /// Sets the time from which uptime counts, unless it is set. Returns it.
    pub(super) fn start(&self, now_ns: u64) -> u64 {
        if self.started_ns.load(Ordering::Relaxed) == UNSET {
            // If another thread was faster, its time counts.
            let started = &self.started_ns;
            let _ = started.compare_exchange(UNSET, now_ns, Ordering::Relaxed, Ordering::Relaxed);
        }
        self.started_ns.load(Ordering::Relaxed)
    }
}

/// The part of the state that a latch protects.
#[derive(Debug, Default)]
pub(super) struct SampleState {
    /// The counts at the start of the current window.
    window: Counts,
    window_ns: u64,
    /// The highest operation count that a sample has seen.
    pub(super) operations: u64,
    pub(super) replay: Option<ReplayRun>,
}

impl SampleState {
    /// Returns the figures of the current window, and starts a new one if it has enough operations.
    pub(super) fn window(&mut self, now: Counts, now_ns: u64, started_ns: u64) -> LatchFigures {
        let figures = LatchFigures {
            window_ns: now_ns.saturating_sub(self.window_ns.max(started_ns)),
            operations: now.operations - self.window.operations,
            waits: now.waits - self.window.waits,
            conflicts: now.conflicts - self.window.conflicts,
        };
        if figures.operations >= WINDOW_OPERATIONS_MIN {
            (self.window, self.window_ns) = (now, now_ns);
        }
        figures
    }
}

/// The last run of serial replay. A divergence has a fixed size, however long its message.
#[derive(Debug)]
pub(super) struct ReplayRun {
    pub(super) at_ns: u64,
    pub(super) result: Result<u64, Box<Divergence>>,
}

/// The sums of the writers' published counts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) operations: u64,
    pub(super) waits: u64,
    pub(super) conflicts: u64,
}
