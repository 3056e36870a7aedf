//! A snapshot: every account as it was at one timestamp, taken while writers go on.
//!
//! # Protocol
//! 1. The imports are held for a moment, so no account is being opened: the snapshot's timestamp `T` is the greatest that any
//!    writer has published, and the accounts are those that there are. Openings to come are later than `T`.
//! 2. Each account is read past its latch. Where the last timestamp that relied on it is at most `T`, it is raised to `T`
//!    by the same compare-exchange that shows that nobody has written meanwhile. So whatever writes it from then on is
//!    later than `T`, and what was read is the account as it was at `T`.
//! 3. Where it is more than `T`, what was read may hold changes that are later. They are in the trail already, because
//!    entries are published before latches are freed: they are taken back, entry by entry.
//! 4. A chain happens at the timestamp of its first entry, as serial replay has it: it is taken back whole or not at all.
//!
//! A snapshot is a prefix of the serial order, which is that of timestamps and not of clocks: of two payments on accounts apart
//! from each other, one that returned earlier may bear the later timestamp, and then only the other one may be in it.
//!
//! Nobody waits for a snapshot: it holds no account's latch, and what a writer waits for in step 1 is what an opening
//! waits for anyway. A compare-exchange that comes between a look at a latch and its taking makes the taker look again.
//! Proven by `tests/loom.rs`: `a_snapshot_is_a_prefix_of_the_trail`.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::Ledger;
use crate::model::{AccountState, KnownTransfer, Side, Transfer};
use crate::sync::Log;
use crate::trail::{Entry, EntryKind, Recorded, first_not_before};

/// RequestService account as it was at one timestamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// All that happened up to here is in it, and nothing that happened later.
    pub timestamp: u64,
    /// The accounts, in order of creation.
    pub accounts: Vec<AccountState>,
}

/// Accounts that were read too late: places in the snapshot, and the last timestamp of what was read, by account id.
type Late = HashMap<u128, (usize, u64), FixedState>;

impl Ledger {
    /// RequestService account as it was at one timestamp, while writers go on: total debits are total credits, exactly, and the
    /// balances are those that a serial run has at that point. Under a protocol that is wrong on purpose they are what
    /// that one makes of them.
    ///
    /// Takes some 100 ns an account, and memory for all of them; it is as old as its timestamp when it is answered.
    pub fn snapshot(&self) -> Snapshot {
        let (timestamp, numbers) = self.begin_snapshot();
        let mut accounts = Vec::with_capacity(numbers as usize);
        let mut late = Late::default();
        for number in 0..numbers {
            let cell = self.accounts.touch(number).cell;
            let (state, word) = loop {
                let (state, word) = cell.read_unhurried();
                if word > timestamp || cell.latch().record_read_timestamp(word, timestamp) {
                    break (state, word);
                }
            };
            if word > timestamp {
                late.insert(state.id, (accounts.len(), word));
            }
            accounts.push(state);
        }
        if !late.is_empty() {
            for segment in self.trail.segments() {
                self.take_back_since(segment, timestamp, &late, &mut accounts);
            }
        }
        Snapshot { timestamp, accounts }
    }

    /// The snapshot's timestamp, and how many accounts it has.
    fn begin_snapshot(&self) -> (u64, u64) {
        let imports = self.imports.lock();
        let timestamp = self.trail.last_timestamp().max(imports.last_timestamp());
        let accounts = self.accounts.len();
        // Whoever opens accounts takes the imports after this, and so is later.
        if timestamp > imports.last_timestamp() {
            imports.release(timestamp);
        }
        (timestamp, accounts)
    }

    /// Takes back what one writer's entries later than `timestamp` have done to the accounts that were read too late.
    fn take_back_since(
        &self,
        segment: &Log<Entry>,
        timestamp: u64,
        late: &Late,
        accounts: &mut [AccountState],
    ) {
        let end = segment.len();
        let mut place = first_unit_since(segment, timestamp, end);
        while place < end {
            let chunk = segment.chunk_from(place, end);
            for entry in chunk {
                self.take_back(entry, late, accounts);
            }
            place += chunk.len() as u64;
        }
    }

