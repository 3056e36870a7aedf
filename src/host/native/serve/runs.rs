//! Executes the scenario runs that are started over HTTP.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use crate::api::{ActiveRun, RunHost};
use crate::host::native::threads::{environment, run_on_threads};
use crate::scenarios::Environment;

/// The number of observations of a run, 20 a second, per progress event.
const OBSERVATIONS_PER_EVENT: u32 = 4;

/// Executes runs on threads of this process.
pub(super) struct ThreadHost;

impl RunHost for ThreadHost {
    fn environment(&self) -> Environment {
        environment()
    }

    fn begin(&self, active_run: Arc<ActiveRun>) -> Result<(), String> {
        let run = active_run.run().ok_or("the run ended before it started")?;
        let execute = move || {
            let mut observations = 0_u32;
            // A panic of a worker ends its run, but not the server.
            let result = catch_unwind(AssertUnwindSafe(|| {
                run_on_threads(&run, |_| {
                    observations = observations.wrapping_add(1);
                    if observations.is_multiple_of(OBSERVATIONS_PER_EVENT) {
                        active_run.notify_progress();
                    }
                })
            }));
            drop(run);
            active_run.end(match result {
                Ok(Ok(report)) => Ok(report),
                Ok(Err(error)) => Err(error.to_string()),
                Err(_) => Err("a worker panicked; the server's log says where".to_owned()),
            });
        };
        let thread = thread::Builder::new().name("run".to_owned()).spawn(execute);
        thread.map(drop).map_err(|error| format!("no thread can be started: {error}"))
    }
}
