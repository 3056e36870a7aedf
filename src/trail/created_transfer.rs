//! The transfer that an entry created, as it is stored: the entry is its only copy.
//!
//! An entry has the request. What was stored differs from it in the amount that a balancing transfer has
//! moved, which is in the extension, and in the fields that a post or a void takes from the pending
//! transfer. Its extension links to that one's entry.

use super::account_change::{AccountChange, PreviousChanges};
use super::audit_trail::Trail;
use super::entry::Entry;
use super::location::EntryLocation;
use super::merge::EntryRef;
use crate::model::{Side, Transfer, TransferFlags, resolution_of};

impl Entry {
    /// Returns this extension of a post or a void with a link to the entry of the pending transfer.
    #[inline]
    pub(crate) fn with_pending_at(self, at: EntryLocation) -> Self {
        let link = AccountChange::at(at.writer, at.position, Side::Debit);
        Self { previous: PreviousChanges::of(link, AccountChange::default()), ..self }
    }
}

impl<'a> EntryRef<'a> {
    /// Returns the entry's location.
    pub(crate) fn location(&self) -> EntryLocation {
        EntryLocation { writer: self.writer, position: self.position }
    }

    /// Returns the transfer that it created, with the amount that was moved. `trail` is a ledger's own,
    /// which has links.
    pub(crate) fn created_transfer(&self, trail: &Trail) -> Option<Transfer> {
        if !self.entry.is_created_transfer() {
            return None;
        }
        let transfer = self.entry.attempt(self.extension).transfer;
        if transfer.resolves() {
            let pending = self.resolved_entry(trail)?;
            let pending = stored(pending.entry.attempt(pending.extension).transfer, &pending);
            return Some(resolution_of(&transfer, &pending, timestamp_of(&transfer, self.entry)));
        }
        Some(stored(transfer, self))
    }

    /// Returns whether it created a pending transfer.
    #[inline]
    pub(crate) fn created_pending(&self) -> bool {
        self.entry.flags & TransferFlags::PENDING.bits() != 0 && self.entry.is_created_transfer()
    }

    /// Returns the pending transfer that it created.
    #[inline(always)]
    pub(crate) fn pending_transfer(&self) -> Transfer {
        debug_assert!(self.created_pending());
        stored(self.entry.transfer(self.extension), self)
    }

    /// Returns the entry of the pending transfer that it posted or voided.
    pub(crate) fn resolved_entry<'t>(&self, trail: &'t Trail) -> Option<EntryRef<'t>> {
        let (location, _) = self.extension?.previous.on(Side::Debit).location()?;
        trail.entry_at(location)
    }
}

/// Returns a transfer that resolves no other one as the entry of its creation stored it.
#[inline(always)]
fn stored(transfer: Transfer, recorded: &EntryRef<'_>) -> Transfer {
    let moved = recorded.extension.map_or(0, |extension| extension.amount);
    let amount = if transfer.is_balancing() { moved } else { transfer.amount };
    Transfer { amount, timestamp: timestamp_of(&transfer, recorded.entry), ..transfer }
}

/// Returns the timestamp of a transfer that an entry created.
fn timestamp_of(transfer: &Transfer, entry: &Entry) -> u64 {
    let imported = transfer.flags.contains(TransferFlags::IMPORTED);
    if imported { transfer.timestamp } else { entry.timestamp }
}
