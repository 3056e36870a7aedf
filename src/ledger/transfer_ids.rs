//! What the ledger knows of transfers' ids beyond their entries in the trail: ids that callers brought, and what has
//! become of pending transfers.
//!
//! Ids are spread over shards, each behind a latch. Whoever brings an id holds its shard from the first look to the last
//! write: that reserves the id, so of all who bring the same one at the same time one creates it. A shard's latch carries
//! the last timestamp that relied on what was or was not there. Shards come before accounts in the order of latches, and are
//! taken in ascending order. Plain transfers, whose ids the ledger makes, never come here.

use std::collections::HashMap;

use foldhash::quality::FixedState;

use crate::model::{Changes, KnownTransfer, Resolution};
use crate::sync::{Interrupted, Latched, LatchedGuard, WaitPolicy};

/// Shards; a power of two.
const SHARDS: usize = if cfg!(any(loom, shuttle)) { 2 } else { 64 };

#[derive(Debug, Default)]
struct Shard(HashMap<u128, KnownTransfer, FixedState>);

/// See the module's text.
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
        // Ids that count up, and ids that differ in their upper half, are spread alike (Fibonacci hashing).
        let folded = (id as u64) ^ ((id >> 64) as u64).rotate_left(32);
        (folded.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize % SHARDS
    }

    /// What is known of a transfer's id at this moment, unless it is a plain one's.
    pub(super) fn peek(&self, id: u128) -> Option<KnownTransfer> {
        self.shards[Self::shard(id)].lock().0.get(&id).copied()
    }

    /// Reserves these ids: nobody else learns anything of them until they are released.
    ///
    /// # Errors
    /// What `wait_policy` answered while waiting.
    pub(super) fn reserve(
        &self,
        ids: impl Iterator<Item = u128>,
        wait_policy: &impl WaitPolicy,
    ) -> Result<Reserved<'_>, Interrupted> {
        let mut numbers: Vec<usize> = ids.map(Self::shard).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let hold = |number: usize| Ok((number, self.shards[number].lock_with(wait_policy)?));
        let shards = numbers.into_iter().map(hold).collect::<Result<_, _>>()?;
        Ok(Reserved { shards })
    }
}

/// Some ids in the hands of one thread, and all others of their shards with them.
#[derive(Debug)]
pub(super) struct Reserved<'a> {
    shards: Vec<(usize, LatchedGuard<'a, Shard>)>,
}

impl Reserved<'_> {
    fn place(&self, id: u128) -> Option<usize> {
        self.shards.binary_search_by_key(&TransferIds::shard(id), |(number, _)| *number).ok()
    }

    /// Whether this id is reserved.
    pub(super) fn includes(&self, id: u128) -> bool {
        self.place(id).is_some()
    }

    /// What is known of an id that is reserved.
    pub(super) fn get(&self, id: u128) -> Option<KnownTransfer> {
        self.shards[self.place(id)?].1.0.get(&id).copied()
    }

    /// The last timestamp that relied on what is known of any of the ids.
    pub(super) fn last_timestamp(&self) -> u64 {
        self.shards.iter().map(|(_, held)| held.last_timestamp()).max().unwrap_or(0)
    }

    /// How many of the shards were held by another thread at first.
    pub(super) fn waits(&self) -> u64 {
        self.shards.iter().filter(|(_, held)| held.waited()).count() as u64
    }

    fn learn(&mut self, id: u128, known: KnownTransfer) {
        let place = self.place(id).expect("what a unit makes known was reserved");
        self.shards[place].1.0.insert(id, known);
    }

    /// Takes down what a unit's changes say of transfers.
    pub(super) fn apply(&mut self, changes: &Changes) {
        for (&id, &resolution) in &changes.resolutions {
            self.resolve(id, resolution);
        }
        for created in &changes.transfers {
            self.learn(created.state.transfer.id, KnownTransfer::Created(created.state));
        }
        for &id in &changes.failed {
            self.learn(id, KnownTransfer::Failed);
        }
    }

    /// Takes down what became of a pending transfer.
    pub(super) fn resolve(&mut self, id: u128, resolution: Resolution) {
        if let Some(KnownTransfer::Created(state)) = self.get(id) {
            let resolution = Some(resolution);
            let state = crate::model::TransferState { resolution, ..state };
            self.learn(id, KnownTransfer::Created(state));
        }
    }

    /// Lets go, saying that `timestamp` relied on what is known.
    pub(super) fn release(self, timestamp: u64) {
        for (_, held) in self.shards {
            held.release(timestamp);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::WaitForever;

    #[test]
    fn reserved_ids_are_learnt_and_remember_their_timestamp() {
        let known = TransferIds::default();
        let ids = [3, 3, 1 << 90, u128::MAX - 1];
        let mut reserved =
            known.reserve(ids.into_iter(), &WaitForever).expect("nobody else is there");
        assert!(ids.into_iter().all(|id| reserved.includes(id)));
        assert_eq!((reserved.last_timestamp(), reserved.get(3)), (0, None));
        let changes = Changes { failed: vec![3, 1 << 90], ..Changes::default() };
        reserved.apply(&changes);
        reserved.release(17);
        assert_eq!(known.peek(3), Some(KnownTransfer::Failed));
        assert_eq!(known.peek(4), None);
        let again = known.reserve([1 << 90].into_iter(), &WaitForever).expect("nobody is there");
        assert_eq!((again.last_timestamp(), again.get(1 << 90)), (17, Some(KnownTransfer::Failed)));
    }

    #[test]
    fn ids_that_count_up_are_spread() {
        let mut counts = [0_u32; SHARDS];
        (0..64_000).for_each(|id: u128| counts[TransferIds::shard(id)] += 1);
        assert!(counts.iter().all(|&count| (900..1_100).contains(&count)), "{counts:?}");
        let mut counts = [0_u32; SHARDS];
        (0..64_000).for_each(|id: u128| counts[TransferIds::shard(id << 64)] += 1);
        assert!(counts.iter().all(|&count| (500..2_000).contains(&count)), "{counts:?}");
    }
}
