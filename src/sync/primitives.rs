//! Atomics and cells: those of the standard library, of loom or of shuttle.

#[cfg(loom)]
pub(crate) use loom::cell::UnsafeCell;
#[cfg(loom)]
pub use loom::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
#[cfg(shuttle)]
pub use shuttle::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
#[cfg(not(any(loom, shuttle)))]
pub use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

/// Replaces a word by `change(word)`, retrying while other threads change it. `None` leaves the
/// word as it is.
///
/// # Errors
/// The word for which `change` returned `None`. On success, the word before the change.
pub fn update(word: &AtomicU64, change: impl Fn(u64) -> Option<u64>) -> Result<u64, u64> {
    let mut seen = word.load(Ordering::Acquire);
    while let Some(next) = change(seen) {
        match word.compare_exchange_weak(seen, next, Ordering::AcqRel, Ordering::Acquire) {
            Ok(before) => return Ok(before),
            Err(now) => seen = now,
        }
    }
    Err(seen)
}

/// The standard library's cell with loom's interface, so that each protocol is written once.
#[cfg(not(loom))]
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

#[cfg(not(loom))]
impl<T> UnsafeCell<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(std::cell::UnsafeCell::new(value))
    }

    #[inline(always)]
    pub(crate) fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R {
        read(self.0.get())
    }

    #[inline(always)]
    pub(crate) fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
        write(self.0.get())
    }
}
