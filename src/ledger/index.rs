//! From an account's id to its number: read without a lock, grown one shard at a time.
//!
//! A shard is an open-addressing table. A place is one word: the account's number and a part of its id's hash. The id itself
//! stands in the account's cell, which whoever looks it up goes on to anyway; so a place takes 8 bytes, and looking up a
//! million accounts stays in the cache. Entries are only added, and a cell is filled before its number is stored
//! (release), so a reader that sees the number (acquire) sees the id. A table that gets too full is followed by one of twice
//! its size; a reader that still looks into the older one may miss an account created since, and that is why *absence* is
//! only believed under the shard's latch.
//!
//! The shard's latch carries the last timestamp that relied on an absence in it: an attempt that was refused because
//! an account was not there comes, in the order of timestamps, before the creation of that account.

use std::hash::BuildHasher;
use std::sync::OnceLock;

use foldhash::quality::FixedState;

use super::accounts::Accounts;
use super::concurrency::AccountRef;
use crate::sync::{
    AtomicU64, Interrupted, Latched, LatchedGuard, Ordering, WaitForever, WaitPolicy,
};

/// Shards of the index; a power of two.
const SHARDS: usize = if cfg!(any(loom, shuttle)) { 2 } else { 64 };

/// Places in a shard's first table; a power of two.
const FIRST_TABLE: usize = if cfg!(any(loom, shuttle)) { 4 } else { 32 };

/// Tables of a shard: the last one has 32 << 26 places, more than a shard of the largest ledger needs.
const TABLES: usize = 27;

/// Bits of a place that hold the account's number plus one; the others are the top bits of its id's hash.
const NUMBER_BITS: u32 = 28;

const NUMBER_MASK: u64 = (1 << NUMBER_BITS) - 1;

const _: () = assert!(super::ACCOUNTS_MAX < NUMBER_MASK, "every number has its place");

/// Places of accounts; 0 where one is free.
#[derive(Debug, Default)]
struct Table(Box<[AtomicU64]>);

impl Table {
    fn of(places: usize) -> Self {
        Self((0..places).map(|_| AtomicU64::new(0)).collect())
    }

    /// The account of this id, whose hash is `hash`.
    #[inline(always)]
    fn find<'a>(&self, hash: u64, id: u128, accounts: &'a Accounts) -> Option<AccountRef<'a>> {
        let mask = self.0.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let place = self.0[at].load(Ordering::Acquire);
            if (place ^ hash) & !NUMBER_MASK == 0 && place != 0 {
                let touch = accounts.touch((place & NUMBER_MASK) - 1);
                if touch.cell.id() == id {
                    return Some(touch);
                }
            }
            if place == 0 {
                return None;
            }
            at = (at + 1) & mask;
        }
    }

    /// Adds a place to the table, which has a free one. One thread at a time: under the latch.
    fn add(&self, hash: u64, place: u64) {
        let mask = self.0.len() - 1;
        let mut at = hash as usize & mask;
        while self.0[at].load(Ordering::Relaxed) != 0 {
            at = (at + 1) & mask;
        }
        self.0[at].store(place, Ordering::Release);
    }
}

/// What only the holder of a shard's latch sees.
#[derive(Debug, Default)]
pub(super) struct ShardState {
    /// Ids in the shard.
    len: usize,
}

#[derive(Debug)]
struct Shard {
    latch: Latched<ShardState>,
    tables: [OnceLock<Table>; TABLES],
    /// Which table is in use.
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
    fn table(&self) -> &Table {
        let current = self.current.load(Ordering::Acquire);
        self.tables[current as usize].get().expect("the table in use is there")
    }

