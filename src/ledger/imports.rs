//! What imports are checked against: timestamps that accounts and transfers brought from the past.
//!
//! Its latch is the first in the order of latches. Whoever opens accounts or imports holds it, so of these there is one at
//! a time; transfers of the present never come here.

use std::collections::BTreeSet;

use crate::model::{AccountFlags, Changes, TransferFlags};
use crate::trail::Trail;

/// See the module's text.
#[derive(Debug, Default)]
pub(super) struct Imports {
    transfers: BTreeSet<u64>,
    accounts: BTreeSet<u64>,
    /// The greatest timestamp of any account.
    last_account: u64,
    /// How much of each segment was looked at, and the greatest timestamp of a transfer there.
    looked_at: Vec<u64>,
    last_transfer: u64,
}

impl Imports {
    /// The greatest timestamp of any account; 0 without one.
    pub(super) fn last_account(&self) -> u64 {
        self.last_account
    }

    /// Whether a transfer brought this timestamp.
    pub(super) fn has_transfer(&self, timestamp: u64) -> bool {
        self.transfers.contains(&timestamp)
    }

    /// Whether an account brought this timestamp.
    pub(super) fn has_account(&self, timestamp: u64) -> bool {
        self.accounts.contains(&timestamp)
    }

    /// The greatest timestamp of any transfer so far; 0 without one. Each segment is read from its end to its last
    /// transfer, and never past what was looked at before.
    pub(super) fn last_transfer(&mut self, trail: &Trail) -> u64 {
        self.looked_at.resize(trail.segments().len(), 0);
        for (segment, looked_at) in trail.segments().zip(&mut self.looked_at) {
            let end = segment.len();
            let mut made = (*looked_at..end).rev().filter_map(|place| segment.get(place));
            let last = made.find(|entry| entry.made_a_transfer_then());
            self.last_transfer = self.last_transfer.max(last.map_or(0, |entry| entry.timestamp));
            *looked_at = end;
        }
        self.last_transfer.max(self.transfers.last().copied().unwrap_or(0))
    }

    /// Takes down what a unit's changes bring from the past.
    pub(super) fn apply(&mut self, changes: &Changes) {
        for (state, _) in &changes.opened {
            if state.flags().contains(AccountFlags::IMPORTED) {
                self.accounts.insert(state.timestamp);
            }
            self.last_account = self.last_account.max(state.timestamp);
        }
        for created in &changes.transfers {
            let transfer = &created.state.transfer;
            if transfer.flags.contains(TransferFlags::IMPORTED) {
                self.transfers.insert(transfer.timestamp);
            }
        }
    }
}
