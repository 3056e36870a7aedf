//! The exports by which JavaScript holds a ledger: opened once, called from any worker, closed.
//!
//! Single calls are one text in and one text out, batches are bytes both ways. What is refused is thrown as a text: an
//! object with `code`, `message`, and `field` and `limit` where there are any. Anything else that is thrown is a trap.

mod calls;
mod options;
mod refusal;

use std::cell::LazyCell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use wasm_bindgen::prelude::*;

use super::WorkerClock;
use crate::api::Service;
use crate::book::{Clock, Interrupt};
use crate::wire::create_transfers_of_bytes;

use refusal::Refusal;

/// Ledgers that workers know by number, because JavaScript cannot hand a reference from one worker to another.
static LEDGERS: Mutex<BTreeMap<u32, Arc<Service>>> = Mutex::new(BTreeMap::new());

thread_local! {
    static CLOCK: LazyCell<WorkerClock> = const { LazyCell::new(WorkerClock::new) };
}

/// The time by the clock of the worker that asks, in nanoseconds since 1970.
fn now_ns() -> u64 {
    CLOCK.with(|clock| clock.now_ns())
}

fn ledgers() -> std::sync::MutexGuard<'static, BTreeMap<u32, Arc<Service>>> {
    LEDGERS.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn find(ledger: u32) -> Result<Arc<Service>, Refusal> {
    ledgers().get(&ledger).cloned().ok_or_else(Refusal::closed)
}

/// Opens a ledger, and answers `{ ledger, statuses }`: its number, and the names of the statuses of transfers in order.
///
/// # Errors
/// A text naming the option that is out of its range.
#[wasm_bindgen]
pub fn open_ledger(options: &str) -> Result<String, JsValue> {
    let service = options::open(options)?;
    let mut ledgers = ledgers();
    let ledger = ledgers.last_key_value().map_or(1, |(last, _)| last + 1);
    ledgers.insert(ledger, service);
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
    let mut teller = service.teller().map_err(Refusal::from)?;
    let done = create_transfers_of_bytes(teller.writer(), transfers, &Interrupt::never());
    Ok(done.map_err(Refusal::from)?)
}

/// Lets go of a ledger. Its memory is free again when no worker is in a call of it any more.
#[wasm_bindgen]
pub fn close_ledger(ledger: u32) {
    let closed = ledgers().remove(&ledger);
    drop(closed);
}
