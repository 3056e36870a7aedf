//! Shards of a table that one writer has locked.
//!
//! All writers lock shards in ascending order, so they cannot deadlock. Up to two shards, as many as a
//! single transfer locks, take no allocation.

use smallvec::SmallVec;

use crate::sync::{Interrupted, Latched, LatchedGuard, WaitPolicy};

/// Locked shards with their numbers, in ascending order.
#[derive(Debug)]
pub(super) struct LockedShards<'a, T>(SmallVec<[(usize, LatchedGuard<'a, T>); 2]>);

impl<'a, T: 'a> LockedShards<'a, T> {
    /// Locks the shards of these numbers. `latch` returns the shard of a number.
    ///
    /// # Errors
    /// The reason why `wait_policy` ended a wait.
    #[inline]
    pub(super) fn lock(
        numbers: impl Iterator<Item = usize>,
        wait_policy: &impl WaitPolicy,
        latch: impl Fn(usize) -> &'a Latched<T>,
    ) -> Result<Self, Interrupted> {
        let mut numbers: SmallVec<[usize; 2]> = numbers.collect();
        if numbers.len() > 1 {
            numbers.sort_unstable();
            numbers.dedup();
        }
        let lock = |number: usize| Ok((number, latch(number).lock_with(wait_policy)?));
        Ok(Self(numbers.into_iter().map(lock).collect::<Result<_, _>>()?))
    }

    #[inline]
    fn position(&self, number: usize) -> Option<usize> {
        match self.0.len() {
            0..=2 => self.0.iter().position(|(locked, _)| *locked == number),
            _ => self.0.binary_search_by_key(&number, |(number, _)| *number).ok(),
        }
    }

    /// Returns the shard of this number, if it is locked.
    #[inline]
    pub(super) fn get(&self, number: usize) -> Option<&T> {
        Some(&*self.0[self.position(number)?].1)
    }

    /// Returns the shard of this number for a change, if it is locked.
    #[inline]
    pub(super) fn get_mut(&mut self, number: usize) -> Option<&mut T> {
        let position = self.position(number)?;
        Some(&mut *self.0[position].1)
    }

    /// Returns the shards for a change.
    #[inline]
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut().map(|(_, guard)| &mut **guard)
    }

    /// Returns the last timestamp that depended on any of the shards.
    #[inline]
    pub(super) fn last_timestamp(&self) -> u64 {
        self.0.iter().map(|(_, guard)| guard.last_timestamp()).max().unwrap_or(0)
    }

    /// Returns the number of shards for which this thread had to wait.
    #[inline]
    pub(super) fn waits(&self) -> u64 {
        self.0.iter().filter(|(_, guard)| guard.waited()).count() as u64
    }

    /// Unlocks the shards and records that `timestamp` depends on them.
    #[inline]
    pub(super) fn release(self, timestamp: u64) {
        for (_, guard) in self.0 {
            guard.release(timestamp);
        }
    }
}
