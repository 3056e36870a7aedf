//! Things that workers know by number, because JavaScript cannot hand a reference from one worker to another.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Some of a kind. A number is that of one of them, and not soon of another.
#[derive(Debug)]
pub(super) struct Kept<T> {
    last: u32,
    all: BTreeMap<u32, T>,
}

impl<T> Kept<T> {
    /// None yet.
    pub(super) const fn new() -> Self {
        Self { last: 0, all: BTreeMap::new() }
    }

    /// Keeps one, and its number, from 1.
    pub(super) fn keep(&mut self, one: T) -> u32 {
        loop {
            self.last = self.last.wrapping_add(1).max(1);
            if !self.all.contains_key(&self.last) {
                self.all.insert(self.last, one);
                return self.last;
            }
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// The one of this number.
    pub(super) fn find(&self, number: u32) -> Option<&T> {
        self.all.get(&number)
    }

    /// Whether there is one of which this holds.
    #[cfg(feature = "laboratory")]
    pub(super) fn any(&self, holds: impl Fn(&T) -> bool) -> bool {
        self.all.values().any(holds)
    }

    /// The one of this number, to be changed.
    pub(super) fn find_mut(&mut self, number: u32) -> Option<&mut T> {
        self.all.get_mut(&number)
    }

    /// Lets go of those that are not to stay.
    #[cfg(feature = "reader")]
    pub(super) fn retain(&mut self, stays: impl Fn(&T) -> bool) {
        self.all.retain(|_, one| stays(one));
    }

    /// The one of this number, which is not kept any more.
    pub(super) fn take(&mut self, number: u32) -> Option<T> {
        self.all.remove(&number)
    }
}

/// What a mutex holds. A panic ends the module, so that a poisoned one is never seen.
pub(super) fn lock<T>(mutex: &'static Mutex<T>) -> MutexGuard<'static, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
