//! Objects that JavaScript knows by number, because workers cannot pass references to each other.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Objects by their numbers. The number of a removed object is reused only after 2^32 insertions.
#[derive(Debug)]
pub(super) struct HandleTable<T> {
    last: u32,
    objects: BTreeMap<u32, T>,
}

impl<T> HandleTable<T> {
    /// Creates an empty table.
    pub(super) const fn new() -> Self {
        Self { last: 0, objects: BTreeMap::new() }
    }

    /// Adds an object and returns its number, which is not 0.
    pub(super) fn insert(&mut self, object: T) -> u32 {
        loop {
            self.last = self.last.wrapping_add(1).max(1);
            if !self.objects.contains_key(&self.last) {
                self.objects.insert(self.last, object);
                return self.last;
            }
        }
    }

    /// The number of objects.
    pub(super) fn len(&self) -> usize {
        self.objects.len()
    }

    /// Returns the object with this number.
    pub(super) fn get(&self, number: u32) -> Option<&T> {
        self.objects.get(&number)
    }

    /// Returns a mutable reference to the object with this number.
    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        self.objects.get_mut(&number)
    }

    /// Removes the object with this number and returns it.
    pub(super) fn remove(&mut self, number: u32) -> Option<T> {
        self.objects.remove(&number)
    }

    /// Whether the condition holds for any object.
    #[cfg(feature = "http")]
    pub(super) fn any(&self, condition: impl Fn(&T) -> bool) -> bool {
        self.objects.values().any(condition)
    }

    /// Removes the objects for which the condition does not hold.
    #[cfg(feature = "reader")]
    pub(super) fn retain(&mut self, condition: impl Fn(&T) -> bool) {
        self.objects.retain(|_, object| condition(object));
    }
}

/// Locks a mutex. It is never poisoned, because a panic ends the module.
pub(super) fn lock<T>(mutex: &'static Mutex<T>) -> MutexGuard<'static, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
