//! What the book knows of transfers beyond their entries in the trail: ids that callers brought, what is pending, what
//! expires, and what owners keep with accounts.
//!
//! It stands behind one latch, which every attempt takes that is more than a plain transfer. Plain transfers, whose id the
//! book makes and which only name two accounts and an amount, never come here. The latch is taken before any account's.
//! Its timestamp is the last that relied on an absence: that an id is new, that an account is not there.

use std::collections::{BTreeSet, HashMap};

use foldhash::quality::FixedState;

use crate::model::{Changes, KnownTransfer, Resolution, TransferState, UserData};

type Map<K, V> = HashMap<K, V, FixedState>;

/// See the module's text.
#[derive(Debug, Default)]
pub(super) struct Registry {
    known: Map<u128, KnownTransfer>,
    /// Pending transfers that expire: when, their timestamp, their id; in the order in which they do.
    expiring: BTreeSet<(u64, u64, u128)>,
    user_data: Map<u128, UserData>,
    /// Timestamps that transfers and accounts brought from the past.
    imported_transfers: BTreeSet<u64>,
    imported_accounts: BTreeSet<u64>,
    /// The greatest timestamp of any account.
    last_account: u64,
}

impl Registry {
    /// What is known of a transfer's id, unless it is a plain one's.
    pub(super) fn known(&self, id: u128) -> Option<KnownTransfer> {
        self.known.get(&id).copied()
    }

    /// What its owner keeps with an account.
    pub(super) fn user_data(&self, id: u128) -> UserData {
        self.user_data.get(&id).copied().unwrap_or_default()
    }

    /// The greatest timestamp of any account.
    pub(super) fn last_account(&self) -> u64 {
        self.last_account
    }

    /// Whether a transfer brought this timestamp.
    pub(super) fn has_imported_transfer(&self, timestamp: u64) -> bool {
        self.imported_transfers.contains(&timestamp)
    }

    /// Whether an account brought this timestamp.
    pub(super) fn has_imported_account(&self, timestamp: u64) -> bool {
        self.imported_accounts.contains(&timestamp)
    }

    /// When the next pending transfer expires; the greatest number for never.
    pub(super) fn next_expiry(&self) -> u64 {
        self.expiring.first().map_or(u64::MAX, |(at, ..)| *at)
    }

    /// The next pending transfer that is due at `now`.
    pub(super) fn due(&self, now: u64) -> Option<TransferState> {
        let &(at, _, id) = self.expiring.first()?;
        match self.known(id) {
            Some(KnownTransfer::Created(state)) if at <= now => Some(state),
            _ => None,
        }
    }

    /// Takes down the part of a unit's changes that is not in the accounts.
    pub(super) fn take_down(&mut self, changes: &Changes) {
        for (state, user_data) in &changes.opened {
            if *user_data != UserData::default() {
                self.user_data.insert(state.id, *user_data);
            }
            if state.flags().contains(crate::model::AccountFlags::IMPORTED) {
                self.imported_accounts.insert(state.timestamp);
            }
            self.last_account = self.last_account.max(state.timestamp);
        }
        for (&id, &resolution) in &changes.resolutions {
            self.resolve(id, resolution);
        }
        for created in &changes.transfers {
            let TransferState { transfer, resolution } = created.state;
            if let (Some(at), Some(Resolution::Pending)) = (transfer.expires_at(), resolution) {
                self.expiring.insert((at, transfer.timestamp, transfer.id));
            }
            if transfer.flags.contains(crate::model::TransferFlags::IMPORTED) {
                self.imported_transfers.insert(transfer.timestamp);
            }
            self.known.insert(transfer.id, KnownTransfer::Created(created.state));
        }
        for &id in &changes.failed {
            self.known.insert(id, KnownTransfer::Failed);
        }
    }

    /// Takes down what became of a pending transfer.
    pub(super) fn resolve(&mut self, id: u128, resolution: Resolution) {
        let Some(KnownTransfer::Created(state)) = self.known.get_mut(&id) else { return };
        state.resolution = Some(resolution);
        if let Some(at) = state.transfer.expires_at() {
            self.expiring.remove(&(at, state.transfer.timestamp, id));
        }
    }
}
