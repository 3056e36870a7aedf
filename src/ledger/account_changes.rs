//! The changes of an account, the newest first, by the links in their entries.
//!
//! A change is the creation of a transfer or the expiry of a pending one; each is linked to the change
//! before it of either account. So the newest changes are read in time proportional to their number.
//! Other beginnings are found in two ways at the same time, and the faster one ends the search: by
//! following the links from the newest change, and by scanning the trail. So the time is at most about
//! twice that of the better way.

use std::collections::VecDeque;

use super::shared_ledger::Ledger;
use crate::model::{AccountState, Side};
use crate::sync::{Interrupted, WaitForever, WaitPolicy};
use crate::trail::{AccountChange, EntryKind, EntryRef, ReverseOrder};

/// Links to follow and entries to scan in one turn. The newest hundred changes are found in one turn.
const LINKS_PER_TURN: usize = 128;
const ENTRIES_PER_TURN: usize = 1_024;

/// Links to follow in one turn towards the end of a period. They take less time than the entries.
const LINKS_PER_SHORT_TURN: usize = 32;

/// The changes of an account, the newest first.
#[derive(Clone)]
pub(super) struct AccountChanges<'a> {
    ledger: &'a Ledger,
    account: u128,
    source: Source<'a>,
}

#[derive(Clone)]
enum Source<'a> {
    /// Each takes one read of memory.
    Links {
        next: AccountChange,
        /// The timestamp of the change returned last. Links lead to the past, whatever a protocol
        /// that is incorrect on purpose has stored.
        last: u64,
    },
    /// For a ledger that loses changes, and so links.
    Scan(ReverseOrder<'a>),
}

/// The account of a query.
#[derive(Clone, Copy)]
pub(super) struct QueriedAccount {
    pub(super) id: u128,
    /// `None` if there is no such account.
    pub(super) number: Option<u64>,
}

/// The first results of a history, in the order of the query.
pub(super) struct Found<R> {
    /// At most the limit.
    pub(super) results: Vec<R>,
    /// Whether they were found by scanning.
    pub(super) by_scan: bool,
}

impl Ledger {
    /// Returns an account that may exist.
    pub(super) fn queried_account(&self, id: u128) -> QueriedAccount {
        QueriedAccount { id, number: self.find(id) }
    }

