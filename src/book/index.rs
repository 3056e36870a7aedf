//! From an account's id to its number: read without a lock, grown one shard at a time.
//!
//! A shard is an open-addressing table. Entries are only added, so a reader needs no lock: an entry's number is
//! stored last (release), and a reader that sees the number (acquire) sees the id. A table that gets too full is
//! followed by one of twice its size; a reader that still looks into the older one may miss an account created
//! since, and that is why *absence* is only believed under the shard's latch.
//!
//! The shard's latch carries the last timestamp that relied on an absence in it: an attempt that was refused because
//! an account was not there comes, in the order of timestamps, before the creation of that account.

use std::hash::BuildHasher;
use std::sync::OnceLock;

use foldhash::quality::FixedState;

use crate::sync::{AtomicU64, Held, Interrupted, Latched, Ordering, Patience, Unhurried};

/// Shards of the index; a power of two.
const SHARDS: usize = if cfg!(any(loom, shuttle)) { 2 } else { 64 };

/// Places in a shard's first table; a power of two.
const FIRST_TABLE: usize = if cfg!(any(loom, shuttle)) { 4 } else { 32 };

/// Tables of a shard: the last one has 32 << 26 places, more than a shard of the largest book needs.
const TABLES: usize = 27;

/// One place: an id in two halves, and the account's number plus one, or 0 where the place is free.
#[derive(Debug, Default)]
struct Place {
    id_low: AtomicU64,
    id_high: AtomicU64,
    number_plus_one: AtomicU64,
}

impl Place {
    fn id(&self) -> u128 {
        let high = u128::from(self.id_high.load(Ordering::Relaxed));
        high << 64 | u128::from(self.id_low.load(Ordering::Relaxed))
    }
}

#[derive(Debug, Default)]
struct Table(Box<[Place]>);

impl Table {
    fn of(places: usize) -> Self {
        Self((0..places).map(|_| Place::default()).collect())
    }

    fn find(&self, hash: u64, id: u128) -> Option<u64> {
        let mask = self.0.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let place = &self.0[at];
            match place.number_plus_one.load(Ordering::Acquire) {
                0 => return None,
                number if place.id() == id => return Some(number - 1),
                _ => at = (at + 1) & mask,
            }
        }
    }

    /// Adds an id that is not in the table, which has a free place. One thread at a time: under the latch.
    fn add(&self, hash: u64, id: u128, number: u64) {
        let mask = self.0.len() - 1;
        let mut at = hash as usize & mask;
        while self.0[at].number_plus_one.load(Ordering::Relaxed) != 0 {
            at = (at + 1) & mask;
        }
        let place = &self.0[at];
        place.id_low.store(id as u64, Ordering::Relaxed);
        place.id_high.store((id >> 64) as u64, Ordering::Relaxed);
        place.number_plus_one.store(number + 1, Ordering::Release);
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

    /// Moves every entry to a table of twice the size. Under the latch.
    fn grow(&self, old: &Table, hasher: &FixedState) -> &Table {
        let next = self.current.load(Ordering::Relaxed) + 1;
        let table = self.tables[next as usize].get_or_init(|| Table::of(old.0.len() * 2));
        for place in &old.0 {
            let number = place.number_plus_one.load(Ordering::Relaxed);
            if number != 0 {
                table.add(hasher.hash_one(place.id()), place.id(), number - 1);
            }
        }
        self.current.store(next, Ordering::Release);
        table
    }
}

/// The index of a book's accounts.
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
    /// The shard and the place to begin at: the hash's top bits and its low bits.
    #[inline]
    fn shard(&self, id: u128) -> (&Shard, u64) {
        let hash = self.hasher.hash_one(id);
        (&self.shards[(hash >> 32) as usize % SHARDS], hash)
    }

    fn shard_number(&self, id: u128) -> usize {
        (self.hasher.hash_one(id) >> 32) as usize % SHARDS
    }

    /// The number of the account of this id. `None` may be out of date by the time it is answered.
    #[inline]
    pub(super) fn find(&self, id: u128) -> Option<u64> {
        let (shard, hash) = self.shard(id);
        shard.table().find(hash, id)
    }

    /// Holds the parts of the index that these ids belong to, in ascending order: nothing is added to them until they
    /// are released.
    ///
    /// # Errors
    /// What `patience` answered while waiting.
    pub(super) fn hold(
        &self,
        ids: impl Iterator<Item = u128>,
        patience: &impl Patience,
    ) -> Result<HeldShards<'_>, Interrupted> {
        let mut numbers: Vec<usize> = ids.map(|id| self.shard_number(id)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let hold = |number: usize| Ok((number, self.shards[number].latch.hold(patience)?));
        let held = numbers.into_iter().map(hold).collect::<Result<_, _>>()?;
        Ok(HeldShards { index: self, held })
    }

    /// Holds them however long that takes.
    pub(super) fn hold_unhurried(&self, ids: impl Iterator<Item = u128>) -> HeldShards<'_> {
        match self.hold(ids, &Unhurried) {
            Ok(held) => held,
            Err(_) => unreachable!("nothing interrupts an unhurried wait"),
        }
    }
}

/// Some shards in the hands of the thread that holds their latches.
pub(super) struct HeldShards<'a> {
    index: &'a Index,
    held: Vec<(usize, Held<'a, ShardState>)>,
}

impl HeldShards<'_> {
    /// The last timestamp that relied on an absence in any of them.
    pub(super) fn last_timestamp(&self) -> u64 {
        self.held.iter().map(|(_, held)| held.last_timestamp()).max().unwrap_or(0)
    }

    /// Adds an id of theirs that was not there. A table is kept at most half full.
    pub(super) fn add(&mut self, id: u128, number: u64) {
        let (shard, hash) = self.index.shard(id);
        let shard_number = self.index.shard_number(id);
        let at = self.held.binary_search_by_key(&shard_number, |(number, _)| *number);
        let state = &mut self.held[at.expect("the shard of every id to be added is held")].1;
        let mut table = shard.table();
        if (state.len + 1) * 2 > table.0.len() {
            table = shard.grow(table, &self.index.hasher);
        }
        table.add(hash, id, number);
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

    #[test]
    fn every_id_is_found_again_through_growth_and_no_other() {
        let index = Index::default();
        let ids = (0..20_000_u128).map(|i| ((i * i) << 64) | (i + 1));
        for (number, id) in ids.clone().enumerate() {
            assert_eq!(index.find(id), None);
            let mut shards = index.hold_unhurried(std::iter::once(id));
            shards.add(id, number as u64);
            shards.release(number as u64 + 1);
        }
        for (number, id) in ids.enumerate() {
            assert_eq!(index.find(id), Some(number as u64));
        }
        assert_eq!(index.find(u128::MAX), None);
    }

    #[test]
    fn a_shard_remembers_the_last_timestamp_that_relied_on_it() {
        let index = Index::default();
        index.hold_unhurried([7, 8, 7].into_iter()).release(41);
        assert_eq!(index.hold_unhurried([8].into_iter()).last_timestamp(), 41);
    }
}
