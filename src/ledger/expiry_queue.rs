//! Pending transfers that expire, in the order in which they do.
//!
//! Its latch is the last in the order of latches: whoever holds it waits for nothing.

use std::collections::BTreeSet;

use crate::model::{Changes, KnownTransfer, Resolution, Transfer, TransferState};
use crate::sync::{AtomicU64, Latched, Ordering};

/// See the module's text.
#[derive(Debug)]
pub(super) struct ExpiryQueue {
    /// When, the transfer's timestamp, its id.
    due: Latched<BTreeSet<(u64, u64, u128)>>,
    /// When the next one expires: a hint, so that nobody takes the latch to find that none does.
    next: AtomicU64,
}

impl Default for ExpiryQueue {
    fn default() -> Self {
        Self { due: Latched::new(BTreeSet::new(), 0), next: AtomicU64::new(u64::MAX) }
    }
}

fn key(transfer: &Transfer) -> Option<(u64, u64, u128)> {
    Some((transfer.expires_at()?, transfer.timestamp, transfer.id))
}

impl ExpiryQueue {
    /// The id of the next pending transfer that is due at `now`.
    pub(super) fn due(&self, now: u64) -> Option<u128> {
        if self.next.load(Ordering::Relaxed) > now {
            return None;
        }
        let due = self.due.lock();
        due.first().filter(|(at, ..)| *at <= now).map(|(.., id)| *id)
    }

    fn change(&self, change: impl FnOnce(&mut BTreeSet<(u64, u64, u128)>)) {
        let mut due = self.due.lock();
        change(&mut due);
        self.next.store(due.first().map_or(u64::MAX, |(at, ..)| *at), Ordering::Relaxed);
    }

    /// A pending transfer no longer expires.
    pub(super) fn remove(&self, transfer: &Transfer) {
        if let Some(key) = key(transfer) {
            self.change(|due| {
                due.remove(&key);
            });
        }
    }

    /// Takes down what a unit's changes say of what expires. `known` tells what was pending before them.
    pub(super) fn apply(&self, changes: &Changes, known: impl Fn(u128) -> Option<KnownTransfer>) {
        for &id in changes.resolutions.keys() {
            if let Some(KnownTransfer::Created(state)) = known(id) {
                self.remove(&state.transfer);
            }
        }
        for created in &changes.transfers {
            let TransferState { transfer, resolution } = &created.state;
            if let (Some(key), Some(Resolution::Pending)) = (key(transfer), resolution) {
                self.change(|due| {
                    due.insert(key);
                });
            }
        }
    }
}
