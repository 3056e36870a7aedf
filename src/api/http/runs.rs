//! Scenario runs that are started over HTTP.
//!
//! The router starts no threads, so its host provides a [`RunHost`] that does. Only one run is active
//! at a time, because a run uses all processors. The reports of the last [`RUNS_STORED`] runs are stored.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use axum::body::Bytes;
use axum::http::StatusCode;
use event_listener::Event;

use super::problem::Problem;
use crate::ledger::MemoryBudget;
use crate::scenarios::{Counters, Environment, Report, Request, Run};

/// The number of runs that are stored.
pub const RUNS_STORED: usize = 16;

/// Executes runs.
pub trait RunHost: Send + Sync {
    /// The environment of this host, for the report.
    fn environment(&self) -> Environment;

    /// Starts to execute a run, and returns before it has ended. The host calls [`ActiveRun::notify_progress`] several times
    /// a second, and always calls [`ActiveRun::end`] at the end.
    ///
    /// # Errors
    /// The reason, when the host cannot start the run.
    fn begin(&self, run: Arc<ActiveRun>) -> Result<(), String>;
}

/// A run that was started.
pub struct ActiveRun {
    /// The number of the run, from 1.
    pub(crate) number: u64,
    pub(crate) scenario: String,
    pub(crate) counters: Arc<Counters>,
    /// The run with its trail. It is dropped when the run has ended.
    run: Mutex<Option<Arc<Run>>>,
    /// The memory of the run. It is released together with it.
    memory: Mutex<Option<RunMemory>>,
    outcome: Mutex<Option<RunOutcome>>,
    /// Notified when the counters have changed and when the run has ended.
    pub(crate) news: Event,
}

#[derive(Clone, Debug)]
pub(super) enum RunOutcome {
    /// The run has ended and was checked.
    Checked {
        /// Whether all checks passed.
        passed: bool,
        /// The report in JSON.
        report: Bytes,
    },
    /// The run failed for this reason.
    Failed(String),
}

impl fmt::Debug for ActiveRun {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ActiveRun({}, {:?})", self.number, self.scenario)
    }
}

impl ActiveRun {
    /// The run to execute; `None` once it has ended.
    pub fn run(&self) -> Option<Arc<Run>> {
        lock(&self.run).clone()
    }

    /// Notifies listeners that the counters have changed.
    pub fn notify_progress(&self) {
        self.news.notify(usize::MAX);
    }

    /// Ends the run with its report, or with the reason why there is none. Only the first call has an effect.
    pub fn end(&self, result: Result<Report, String>) {
        let outcome = result.and_then(|report| {
            let text = serde_json::to_vec(&report).map_err(|error| error.to_string())?;
            Ok(RunOutcome::Checked { passed: report.passed, report: text.into() })
        });
        // Before its end can be seen, so that the next run finds the memory free.
        let run = lock(&self.run).take();
        drop(run);
        let memory = lock(&self.memory).take();
        drop(memory);
        lock(&self.outcome).get_or_insert(outcome.unwrap_or_else(RunOutcome::Failed));
        self.news.notify(usize::MAX);
    }

    /// Returns the outcome once the run has ended.
    pub(super) fn outcome(&self) -> Option<RunOutcome> {
        lock(&self.outcome).clone()
    }
}

/// Memory that was taken for a run.
struct RunMemory {
    budget: Arc<MemoryBudget>,
    bytes: u64,
}

impl RunMemory {
    /// Takes a run's memory, or returns the problem of a run that needs more than is left.
    fn take(budget: &Arc<MemoryBudget>, bytes: u64) -> Result<Self, Problem> {
        let left = budget.left();
        if budget.take(bytes) {
            return Ok(Self { budget: Arc::clone(budget), bytes });
        }
        let detail = format!(
            "the run needs {} MiB for its trail and accounts, and {} are left of the server's memory; \
             choose a smaller trail_mib",
            bytes.div_ceil(1 << 20),
            left >> 20
        );
        Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "run_memory_full", detail)
            .about("parameters.trail_mib"))
    }
}

