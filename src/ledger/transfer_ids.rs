//! Transfer ids that callers supplied, with the state of each transfer.
//!
//! Ids are spread over shards, each behind a latch. An attempt locks the shard of its id from the
//! first look-up to the last write. That reserves the id: of several attempts with the same id at
//! the same time, one creates it. A shard's latch holds the last timestamp that depended on what
//! was or was not in it. Shards come before accounts in the order of latches and are locked in
//! ascending order. Plain transfers, whose ids the ledger generates, are not stored here; their
//! entries suffice.

use std::collections::HashMap;

use foldhash::quality::FixedState;

use super::locked_shards::LockedShards;
use crate::model::{Changes, KnownTransfer, Resolution, TransferState};
use crate::sync::{Interrupted, Latched, WaitPolicy};

/// Shards; a power of two.
const SHARDS: usize = if cfg!(any(loom, shuttle)) { 2 } else { 64 };

#[derive(Debug, Default)]
pub(super) struct Shard(HashMap<u128, KnownTransfer, FixedState>);

/// See the module documentation.
#[derive(Debug)]
pub(super) struct TransferIds {
    shards: Box<[Latched<Shard>]>,
}

impl Default for TransferIds {
    fn default() -> Self {
        Self { shards: (0..SHARDS).map(|_| Latched::new(Shard::default(), 0)).collect() }
    }
}

impl TransferIds {
    fn shard(id: u128) -> usize {
        // Fibonacci hashing spreads consecutive ids, and ids that differ in their upper half.
        let folded = (id as u64) ^ ((id >> 64) as u64).rotate_left(32);
        (folded.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize % SHARDS
    }

    /// Returns the current state of a transfer id that a caller supplied.
    pub(super) fn peek(&self, id: u128) -> Option<KnownTransfer> {
        self.shards[Self::shard(id)].lock().0.get(&id).copied()
    }

    /// Reserves these ids: no other attempt reads or writes them until they are released.
    ///
    /// # Errors
    /// The reason why `wait_policy` ended a wait.
    pub(super) fn reserve(
        &self,
        ids: impl Iterator<Item = u128>,
        wait_policy: &impl WaitPolicy,
    ) -> Result<Reserved<'_>, Interrupted> {
        let latch = |number: usize| &self.shards[number];
        Ok(Reserved(LockedShards::lock(ids.map(Self::shard), wait_policy, latch)?))
    }
}

/// Reserved ids, with all others of their shards.
#[derive(Debug)]
pub(super) struct Reserved<'a>(LockedShards<'a, Shard>);

impl Reserved<'_> {
    /// Returns whether this id is reserved.
    pub(super) fn includes(&self, id: u128) -> bool {
        self.0.get(TransferIds::shard(id)).is_some()
    }

    /// Returns the state of a reserved id.
    pub(super) fn get(&self, id: u128) -> Option<KnownTransfer> {
        self.0.get(TransferIds::shard(id))?.0.get(&id).copied()
    }

    /// Returns the last timestamp that depended on any of the ids.
    pub(super) fn last_timestamp(&self) -> u64 {
        self.0.last_timestamp()
    }

    /// Returns the number of shards for which this thread had to wait.
    pub(super) fn waits(&self) -> u64 {
        self.0.waits()
    }

    fn insert(&mut self, id: u128, known: KnownTransfer) {
        let shard = self.0.get_mut(TransferIds::shard(id));
        shard.expect("a unit changes only ids that it has reserved").0.insert(id, known);
    }

    /// Applies a unit's changes.
    pub(super) fn apply(&mut self, changes: &Changes) {
        for (&id, &resolution) in &changes.resolutions {
            self.resolve(id, resolution);
        }
        for created in &changes.transfers {
            self.insert(created.state.transfer.id, KnownTransfer::Created(created.state));
        }
        for &id in &changes.failed {
            self.insert(id, KnownTransfer::Failed);
        }
    }

    /// Sets the resolution of a pending transfer.
    pub(super) fn resolve(&mut self, id: u128, resolution: Resolution) {
        if let Some(KnownTransfer::Created(state)) = self.get(id) {
            let resolution = Some(resolution);
            let state = TransferState { resolution, ..state };
            self.insert(id, KnownTransfer::Created(state));
        }
    }

    /// Releases the ids and records that `timestamp` depends on them.
    pub(super) fn release(self, timestamp: u64) {
        self.0.release(timestamp);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::WaitForever;

    #[test]
    fn released_ids_keep_their_state_and_timestamp() {
        let known = TransferIds::default();
        let ids = [3, 3, 1 << 90, u128::MAX - 1];
        let mut reserved =
            known.reserve(ids.into_iter(), &WaitForever).expect("no other thread waits");
        assert!(ids.into_iter().all(|id| reserved.includes(id)));
        assert_eq!((reserved.last_timestamp(), reserved.get(3)), (0, None));
        let changes = Changes { failed: vec![3, 1 << 90], ..Changes::default() };
        reserved.apply(&changes);
        reserved.release(17);
        assert_eq!(known.peek(3), Some(KnownTransfer::Failed));
        assert_eq!(known.peek(4), None);
        let again =
            known.reserve([1 << 90].into_iter(), &WaitForever).expect("no other thread waits");
        assert_eq!((again.last_timestamp(), again.get(1 << 90)), (17, Some(KnownTransfer::Failed)));
    }

    #[test]
    fn consecutive_ids_are_spread() {
        let mut counts = [0_u32; SHARDS];
        (0..64_000).for_each(|id: u128| counts[TransferIds::shard(id)] += 1);
        assert!(counts.iter().all(|&count| (900..1_100).contains(&count)), "{counts:?}");
        let mut counts = [0_u32; SHARDS];
        (0..64_000).for_each(|id: u128| counts[TransferIds::shard(id << 64)] += 1);
        assert!(counts.iter().all(|&count| (500..2_000).contains(&count)), "{counts:?}");
    }
}
