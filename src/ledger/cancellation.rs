//! Cancellation of an attempt by its caller or by a deadline.

use std::fmt;

use crate::model::CreateTransferStatus;
use crate::sync::{AtomicU64, Interrupted, Ordering, WaitPolicy};

/// A clock that a host lends to the ledger. The ledger reads it before an attempt or a group of
/// attempts and while one waits.
pub trait Clock {
    /// Returns nanoseconds since a fixed moment, the same for all threads.
    fn now_ns(&self) -> u64;
}

/// Cancels an attempt by a flag, which any thread may set, or by a deadline.
///
/// It takes effect until the first write. An attempt that has begun is completed.
#[derive(Clone, Copy, Default)]
pub struct Cancellation<'a> {
    flag: Option<&'a AtomicU64>,
    deadline: Option<(&'a dyn Clock, u64)>,
}

impl<'a> Cancellation<'a> {
    /// Returns a cancellation that never takes effect: the attempt waits without a limit.
    pub fn never() -> Self {
        Self::default()
    }

    /// Cancels the attempt once `flag` is not 0.
    pub fn with_flag(self, flag: &'a AtomicU64) -> Self {
        Self { flag: Some(flag), ..self }
    }

    /// Cancels the attempt once `clock` shows more than `deadline_ns`.
    pub fn with_deadline(self, clock: &'a dyn Clock, deadline_ns: u64) -> Self {
        Self { deadline: Some((clock, deadline_ns)), ..self }
    }

    /// Returns whether the flag is set.
    #[inline]
    pub fn is_cancelled(&self) -> bool {
        self.flag.is_some_and(|flag| flag.load(Ordering::Relaxed) != 0)
    }

    /// Checks the flag only, without reading the clock.
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
