//! What is counted of the work of one worker, or of all.

use crate::model::CreateTransferStatus;

const STATUSES: usize = CreateTransferStatus::ALL.len();

/// How many attempts ended in each status, and what else was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    by_status: [u64; STATUSES],
    /// What was asked for and is done. One operation can make several attempts, or none.
    pub(super) operations: u64,
    /// Balances that were read.
    pub(super) reads: u64,
    /// Coins that came from outside, less those that went there.
    pub(super) issued: i128,
}

impl Default for Tally {
    fn default() -> Self {
        Self { by_status: [0; STATUSES], operations: 0, reads: 0, issued: 0 }
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
        self.operations += other.operations;
        self.reads += other.reads;
        self.issued += other.issued;
    }

    /// The statuses that occurred, in order of precedence, with how often.
    pub fn by_status(&self) -> impl Iterator<Item = (CreateTransferStatus, u64)> {
        let all = CreateTransferStatus::ALL.iter().copied().zip(self.by_status);
        all.filter(|(_, count)| *count > 0)
    }

    /// How many attempts ended in this status.
    pub fn of(&self, status: CreateTransferStatus) -> u64 {
        self.by_status[status as usize]
    }

    fn sum(&self, counts: impl Fn(CreateTransferStatus) -> bool) -> u64 {
        self.by_status().filter(|(status, _)| counts(*status)).map(|(_, count)| count).sum()
    }

    /// What was asked for and is done.
    pub fn operations(&self) -> u64 {
        self.operations
    }

    /// Balances that were read.
    pub fn reads(&self) -> u64 {
        self.reads
    }

    /// Coins that came from outside, less those that went there.
    pub fn issued(&self) -> i128 {
        self.issued
    }

    /// All attempts.
    pub fn attempts(&self) -> u64 {
        self.sum(|_| true)
    }

    /// Those whose money has moved.
    pub fn accepted(&self) -> u64 {
        self.of(CreateTransferStatus::Created)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_accepted_refused_or_interrupted() {
        let mut tally = Tally { operations: 3, reads: 2, issued: -5, ..Tally::default() };
        for &status in CreateTransferStatus::ALL {
            tally.add(status);
        }
        let mut twice = tally;
        twice.merge(&tally);
        assert_eq!(twice.attempts(), 2 * STATUSES as u64);
        assert_eq!((twice.accepted(), twice.interrupted()), (2, 4));
        assert_eq!(twice.refused(), 2 * STATUSES as u64 - 6);
        assert_eq!((twice.operations(), twice.reads(), twice.issued()), (6, 4, -10));
    }
}
