//! The history of an account: its changes, the newest first, by the links in their entries.

use super::shared_ledger::Ledger;
use crate::model::Side;
use crate::sync::WaitForever;
use crate::trail::{AccountChange, EntryRef};

/// The changes of an account, the newest first. Each takes one read of memory.
pub(super) struct AccountChanges<'a> {
    ledger: &'a Ledger,
    next: AccountChange,
    /// The timestamp of the change returned last. Links lead to the past, whatever a protocol that is
    /// incorrect on purpose has stored.
    last: u64,
}

impl Ledger {
    /// Returns the changes of the account with this number, up to now.
    pub(super) fn account_changes(&self, number: u64) -> AccountChanges<'_> {
        let cell = self.accounts.get(number).cell;
        let (next, _) = WaitForever::finish(cell.latch.read(&WaitForever, || cell.newest()));
        AccountChanges { ledger: self, next, last: u64::MAX }
    }
}

impl<'a> Iterator for AccountChanges<'a> {
    type Item = (EntryRef<'a>, Side);

    fn next(&mut self) -> Option<Self::Item> {
        let (location, side) = self.next.location()?;
        let change = self.ledger.trail.entry_at(location)?;
        if change.entry.timestamp >= self.last {
            return None;
        }
        self.last = change.entry.timestamp;
        self.next = change.entry.previous.on(side);
        Some((change, side))
    }
}

#[cfg(test)]
mod tests {
    use super::Side;
    use crate::{Account, Ledger, Transfer, TransferFlags};

    #[test]
    fn links_lead_through_every_change() {
        let ledger = Ledger::in_memory();
        let mut writers = [ledger.writer().expect("free"), ledger.writer().expect("free")];
        let accounts = [1, 2, 3].map(|id| Account::new(id, 1, 1));
        writers[0].create_accounts(&accounts).expect("there is memory");
        let post = |id, pending_id| {
            let flags = TransferFlags::POST_PENDING_TRANSFER;
            Transfer { id, pending_id, amount: u128::MAX, flags, ..Transfer::default() }
        };
        let plain = Transfer::new(1, 2, 5);
        let pending = Transfer::new(2, 1, 3);
        let batches: [&[Transfer]; 6] = [
            &[plain, pending.pending(1).with_id(7)],
            &[post(8, 7), plain.linked(), Transfer::new(2, 3, 1)],
            // Rejected: they change nothing.
            &[plain.linked(), Transfer::new(2, 9, 1)],
            &[pending.pending(1).with_id(9)],
            &[Transfer::new(3, 2, 1)],
            &[post(10, 9)],
        ];
        for (at, batch) in batches.into_iter().enumerate() {
            // The time has come for transfer 9 to expire, before its post.
            let time = if at == 5 { 3_000_000_000 } else { 0 };
            writers[at % 2].set_time(time).expect("there is memory");
            writers[at % 2].create_transfers(batch).expect("there is memory");
        }
        let changes = |id| {
            let number = ledger.find(id).expect("it was created");
            let changes: Vec<_> = ledger.account_changes(number).collect();
            assert!(
                changes.is_sorted_by_key(|(change, _)| std::cmp::Reverse(change.entry.timestamp))
            );
            let version = ledger.account(id).expect("it was created").version;
            // Each change has incremented the version.
            for (back, (change, side)) in changes.iter().enumerate() {
                let versions = (change.entry.debit_version, change.entry.credit_version);
                let own = if *side == Side::Debit { versions.0 } else { versions.1 };
                assert_eq!(own, version - back as u64);
            }
            changes.len()
        };
        assert_eq!([changes(1), changes(2), changes(3)], [6, 8, 2]);
    }
}
