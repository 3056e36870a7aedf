//! The index from an account's id to its number. It is read without a lock and grows one shard at a
//! time.
//!
//! A shard is an open-addressing hash table. A slot is one word of 8 bytes: the account's number
//! and a part of its id's hash. The id itself is in the account's cell, which the caller accesses
//! anyway. So look-ups among a million accounts stay in the cache. Slots are only added, and a cell
//! is written before its number is stored (release), so a reader that sees the number (acquire)
//! sees the id. A table that is half full is replaced by one of twice its size. A reader of the old
//! table may miss an account created since, so *absence* is certain only under the shard's latch.
//!
//! The shard's latch holds the last timestamp that depended on an absence in it. So an attempt that
//! was rejected because an account did not exist comes before the creation of that account in the
//! order of timestamps.

use std::hash::BuildHasher;
use std::sync::OnceLock;

use foldhash::quality::FixedState;

use super::accounts::{AccountRef, Accounts};
use super::limits::ACCOUNTS_MAX;
use super::locked_shards::LockedShards;
use crate::sync::{AtomicU64, Interrupted, Latched, Ordering, WaitForever, WaitPolicy};

/// Shards of the index; a power of two.
const SHARDS: usize = if cfg!(any(loom, shuttle)) { 2 } else { 64 };

/// Slots in a shard's first table; a power of two.
const FIRST_TABLE: usize = if cfg!(any(loom, shuttle)) { 4 } else { 32 };

/// Tables of a shard. The last one has 32 << 26 slots, more than a shard of the largest ledger
/// needs.
const TABLES: usize = 27;

/// Bits of a slot that hold the account's number plus one. The others are the top bits of its id's
/// hash.
const NUMBER_BITS: u32 = 28;

const NUMBER_MASK: u64 = (1 << NUMBER_BITS) - 1;

const _: () = assert!(ACCOUNTS_MAX < NUMBER_MASK, "every number fits into a slot");

/// Slots of accounts. A free one is 0.
#[derive(Debug, Default)]
struct Table(Box<[AtomicU64]>);

impl Table {
    fn of(slots: usize) -> Self {
        Self((0..slots).map(|_| AtomicU64::new(0)).collect())
    }

    #[inline(always)]
    fn find<'a>(&self, hash: u64, id: u128, accounts: &'a Accounts) -> Option<AccountRef<'a>> {
        let mask = self.0.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let slot = self.0[at].load(Ordering::Acquire);
            if (slot ^ hash) & !NUMBER_MASK == 0 && slot != 0 {
                let account = accounts.get((slot & NUMBER_MASK) - 1);
                if account.cell.id() == id {
                    return Some(account);
                }
            }
            if slot == 0 {
                return None;
            }
            at = (at + 1) & mask;
        }
    }

    /// Fills a free slot of the table. The caller holds the shard's latch.
    fn add(&self, hash: u64, slot: u64) {
        let mask = self.0.len() - 1;
        let mut at = hash as usize & mask;
        while self.0[at].load(Ordering::Relaxed) != 0 {
            at = (at + 1) & mask;
        }
        self.0[at].store(slot, Ordering::Release);
    }
}

/// The part of a shard that only the holder of its latch accesses.
#[derive(Debug, Default)]
pub(super) struct ShardState {
    /// Ids in the shard.
    len: usize,
}

#[derive(Debug)]
struct Shard {
    latch: Latched<ShardState>,
    tables: [OnceLock<Table>; TABLES],
    /// The table in use.
    current: AtomicU64,
}

impl Default for Shard {
    fn default() -> Self {
        let first = OnceLock::from(Table::of(FIRST_TABLE));
        let mut tables = [const { OnceLock::new() }; TABLES];
        tables[0] = first;
        Self { latch: Latched::new(ShardState::default(), 0), tables, current: AtomicU64::new(0) }
    }
}

impl Shard {
    #[inline(always)]
    fn table(&self) -> &Table {
        let current = self.current.load(Ordering::Acquire);
        self.tables[current as usize].get().expect("the table in use exists")
    }

    /// Copies every slot to a table of twice the size. The caller holds the shard's latch.
    fn grow(&self, old: &Table, hash_of: impl Fn(u64) -> u64) -> &Table {
        let next = self.current.load(Ordering::Relaxed) + 1;
        let table = self.tables[next as usize].get_or_init(|| Table::of(old.0.len() * 2));
        for slot in &old.0 {
            let slot = slot.load(Ordering::Relaxed);
            if slot != 0 {
                table.add(hash_of((slot & NUMBER_MASK) - 1), slot);
            }
        }
        self.current.store(next, Ordering::Release);
        table
    }
}

/// The index of a ledger's accounts.
#[derive(Debug)]
pub(super) struct Index {
    shards: Box<[Shard]>,
    hasher: FixedState,
}

