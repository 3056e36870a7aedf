//! Commits of the ledger whose files this worker owns.

use std::cell::Cell;
use std::sync::Mutex;

use super::host_files::{HostFiles, has_opened, take_opened};
use crate::host::web::call_error::CallError;
use crate::host::web::handle_table::lock;
use crate::store::Committer;

/// The committer, while it is not running.
static COMMITTER: Mutex<Option<Committer<HostFiles>>> = Mutex::new(None);

/// Sets the committer whose steps [`commit`] takes.
pub(super) fn set_committer(committer: Committer<HostFiles>) {
    *lock(&COMMITTER) = Some(committer);
}

/// Steps after which the worker of the store attends to other events. A browser ends a worker that attends to none only
/// after seconds, and a page that was reloaded would wait for it.
const STEPS: u32 = 4;

/// Commits in the worker that has opened the store. Returns `true` after some steps, or when it has opened a file, so that
/// the worker can prepare the next one. Returns `false` when the ledger was closed.
pub(super) fn commit() -> Result<bool, CallError> {
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
        set_committer(committer);
    }
    Ok(!has_ended)
}
