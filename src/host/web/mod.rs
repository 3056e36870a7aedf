//! The module's exports for web workers. None of them may be called on a browser's window thread: they wait.
//!
//! The order of calls is in `www/engine/`: one worker calls [`prepare`], all call [`work`], one calls [`finish`]. Beside
//! runs there are services, which answer HTTP: [`open_service`] and [`handle`].

mod clock;
mod kept;
#[cfg(feature = "laboratory")]
mod laboratory;
mod ledger;
#[cfg(feature = "laboratory")]
mod lent;
mod opened;
#[cfg(feature = "laboratory")]
mod pieces;
#[cfg(feature = "reader")]
mod reader;
#[cfg(feature = "laboratory")]
mod report;
#[cfg(feature = "laboratory")]
mod runs;
#[cfg(feature = "laboratory")]
mod service;

use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;

pub use clock::WorkerClock;
#[cfg(feature = "laboratory")]
pub use laboratory::{describe, discard, finish, prepare, random_seed, work, work_telling};
pub use ledger::{call_ledger, create_transfers, open_ledger};
#[cfg(feature = "laboratory")]
pub use lent::{end_run, fail_run, lend_workers, look_at_run, wanted_run};
pub use opened::close_service;
#[cfg(feature = "reader")]
pub use reader::{
    account_history, close_rows, divergence, find_accounts, find_rows, layout, look, open_rows,
    read_rows, row_at, seal_trail, spread_of_balances, transfer_manually, verify_again,
    verify_changed_trail, verify_trail,
};
#[cfg(feature = "laboratory")]
pub use report::verify_report;
#[cfg(feature = "laboratory")]
pub use service::{close_body, handle, next_piece, open_service};

/// Before anything else in each worker: a panic's sentence goes to the console, and from there to the page.
#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
}

/// Plain objects and numbers, as `JSON.parse` would make them.
fn to_js(value: &impl Serialize) -> Result<JsValue, JsError> {
    Ok(value.serialize(&Serializer::json_compatible())?)
}
