//! Shards of a table that one writer has locked.
//!
//! All writers lock shards in ascending order, so they cannot deadlock. Up to two shards, as many as a
//! single transfer locks, take no allocation.

use crate::sync::{Interrupted, Latched, LatchedGuard, WaitPolicy};

/// A locked shard and its number.
pub(super) type Locked<'a, T> = (usize, LatchedGuard<'a, T>);

/// Locked shards, in ascending order of their numbers.
#[derive(Debug)]
pub(super) enum LockedShards<'a, T> {
    One([Locked<'a, T>; 1]),
    Two([Locked<'a, T>; 2]),
    Any(Vec<Locked<'a, T>>),
}

impl<'a, T: 'a> LockedShards<'a, T> {
    /// Locks the shards of these numbers. `latch` returns the shard of a number.
    ///
    /// # Errors
    /// The reason why `wait_policy` ended a wait.
    #[inline]
    pub(super) fn lock(
        mut numbers: impl Iterator<Item = usize>,
        wait_policy: &impl WaitPolicy,
        latch: impl Fn(usize) -> &'a Latched<T>,
    ) -> Result<Self, Interrupted> {
        let lock = |number: usize| Ok((number, latch(number).lock_with(wait_policy)?));
        let Some(one) = numbers.next() else { return Ok(Self::Any(Vec::new())) };
        let Some(other) = numbers.next() else { return Ok(Self::One([lock(one)?])) };
        let Some(third) = numbers.next() else {
            return Ok(match one == other {
                true => Self::One([lock(one)?]),
                false => Self::Two([lock(one.min(other))?, lock(one.max(other))?]),
            });
        };
        let mut numbers: Vec<usize> = [one, other, third].into_iter().chain(numbers).collect();
        numbers.sort_unstable();
        numbers.dedup();
        Ok(Self::Any(numbers.into_iter().map(lock).collect::<Result<_, _>>()?))
    }

    #[inline]
    fn as_slice(&self) -> &[Locked<'a, T>] {
        match self {
            Self::One(one) => one,
            Self::Two(two) => two,
            Self::Any(any) => any,
        }
    }

    #[inline]
    fn as_mut_slice(&mut self) -> &mut [Locked<'a, T>] {
        match self {
            Self::One(one) => one,
            Self::Two(two) => two,
            Self::Any(any) => any,
        }
    }

    /// Returns the shards with their numbers, if at most two were named.
    #[inline]
    pub(super) fn few(&mut self) -> Option<&mut [Locked<'a, T>]> {
        match self {
            Self::One(_) | Self::Two(_) => Some(self.as_mut_slice()),
            Self::Any(_) => None,
        }
    }

    #[inline]
    fn position(&self, number: usize) -> Option<usize> {
        match self {
            Self::One(_) | Self::Two(_) => {
                self.as_slice().iter().position(|(locked, _)| *locked == number)
            }
            Self::Any(any) => any.binary_search_by_key(&number, |(number, _)| *number).ok(),
        }
    }

    /// Returns the shard of this number, if it is locked.
    #[inline]
    pub(super) fn get(&self, number: usize) -> Option<&T> {
        Some(&*self.as_slice()[self.position(number)?].1)
    }

    /// Returns the shard of this number for a change, if it is locked.
    #[inline]
    pub(super) fn get_mut(&mut self, number: usize) -> Option<&mut T> {
        let position = self.position(number)?;
        Some(&mut *self.as_mut_slice()[position].1)
    }

    /// Returns the shards for a change.
    #[inline]
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.as_mut_slice().iter_mut().map(|(_, guard)| &mut **guard)
    }

    /// Returns the last timestamp that depended on any of the shards.
    #[inline]
    pub(super) fn last_timestamp(&self) -> u64 {
        self.as_slice().iter().map(|(_, guard)| guard.last_timestamp()).max().unwrap_or(0)
    }

    /// Returns the number of shards for which this thread had to wait.
    #[inline]
    pub(super) fn waits(&self) -> u64 {
        self.as_slice().iter().filter(|(_, guard)| guard.waited()).count() as u64
    }

    /// Unlocks the shards and records that `timestamp` depends on them.
    #[inline]
    pub(super) fn release(self, timestamp: u64) {
        let release = |(_, guard): Locked<'a, T>| guard.release(timestamp);
        match self {
            Self::One(one) => one.into_iter().for_each(release),
            Self::Two(two) => two.into_iter().for_each(release),
            Self::Any(any) => any.into_iter().for_each(release),
        }
    }
}
