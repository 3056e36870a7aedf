//! A run on native threads.

use std::num::NonZero;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::clock::NativeClock;
use crate::scenarios::{Counters, Environment, Phase, Report, Run, WorkError};

/// The time between two calls of the observer.
const OBSERVE_INTERVAL: Duration = Duration::from_millis(50);

/// Returns the environment of runs in this process.
pub fn environment() -> Environment {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Environment {
        host: "native".to_owned(),
        workers_available: thread::available_parallelism().map_or(1, NonZero::get) as u64,
        started_at_ms: since_1970.as_millis() as u64,
        user_agent: None,
    }
}

/// Executes a run, with one thread per worker. Calls `observe` with the counters every 50 ms until
/// the run has ended.
///
/// # Errors
/// The [`WorkError`] of the first worker that failed. The other workers have stopped by then.
pub fn run_on_threads(
    run: &Run,
    mut observe: impl FnMut(&Counters) + Send,
) -> Result<Report, WorkError> {
    thread::scope(|scope| {
        let execution = scope.spawn(|| {
            thread::scope(|workers| {
                let started: Vec<_> = (0..run.workers())
                    .map(|worker| workers.spawn(move || run.work(worker, &NativeClock)))
                    .collect();
                started.into_iter().try_for_each(|worker| {
                    worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                })
            })?;
            run.finish()
        });
        while !execution.is_finished() {
            observe(run.counters());
            // The first calls are close together, so that a short run does not wait for its
            // observer.
            thread::park_timeout(match run.counters().phase() {
                Phase::Preparing => Duration::from_millis(1),
                _ => OBSERVE_INTERVAL,
            });
        }
        observe(run.counters());
        execution.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
