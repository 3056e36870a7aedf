//! The calls of a ledger that is stored in files. One worker owns the files: it opens the store and commits until the
//! ledger is closed. The ledger is called from the other workers, which wait for the committer after each list of calls.
//!
//! A memory has at most one stored ledger, because its worker has one set of files.

mod host_files;

use std::cell::Cell;
use std::sync::{Arc, Mutex};

use self::host_files::{HostFiles, has_opened, take_opened};
use super::call_error::CallError;
use super::handle_table::lock;
use super::ledger::open;
use super::services;
use crate::api::{ServiceConfig, StoredLedger};
use crate::ledger::LedgerError;
use crate::store::{Committer, Store, StoreStatus};

/// A ledger whose store is open, but that has no service yet.
static OPENED: Mutex<Option<(StoredLedger, ServiceConfig)>> = Mutex::new(None);

/// The committer, while it is not running.
static COMMITTER: Mutex<Option<Committer<HostFiles>>> = Mutex::new(None);

/// Executes a call about the store of a ledger: `open_store`, `commit`, `open_stored`, `sync` or `close_store`.
///
/// # Errors
/// Those of the call, and when there is none with this name.
pub(super) fn call_store(ledger: u32, name: &str, body: &str) -> Result<String, CallError> {
    match name {
        "open_store" => open_store(body).map(|()| String::new()),
        "commit" => commit().map(|goes_on| goes_on.to_string()),
        "open_stored" => open_stored(body),
        "sync" => sync(ledger).map(|()| String::new()),
        "close_store" => close(ledger).map(|()| String::new()),
        _ => Err(CallError::unknown_call(name)),
    }
}

/// Opens the store of a ledger in the worker's files, with the options of [`super::open_ledger`].
fn open_store(options: &str) -> Result<(), CallError> {
    let config = open::stored_config(options)?;
    let (stored, committer) = StoredLedger::open_files(HostFiles, &config.ledger)?;
    *lock(&OPENED) = Some((stored, config));
    *lock(&COMMITTER) = Some(committer);
    Ok(())
}

/// Steps after which the worker of the store attends to other events. A browser ends a worker that attends to none only
/// after seconds, and a page that was reloaded would wait for it.
const STEPS: u32 = 4;

/// Commits in the worker that has opened the store. Returns `true` after some steps, or when it has opened a file, so that
/// the worker can prepare the next one. Returns `false` when the ledger was closed.
fn commit() -> Result<bool, CallError> {
    let Some(mut committer) = lock(&COMMITTER).take() else { return Ok(false) };
    take_opened();
    let steps = Cell::new(0);
    let has_ended = committer.run(|| {
        steps.set(steps.get() + 1);
        steps.get() > STEPS || has_opened()
    });
    if let Some(failure) = committer.failure() {
        return Err(CallError::store_failed(&failure));
    }
    if !has_ended {
        *lock(&COMMITTER) = Some(committer);
    }
    Ok(!has_ended)
}

/// Opens the ledger whose store was opened, and the accounts that it does not have yet. Returns what
/// [`super::open_ledger`] does. The committer must be running.
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
