//! The calls of a ledger that is stored in files. It is called from the workers beside that of its store, which wait for the
//! committer after each list of calls.

use std::sync::{Arc, Mutex};

use super::commits::{commit, set_committer};
use super::host_files::HostFiles;
use crate::api::{ServiceConfig, StoredLedger};
use crate::host::web::call_error::CallError;
use crate::host::web::handle_table::lock;
use crate::host::web::ledger::open;
use crate::host::web::services;
use crate::ledger::LedgerError;
use crate::store::{Store, StoreStatus};

/// A ledger whose store is open, but that has no service yet.
static OPENED: Mutex<Option<(StoredLedger, ServiceConfig)>> = Mutex::new(None);

/// Executes a call about the store of a ledger: `open_store`, `commit`, `open_stored`, `sync` or `close_store`.
///
/// # Errors
/// Those of the call, and when there is none with this name.
pub(in crate::host::web) fn call_store(
    ledger: u32,
    name: &str,
    body: &str,
) -> Result<String, CallError> {
    match name {
        "open_store" => open_store(body).map(|()| String::new()),
        "commit" => commit().map(|goes_on| goes_on.to_string()),
        "open_stored" => open_stored(body),
        "sync" => sync(ledger).map(|()| String::new()),
        "close_store" => close(ledger).map(|()| String::new()),
        _ => Err(CallError::unknown_call(name)),
    }
}

/// Opens the store of a ledger in the worker's files, with the options of [`open_ledger`](crate::host::web::open_ledger).
fn open_store(options: &str) -> Result<(), CallError> {
    let config = open::stored_config(options)?;
    let (stored, committer) = StoredLedger::open_files(HostFiles, &config.ledger)?;
    *lock(&OPENED) = Some((stored, config));
    set_committer(committer);
    Ok(())
}

/// Opens the ledger whose store was opened, and the accounts that it does not have yet. Returns what
/// [`open_ledger`](crate::host::web::open_ledger) does. The committer must be running.
fn open_stored(options: &str) -> Result<String, CallError> {
    let (stored, config) = lock(&OPENED).take().ok_or_else(CallError::closed)?;
    let service = open::open_stored(options, config, stored)?;
    let ledger = services::insert(Arc::clone(&service))?;
    match sync(ledger) {
        Err(_) if service.coins().ledger().store().is_some_and(has_no_space) => {
            Err(LedgerError::StoreNoSpace.into())
        }
        synced => synced.map(|()| open::opened(ledger)),
    }
}

/// Waits until everything that was decided until now is on the disk. Returns at once if the ledger is not stored.
fn sync(ledger: u32) -> Result<(), CallError> {
    let service = services::find(ledger).ok_or_else(CallError::closed)?;
    let Some(store) = service.coins().ledger().store() else { return Ok(()) };
    if store.wait_unless_stalled(&store.mark()).is_ok() {
        return Ok(());
    }
    match has_no_space(store) {
        true => Err(CallError::unknown_without_space()),
        false => Err(LedgerError::OutcomeUnknown.into()),
    }
}

fn has_no_space(store: &Store) -> bool {
    store.status() == StoreStatus::NoSpace
}

/// Asks the committer to write what is left and to end. Later attempts are refused.
fn close(ledger: u32) -> Result<(), CallError> {
    let service = services::find(ledger).ok_or_else(CallError::closed)?;
    if let Some(store) = service.coins().ledger().store() {
        // The committer has not ended yet, so the result says nothing.
        let _ = store.close();
    }
    Ok(())
}