    /// Moves every place to a table of twice the size. Under the latch.
    fn grow(&self, old: &Table, hash_of: impl Fn(u64) -> u64) -> &Table {
        let next = self.current.load(Ordering::Relaxed) + 1;
        let table = self.tables[next as usize].get_or_init(|| Table::of(old.0.len() * 2));
        for place in &old.0 {
            let place = place.load(Ordering::Relaxed);
            if place != 0 {
                table.add(hash_of((place & NUMBER_MASK) - 1), place);
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
    /// The shard and the place to begin at: bits of the hash that a place does not hold, and its low bits.
    #[inline(always)]
    fn shard(&self, id: u128) -> (&Shard, u64) {
        let hash = self.hasher.hash_one(id);
        (&self.shards[shard_of(hash)], hash)
    }

    /// The place at which an account's search begins.
    #[inline(always)]
    pub(super) fn first_place(&self, id: u128) -> &AtomicU64 {
        let (shard, hash) = self.shard(id);
        let places = &shard.table().0;
        &places[hash as usize & (places.len() - 1)]
    }

    /// The number in that place: most often the account's own. A number that no account has where the place is free.
    #[inline(always)]
    pub(super) fn first_number(&self, id: u128) -> u64 {
        let place = self.first_place(id).load(Ordering::Relaxed);
        (place & NUMBER_MASK).wrapping_sub(1) & NUMBER_MASK
    }

    /// The account of this id. `None` may be out of date by the time it is answered.
    #[inline(always)]
    pub(super) fn find<'a>(&self, id: u128, accounts: &'a Accounts) -> Option<AccountRef<'a>> {
        let (shard, hash) = self.shard(id);
        shard.table().find(hash, id, accounts)
    }

    /// Holds the parts of the index that these ids belong to, in ascending order: nothing is added to them until they
    /// are released.
    ///
    /// # Errors
    /// What `wait_policy` answered while waiting.
    pub(super) fn lock_shards_with(
        &self,
        ids: impl Iterator<Item = u128>,
        wait_policy: &impl WaitPolicy,
    ) -> Result<ShardGuards<'_>, Interrupted> {
        let mut numbers: Vec<usize> = ids.map(|id| shard_of(self.hasher.hash_one(id))).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let hold = |number: usize| Ok((number, self.shards[number].latch.lock_with(wait_policy)?));
        let held = numbers.into_iter().map(hold).collect::<Result<_, _>>()?;
        Ok(ShardGuards { index: self, held })
    }

    /// Holds them however long that takes.
    pub(super) fn lock_shards(&self, ids: impl Iterator<Item = u128>) -> ShardGuards<'_> {
        match self.lock_shards_with(ids, &WaitForever) {
            Ok(held) => held,
            Err(_) => unreachable!("nothing interrupts an unhurried wait"),
        }
    }
}

fn shard_of(hash: u64) -> usize {
    (hash >> (NUMBER_BITS - 6)) as usize % SHARDS
}

/// Some shards in the hands of the thread that holds their latches.
pub(super) struct ShardGuards<'a> {
    index: &'a Index,
    held: Vec<(usize, LatchedGuard<'a, ShardState>)>,
}

impl ShardGuards<'_> {
    /// The last timestamp that relied on an absence in any of them.
    pub(super) fn last_timestamp(&self) -> u64 {
        self.held.iter().map(|(_, held)| held.last_timestamp()).max().unwrap_or(0)
    }

    /// Adds an id of theirs that was not there, whose account has been opened. A table is kept at most half full.
    pub(super) fn add(&mut self, id: u128, number: u64, accounts: &Accounts) {
        let hasher = &self.index.hasher;
        let (shard, hash) = self.index.shard(id);
        let at = self.held.binary_search_by_key(&shard_of(hash), |(number, _)| *number);
        let state = &mut self.held[at.expect("the shard of every id to be added is held")].1;
        let mut table = shard.table();
        if (state.len + 1) * 2 > table.0.len() {
            table = shard.grow(table, |number| hasher.hash_one(accounts.id(number)));
        }
        table.add(hash, hash & !NUMBER_MASK | (number + 1));
        state.len += 1;
    }

    /// Lets go, saying that `timestamp` relied on what was or was not there.
    pub(super) fn release(self, timestamp: u64) {
        for (_, held) in self.held {
            held.release(timestamp);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AccountState, UserData};

    #[test]
    fn every_id_is_found_again_through_growth_and_no_other() {
        let (index, accounts) = (Index::default(), Accounts::new(20_000, 1));
        let find = |id| index.find(id, &accounts).map(|touch| touch.number);
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
    fn a_shard_remembers_the_last_timestamp_that_relied_on_it() {
        let index = Index::default();
        index.lock_shards([7, 8, 7].into_iter()).release(41);
        assert_eq!(index.lock_shards([8].into_iter()).last_timestamp(), 41);
    }
}
