//! A run on native threads.

use std::num::NonZero;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::NativeClock;
use crate::scenarios::{Counters, Environment, Phase, Report, Run, WorkError};

/// How often a run is looked at while it goes on.
const WATCH_EVERY: Duration = Duration::from_millis(50);

/// This process as a place to run in.
pub fn environment() -> Environment {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Environment {
        host: "native".to_owned(),
        workers_available: thread::available_parallelism().map_or(1, NonZero::get) as u64,
        started_at_ms: since_1970.as_millis() as u64,
        user_agent: None,
    }
}

/// Runs to the end, on one thread for each worker; `watch` sees the counters every 50 ms until the report is there.
///
/// # Errors
/// The first worker's [`WorkError`]; the others have stopped by then.
pub fn run_on_threads(
    run: &Run,
    mut watch: impl FnMut(&Counters) + Send,
) -> Result<Report, WorkError> {
    thread::scope(|scope| {
        let judge = scope.spawn(|| {
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
        while !judge.is_finished() {
            watch(run.counters());
            // A short run should not wait for its watcher: the first looks are close together.
            thread::park_timeout(match run.counters().phase() {
                Phase::Preparing => Duration::from_millis(1),
                _ => WATCH_EVERY,
            });
        }
        watch(run.counters());
        judge.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
