//! The module's exports for web workers. None of them may be called on a browser's window thread: they wait.
//!
//! The order of calls is in `www/engine/`: one worker calls [`prepare`], all call [`work`], one calls [`finish`]. Beside
//! runs there are services, which answer HTTP: [`open_service`] and [`handle`].

mod clock;
mod kept;
mod ledger;
mod pieces;
mod runs;
mod service;

use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;

use crate::scenarios::{Catalogue, Request, Run};

pub use clock::WorkerClock;
pub use ledger::{call_ledger, create_transfers, open_ledger};
pub use service::{close_body, close_service, handle, next_piece, open_service};

/// Before anything else in each worker: a panic's sentence goes to the console, and from there to the page.
#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
}

/// The scenarios, their parameters and presets, and where the counters are, as a plain object.
///
/// # Errors
/// A sentence, when the object cannot be made.
#[wasm_bindgen]
pub fn describe() -> Result<JsValue, JsError> {
    to_js(&Catalogue::new())
}

/// Makes a run of a request and answers `{ run, counters: { pointer, words } }`. Quick.
///
/// # Errors
/// A sentence that names the parameter, its value and its bounds.
#[wasm_bindgen]
pub fn prepare(request: JsValue) -> Result<JsValue, JsError> {
    let request: Request = serde_wasm_bindgen::from_value(request)
        .map_err(|error| JsError::new(&format!("the request cannot be read: {error}")))?;
    let run = Run::prepare(request)?;
    let (pointer, words) = run.counters().location();
    let prepared = Prepared { run: runs::keep(run), counters: Location { pointer, words } };
    to_js(&prepared)
}

#[derive(Serialize)]
struct Prepared {
    run: u32,
    counters: Location,
}

#[derive(Serialize)]
struct Location {
    pointer: usize,
    words: usize,
}

/// Does the share of one worker of a run, from 0; returns when it is done. It blocks the calling worker.
///
/// # Errors
/// A sentence, when there is no such run or share, or when not all workers came.
#[wasm_bindgen]
pub fn work(run: u32, worker: usize) -> Result<(), JsError> {
    runs::find(run)?.work(worker, &WorkerClock::new())?;
    Ok(())
}

/// Replays the trail, computes the checks and answers the report; the run is gone afterwards.
///
/// # Errors
/// A sentence, when there is no such run or a worker still works.
#[wasm_bindgen]
pub fn finish(run: u32) -> Result<JsValue, JsError> {
    let report = runs::find(run)?.finish()?;
    runs::discard(run);
    to_js(&report)
}

/// Lets go of a run without checking it.
#[wasm_bindgen]
pub fn discard(run: u32) {
    runs::discard(run);
}

/// A fresh seed, below 2^53.
///
/// # Errors
/// A sentence, when the browser has no randomness to give.
#[wasm_bindgen]
pub fn random_seed() -> Result<f64, JsError> {
    Ok(crate::host::random_seed()? as f64)
}

/// Plain objects and numbers, as `JSON.parse` would make them.
fn to_js(value: &impl Serialize) -> Result<JsValue, JsError> {
    Ok(value.serialize(&Serializer::json_compatible())?)
}
