//! The table of the transfer ids that callers chose.
//!
//! A slot is a word of 8 bytes: where an entry is in the trail, what it did with the id, and 21 bits of
//! the id's hash. Everything else is read from the entry, which is the only copy of a transfer. An id
//! has a slot for the entry that used it: that created its transfer, or failed and consumed the id. The
//! id of a pending transfer has another one for the entry that resolved it. Slots are only added.
//!
//! Ids are spread over shards, each behind a latch. An attempt locks the shard of its id from the first
//! look-up to the last write. That reserves the id: of several attempts with the same id at the same
//! time, one uses it. A shard's latch holds the last timestamp that depended on what was or was not in
//! it. Shards come before accounts in the order of latches and are locked in ascending order. There are
//! so many that a shard is small: it doubles in a moment, whatever the number of ids, and two attempts
//! rarely want the same one. Before an attempt is decided it has made room for its slots, so it cannot
//! fail later.
//!
//! Ids that the ledger generated for plain transfers have no slots: they contain the position of their
//! entry.

mod reserved_pair;

use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::quality::FixedState;

pub(super) use reserved_pair::ReservedPair;

use super::locked_shards::LockedShards;
use crate::model::{KnownTransfer, Resolution, TransferFlags, TransferState};
use crate::sync::{
    AtomicU64, Interrupted, Latched, LatchedGuard, Ordering, Prefetcher, WaitForever, WaitPolicy,
};
use crate::trail::{EntryKind, EntryLocation, EntryRef, Trail};

/// Bits of a hash that choose the shard.
const SHARD_BITS: u32 = match () {
    () if cfg!(any(loom, shuttle)) => 1,
    () if cfg!(target_family = "wasm") => 9,
    () => 12,
};

/// Slots of a shard's first table; a power of two.
const FIRST_SLOTS: usize = 8;

/// Bits of a position in a slot. A segment of 2^34 records has 2 TiB.
const POSITION_BITS: u32 = 34;

/// Bits of a slot below those of the hash: what the entry did, its position plus one, and its writer.
const ENTRY_BITS: u32 = 1 + POSITION_BITS + 8;

/// Slots of the largest table: the bits of the hash in a slot say where it is, so a table grows without
/// reading an entry.
const SLOTS_MAX: usize = 1 << (u64::BITS - ENTRY_BITS);

/// Bits of an address in a hint.
const ADDRESS_BITS: u32 = 48;

/// What an entry did with an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// It used the id.
    Use,
    /// It posted, voided or expired the pending transfer with this id.
    Resolution,
}

/// A used slot, or 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Slot(u64);

impl Slot {
    #[inline(always)]
    fn new(hash: u64, at: EntryLocation, role: Role) -> Self {
        debug_assert!(at.position < (1 << POSITION_BITS) - 1 && at.writer < 256);
        let entry = (at.writer as u64) << POSITION_BITS | (at.position + 1);
        Self(hash << ENTRY_BITS | entry << 1 | u64::from(role == Role::Resolution))
    }

    #[inline(always)]
    fn matches(self, hash: u64, role: Role) -> bool {
        self.has_hash(hash) && self.role() == role
    }

    #[inline(always)]
    fn has_hash(self, hash: u64) -> bool {
        (self.0 ^ hash << ENTRY_BITS) >> ENTRY_BITS == 0
    }

    #[inline(always)]
    fn role(self) -> Role {
        if self.0 & 1 == 0 { Role::Use } else { Role::Resolution }
    }

    fn entry(self, trail: &Trail) -> Option<EntryRef<'_>> {
        let position = (self.0 >> 1 & ((1 << POSITION_BITS) - 1)).checked_sub(1)?;
        let writer = (self.0 >> (1 + POSITION_BITS) & 0xff) as usize;
        trail.entry_at(EntryLocation { writer, position })
    }
}

/// A transfer id and its hash, which several steps of an attempt need.
#[derive(Clone, Copy, Debug)]
pub(super) struct HashedId {
    id: u128,
    hash: u64,
}