    /// Returns the changes of an account, up to now.
    pub(super) fn account_changes(&self, account: QueriedAccount) -> AccountChanges<'_> {
        self.state_and_changes(account, || ()).1
    }

    /// Returns an account, the changes that have led to it, and what `view` returns at that moment.
    pub(super) fn state_and_changes<T: Default>(
        &self,
        account: QueriedAccount,
        view: impl Fn() -> T,
    ) -> (AccountState, AccountChanges<'_>, T) {
        let read = |number| {
            let cell = self.accounts.get(number).cell;
            let read = cell.latch.read(&WaitForever, || (cell.load(), cell.newest(), view()));
            WaitForever::finish(read).0
        };
        let (state, next, view) = account.number.map(read).unwrap_or_default();
        let source = match self.loses_changes() {
            false => Source::Links { next, last: u64::MAX },
            true => Source::Scan(self.trail.in_reverse_order(u64::MAX)),
        };
        (state, AccountChanges { ledger: self, account: account.id, source }, view)
    }

    /// Returns whether the ledger's protocol is the one that loses changes on purpose.
    fn loses_changes(&self) -> bool {
        #[cfg(feature = "laboratory")]
        return self.protocol == super::concurrency::Protocol::NoLocks;
        #[cfg(not(feature = "laboratory"))]
        false
    }

    /// Returns the changes of an account before the timestamp `to`.
    pub(super) fn changes_before(
        &self,
        account: QueriedAccount,
        to: u64,
        policy: &impl WaitPolicy,
    ) -> Result<AccountChanges<'_>, Interrupted> {
        let mut changes = self.account_changes(account);
        if let Source::Scan(_) = changes.source {
            let source = Source::Scan(self.trail.in_reverse_order(to));
            return Ok(AccountChanges { source, ..changes });
        }
        let mut entries = None;
        loop {
            for _ in 0..LINKS_PER_SHORT_TURN {
                let here = changes.clone();
                if changes.next().is_none_or(|(change, _)| change.entry.timestamp < to) {
                    return Ok(here);
                }
            }
            policy.check()?;
            let entries = entries.get_or_insert_with(|| self.trail.in_reverse_order(to));
            for recorded in entries.take(ENTRIES_PER_TURN) {
                if let Some(side) = self.side_in(&recorded, account.id) {
                    let next = AccountChange::at(recorded.writer, recorded.position, side);
                    return Ok(AccountChanges {
                        source: Source::Links { next, last: to },
                        ..changes
                    });
                }
            }
        }
    }

    /// Returns the first `limit` results in the order of a query. `changes` yields the result of each
    /// change, the newest first; `entries` that of each entry, in the order of the query. Each begins
    /// and ends at a bound of the query.
    pub(super) fn find_in_turns<R>(
        (limit, reversed): (usize, bool),
        mut changes: impl Iterator<Item = Option<R>>,
        mut entries: impl Iterator<Item = Option<R>>,
        policy: &impl WaitPolicy,
    ) -> Result<Found<R>, Interrupted> {
        let (mut of_changes, mut of_entries) = (VecDeque::new(), Vec::new());
        loop {
            policy.check()?;
            for _ in 0..LINKS_PER_TURN {
                let found = changes.next();
                let mut ended = found.is_none();
                of_changes.extend(found.flatten());
                if of_changes.len() > limit {
                    of_changes.pop_front();
                }
                ended |= reversed && of_changes.len() == limit;
                if ended && !reversed {
                    of_changes.make_contiguous().reverse();
                }
                if ended {
                    return Ok(Found { results: of_changes.into(), by_scan: false });
                }
            }
            for _ in 0..ENTRIES_PER_TURN {
                let found = entries.next();
                let ended = found.is_none();
                of_entries.extend(found.flatten());
                if ended || of_entries.len() == limit {
                    return Ok(Found { results: of_entries, by_scan: true });
                }
            }
        }
    }

    /// Returns the changes of an account in a period that a query in this order looks at: the newest
    /// first, from the end of the period, or for the other order from now.
    pub(super) fn changes_in(
        &self,
        account: QueriedAccount,
        (from, to): (u64, u64),
        reversed: bool,
        policy: &impl WaitPolicy,
    ) -> Result<impl Iterator<Item = (EntryRef<'_>, Side)>, Interrupted> {
        let changes = match reversed {
            true => self.changes_before(account, to, policy)?,
            false => self.account_changes(account),
        };
        Ok(changes.take_while(move |(change, _)| change.entry.timestamp >= from))
    }

    /// Returns the side that an account is on in an entry that changed it.
    pub(crate) fn side_in(&self, recorded: &EntryRef<'_>, account: u128) -> Option<Side> {
        let [debit, credit] = self.changed_accounts(recorded)?;
        match account {
            id if id == debit => Some(Side::Debit),
            id if id == credit => Some(Side::Credit),
            _ => None,
        }
    }

    /// Returns the debit and the credit account of an entry that changed them.
    pub(super) fn changed_accounts(&self, recorded: &EntryRef<'_>) -> Option<[u128; 2]> {
        let entry = recorded.entry;
        match entry.kind {
            EntryKind::Expiry => {
                let pending = self.transfer(entry.id)?;
                Some([pending.debit_account_id, pending.credit_account_id])
            }
            EntryKind::Transfer if entry.is_created_transfer() => {
                let named = [entry.debit_account_id, entry.credit_account_id];
                if named.contains(&0) {
                    // A post or a void may omit its accounts.
                    let pending = recorded.resolved_entry(&self.trail)?.entry;
                    return Some([pending.debit_account_id, pending.credit_account_id]);
                }
                Some(named)
            }
            _ => None,
        }
    }
}

impl<'a> Iterator for AccountChanges<'a> {
    type Item = (EntryRef<'a>, Side);

    fn next(&mut self) -> Option<Self::Item> {
        let Self { ledger, account, source } = self;
        match source {
            Source::Links { next, last } => {
                let (location, side) = next.location()?;
                let change = ledger.trail.entry_at(location)?;
                if change.entry.timestamp >= *last {
                    return None;
                }
                *last = change.entry.timestamp;
                *next = change.entry.previous.on(side);
                Some((change, side))
            }
            Source::Scan(entries) => entries.find_map(|recorded| {
                let side = ledger.side_in(&recorded, *account)?;
                Some((recorded, side))
            }),
        }
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
            let changes: Vec<_> = ledger.account_changes(ledger.queried_account(id)).collect();
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
