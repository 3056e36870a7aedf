//! Objects that JavaScript knows by number, because workers cannot pass references to each other.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Objects by their numbers. The number of a removed object is reused only after 2^32 insertions.
#[derive(Debug)]
pub(super) struct HandleTable<T> {
    last: u32,
    /// In ascending order of their numbers.
    objects: Vec<(u32, T)>,
}

impl<T> HandleTable<T> {
    /// Creates an empty table.
    pub(super) const fn new() -> Self {
        Self { last: 0, objects: Vec::new() }
    }

    /// Adds an object and returns its number, which is not 0.
    pub(super) fn insert(&mut self, object: T) -> u32 {
        loop {
            self.last = self.last.wrapping_add(1).max(1);
            if let Err(position) = self.position(self.last) {
                self.objects.insert(position, (self.last, object));
                return self.last;
            }
        }
    }

    /// Returns the position of an object, or where it would be.
    fn position(&self, number: u32) -> Result<usize, usize> {
        self.objects.binary_search_by_key(&number, |(number, _)| *number)
    }

    /// The number of objects.
    pub(super) fn len(&self) -> usize {
        self.objects.len()
    }

    /// Returns the object with this number.
    pub(super) fn get(&self, number: u32) -> Option<&T> {
        self.position(number).ok().map(|position| &self.objects[position].1)
    }

    /// Returns a mutable reference to the object with this number.
    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        self.position(number).ok().map(|position| &mut self.objects[position].1)
    }

    /// Removes the object with this number and returns it.
    pub(super) fn remove(&mut self, number: u32) -> Option<T> {
        self.position(number).ok().map(|position| self.objects.remove(position).1)
    }

    /// Whether the condition holds for any object.
    #[cfg(feature = "http")]
    pub(super) fn any(&self, condition: impl Fn(&T) -> bool) -> bool {
        self.objects.iter().any(|(_, object)| condition(object))
    }

    /// Removes the objects for which the condition does not hold.
    #[cfg(feature = "reader")]
    pub(super) fn retain(&mut self, condition: impl Fn(&T) -> bool) {
        self.objects.retain(|(_, object)| condition(object));
    }
}

/// Locks a mutex. It is never poisoned, because a panic ends the module.
pub(super) fn lock<T>(mutex: &'static Mutex<T>) -> MutexGuard<'static, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
