//! Scenario runs that are requested over HTTP and executed by JavaScript's workers.
//!
//! After each call of [`handle`](super::handle), JavaScript calls [`next_requested_run`]. If it returns a run, each of the
//! run's workers calls [`work`](super::work), and one of them calls [`publish_progress`] several times a second. At the end,
//! one calls [`end_run`], or [`fail_run`] if the run could not be executed.

use std::sync::{Arc, Mutex};

use serde_json::json;
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
    active: Arc<ActiveRun>,
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

    fn begin(&self, active: Arc<ActiveRun>) -> Result<(), String> {
        if run_table::has_active() {
            return Err("the workers have a run already; try again when it has ended".to_owned());
        }
        let run = active.run().ok_or("the run has ended before it began")?;
        let (service, workers) = (self.service, run.workers());
        let run = run_table::insert(run);
        let requested = RequestedRun { service, run, workers, is_taken: false, active };
        lock(&REQUESTED).push(requested);
        Ok(())
    }
}

/// Makes a service accept runs, on a host described by `{ host, workers_available, user_agent }`. Only the first call for a
/// service has an effect.
#[wasm_bindgen]
pub fn enable_runs(service: u32, environment: JsValue) -> Result<(), JsValue> {
    let environment: Environment = from_js("the host", environment)?;
    let found = services::find(service).ok_or_else(|| CallError::no_service(service))?;
    found.set_run_host(Box::new(WorkerRunHost { service, environment }));
    Ok(())
}

/// Returns a requested run that has not started, as `{ run, workers }`, or nothing. Each run is returned once.
#[wasm_bindgen]
pub fn next_requested_run(service: u32) -> Result<JsValue, JsValue> {
    let mut requested = lock(&REQUESTED);
    let next = requested.iter_mut().find(|next| next.service == service && !next.is_taken);
    to_js(&next.map(|next| {
        next.is_taken = true;
        json!({ "run": next.run, "workers": next.workers })
    }))
}

/// Publishes the progress of a run to its listeners. Does nothing if there is no such run.
#[wasm_bindgen]
pub fn publish_progress(run: u32) {
    let requested = lock(&REQUESTED);
    if let Some(requested) = requested.iter().find(|requested| requested.run == run) {
        requested.active.notify_progress();
    }
}

/// Checks a run that all its workers have finished, and publishes its report.
#[wasm_bindgen]
pub fn end_run(run: u32) -> Result<(), JsValue> {
    let found = run_table::find(run)?;
    let result = found.finish().map_err(|error| error.to_string());
    drop(found);
    end(run, |active| active.end(result));
    Ok(())
}

/// Publishes why a run could not be executed, and stops the workers that execute it.
#[wasm_bindgen]
pub fn fail_run(run: u32, reason: String) {
    if let Ok(found) = run_table::find(run) {
        found.counters().cancel();
    }
    end(run, |active| active.end(Err(reason)));
}

fn end(run: u32, publish: impl FnOnce(&ActiveRun)) {
    let requested = {
        let mut requested = lock(&REQUESTED);
        let position = requested.iter().position(|requested| requested.run == run);
        position.map(|position| requested.swap_remove(position))
    };
    run_table::discard(run);
    if let Some(requested) = requested {
        publish(&requested.active);
    }
}
