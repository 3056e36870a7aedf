//! The exports by which JavaScript holds a ledger: opened once, called from any worker. A ledger is a service, so it
//! answers requests too, and is closed as one.
//!
//! Single calls are one text in and one text out, batches are bytes both ways. What is refused is thrown as a text: an
//! object with `code`, `message`, and `field` and `limit` where there are any. Anything else that is thrown is a trap.

mod calls;
mod options;
mod refusal;

use std::sync::Arc;

use wasm_bindgen::prelude::*;

use super::opened;
use crate::api::Service;
use crate::ledger::Cancellation;
use crate::wire::create_transfers_of_bytes;

use refusal::Refusal;

fn find(ledger: u32) -> Result<Arc<Service>, Refusal> {
    opened::find(ledger).ok_or_else(Refusal::closed)
}

/// Opens a ledger, and answers `{ ledger, statuses }`: its number as a service, and the names of the statuses of transfers in order.
///
/// # Errors
/// A text naming the option that is out of its range.
#[wasm_bindgen]
pub fn open_ledger(options: &str) -> Result<String, JsValue> {
    let ledger = opened::keep(options::open(options)?).map_err(Refusal::from)?;
    Ok(options::opened(ledger))
}

/// Does what `name` says with the fields of the object `body`, and answers what came of it as a text.
///
/// # Errors
/// A text that says why not.
#[wasm_bindgen]
pub fn call_ledger(ledger: u32, name: &str, body: &str) -> Result<String, JsValue> {
    Ok(calls::call(&*find(ledger)?, name, body)?)
}

/// Attempts transfers of 128 bytes each, and answers 16 bytes for each: see [`crate::wire::TRANSFER_BYTES`].
///
/// # Errors
/// A text that says why none was attempted.
#[wasm_bindgen]
pub fn create_transfers(ledger: u32, transfers: &[u8]) -> Result<Vec<u8>, JsValue> {
    let service = find(ledger)?;
    let mut session = service.session().map_err(Refusal::from)?;
    let done = create_transfers_of_bytes(session.writer(), transfers, &Cancellation::never());
    Ok(done.map_err(Refusal::from)?)
}
