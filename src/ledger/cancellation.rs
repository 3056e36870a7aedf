//! What may end an attempt before it begins: its caller, or time.

use std::fmt;

use crate::model::CreateTransferStatus;
use crate::sync::{AtomicU64, Interrupted, Ordering, WaitPolicy};

/// A clock that a host lends to the ledger. It is read before an attempt or a group of them begins, and
/// while one waits; never in between.
pub trait Clock {
    /// Nanoseconds since some fixed moment, the same for all threads.
    fn now_ns(&self) -> u64;
}

/// Lets an attempt be taken back, by a flag that any thread may raise, or by a deadline.
///
/// It counts until the first write: an attempt that has begun is finished.
#[derive(Clone, Copy, Default)]
pub struct Cancellation<'a> {
    cancel: Option<&'a AtomicU64>,
    deadline: Option<(&'a dyn Clock, u64)>,
}

impl<'a> Cancellation<'a> {
    /// Nothing ends the attempt; it waits for as long as it takes.
    pub fn never() -> Self {
        Self::default()
    }

    /// The attempt is cancelled once `flag` is not 0.
    pub fn with_flag(self, flag: &'a AtomicU64) -> Self {
        Self { cancel: Some(flag), ..self }
    }

    /// The attempt gives up waiting once `clock` shows more than `deadline_ns`.
    pub fn with_deadline(self, clock: &'a dyn Clock, deadline_ns: u64) -> Self {
        Self { deadline: Some((clock, deadline_ns)), ..self }
    }

    /// Whether the caller has taken it back.
    #[inline]
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_some_and(|flag| flag.load(Ordering::Relaxed) != 0)
    }

    /// Looks at the flag alone, which costs no look at a clock.
    #[inline]
    pub(super) fn check_flag(&self) -> Result<(), Interrupted> {
        if self.is_cancelled() { Err(Interrupted::Cancelled) } else { Ok(()) }
    }
}

impl fmt::Debug for Cancellation<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let deadline_ns = self.deadline.map(|(_, deadline_ns)| deadline_ns);
        write!(
            formatter,
            "Cancellation(cancelled: {}, deadline: {deadline_ns:?} ns)",
            self.is_cancelled()
        )
    }
}

impl WaitPolicy for Cancellation<'_> {
    fn check(&self) -> Result<(), Interrupted> {
        self.check_flag()?;
        match self.deadline {
            Some((clock, deadline_ns)) if clock.now_ns() > deadline_ns => {
                Err(Interrupted::DeadlineExceeded)
            }
            _ => Ok(()),
        }
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
