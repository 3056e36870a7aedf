//! Where a worker hands in its attempts, and what is counted of them.

use crate::book::{BookError, Interrupt, Writer};
use crate::model::{CreateTransferStatus, Transfer};

const STATUSES: usize = CreateTransferStatus::ALL.len();

/// How many attempts ended in each status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    by_status: [u64; STATUSES],
}

impl Default for Tally {
    fn default() -> Self {
        Self { by_status: [0; STATUSES] }
    }
}

impl Tally {
    #[inline]
    pub(super) fn add(&mut self, status: CreateTransferStatus) {
        self.by_status[status as usize] += 1;
    }

    /// Adds another tally to this one.
    pub fn merge(&mut self, other: &Self) {
        for (mine, others) in self.by_status.iter_mut().zip(other.by_status) {
            *mine += others;
        }
    }

    /// The statuses that occurred, in order of precedence, with how often.
    pub fn by_status(&self) -> impl Iterator<Item = (CreateTransferStatus, u64)> {
        let all = CreateTransferStatus::ALL.iter().copied().zip(self.by_status);
        all.filter(|(_, count)| *count > 0)
    }

    fn sum(&self, counts: impl Fn(CreateTransferStatus) -> bool) -> u64 {
        self.by_status().filter(|(status, _)| counts(*status)).map(|(_, count)| count).sum()
    }

    /// All attempts.
    pub fn attempts(&self) -> u64 {
        self.sum(|_| true)
    }

    /// Those whose money has moved.
    pub fn accepted(&self) -> u64 {
        self.sum(|status| status == CreateTransferStatus::Created)
    }

    /// Those that were cancelled or too late.
    pub fn interrupted(&self) -> u64 {
        self.sum(CreateTransferStatus::is_interruption)
    }

    /// Those that a rule refused.
    pub fn refused(&self) -> u64 {
        self.attempts() - self.accepted() - self.interrupted()
    }
}

/// Where a worker hands in its attempts: they are made, written down, and counted.
#[derive(Debug)]
pub struct Desk<'a> {
    writer: &'a mut Writer,
    interrupt: Interrupt<'a>,
    tally: &'a mut Tally,
}

impl<'a> Desk<'a> {
    /// For one batch, whose attempts `interrupt` may end.
    pub fn new(writer: &'a mut Writer, interrupt: Interrupt<'a>, tally: &'a mut Tally) -> Self {
        Self { writer, interrupt, tally }
    }

    /// Makes one attempt.
    ///
    /// # Errors
    /// [`BookError`] when the book cannot take it; it was not made then.
    #[inline]
    pub fn transfer(&mut self, transfer: &Transfer) -> Result<CreateTransferStatus, BookError> {
        let status = self.writer.create_transfer(transfer, &self.interrupt)?.status;
        self.tally.add(status);
        Ok(status)
    }

    /// Makes attempts one after the other, each by itself.
    ///
    /// # Errors
    /// [`BookError`] when the book cannot take one; it and those after it were not made then.
    #[inline]
    pub fn transfer_each(&mut self, transfers: &[Transfer]) -> Result<(), BookError> {
        let Self { writer, interrupt, tally } = self;
        writer.create_each(transfers, interrupt, |outcome| tally.add(outcome.status))
    }

    /// What it writes the book with.
    pub fn writer(&mut self) -> &mut Writer {
        self.writer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_accepted_refused_or_interrupted() {
        let mut tally = Tally::default();
        for &status in CreateTransferStatus::ALL {
            tally.add(status);
        }
        let mut twice = tally;
        twice.merge(&tally);
        assert_eq!(twice.attempts(), 2 * STATUSES as u64);
        assert_eq!((twice.accepted(), twice.interrupted()), (2, 4));
        assert_eq!(twice.refused(), 2 * STATUSES as u64 - 6);
    }
}
