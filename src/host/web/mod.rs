//! The module's exports for web workers. They may block, so no window thread may call them.
//!
//! `npm/src/` calls the exports of ledgers, services and runs, and `www/engine/` those of live inspection. A rejected call
//! throws text, see [`call_error`]; anything else that is thrown is a trap.

mod call_error;
mod clock;
mod handle_table;
mod ledger;
mod services;
#[cfg(all(feature = "store", any(feature = "reader", not(feature = "http"))))]
mod store;

#[cfg(feature = "http")]
mod body_stream;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "reader")]
mod live_inspection;
#[cfg(feature = "reader")]
mod report;
#[cfg(feature = "http")]
mod run_host;
#[cfg(feature = "http")]
mod run_table;
#[cfg(feature = "http")]
mod scenario_runs;

use wasm_bindgen::prelude::*;

pub use clock::WorkerClock;
#[cfg(feature = "http")]
pub use http::{close_body, handle, next_chunk, open_service};
pub use ledger::*;
#[cfg(feature = "reader")]
pub use live_inspection::{
    account_history, account_layout, balance_distribution, close_rows, divergence, find_accounts,
    find_rows, open_rows, read_rows, row_at, sample_ledger, seal_trail, transfer_manually,
    verify_again, verify_changed_trail, verify_trail,
};
#[cfg(feature = "reader")]
pub use report::verify_report;
#[cfg(feature = "http")]
pub use run_host::{enable_runs, end_run, fail_run, next_requested_run, publish_progress};
#[cfg(feature = "http")]
pub use scenario_runs::{
    describe, discard, finish, prepare, random_seed, work, work_with_progress,
};
pub use services::close_service;
#[cfg(feature = "reader")]
pub use store::{close_run_store, commit_run, open_ledger_files, store_run};

/// Runs first in each worker. Sends panic messages to the console, where JavaScript reads them.
#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
}

/// Converts to plain objects and numbers by `JSON.parse`, so that each type has one serializer in the module.
#[cfg(feature = "http")]
fn to_js(value: &impl serde::Serialize) -> Result<JsValue, JsValue> {
    let json = serde_json::to_string(value).map_err(call_error::CallError::refused)?;
    js_sys::JSON::parse(&json)
}

/// Reads a JavaScript object through JSON, so that unknown fields are errors.
#[cfg(feature = "http")]
fn from_js<T: serde::de::DeserializeOwned>(
    what: &str,
    value: JsValue,
) -> Result<T, call_error::CallError> {
    let unreadable = |error: &dyn std::fmt::Display| {
        call_error::CallError::refused(format!("{what} cannot be read: {error}"))
    };
    let json: serde_json::Value =
        serde_wasm_bindgen::from_value(value).map_err(|error| unreadable(&error))?;
    serde_json::from_value(json).map_err(|error| unreadable(&error))
}
