//! The exports of a ledger, which is opened once and called from any worker. A ledger is a service, so it can also handle
//! requests, and [`close_service`](super::close_service) closes it.
//!
//! A call takes JSON and returns JSON. A batch is bytes both ways.

mod calls;
pub(super) mod open;

use std::sync::Arc;

use wasm_bindgen::prelude::*;

use super::call_error::CallError;
use super::services;
use crate::api::Service;
use crate::ledger::Cancellation;
use crate::wire::create_transfers_of_bytes;

#[cfg(all(feature = "store", not(feature = "http")))]
use super::store::call_store;

/// Without a store there are no further calls.
#[cfg(not(all(feature = "store", not(feature = "http"))))]
fn call_store(_ledger: u32, name: &str, _body: &str) -> Result<String, CallError> {
    Err(CallError::unknown_call(name))
}

fn find(ledger: u32) -> Result<Arc<Service>, CallError> {
    services::find(ledger).ok_or_else(CallError::closed)
}

/// Opens a ledger and returns `{ ledger, statuses }`: its number, and the names of the statuses of transfers in order.
///
/// # Errors
/// When an option is out of its range. The error names it.
#[wasm_bindgen]
pub fn open_ledger(options: &str) -> Result<String, JsValue> {
    let ledger = services::insert(open::open(options)?).map_err(CallError::from)?;
    Ok(open::opened(ledger))
}

/// Attempts transfers of 128 bytes each, and returns 16 bytes for each: see [`crate::wire::TRANSFER_BYTES`].
///
/// # Errors
/// When none was attempted, because the bytes are invalid or the ledger is full.
#[wasm_bindgen]
pub fn create_transfer_batch(ledger: u32, transfers: &[u8]) -> Result<Vec<u8>, JsValue> {
    let service = find(ledger)?;
    let mut session = service.session().map_err(CallError::from)?;
    let results = create_transfers_of_bytes(session.writer(), transfers, &Cancellation::never());
    Ok(results.map_err(CallError::from)?)
}

/// Declares [`call_ledger`], which has one export for all calls: each export takes as much room as some calls do.
macro_rules! calls {
    ($($(#[$doc:meta])+ $name:ident,)+) => {
        /// Calls a ledger by the name of the call:
        $(
            #[doc = concat!("- `", stringify!($name), "`:")]
            $(#[$doc])+
        )+
        ///
        /// # Errors
        /// When the ledger rejects the call.
        #[wasm_bindgen]
        pub fn call_ledger(ledger: u32, name: &str, body: &str) -> Result<String, JsValue> {
            let call = match name {
                $(stringify!($name) => calls::$name,)+
                _ => return Ok(call_store(ledger, name, body)?),
            };
            Ok(call(&*find(ledger)?, body)?)
        }
    };
}

calls! {
    /// Opens an account `{ name, amount }` and returns its id.
    open_account,
    /// Returns the id of the account `{ name }`.
    account_id,
    /// Returns the coins of the account `{ name }`.
    balance,
    /// Moves coins: `{ from, to, amount }`.
    transfer,
    /// Adds coins: `{ to, amount }`.
    deposit,
    /// Takes coins: `{ from, amount }`.
    withdraw,
    /// Returns the latest movements of coins: `{ name, limit }`.
    history,
    /// Creates accounts: `{ events }`.
    create_accounts,
    /// Attempts transfers: `{ events }`.
    create_transfers,
    /// Returns the accounts with these `{ ids }`.
    lookup_accounts,
    /// Returns the transfers with these `{ ids }`.
    lookup_transfers,
    /// Returns the transfers of an account that match a `{ filter }`.
    get_account_transfers,
    /// Returns the balances of an account that match a `{ filter }`.
    get_account_balances,
    /// Returns the accounts that match a `{ filter }`.
    query_accounts,
    /// Returns the transfers that match a `{ filter }`.
    query_transfers,
    /// Returns all accounts at one moment.
    snapshot,
    /// Replays the trail and compares the result with the ledger.
    verify,
    /// Returns the health of the ledger.
    health,
    /// Returns a page of the trail that matches a filter.
    trail,
}
