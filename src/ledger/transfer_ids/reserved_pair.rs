//! The two ids of a post or a void, reserved together.

use super::{HashedId, Role, Shard, TransferIds, resolved_id};
use crate::sync::{Interrupted, LatchedGuard, WaitPolicy};
use crate::trail::{EntryLocation, EntryRef, Trail};

/// The own id of a post or a void and that of the transfer that it resolves, reserved with all others of their shards.
#[derive(Debug)]
pub(in crate::ledger) struct ReservedPair<'a> {
    ids: &'a TransferIds,
    own_id: HashedId,
    other_id: HashedId,
    /// The first of the shards in the order of latches.
    first: LatchedGuard<'a, Shard>,
    /// The second one, if there are two.
    second: Option<LatchedGuard<'a, Shard>>,
    /// Whether the own id is in the second shard, and the other one in the first.
    is_swapped: bool,
}

impl TransferIds {
    /// Reserves the own id of a post or a void, and the id of the transfer that it resolves.
    ///
    /// # Errors
    /// The reason why `wait_policy` ended a wait.
    #[inline(always)]
    pub(in crate::ledger) fn reserve_pair(
        &self,
        own: u128,
        other: u128,
        wait_policy: &impl WaitPolicy,
    ) -> Result<ReservedPair<'_>, Interrupted> {
        let (own_id, other_id) = (self.hashed(own), self.hashed(other));
        let (own, other) = (own_id.shard(), other_id.shard());
        // All writers lock shards in ascending order.
        let first = self.shards[own.min(other)].lock_with(wait_policy)?;
        let second = match own == other {
            true => None,
            false => Some(self.shards[own.max(other)].lock_with(wait_policy)?),
        };
        Ok(ReservedPair { ids: self, own_id, other_id, first, second, is_swapped: own > other })
    }
}

impl Shard {
    /// Returns the entry that used an id, unless another one resolved it.
    #[inline]
    fn find_unresolved<'t>(&self, id: HashedId, trail: &'t Trail) -> Option<EntryRef<'t>> {
        let HashedId { id, hash } = id;
        let mask = self.slots.len().checked_sub(1)?;
        let mut at = hash as usize & mask;
        let mut found = None;
        loop {
            let slot = self.slots[at];
            if slot.0 == 0 {
                return found;
            }
            if slot.has_hash(hash)
                && let Some(recorded) = slot.entry(trail)
            {
                match slot.role() {
                    Role::Use if recorded.entry.id == id => found = Some(recorded),
                    Role::Resolution if resolved_id(&recorded) == id => return None,
                    _ => {}
                }
            }
            at = (at + 1) & mask;
        }
    }
}

impl<'a> ReservedPair<'a> {
    /// Returns the shard of the own id or of the other one.
    #[inline(always)]
    fn shard(&mut self, is_own: bool) -> &mut Shard {
        match &mut self.second {
            Some(second) if is_own == self.is_swapped => second,
            _ => &mut self.first,
        }
    }

    /// Returns whether nobody has used the own id.
    #[inline(always)]
    pub(in crate::ledger) fn is_unused(&mut self) -> bool {
        let (id, ids) = (self.own_id, self.ids);
        self.shard(true).find(id, Role::Use, &ids.trail).is_none()
    }

    /// Returns the entry that used the other id, unless another one has resolved it.
    #[inline(always)]
    pub(in crate::ledger) fn unresolved(&mut self) -> Option<EntryRef<'a>> {
        let (id, ids) = (self.other_id, self.ids);
        self.shard(false).find_unresolved(id, &ids.trail)
    }

    /// Makes room for a use of the own id and a resolution of the other one. Returns `false` if the system has no
    /// memory.
    #[inline(always)]
    pub(in crate::ledger) fn reserve_memory(&mut self) -> bool {
        let Self { ids, own_id, other_id, first, second, .. } = self;
        first.promised = 0;
        let (own, other) = (own_id.shard(), other_id.shard());
        // Each shard gets room for both ids.
        if !first.reserve_memory(2, &ids.hints[own.min(other)]) {
            return false;
        }
        let Some(second) = second else { return true };
        second.promised = 0;
        second.reserve_memory(2, &ids.hints[own.max(other)])
    }

    /// Returns the last timestamp that depended on either id.
    #[inline(always)]
    pub(in crate::ledger) fn last_timestamp(&self) -> u64 {
        let second = self.second.as_ref().map_or(0, LatchedGuard::last_timestamp);
        self.first.last_timestamp().max(second)
    }

    /// Returns the number of shards for which this thread had to wait.
    #[inline(always)]
    pub(in crate::ledger) fn waits(&self) -> u64 {
        let second = self.second.as_ref().is_some_and(LatchedGuard::waited);
        u64::from(self.first.waited()) + u64::from(second)
    }

    /// Records that the entry at this location used the own id.
    #[inline(always)]
    pub(in crate::ledger) fn record_use(&mut self, at: EntryLocation) {
        let hash = self.own_id.hash;
        self.shard(true).record(hash, at, Role::Use);
    }

    /// Records that the entry at this location resolved the transfer with the other id.
    #[inline(always)]
    pub(in crate::ledger) fn record_resolution(&mut self, at: EntryLocation) {
        let hash = self.other_id.hash;
        self.shard(false).record(hash, at, Role::Resolution);
    }

    /// Releases the ids and records that `timestamp` depends on them.
    #[inline(always)]
    pub(in crate::ledger) fn release(self, timestamp: u64) {
        self.first.release(timestamp);
        if let Some(second) = self.second {
            second.release(timestamp);
        }
    }
}
