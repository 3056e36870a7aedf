//! Pending transfers with a timeout, in the order in which they expire.
//!
//! Its latch is the last in the order of latches: its holder waits for nothing.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::{Changes, KnownTransfer, Resolution, Transfer, TransferState};
use crate::sync::{AtomicU64, Latched, Ordering};
use crate::trail::Trail;

/// See the module documentation.
#[derive(Debug)]
pub(super) struct ExpiryQueue {
    /// When each expires, its timestamp and its id.
    due: Latched<BTreeSet<(u64, u64, u128)>>,
    /// When the next one expires: a hint that saves locking the latch when none does.
    next: AtomicU64,
    /// The trail, which leaves memory for the entry of each expiry.
    trail: Arc<Trail>,
}

fn key(transfer: &Transfer) -> Option<(u64, u64, u128)> {
    Some((transfer.expires_at()?, transfer.timestamp, transfer.id))
}

impl ExpiryQueue {
    /// Returns an empty queue.
    pub(super) fn new(trail: Arc<Trail>) -> Self {
        Self { due: Latched::new(BTreeSet::new(), 0), next: AtomicU64::new(u64::MAX), trail }
    }

    /// Returns whether a transfer is due at `now`. It locks nothing.
    pub(super) fn has_due(&self, now: u64) -> bool {
        self.next.load(Ordering::Relaxed) <= now
    }

    /// Returns the id of the next transfer that is due at `now`.
    pub(super) fn due(&self, now: u64) -> Option<u128> {
        if !self.has_due(now) {
            return None;
        }
        let due = self.due.lock();
        due.first().filter(|(at, ..)| *at <= now).map(|(.., id)| *id)
    }

    fn change(&self, change: impl FnOnce(&mut BTreeSet<(u64, u64, u128)>)) {
        let mut due = self.due.lock();
        change(&mut due);
        self.trail.set_expiries(due.len() as u64);
        self.next.store(due.first().map_or(u64::MAX, |(at, ..)| *at), Ordering::Relaxed);
    }

    /// Removes a transfer that no longer expires.
    pub(super) fn remove(&self, transfer: &Transfer) {
        if let Some(key) = key(transfer) {
            self.change(|due| {
                due.remove(&key);
            });
        }
    }

    /// Applies a unit's changes. `known` returns what an id was before them.
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
