//! What may end an attempt before it begins: its caller, or time.

use std::fmt;

use crate::model::CreateTransferStatus;
use crate::sync::{AtomicU64, Interrupted, Ordering, Patience};

/// A clock that a host lends to the book. It is read only while an attempt waits, never on the way through.
pub trait Clock {
    /// Nanoseconds since some fixed moment, the same for all threads.
    fn now_ns(&self) -> u64;
}

/// Lets an attempt be taken back, by a flag that any thread may raise, or by a deadline.
///
/// It counts until the first write: an attempt that has begun is finished.
#[derive(Clone, Copy)]
pub struct Interrupt<'a> {
    cancel: &'a AtomicU64,
    clock: &'a dyn Clock,
    deadline_ns: u64,
}

impl<'a> Interrupt<'a> {
    /// An attempt is cancelled once `cancel` is not 0, and late once `clock` shows more than `deadline_ns`.
    pub fn new(cancel: &'a AtomicU64, clock: &'a dyn Clock, deadline_ns: u64) -> Self {
        Self { cancel, clock, deadline_ns }
    }

    /// Whether the caller has taken it back.
    #[inline]
    pub fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed) != 0
    }
}

impl fmt::Debug for Interrupt<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Interrupt(deadline at {} ns)", self.deadline_ns)
    }
}

impl Patience for Interrupt<'_> {
    fn check(&self) -> Result<(), Interrupted> {
        if self.is_cancelled() {
            return Err(Interrupted::Cancelled);
        }
        if self.clock.now_ns() > self.deadline_ns {
            return Err(Interrupted::DeadlineExceeded);
        }
        Ok(())
    }
}

impl From<Interrupted> for CreateTransferStatus {
    fn from(interrupted: Interrupted) -> Self {
        match interrupted {
            Interrupted::Cancelled => Self::Cancelled,
            Interrupted::DeadlineExceeded => Self::DeadlineExceeded,
        }
    }
}
