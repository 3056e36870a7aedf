//! Snapshots: every account as it was at one timestamp, taken while writers run.
//!
//! # Protocol
//! 1. The imports are locked for a moment, so no account is being created. The snapshot's timestamp
//!    `T` is the greatest that any writer has published, and its accounts are the existing ones.
//!    Accounts created later have timestamps later than `T`.
//! 2. Each account is read without locking its latch. If the last timestamp that depended on it is
//!    at most `T`, it is raised to `T` by the same compare-exchange that proves that no thread has
//!    written in between. So every later write is later than `T`, and what was read is the account
//!    as it was at `T`.
//! 3. If it is more than `T`, what was read may contain later changes. They are in the trail
//!    already, because entries are published before latches are freed. They are rolled back, the
//!    latest entry first.
//! 4. A chain happens at the timestamp of its first entry, as in serial replay. It is rolled back
//!    as a whole or not at all.
//!
//! A snapshot is a prefix of the serial order, which is the order of timestamps and not of clocks.
//! Of two payments between different accounts, the one that returned earlier may have the later
//! timestamp, so a snapshot may contain only the other one.
//!
//! No writer waits for a snapshot: it locks no account, and in step 1 writers wait as they do while
//! an account is created. A compare-exchange between a writer's load of a latch and the writer's
//! exchange makes the writer try again. Proven by `tests/loom.rs`:
//! `snapshot_is_a_prefix_of_the_trail`.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::shared_ledger::Ledger;
use crate::model::{AccountState, Side, Transfer};
use crate::sync::{Interrupted, Log, WaitForever, WaitPolicy};
use crate::trail::{CHECK_ITEMS, Entry, first_unit_since};

const SIDES: [Side; 2] = [Side::Debit, Side::Credit];

/// Every account as it was at one timestamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The snapshot contains everything up to this timestamp, and nothing later.
    pub timestamp: u64,
    /// The accounts, in order of creation.
    pub accounts: Vec<AccountState>,
}

/// Accounts that were read too late, by id: the position in the snapshot, and the last timestamp of
/// what was read.
type LateReads = HashMap<u128, (usize, u64), FixedState>;

impl Ledger {
    /// Returns every account as it was at one timestamp, while writers run. Total debits equal
    /// total credits, and the balances are those of a serial run at that timestamp, unless the
    /// ledger's protocol is incorrect on purpose.
    ///
    /// Takes about 100 ns for each account, and memory for all of them.
    pub fn snapshot(&self) -> Snapshot {
        WaitForever::finish(self.snapshot_with(&WaitForever))
    }

    /// Like [`Ledger::snapshot`], unless `policy` ends it.
    pub(crate) fn snapshot_with(&self, policy: &impl WaitPolicy) -> Result<Snapshot, Interrupted> {
        self.read_accounts(self.begin_snapshot(), policy)
    }

    /// Reads the first accounts, and rolls them back to a timestamp.
    fn read_accounts(
        &self,
        (timestamp, numbers): (u64, u64),
        policy: &impl WaitPolicy,
    ) -> Result<Snapshot, Interrupted> {
        let mut accounts = Vec::with_capacity(numbers as usize);
        let mut late = LateReads::default();
        for number in 0..numbers {
            if number % CHECK_ITEMS as u64 == 0 {
                policy.check()?;
            }
            let (state, word) = self.accounts.get(number).cell.read_at(timestamp);
            if word > timestamp {
                late.insert(state.id, (accounts.len(), word));
            }
            accounts.push(state);
        }
        if !late.is_empty() {
            self.roll_back_to(timestamp, &late, &mut accounts, policy)?;
        }
        Ok(Snapshot { timestamp, accounts })
    }

    /// Returns the snapshot's timestamp and its number of accounts.
    fn begin_snapshot(&self) -> (u64, u64) {
        let imports = self.imports.lock();
        let timestamp = self.trail.last_timestamp().max(imports.last_timestamp());
        let accounts = self.accounts.len();
        // Accounts are created under the imports, so those created after this are later.
        if timestamp > imports.last_timestamp() {
            imports.release(timestamp);
        }
        (timestamp, accounts)
    }

    /// Rolls accounts that were read too late back to a timestamp, the latest change first.
    fn roll_back_to(
        &self,
        timestamp: u64,
        late: &LateReads,
        accounts: &mut [AccountState],
        policy: &impl WaitPolicy,
    ) -> Result<(), Interrupted> {
        let first = |segment: &Log<Entry>| first_unit_since(segment, timestamp, segment.len());
        let first_positions: Vec<u64> = self.trail.segments().map(first).collect();
        let entries = self.trail.in_reverse_order(u64::MAX);
        let later = entries.take_while(|recorded| recorded.entry.timestamp > timestamp);
        for (count, recorded) in later.enumerate() {
            if count % CHECK_ITEMS == 0 {
                policy.check()?;
            }
            // The rest of a chain that began earlier belongs to the snapshot.
            if recorded.position < first_positions[recorded.writer] {
                continue;
            }
            let changed = self.changed_accounts(&recorded);
            for (id, side) in changed.into_iter().flat_map(|ids| ids.into_iter().zip(SIDES)) {
                let late = late.get(&id);
                if let Some(&(position, _)) =
                    late.filter(|(_, read_at)| recorded.entry.timestamp <= *read_at)
                {
                    self.roll_back_change(&recorded, side, &mut accounts[position]);
                }
            }
        }
        Ok(())
    }

    /// Returns the transfer with this id, with the amount that was moved.
    pub(super) fn transfer(&self, id: u128) -> Option<Transfer> {
        let plain = || self.trail.find_by_id(id);
        self.transfer_ids.find(id).or_else(plain)?.created_transfer(&self.trail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Account, AccountFlags, CreateTransferStatus, TransferFlags as F};

    #[test]
    fn changes_of_several_writers_are_rolled_back_latest_first() {
        // Whichever of two writers closes an account, and whichever reopens it.
        for (one, other) in [(0, 1), (1, 0)] {
            let ledger = Ledger::in_memory();
            let mut writers = [ledger.writer().expect("free"), ledger.writer().expect("free")];
            let accounts = [1, 2].map(|id| Account::new(id, 1, 1));
            writers[0].create_accounts(&accounts).expect("there is memory");
            let close = Transfer {
                flags: F::PENDING | F::CLOSING_DEBIT,
                ..Transfer::new(1, 2, 0).with_id(10)
            };
            let mut create = |writer: usize, transfer: &Transfer| {
                let outcome = writers[writer].create_transfer(transfer).expect("there is memory");
                assert_eq!(outcome.status, CreateTransferStatus::Created);
            };
            let open = ledger.begin_snapshot();
            create(one, &close);
            let closed = ledger.begin_snapshot();
            create(other, &Transfer::void(10).with_id(11));
            let now = ledger.begin_snapshot();
            for (moment, expected) in [(open, false), (closed, true), (now, false)] {
                let snapshot = ledger.read_accounts(moment, &WaitForever).expect("it goes on");
                let flags = snapshot.accounts[0].flags();
                assert_eq!(flags.contains(AccountFlags::CLOSED), expected, "writer {one}");
            }
        }
    }
}
