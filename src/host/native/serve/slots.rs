//! Counting what each user or client has at the same time.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// Counts what each key has, up to a limit.
#[derive(Debug)]
pub(super) struct Slots<K> {
    limit: usize,
    taken: Mutex<HashMap<K, usize>>,
}

impl<K: Eq + Hash + Clone> Slots<K> {
    pub(super) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, taken: Mutex::default() })
    }

    /// How many each key can have.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Takes one of a key's slots, until it is dropped. Returns `None` if all are taken.
    pub(super) fn take(self: &Arc<Self>, key: &K) -> Option<Slot<K>> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(key.clone()).or_default();
        if *count >= self.limit {
            return None;
        }
        *count += 1;
        Some(Slot { key: key.clone(), slots: Arc::clone(self) })
    }
}

/// A slot of a key.
#[derive(Debug)]
pub(super) struct Slot<K: Eq + Hash> {
    key: K,
    slots: Arc<Slots<K>>,
}

impl<K: Eq + Hash> Drop for Slot<K> {
    fn drop(&mut self) {
        let mut taken = self.slots.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.key);
            }
        }
    }
}