impl HashedId {
    #[inline(always)]
    fn shard(self) -> usize {
        shard_of(self.hash)
    }
}

/// Returns the id of the pending transfer that an entry resolved.
fn resolved_id(recorded: &EntryRef<'_>) -> u128 {
    match recorded.entry.kind {
        EntryKind::Expiry => recorded.entry.id,
        _ => recorded.extension.map_or(0, |extension| extension.id),
    }
}

/// The table of one shard: open addressing with linear probing.
#[derive(Debug, Default)]
pub(super) struct Shard {
    /// As many as a power of two, or none.
    slots: Vec<Slot>,
    /// Used slots.
    len: usize,
    /// Slots for which room was made, and which are not used yet.
    promised: usize,
}

impl Shard {
    /// Returns the entry that did this with the id.
    #[inline]
    fn find<'t>(&self, id: HashedId, role: Role, trail: &'t Trail) -> Option<EntryRef<'t>> {
        let HashedId { id, hash } = id;
        let mask = self.slots.len().checked_sub(1)?;
        let mut at = hash as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot == Slot::default() {
                return None;
            }
            if slot.matches(hash, role)
                && let Some(recorded) = slot.entry(trail)
            {
                let found = match role {
                    Role::Use => recorded.entry.id,
                    Role::Resolution => resolved_id(&recorded),
                };
                if found == id {
                    return Some(recorded);
                }
            }
            at = (at + 1) & mask;
        }
    }

    /// Fills a slot for which room was made.
    fn add(slots: &mut [Slot], hash: u64, slot: Slot) {
        let mask = slots.len() - 1;
        let mut at = hash as usize & mask;
        while slots[at] != Slot::default() {
            at = (at + 1) & mask;
        }
        slots[at] = slot;
    }

    /// Records what the entry at this location did with an id, for which there is room.
    #[inline(always)]
    fn record(&mut self, hash: u64, at: EntryLocation, role: Role) {
        debug_assert!(self.promised > 0, "room was made");
        self.promised = self.promised.saturating_sub(1);
        self.len += 1;
        Self::add(&mut self.slots, hash, Slot::new(hash, at, role));
    }

    /// Makes room for more slots. Returns `false` if the system has no memory.
    #[cfg_attr(not(target_family = "wasm"), inline(always))]
    fn reserve_memory(&mut self, more: usize, hint: &AtomicU64) -> bool {
        self.promised += more;
        // At most three quarters are used.
        (self.len + self.promised) * 4 <= self.slots.len() * 3 || self.grow(hint)
    }

    #[cold]
    fn grow(&mut self, hint: &AtomicU64) -> bool {
        let slots = (self.slots.len() * 2).max(FIRST_SLOTS);
        let mut table = Vec::new();
        if slots > SLOTS_MAX || table.try_reserve_exact(slots).is_err() {
            return false;
        }
        table.resize(slots, Slot::default());
        for &slot in self.slots.iter().filter(|slot| **slot != Slot::default()) {
            Self::add(&mut table, slot.0 >> ENTRY_BITS, slot);
        }
        self.slots = table;
        if Prefetcher::IS_SUPPORTED {
            hint.store(self.hint(), Ordering::Relaxed);
        }
        true
    }

    /// Returns the address of the table, and above it the bits of a position in it.
    fn hint(&self) -> u64 {
        let bits = u64::from(self.slots.len().trailing_zeros());
        bits << ADDRESS_BITS | self.slots.as_ptr() as u64 & ((1 << ADDRESS_BITS) - 1)
    }
}

/// See the module documentation.
#[derive(Debug)]
pub(super) struct TransferIds {
    shards: Box<[Latched<Shard>]>,
    /// Where each shard's table is, to prefetch from it without the latch.
    hints: Box<[AtomicU64]>,
    hasher: FixedState,
    trail: Arc<Trail>,
}

