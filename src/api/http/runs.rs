//! Runs of scenarios that were asked for over HTTP.
//!
//! The router starts no thread, so a host lends it a [`RunHost`] that does. One run goes on at a time, since a run takes all
//! processors; of those that have ended the last [`RUNS_KEPT`] are remembered, as their reports.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use axum::body::Bytes;
use event_listener::{Event, EventListener};

use crate::scenarios::{Counters, Environment, Report, Run};

/// Runs that are remembered, the last ones first to come and last to go.
pub const RUNS_KEPT: usize = 16;

/// Where runs take place.
pub trait RunHost: Send + Sync {
    /// This host, as a report names it.
    fn environment(&self) -> Environment;

    /// Begins to work on a run, and answers before it is done. Meanwhile [`ActiveRun::look`] is called several times a
    /// second, and in the end [`ActiveRun::end`], whatever happens.
    ///
    /// # Errors
    /// A sentence, when the host cannot begin.
    fn begin(&self, underway: Arc<ActiveRun>) -> Result<(), String>;
}

/// One run, from when it was asked for.
pub struct ActiveRun {
    number: u64,
    scenario: String,
    counters: Arc<Counters>,
    /// The run, until it has ended: it holds its whole trail.
    run: Mutex<Option<Arc<Run>>>,
    outcome: Mutex<Option<Outcome>>,
    news: Event,
}

/// What came of a run.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// It was checked.
    Checked {
        /// Whether all checks passed.
        passed: bool,
        /// The report, as JSON.
        report: Bytes,
    },
    /// It could not go on, for this reason.
    Failed(String),
}

impl fmt::Debug for ActiveRun {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ActiveRun({}, {:?})", self.number, self.scenario)
    }
}

impl ActiveRun {
    /// Its number, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The run to be worked on; none once it has ended.
    pub fn run(&self) -> Option<Arc<Run>> {
        lock(&self.run).clone()
    }

    /// Says that there is something new to be seen in the counters.
    pub fn look(&self) {
        self.news.notify(usize::MAX);
    }

    /// Says what came of it: the report, or a sentence that says why there is none. Only the first time counts.
    pub fn end(&self, came: Result<Report, String>) {
        let outcome = came.and_then(|report| {
            let text = serde_json::to_vec(&report).map_err(|error| error.to_string())?;
            Ok(Outcome::Checked { passed: report.passed, report: text.into() })
        });
        lock(&self.outcome).get_or_insert(outcome.unwrap_or_else(Outcome::Failed));
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

    pub(super) fn outcome(&self) -> Option<Outcome> {
        lock(&self.outcome).clone()
    }

    /// Ends when there is news. Whoever looks only afterwards misses nothing that comes after this call.
    pub(super) fn listen(&self) -> EventListener {
        self.news.listen()
    }
}

/// Why no run was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum StartRunError {
    /// This host runs none.
    NoHost,
    /// The run of this number goes on.
    Busy(u64),
    /// What was asked for cannot be.
    Refused(String),
    /// The host could not begin.
    Failed(String),
}

/// The runs of one service.
#[derive(Default)]
pub(in crate::api) struct Runs {
    host: OnceLock<Box<dyn RunHost>>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    last: u64,
    runs: VecDeque<Arc<ActiveRun>>,
}

impl Runs {
    /// Lends a host, the first time.
    pub(in crate::api) fn lend(&self, host: Box<dyn RunHost>) {
        let _ = self.host.set(host);
    }

    /// Begins a run that `prepare` makes for the host's environment.
    pub(super) fn begin(
        &self,
        prepare: impl FnOnce(Environment) -> Result<Arc<Run>, String>,
        scenario: String,
    ) -> Result<Arc<ActiveRun>, StartRunError> {
        let host = self.host.get().ok_or(StartRunError::NoHost)?;
        // Held until the run is known, so that of two who ask at once only one is heard.
        let mut known = lock(&self.known);
        if let Some(busy) = known.runs.iter().find(|run| run.outcome().is_none()) {
            return Err(StartRunError::Busy(busy.number));
        }
        let run = prepare(host.environment()).map_err(StartRunError::Refused)?;
        let underway = Arc::new(ActiveRun {
            number: known.last + 1,
            scenario,
            counters: Arc::clone(run.counters()),
            run: Mutex::new(Some(run)),
            outcome: Mutex::new(None),
            news: Event::new(),
        });
        host.begin(Arc::clone(&underway)).map_err(StartRunError::Failed)?;
        known.last += 1;
        known.runs.push_back(Arc::clone(&underway));
        if known.runs.len() > RUNS_KEPT {
            known.runs.pop_front();
        }
        Ok(underway)
    }

    /// The run of this number, if it is remembered.
    pub(super) fn find(&self, number: u64) -> Option<Arc<ActiveRun>> {
        lock(&self.known).runs.iter().find(|run| run.number == number).cloned()
    }

    /// All that are remembered, the oldest first.
    pub(in crate::api) fn all(&self) -> Vec<Arc<ActiveRun>> {
        lock(&self.known).runs.iter().cloned().collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that is kept here is left half done by a panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