impl Default for Index {
    fn default() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Shard::default()).collect(),
            hasher: FixedState::default(),
        }
    }
}

impl Index {
    /// Returns the shard of an id, and its hash.
    #[inline(always)]
    fn shard(&self, id: u128) -> (&Shard, u64) {
        let hash = self.hasher.hash_one(id);
        (&self.shards[shard_of(hash)], hash)
    }

    /// Returns the slot at which the search for an account begins.
    #[inline(always)]
    pub(super) fn first_slot(&self, id: u128) -> &AtomicU64 {
        let (shard, hash) = self.shard(id);
        let slots = &shard.table().0;
        &slots[hash as usize & (slots.len() - 1)]
    }

    /// Returns the number in that slot, which usually is the account's own. For a free slot, a
    /// number that no account has.
    #[inline(always)]
    pub(super) fn first_number(&self, id: u128) -> u64 {
        let slot = self.first_slot(id).load(Ordering::Relaxed);
        (slot & NUMBER_MASK).wrapping_sub(1) & NUMBER_MASK
    }

    /// Returns the account with this id. `None` can be outdated immediately.
    #[inline(always)]
    pub(super) fn find<'a>(&self, id: u128, accounts: &'a Accounts) -> Option<AccountRef<'a>> {
        let (shard, hash) = self.shard(id);
        shard.table().find(hash, id, accounts)
    }

    /// Locks the shards of these ids, in ascending order. Nothing is added to them until they are
    /// released.
    ///
    /// # Errors
    /// The reason why `wait_policy` ended a wait.
    pub(super) fn lock_shards_with(
        &self,
        ids: impl Iterator<Item = u128>,
        wait_policy: &impl WaitPolicy,
    ) -> Result<ShardGuards<'_>, Interrupted> {
        let numbers = ids.map(|id| shard_of(self.hasher.hash_one(id)));
        let latch = |number: usize| &self.shards[number].latch;
        Ok(ShardGuards { index: self, shards: LockedShards::lock(numbers, wait_policy, latch)? })
    }

    /// Like [`Index::lock_shards_with`], waiting without a limit.
    pub(super) fn lock_shards(&self, ids: impl Iterator<Item = u128>) -> ShardGuards<'_> {
        WaitForever::finish(self.lock_shards_with(ids, &WaitForever))
    }
}

fn shard_of(hash: u64) -> usize {
    (hash >> (NUMBER_BITS - 6)) as usize % SHARDS
}

/// Locked shards of the index.
pub(super) struct ShardGuards<'a> {
    index: &'a Index,
    shards: LockedShards<'a, ShardState>,
}

impl ShardGuards<'_> {
    /// Returns the last timestamp that depended on an absence in any of them.
    pub(super) fn last_timestamp(&self) -> u64 {
        self.shards.last_timestamp()
    }

    /// Adds an absent id of these shards whose account has been written. Grows a table that is
    /// half full.
    pub(super) fn add(&mut self, id: u128, number: u64, accounts: &Accounts) {
        let hasher = &self.index.hasher;
        let (shard, hash) = self.index.shard(id);
        let state = self.shards.get_mut(shard_of(hash));
        let state = state.expect("the shard of an added id is locked");
        let mut table = shard.table();
        if (state.len + 1) * 2 > table.0.len() {
            table = shard.grow(table, |number| hasher.hash_one(accounts.id(number)));
        }
        table.add(hash, hash & !NUMBER_MASK | (number + 1));
        state.len += 1;
    }

    /// Unlocks the shards and records that `timestamp` depends on what was or was not in them.
    pub(super) fn release(self, timestamp: u64) {
        self.shards.release(timestamp);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AccountState, UserData};

    #[test]
    fn growing_index_finds_every_id_and_no_other() {
        let (index, accounts) = (Index::default(), Accounts::new(20_000, 1));
        let find = |id| index.find(id, &accounts).map(|account| account.number);
        let ids = (0..20_000_u128).map(|i| ((i * i) << 64) | (i + 1));
        for (number, id) in ids.clone().enumerate() {
            assert_eq!(find(id), None);
            let mut shards = index.lock_shards(std::iter::once(id));
            let state = AccountState { id, ..AccountState::default() };
            assert_eq!(accounts.open(&state, UserData::default(), 1), Ok(number as u64));
            shards.add(id, number as u64, &accounts);
            shards.release(number as u64 + 1);
        }
        for (number, id) in ids.enumerate() {
            assert_eq!(find(id), Some(number as u64));
        }
        assert_eq!(find(u128::MAX), None);
    }

    #[test]
    fn shard_keeps_the_last_timestamp_that_depended_on_it() {
        let index = Index::default();
        index.lock_shards([7, 8, 7].into_iter()).release(41);
        assert_eq!(index.lock_shards([8].into_iter()).last_timestamp(), 41);
    }
}
