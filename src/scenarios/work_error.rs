//! Errors that stop a run.

use std::fmt;

use crate::ledger::LedgerError;

/// How long the first worker waits for the others to start.
pub(super) const START_TIMEOUT_NS: u64 = 10_000_000_000;

/// Why a worker could not do its work, a run cannot be finished, or a manual transfer was not attempted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WorkError {
    /// The run has no such worker, or that worker has started already.
    WorkerUnavailable {
        /// The worker, from 0.
        worker: usize,
        /// Workers of the run.
        workers: usize,
    },
    /// Some workers did not start in time.
    Missing {
        /// Workers that started.
        arrived: usize,
        /// Workers of the run.
        workers: usize,
    },
    /// The first worker could not create the accounts.
    NotStarted,
    /// The setup has not created all accounts yet, so no manual transfer is possible.
    NotOpen,
    /// Some workers have not finished.
    Unfinished {
        /// Workers that have finished.
        done: usize,
        /// Workers of the run.
        workers: usize,
    },
    /// The ledger returned an error that is not a normal end of a run.
    Ledger(LedgerError),
}

impl fmt::Display for WorkError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WorkerUnavailable { worker, workers } => write!(
                formatter,
                "worker {worker} (from 0) of {workers} does not exist or has started already"
            ),
            Self::Missing { arrived, workers } => write!(
                formatter,
                "only {arrived} of {workers} workers started within {} s",
                START_TIMEOUT_NS / 1_000_000_000
            ),
            Self::NotStarted => write!(formatter, "the first worker could not create the accounts"),
            Self::NotOpen => {
                write!(formatter, "the accounts of the run are not open yet; try again in a moment")
            }
            Self::Unfinished { done, workers } => {
                write!(formatter, "only {done} of {workers} workers have finished")
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
