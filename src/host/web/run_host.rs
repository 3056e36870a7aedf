//! Scenario runs that are requested over HTTP and executed by JavaScript's workers.
//!
//! After each call of [`handle`](super::handle) JavaScript asks [`next_requested_run`]. If it returns a run, as many workers
//! as it says call [`work`](super::work) while [`publish_progress`] is called several times a second. At the end one of them
//! calls [`end_run`], or [`fail_run`] if the run could not be executed.

use std::sync::{Arc, Mutex};

use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::call_error::CallError;
use super::clock::now_ns;
use super::handle_table::lock;
use super::{from_js, run_table, services, to_js};
use crate::api::{ActiveRun, RunHost};
use crate::scenarios::Environment;

/// A run that was requested and has not ended.
struct RequestedRun {
    service: u32,
    run: u32,
    workers: usize,
    /// Whether [`next_requested_run`] has returned it.
    is_taken: bool,
    underway: Arc<ActiveRun>,
}

static REQUESTED: Mutex<Vec<RequestedRun>> = Mutex::new(Vec::new());

/// Executes the runs of one service by JavaScript's workers.
struct WorkerRunHost {
    service: u32,
    environment: Environment,
}

impl RunHost for WorkerRunHost {
    fn environment(&self) -> Environment {
        Environment { started_at_ms: now_ns() / 1_000_000, ..self.environment.clone() }
    }

    fn begin(&self, underway: Arc<ActiveRun>) -> Result<(), String> {
        if run_table::has_active() {
            return Err("the workers have a run already; try again when it has ended".to_owned());
        }
        let run = underway.run().ok_or("the run has ended before it began")?;
        let (service, workers) = (self.service, run.workers());
        let run = run_table::insert(run);
        let requested = RequestedRun { service, run, workers, is_taken: false, underway };
        lock(&REQUESTED).push(requested);
        Ok(())
    }
}

/// Has a service accept runs, on a host that is described by `{ host, workers_available, user_agent }`. Only the first call
/// for a service counts.
///
/// # Errors
/// When there is no such service, and when the description cannot be read.
#[wasm_bindgen]
pub fn enable_runs(service: u32, environment: JsValue) -> Result<(), JsValue> {
    let environment: Environment = from_js("the host", environment)?;
    let found = services::find(service).ok_or_else(|| CallError::no_service(service))?;
    found.set_run_host(Box::new(WorkerRunHost { service, environment }));
    Ok(())
}

#[derive(Serialize)]
struct TakenRun {
    run: u32,
    workers: usize,
}

/// Returns a run that was requested of a service and has not begun, as `{ run, workers }`, or nothing. Each run is returned
/// once.
///
/// # Errors
/// When the result cannot be made.
#[wasm_bindgen]
pub fn next_requested_run(service: u32) -> Result<JsValue, JsValue> {
    let mut requested = lock(&REQUESTED);
    let next = requested.iter_mut().find(|next| next.service == service && !next.is_taken);
    to_js(&next.map(|next| {
        next.is_taken = true;
        TakenRun { run: next.run, workers: next.workers }
    }))
}

/// Publishes the progress of a run to those who watch it. Does nothing if there is no such run.
#[wasm_bindgen]
pub fn publish_progress(run: u32) {
    let requested = lock(&REQUESTED);
    if let Some(requested) = requested.iter().find(|requested| requested.run == run) {
        requested.underway.notify_progress();
    }
}

/// Checks a run that all its workers have finished, and publishes its report.
///
/// # Errors
/// When there is no such run.
#[wasm_bindgen]
pub fn end_run(run: u32) -> Result<(), JsValue> {
    let found = run_table::find(run)?;
    let result = found.finish().map_err(|error| error.to_string());
    drop(found);
    end(run, |underway| underway.end(result));
    Ok(())
}

/// Publishes why a run could not be executed, and stops the workers that execute it.
#[wasm_bindgen]
pub fn fail_run(run: u32, reason: String) {
    if let Ok(found) = run_table::find(run) {
        found.counters().cancel();
    }
    end(run, |underway| underway.end(Err(reason)));
}

fn end(run: u32, publish: impl FnOnce(&ActiveRun)) {
    let requested = {
        let mut requested = lock(&REQUESTED);
        let position = requested.iter().position(|requested| requested.run == run);
        position.map(|position| requested.swap_remove(position))
    };
    run_table::discard(run);
    if let Some(requested) = requested {
        publish(&requested.underway);
    }
}
