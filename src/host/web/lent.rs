//! Scenario runs that a service is asked for over HTTP, done by workers that JavaScript lends it.
//!
//! Whoever calls [`handle`](super::handle) asks [`wanted_run`] afterwards. Where it answers a run, all workers of it call
//! [`work`](super::work), while [`look_at_run`] is called several times a second, and in the end one calls [`end_run`], or
//! [`fail_run`] where it could not be done.

use std::sync::{Arc, Mutex};

use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::clock::now_ns;
use super::kept::lock;
use super::{opened, runs, to_js};
use crate::api::{ActiveRun, RunHost};
use crate::scenarios::Environment;

/// A run that somebody waits for.
struct Asked {
    service: u32,
    run: u32,
    workers: usize,
    /// Whether it was handed out by [`wanted_run`].
    is_taken: bool,
    underway: Arc<ActiveRun>,
}

static ASKED: Mutex<Vec<Asked>> = Mutex::new(Vec::new());

/// The workers that JavaScript lends to one service.
struct Lent {
    service: u32,
    environment: Environment,
}

impl RunHost for Lent {
    fn environment(&self) -> Environment {
        Environment { started_at_ms: now_ns() / 1_000_000, ..self.environment.clone() }
    }

    fn begin(&self, underway: Arc<ActiveRun>) -> Result<(), String> {
        if runs::is_one_underway() {
            return Err("the workers have a run already; try again when it has ended".to_owned());
        }
        let run = underway.run().ok_or("the run has ended before it began")?;
        let (service, workers) = (self.service, run.workers());
        let run = runs::keep(run);
        lock(&ASKED).push(Asked { service, run, workers, is_taken: false, underway });
        Ok(())
    }
}

/// Lends workers to a service, on a host that is described by `{ host, workers_available, user_agent }`. Only the first
/// ones count.
///
/// # Errors
/// A sentence, when there is no such service, and when the description cannot be read.
#[wasm_bindgen]
pub fn lend_workers(service: u32, environment: JsValue) -> Result<(), JsError> {
    let environment: Environment = serde_wasm_bindgen::from_value(environment)
        .map_err(|error| JsError::new(&format!("the host cannot be read: {error}")))?;
    let found = opened::find(service);
    let found = found.ok_or_else(|| JsError::new(&format!("there is no service {service}")))?;
    found.lend(Box::new(Lent { service, environment }));
    Ok(())
}

#[derive(Serialize)]
struct Wanted {
    run: u32,
    workers: usize,
}

/// A run that a service was asked for and that nobody has begun: `{ run, workers }`, once; nothing where there is none.
///
/// # Errors
/// A sentence, when the answer cannot be made.
#[wasm_bindgen]
pub fn wanted_run(service: u32) -> Result<JsValue, JsError> {
    let mut asked = lock(&ASKED);
    let next = asked.iter_mut().find(|asked| asked.service == service && !asked.is_taken);
    to_js(&next.map(|asked| {
        asked.is_taken = true;
        Wanted { run: asked.run, workers: asked.workers }
    }))
}

/// Says that there is something new to be seen of a run. One that is not there is no error.
#[wasm_bindgen]
pub fn look_at_run(run: u32) {
    let asked = lock(&ASKED);
    if let Some(asked) = asked.iter().find(|asked| asked.run == run) {
        asked.underway.look();
    }
}

/// Checks a run that all its workers have done, and answers those who wait for its report.
///
/// # Errors
/// A sentence, when there is no such run.
#[wasm_bindgen]
pub fn end_run(run: u32) -> Result<(), JsError> {
    let found = runs::find(run)?;
    let came = found.finish().map_err(|error| error.to_string());
    drop(found);
    end(run, |underway| underway.end(came));
    Ok(())
}

/// Says why a run could not be done, and has those stop who work on it.
#[wasm_bindgen]
pub fn fail_run(run: u32, why: String) {
    if let Ok(found) = runs::find(run) {
        found.counters().cancel();
    }
    end(run, |underway| underway.end(Err(why)));
}

fn end(run: u32, how: impl FnOnce(&ActiveRun)) {
    let asked = {
        let mut asked = lock(&ASKED);
        let place = asked.iter().position(|asked| asked.run == run);
        place.map(|place| asked.swap_remove(place))
    };
    runs::discard(run);
    if let Some(asked) = asked {
        how(&asked.underway);
    }
}
