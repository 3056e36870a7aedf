//! Scenario runs that are asked for over HTTP, on threads of their own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use crate::api::{ActiveRun, RunHost};
use crate::host::native::{environment, run_on_threads};
use crate::scenarios::Environment;

/// Of the looks at a run, 20 a second, every fourth one is news.
const LOOKS_PER_NEWS: u32 = 4;

/// This machine's threads.
pub(super) struct Threads;

impl RunHost for Threads {
    fn environment(&self) -> Environment {
        environment()
    }

    fn begin(&self, underway: Arc<ActiveRun>) -> Result<(), String> {
        let run = underway.run().ok_or("the run has ended before it began")?;
        let watched = move || {
            let mut looks = 0_u32;
            // A panic of a worker ends that run, and not the server.
            let came = catch_unwind(AssertUnwindSafe(|| {
                run_on_threads(&run, |_| {
                    looks = looks.wrapping_add(1);
                    if looks.is_multiple_of(LOOKS_PER_NEWS) {
                        underway.look();
                    }
                })
            }));
            drop(run);
            underway.end(match came {
                Ok(Ok(report)) => Ok(report),
                Ok(Err(error)) => Err(error.to_string()),
                Err(_) => Err("a worker panicked; the server's log says where".to_owned()),
            });
        };
        let thread = thread::Builder::new().name("run".to_owned()).spawn(watched);
        thread.map(drop).map_err(|error| format!("there is no thread for it: {error}"))
    }
}