impl Drop for RunMemory {
    fn drop(&mut self) {
        self.budget.release(self.bytes);
    }
}

/// The runs of a service.
#[derive(Default)]
pub(crate) struct Runs {
    host: OnceLock<Box<dyn RunHost>>,
    stored: Mutex<StoredRuns>,
}

#[derive(Default)]
struct StoredRuns {
    last: u64,
    runs: VecDeque<Arc<ActiveRun>>,
    /// Whether a run is being prepared. Others can be read meanwhile.
    is_preparing: bool,
}

/// The number of a run that is being prepared. Until it is stored or this is dropped, no other can begin.
struct BegunRun<'a> {
    stored: &'a Mutex<StoredRuns>,
    number: u64,
}

impl<'a> BegunRun<'a> {
    /// Reserves the next number, unless another run is active.
    fn reserve(runs: &'a Mutex<StoredRuns>) -> Result<Self, Problem> {
        let mut stored = lock(runs);
        let next = stored.last + 1;
        let active = stored.runs.iter().find(|run| run.outcome().is_none()).map(|run| run.number);
        if let Some(number) = active.or(stored.is_preparing.then_some(next)) {
            let detail =
                format!("run {number} is active, and only one can be at a time; cancel it or wait");
            return Err(Problem::new(StatusCode::CONFLICT, "run_under_way", detail));
        }
        stored.is_preparing = true;
        Ok(Self { stored: runs, number: next })
    }

    fn store(self, run: Arc<ActiveRun>) {
        let mut stored = lock(self.stored);
        stored.last = self.number;
        stored.runs.push_back(run);
        if stored.runs.len() > RUNS_STORED {
            stored.runs.pop_front();
        }
    }
}

impl Drop for BegunRun<'_> {
    fn drop(&mut self) {
        lock(self.stored).is_preparing = false;
    }
}

impl Runs {
    /// Sets the host. Only the first call has an effect.
    pub(crate) fn set_run_host(&self, host: Box<dyn RunHost>) {
        let _ = self.host.set(host);
    }

    /// Starts a run, with memory of this budget. `request` receives the environment of the host.
    pub(super) fn begin(
        &self,
        budget: &Arc<MemoryBudget>,
        request: impl FnOnce(Environment) -> Request,
    ) -> Result<Arc<ActiveRun>, Problem> {
        let Some(host) = self.host.get() else {
            let detail = "this host does not run scenarios; `ledgerlab serve` does";
            return Err(Problem::new(StatusCode::NOT_IMPLEMENTED, "no_runs_here", detail));
        };
        let begun = BegunRun::reserve(&self.stored)?;
        let request = request(host.environment());
        let scenario = request.scenario.clone();
        let run = Run::prepare(request).map_err(|error| {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_run", error.to_string())
        })?;
        let memory = RunMemory::take(budget, run.memory_bytes())?;
        let active = Arc::new(ActiveRun {
            number: begun.number,
            scenario,
            counters: Arc::clone(run.counters()),
            run: Mutex::new(Some(run)),
            memory: Mutex::new(Some(memory)),
            outcome: Mutex::new(None),
            news: Event::new(),
        });
        host.begin(Arc::clone(&active)).map_err(|detail| {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "run_not_begun", detail)
        })?;
        begun.store(Arc::clone(&active));
        Ok(active)
    }

    /// Returns the run with this number, if it is stored.
    pub(super) fn find(&self, number: u64) -> Option<Arc<ActiveRun>> {
        lock(&self.stored).runs.iter().find(|run| run.number == number).cloned()
    }

    /// Returns the stored runs, the oldest first.
    pub(crate) fn all(&self) -> Vec<Arc<ActiveRun>> {
        lock(&self.stored).runs.iter().cloned().collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each change is a single step, so a panic leaves the value valid.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