impl TransferIds {
    /// Returns a table without ids. `trail` is the trail of the entries to come.
    pub(super) fn new(trail: Arc<Trail>) -> Self {
        let shards = 1 << SHARD_BITS;
        Self {
            shards: (0..shards).map(|_| Latched::new(Shard::default(), 0)).collect(),
            hints: (0..shards).map(|_| AtomicU64::new(0)).collect(),
            hasher: FixedState::default(),
            trail,
        }
    }

    /// Hashes an id.
    #[inline(always)]
    pub(super) fn hashed(&self, id: u128) -> HashedId {
        HashedId { id, hash: self.hasher.hash_one(id) }
    }

    /// Prefetches the slot at which the search for an id begins, and the latch of its shard.
    #[inline(always)]
    pub(super) fn prefetch(&self, id: u128, prefetcher: &mut Prefetcher) {
        if Prefetcher::IS_SUPPORTED {
            let id = self.hashed(id);
            let hint = self.hints[id.shard()].load(Ordering::Relaxed);
            let position = id.hash & ((1 << (hint >> ADDRESS_BITS)) - 1);
            let table = hint & ((1 << ADDRESS_BITS) - 1);
            self.shards[id.shard()].prefetch(prefetcher);
            Prefetcher::will_write_address(table + position * size_of::<Slot>() as u64);
        }
    }

    /// Returns the entry that used an id. It can be used a moment later.
    pub(super) fn find(&self, id: u128) -> Option<EntryRef<'_>> {
        let id = self.hashed(id);
        self.shards[id.shard()].lock().find(id, Role::Use, &self.trail)
    }

    /// Returns the state of an id. It can change a moment later.
    pub(super) fn state(&self, id: u128) -> Option<KnownTransfer> {
        let id = self.hashed(id);
        WaitForever::finish(self.reserve(std::iter::once(id), &WaitForever)).get(id)
    }

    /// Reserves an id with memory for its use, unless it is used or the system has no memory.
    ///
    /// # Errors
    /// The reason why `wait_policy` ended a wait.
    #[inline(always)]
    pub(super) fn reserve_unused(
        &self,
        id: u128,
        wait_policy: &impl WaitPolicy,
    ) -> Result<Option<ReservedId<'_>>, Interrupted> {
        let id = self.hashed(id);
        let mut shard = self.shards[id.shard()].lock_with(wait_policy)?;
        shard.promised = 0;
        if shard.find(id, Role::Use, &self.trail).is_some()
            || !shard.reserve_memory(1, &self.hints[id.shard()])
        {
            return Ok(None);
        }
        Ok(Some(ReservedId { shard, hash: id.hash }))
    }

    /// Reserves these ids: no other attempt reads or writes them until they are released.
    ///
    /// # Errors
    /// The reason why `wait_policy` ended a wait.
    #[inline]
    pub(super) fn reserve(
        &self,
        ids: impl Iterator<Item = HashedId>,
        wait_policy: &impl WaitPolicy,
    ) -> Result<Reserved<'_>, Interrupted> {
        let numbers = ids.map(HashedId::shard);
        let latch = |number: usize| &self.shards[number];
        Ok(Reserved { ids: self, shards: LockedShards::lock(numbers, wait_policy, latch)? })
    }
}

/// An id that nobody has used, reserved with all others of its shard, and with memory for its use.
#[derive(Debug)]
pub(super) struct ReservedId<'a> {
    shard: LatchedGuard<'a, Shard>,
    hash: u64,
}

impl ReservedId<'_> {
    /// Returns the last timestamp that depended on the id.
    #[inline(always)]
    pub(super) fn last_timestamp(&self) -> u64 {
        self.shard.last_timestamp()
    }

    /// Returns whether this thread had to wait for the shard.
    #[inline(always)]
    pub(super) fn waited(&self) -> bool {
        self.shard.waited()
    }

    /// Records that the entry at this location used the id.
    #[inline(always)]
    pub(super) fn record_use(&mut self, at: EntryLocation) {
        self.shard.record(self.hash, at, Role::Use);
    }

    /// Releases the id and records that `timestamp` depends on it.
    #[inline(always)]
    pub(super) fn release(self, timestamp: u64) {
        self.shard.release(timestamp);
    }
}

