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
//!    already, because entries are published before latches are freed. They are rolled back, entry
//!    by entry.
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
use crate::trail::{CHECK_ITEMS, Entry, EntryKind, first_unit_since};

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
        let (timestamp, numbers) = self.begin_snapshot();
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
            for segment in self.trail.segments() {
                self.roll_back_since(segment, timestamp, &late, &mut accounts, policy)?;
            }
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

    /// Undoes the changes that one writer made after `timestamp` to accounts that were read too
    /// late.
    fn roll_back_since(
        &self,
        segment: &Log<Entry>,
        timestamp: u64,
        late: &LateReads,
        accounts: &mut [AccountState],
        policy: &impl WaitPolicy,
    ) -> Result<(), Interrupted> {
        let end = segment.len();
        let first = first_unit_since(segment, timestamp, end);
        for chunk in segment.chunks(first, end) {
            policy.check()?;
            chunk.iter().for_each(|entry| self.roll_back(entry, late, accounts));
        }
        Ok(())
    }

    /// Rolls back the changes of one entry.
    #[inline]
    fn roll_back(&self, entry: &Entry, late: &LateReads, accounts: &mut [AccountState]) {
        if entry.kind == EntryKind::Expiry {
            if let Some(pending) = self.transfer(entry.id) {
                for (state, side) in parties(&pending, entry, late) {
                    accounts[state].roll_back_resolution(side, &pending);
                }
            }
            return;
        }
        if !entry.is_created_transfer() {
            return;
        }
        let (transfer, resolved) = if entry.is_plain() {
            (entry.attempt(None).transfer, None)
        } else {
            let Some(transfer) = self.transfer(entry.id) else { return };
            let pending_id = Some(transfer.pending_id).filter(|_| transfer.resolves());
            (transfer, pending_id.and_then(|id| self.transfer(id)))
        };
        for (state, side) in parties(&transfer, entry, late) {
            accounts[state].roll_back(side, &transfer, resolved.as_ref());
        }
    }

    /// Returns the transfer with this id, with the amount that was moved.
    pub(super) fn transfer(&self, id: u128) -> Option<Transfer> {
        let plain = || self.trail.find_by_id(id);
        self.transfer_ids.find(id).or_else(plain)?.created_transfer(&self.trail)
    }
}

/// Returns the positions of a transfer's accounts whose late reads include this entry's changes.
fn parties(
    transfer: &Transfer,
    entry: &Entry,
    late: &LateReads,
) -> impl Iterator<Item = (usize, Side)> {
    let sides =
        [(transfer.debit_account_id, Side::Debit), (transfer.credit_account_id, Side::Credit)];
    let at = entry.timestamp;
    let read = move |(id, side)| {
        let &(position, read_at) = late.get(&id)?;
        (at <= read_at).then_some((position, side))
    };
    let found = sides.map(read);
    found.into_iter().flatten()
}
