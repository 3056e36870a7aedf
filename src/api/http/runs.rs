//! Scenario runs that are started over HTTP.
//!
//! The router starts no thread, so its host provides a [`RunHost`] that does. One run is active at a
//! time, since a run uses all processors. The reports of the last [`RUNS_KEPT`] runs are kept.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use axum::body::Bytes;
use event_listener::{Event, EventListener};

use crate::scenarios::{Counters, Environment, Report, Run};

/// The number of runs that are kept.
pub const RUNS_KEPT: usize = 16;

/// Executes runs.
pub trait RunHost: Send + Sync {
    /// The environment of this host, for the report.
    fn environment(&self) -> Environment;

    /// Starts to execute a run, and returns before it is done. The host calls [`ActiveRun::look`] several times a second
    /// meanwhile, and [`ActiveRun::end`] at the end, whatever happens.
    ///
    /// # Errors
    /// A sentence, when the host cannot start.
    fn begin(&self, run: Arc<ActiveRun>) -> Result<(), String>;
}

/// A run that was started.
pub struct ActiveRun {
    number: u64,
    scenario: String,
    counters: Arc<Counters>,
    /// The run itself, which holds its whole trail, until it has ended.
    run: Mutex<Option<Arc<Run>>>,
    outcome: Mutex<Option<RunOutcome>>,
    news: Event,
}

/// The outcome of a run.
#[derive(Clone, Debug)]
pub(super) enum RunOutcome {
    /// It has ended and was checked.
    Checked {
        /// Whether all checks passed.
        passed: bool,
        /// The report in JSON.
        report: Bytes,
    },
    /// It failed, for this reason.
    Failed(String),
}

impl fmt::Debug for ActiveRun {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ActiveRun({}, {:?})", self.number, self.scenario)
    }
}

impl ActiveRun {
    /// The number of the run, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The run to execute; `None` once it has ended.
    pub fn run(&self) -> Option<Arc<Run>> {
        lock(&self.run).clone()
    }

    /// Notifies listeners that the counters have changed.
    pub fn look(&self) {
        self.news.notify(usize::MAX);
    }

    /// Ends the run with its report, or with a sentence that says why there is none. Only the first call counts.
    pub fn end(&self, result: Result<Report, String>) {
        let outcome = result.and_then(|report| {
            let text = serde_json::to_vec(&report).map_err(|error| error.to_string())?;
            Ok(RunOutcome::Checked { passed: report.passed, report: text.into() })
        });
        lock(&self.outcome).get_or_insert(outcome.unwrap_or_else(RunOutcome::Failed));
        let run = lock(&self.run).take();
        drop(run);
        self.news.notify(usize::MAX);
    }

    pub(super) fn scenario(&self) -> &str {
        &self.scenario
    }

    pub(in crate::api) fn counters(&self) -> &Counters {
        &self.counters
    }

    pub(super) fn outcome(&self) -> Option<RunOutcome> {
        lock(&self.outcome).clone()
    }

    /// Returns a listener for news after this call.
    pub(super) fn listen(&self) -> EventListener {
        self.news.listen()
    }
}

/// Why a run was not started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum StartRunError {
    /// The host does not execute runs.
    NoHost,
    /// The run with this number is active.
    Busy(u64),
    /// The request is invalid.
    Rejected(String),
    /// The host could not start it.
    Failed(String),
}

/// The runs of a service.
#[derive(Default)]
pub(in crate::api) struct Runs {
    host: OnceLock<Box<dyn RunHost>>,
    kept: Mutex<KeptRuns>,
}

#[derive(Default)]
struct KeptRuns {
    last: u64,
    runs: VecDeque<Arc<ActiveRun>>,
}

impl Runs {
    /// Provides a host. Only the first call counts.
    pub(in crate::api) fn lend(&self, host: Box<dyn RunHost>) {
        let _ = self.host.set(host);
    }

    /// Starts a run that `prepare` makes for the host's environment.
    pub(super) fn begin(
        &self,
        prepare: impl FnOnce(Environment) -> Result<Arc<Run>, String>,
        scenario: String,
    ) -> Result<Arc<ActiveRun>, StartRunError> {
        let host = self.host.get().ok_or(StartRunError::NoHost)?;
        // Locked until the run is kept, so that of two simultaneous requests only one succeeds.
        let mut kept = lock(&self.kept);
        if let Some(busy) = kept.runs.iter().find(|run| run.outcome().is_none()) {
            return Err(StartRunError::Busy(busy.number));
        }
        let run = prepare(host.environment()).map_err(StartRunError::Rejected)?;
        let active = Arc::new(ActiveRun {
            number: kept.last + 1,
            scenario,
            counters: Arc::clone(run.counters()),
            run: Mutex::new(Some(run)),
            outcome: Mutex::new(None),
            news: Event::new(),
        });
        host.begin(Arc::clone(&active)).map_err(StartRunError::Failed)?;
        kept.last += 1;
        kept.runs.push_back(Arc::clone(&active));
        if kept.runs.len() > RUNS_KEPT {
            kept.runs.pop_front();
        }
        Ok(active)
    }

    /// Returns the run with this number, if it is kept.
    pub(super) fn find(&self, number: u64) -> Option<Arc<ActiveRun>> {
        lock(&self.kept).runs.iter().find(|run| run.number == number).cloned()
    }

    /// All runs that are kept, the oldest first.
    pub(in crate::api) fn all(&self) -> Vec<Arc<ActiveRun>> {
        lock(&self.kept).runs.iter().cloned().collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic leaves nothing here half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