#[inline(always)]
fn shard_of(hash: u64) -> usize {
    (hash >> (u64::BITS - SHARD_BITS)) as usize
}

/// Reserved ids, with all others of their shards.
#[derive(Debug)]
pub(super) struct Reserved<'a> {
    ids: &'a TransferIds,
    shards: LockedShards<'a, Shard>,
}

impl<'a> Reserved<'a> {
    #[inline]
    fn find(&self, id: HashedId, role: Role) -> Option<EntryRef<'a>> {
        self.shards.get(id.shard())?.find(id, role, &self.ids.trail)
    }

    /// Hashes an id.
    #[inline(always)]
    pub(super) fn hashed(&self, id: u128) -> HashedId {
        self.ids.hashed(id)
    }

    /// Returns the entry that used a reserved id.
    #[inline]
    pub(super) fn entry(&self, id: HashedId) -> Option<EntryRef<'a>> {
        self.find(id, Role::Use)
    }

    /// Returns the state of a reserved id.
    pub(super) fn get(&self, id: HashedId) -> Option<KnownTransfer> {
        Some(self.known(id, &self.entry(id)?))
    }

    /// Returns the state of a reserved id that an entry used.
    pub(super) fn known(&self, id: HashedId, recorded: &EntryRef<'_>) -> KnownTransfer {
        let Some(transfer) = recorded.created_transfer(&self.ids.trail) else {
            return KnownTransfer::Failed;
        };
        let is_pending = transfer.flags.contains(TransferFlags::PENDING);
        let resolution = is_pending.then(|| self.resolution(id));
        KnownTransfer::Created(TransferState { transfer, resolution })
    }

    /// Returns whether the pending transfer with a reserved id is not resolved.
    pub(super) fn is_pending(&self, id: HashedId) -> bool {
        self.resolution(id) == Resolution::Pending
    }

    /// Returns the resolution of a reserved id of a pending transfer.
    fn resolution(&self, id: HashedId) -> Resolution {
        let Some(recorded) = self.find(id, Role::Resolution) else { return Resolution::Pending };
        let flags = TransferFlags::from_bits_retain(recorded.entry.flags);
        match recorded.entry.kind {
            EntryKind::Expiry => Resolution::Expired,
            _ if flags.contains(TransferFlags::VOID_PENDING_TRANSFER) => Resolution::Voided,
            _ => Resolution::Posted,
        }
    }

    /// Returns the last timestamp that depended on any of the ids.
    #[inline]
    pub(super) fn last_timestamp(&self) -> u64 {
        self.shards.last_timestamp()
    }

    /// Returns the number of shards for which this thread had to wait.
    #[inline]
    pub(super) fn waits(&self) -> u64 {
        self.shards.waits()
    }

    /// Makes room for a use or a resolution of each of these reserved ids. Returns `false` if the system
    /// has no memory.
    #[inline]
    pub(super) fn reserve_memory(&mut self, mut ids: impl Iterator<Item = HashedId>) -> bool {
        let hints = &self.ids.hints;
        self.shards.iter_mut().for_each(|shard| shard.promised = 0);
        if let Some(shards) = self.shards.few() {
            // At most two ids, in whichever of them.
            return shards
                .iter_mut()
                .all(|(number, shard)| shard.reserve_memory(2, &hints[*number]));
        }
        ids.all(|id| {
            let shard = self.shards.get_mut(id.shard()).expect("only reserved ids get room");
            shard.reserve_memory(1, &hints[id.shard()])
        })
    }

    /// Records that the entry at this location used a reserved id, for which there is room.
    #[inline]
    pub(super) fn record_use(&mut self, id: HashedId, at: EntryLocation) {
        self.record(id, at, Role::Use);
    }

    /// Records that the entry at this location resolved the pending transfer with a reserved id, for
    /// which there is room.
    #[inline]
    pub(super) fn record_resolution(&mut self, id: HashedId, at: EntryLocation) {
        self.record(id, at, Role::Resolution);
    }

    #[inline]
    fn record(&mut self, id: HashedId, at: EntryLocation, role: Role) {
        let shard = self.shards.get_mut(id.shard()).expect("an attempt has reserved its ids");
        shard.record(id.hash, at, role);
    }

    /// Releases the ids and records that `timestamp` depends on them.
    #[inline]
    pub(super) fn release(self, timestamp: u64) {
        self.shards.release(timestamp);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trail::Entry;

    /// Returns ids, and a trail with an entry of each.
    fn ids_and_trail(count: u64) -> (Vec<u128>, Arc<Trail>) {
        let ids: Vec<u128> =
            (0..count).map(|i| u128::from(i * i) << 64 | u128::from(i + 1)).collect();
        let entry = |&id| Entry { id, kind: EntryKind::Expiry, ..Entry::default() };
        let trail = Trail::of(vec![ids.iter().map(entry).collect()]).expect("there is memory");
        (ids, trail)
    }

    #[test]
    fn growing_table_finds_every_id_and_no_other() {
        let (ids, trail) = ids_and_trail(100_000);
        let table = TransferIds::new(trail);
        for (position, &id) in (0..).zip(&ids) {
            assert!(table.find(id).is_none());
            let id = table.hashed(id);
            let one = std::iter::once(id);
            let mut reserved = table.reserve(one, &WaitForever).expect("no other thread waits");
            assert!(reserved.reserve_memory([id, id].into_iter()));
            assert_eq!(reserved.resolution(id), Resolution::Pending);
            reserved.record_use(id, EntryLocation { writer: 0, position });
            if position % 3 == 0 {
                reserved.record_resolution(id, EntryLocation { writer: 0, position });
            }
            reserved.release(position + 1);
        }
        for (position, &id) in (0..).zip(&ids) {
            assert_eq!(table.find(id).map(|found| found.position), Some(position));
            let id = table.hashed(id);
            let one = std::iter::once(id);
            let reserved = table.reserve(one, &WaitForever).expect("no other thread waits");
            assert!(reserved.last_timestamp() > position);
            let resolved = reserved.resolution(id) == Resolution::Expired;
            assert_eq!(resolved, position % 3 == 0);
        }
        assert!(table.find(u128::MAX).is_none() && table.find(1 << 100).is_none());
        let used: usize = table.shards.iter().map(|shard| shard.lock().slots.len()).sum();
        let needed = 100_000 + 100_000 / 3;
        assert!((needed..needed * 8 / 3 + 8).contains(&used), "{used} slots for {needed}");
    }

    #[test]
    fn shard_is_locked_once_for_ids_that_share_it() {
        let (_, trail) = ids_and_trail(1);
        let table = TransferIds::new(trail);
        let ids = [3, 3, 1 << 90, u128::MAX - 1].map(|id| table.hashed(id));
        let reserve = || table.reserve(ids.into_iter(), &WaitForever).expect("no other waits");
        let reserved = reserve();
        assert_eq!((reserved.last_timestamp(), reserved.get(ids[0])), (0, None));
        reserved.release(17);
        assert_eq!(reserve().last_timestamp(), 17);
    }

    #[test]
    fn consecutive_ids_are_spread() {
        let (_, trail) = ids_and_trail(1);
        let table = TransferIds::new(trail);
        for shift in [0, 64] {
            let mut counts = [0_u32; 1 << SHARD_BITS];
            (0..1_024_u128 << SHARD_BITS)
                .for_each(|id| counts[table.hashed(id << shift).shard()] += 1);
            assert!(counts.iter().all(|count| (800..1_300).contains(count)), "{counts:?}");
        }
    }
}
