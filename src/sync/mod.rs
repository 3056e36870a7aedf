//! The one door to atomics, shared cells and waiting.
//!
//! RequestService other room takes its atomics from here, so that the same code runs on the machine's threads, on web
//! workers, under [loom](https://docs.rs/loom), which tries every order in which threads can meet, and under
//! [shuttle](https://docs.rs/shuttle), which tries random ones and can replay them.
// The room is public under loom only, so that `tests/loom.rs` can reach it.
#![cfg_attr(not(loom), allow(unreachable_pub))]

#[cfg(loom)]
pub(crate) use loom::cell::UnsafeCell;
#[cfg(loom)]
pub use loom::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
#[cfg(shuttle)]
pub use shuttle::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
#[cfg(not(any(loom, shuttle)))]
pub use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

mod cells;
mod latch;
mod wait;

pub use cells::{Appender, Latched, LatchedGuard, Log, Prefetcher};
pub use latch::{Latch, LatchGuard, TIMESTAMP_MAX};
pub use wait::{Interrupted, WaitForever, WaitPolicy, pause, rest};

/// Changes a word to what `change` makes of it, again and again while other threads change it; `None` leaves it.
///
/// # Errors
/// `Err` with the word as it was when `change` left it; `Ok` with the word before the change.
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

/// The standard library's cell behind loom's interface, so that the protocols are written once.
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
