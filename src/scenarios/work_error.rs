//! Why a run cannot go on.

use std::fmt;

use super::run::GATE_NS;
use crate::ledger::LedgerError;

/// Why a worker could not do its share, or a run cannot be finished.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WorkError {
    /// The run has no such worker, or that worker's share was taken already.
    NoSuchShare {
        /// The worker, from 0.
        worker: usize,
        /// Workers of the run.
        workers: usize,
    },
    /// Not all workers came in time.
    Missing {
        /// How many came.
        arrived: usize,
        /// How many the run has.
        workers: usize,
    },
    /// The worker that opens the accounts could not.
    NotStarted,
    /// Some workers are still working.
    Unfinished {
        /// How many are done.
        done: usize,
        /// How many the run has.
        workers: usize,
    },
    /// The ledger refused for a reason that ends no run in good order.
    Ledger(LedgerError),
}

impl fmt::Display for WorkError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchShare { worker, workers } => {
                write!(formatter, "worker {worker} has no share left in a run of {workers} workers")
            }
            Self::Missing { arrived, workers } => write!(
                formatter,
                "only {arrived} of {workers} workers came within {} s; was one stopped?",
                GATE_NS / 1_000_000_000
            ),
            Self::NotStarted => write!(formatter, "the accounts could not be opened"),
            Self::Unfinished { done, workers } => {
                write!(formatter, "{done} of {workers} workers are done; the others still work")
            }
            Self::Ledger(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for WorkError {}

impl From<LedgerError> for WorkError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}
