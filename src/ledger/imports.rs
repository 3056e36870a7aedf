//! The past timestamps already used by imported accounts and transfers. New imports are checked
//! against them.
//!
//! Its latch is the first in the order of latches. Every attempt that creates accounts or imports
//! holds it, so these run one at a time. Transfers of the present do not need it.

use crate::model::{AccountFlags, AccountState, Changes, Transfer, TransferFlags};
use crate::trail::Trail;

/// See the module documentation.
#[derive(Debug, Default)]
pub(super) struct Imports {
    /// The timestamps of imported transfers, in ascending order: each is later than all before it, or
    /// the transfer is rejected.
    pub(super) transfers: Vec<u64>,
    /// The timestamps of imported accounts, in ascending order, like those of the transfers.
    pub(super) accounts: Vec<u64>,
    /// The maximum timestamp of any account. 0 without one.
    pub(super) last_account: u64,
    /// Records of each segment that have been scanned. Their greatest timestamp of a transfer is
    /// `last_transfer`.
    scanned: Vec<u64>,
    last_transfer: u64,
}

impl Imports {
    /// Returns the greatest timestamp of any transfer so far. 0 without one. Scans each segment
    /// from its end back to its last transfer, and no record twice.
    pub(super) fn last_transfer(&mut self, trail: &Trail) -> u64 {
        self.scanned.resize(trail.segments().len(), 0);
        for (segment, scanned) in trail.segments().zip(&mut self.scanned) {
            let end = segment.len();
            let mut entries = (*scanned..end).rev().filter_map(|position| segment.get(position));
            let last = entries.find(|entry| entry.created_transfer_at_its_timestamp());
            self.last_transfer = self.last_transfer.max(last.map_or(0, |entry| entry.timestamp));
            *scanned = end;
        }
        self.last_transfer.max(self.transfers.last().copied().unwrap_or(0))
    }

    /// Applies a unit's changes.
    pub(super) fn apply(&mut self, changes: &Changes) {
        changes.opened.iter().for_each(|(state, _)| self.add_account(state));
        changes.transfers.iter().for_each(|created| self.add_transfer(&created.state.transfer));
    }

    /// Adds an account that was created.
    pub(super) fn add_account(&mut self, state: &AccountState) {
        if state.flags().contains(AccountFlags::IMPORTED) {
            self.accounts.push(state.timestamp);
        }
        self.last_account = self.last_account.max(state.timestamp);
    }

    /// Adds a transfer that was created.
    pub(super) fn add_transfer(&mut self, transfer: &Transfer) {
        if transfer.flags.contains(TransferFlags::IMPORTED) {
            self.transfers.push(transfer.timestamp);
        }
    }
}