    /// Takes back what one entry has done.
    #[inline]
    fn take_back(&self, entry: &Entry, late: &Late, accounts: &mut [AccountState]) {
        if entry.kind == EntryKind::Expiry {
            if let Some(held) = self.transfer(entry.id) {
                for (state, side) in parties(&held, entry, late) {
                    accounts[state].take_back_expiry(side, &held);
                }
            }
            return;
        }
        if !entry.is_created_transfer() {
            return;
        }
        let (transfer, held) = match entry.is_plain() {
            true => (entry.attempt(None).transfer, None),
            false => {
                let Some(transfer) = self.transfer(entry.id) else { return };
                let held =
                    if transfer.resolves() { self.transfer(transfer.pending_id) } else { None };
                (transfer, held)
            }
        };
        for (state, side) in parties(&transfer, entry, late) {
            accounts[state].take_back(side, &transfer, held.as_ref());
        }
    }

    /// The transfer of this id as it was carried out.
    pub(super) fn transfer(&self, id: u128) -> Option<Transfer> {
        let known = self.transfer_ids.peek(id);
        match known.or_else(|| self.trail.made(id).as_ref().and_then(Recorded::known_plain))? {
            KnownTransfer::Created(state) => Some(state.transfer),
            KnownTransfer::Failed => None,
        }
    }
}

/// The places of a transfer's accounts that were read too late, and with this entry in what was read.
fn parties(transfer: &Transfer, entry: &Entry, late: &Late) -> impl Iterator<Item = (usize, Side)> {
    let sides =
        [(transfer.debit_account_id, Side::Debit), (transfer.credit_account_id, Side::Credit)];
    let at = entry.timestamp;
    let read = move |(id, side)| {
        let &(place, read_at) = late.get(&id)?;
        (at <= read_at).then_some((place, side))
    };
    let found = sides.map(read);
    found.into_iter().flatten()
}

/// The place of the first entry later than `timestamp` whose unit begins later, too.
fn first_unit_since(segment: &Log<Entry>, timestamp: u64, end: u64) -> u64 {
    let mut from = first_not_before(segment, timestamp + 1);
    // The rest of a chain that began before belongs to what happened before. An extension follows the entry that it is of.
    let linked = |place: u64| {
        let before = (0..place).rev().filter_map(|place| segment.get(place));
        let mut entries = before.filter(|entry| entry.kind != EntryKind::Extension);
        entries.next().is_some_and(|entry| entry.is_linked())
    };
    while from < end && linked(from) {
        from += 1;
        while segment.get(from).is_some_and(|entry| entry.kind == EntryKind::Extension) {
            from += 1;
        }
    }
    from
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TransferFlags;
    use crate::trail::{Marks, Trail};

    #[test]
    fn a_chain_belongs_to_the_time_of_its_first_entry() {
        let entry = |timestamp, flags: TransferFlags, marks: Marks, kind| Entry {
            timestamp,
            flags: flags.bits(),
            marks: marks.bits(),
            kind,
            ..Entry::default()
        };
        let (alone, linked) = (TransferFlags::empty(), TransferFlags::LINKED);
        let kind = EntryKind::Transfer;
        let entries = vec![
            entry(5, alone, Marks::LAST, kind),
            entry(10, linked, Marks::ANNEXED, kind),
            entry(10, alone, Marks::empty(), EntryKind::Extension),
            entry(20, linked, Marks::empty(), kind),
            entry(30, alone, Marks::ANNEXED | Marks::LAST, kind),
            entry(30, alone, Marks::empty(), EntryKind::Extension),
            entry(40, alone, Marks::LAST, kind),
        ];
        let trail = Trail::of(vec![entries]).expect("there is memory");
        let segment = trail.segments().next().expect("there is one");
        for (timestamp, first) in
            [(0, 0), (4, 0), (5, 1), (9, 1), (10, 6), (15, 6), (25, 6), (30, 6), (39, 6), (40, 7)]
        {
            assert_eq!(first_unit_since(segment, timestamp, 7), first, "after {timestamp}");
        }
    }
}
