//! The counts of one worker, or of all workers.

use crate::model::CreateTransferStatus;

const STATUSES: usize = CreateTransferStatus::ALL.len();

/// Attempts by status, operations, reads and issued coins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    by_status: [u64; STATUSES],
    /// Completed operations. One operation can make several attempts, or none.
    pub operations: u64,
    /// Balance reads.
    pub reads: u64,
    /// Coins that entered the system minus coins that left it.
    pub issued: i128,
}

impl Default for Tally {
    fn default() -> Self {
        Self { by_status: [0; STATUSES], operations: 0, reads: 0, issued: 0 }
    }
}

impl Tally {
    #[inline]
    pub(super) fn record(&mut self, status: CreateTransferStatus) {
        self.by_status[status as usize] += 1;
    }

    /// Adds another tally to this one.
    pub fn merge(&mut self, other: &Self) {
        for (sum, count) in self.by_status.iter_mut().zip(other.by_status) {
            *sum += count;
        }
        self.operations += other.operations;
        self.reads += other.reads;
        self.issued += other.issued;
    }

    /// The statuses that occurred with their counts, in order of precedence.
    pub fn by_status(&self) -> impl Iterator<Item = (CreateTransferStatus, u64)> {
        let all = CreateTransferStatus::ALL.iter().copied().zip(self.by_status);
        all.filter(|(_, count)| *count > 0)
    }

    /// The number of attempts that ended in this status.
    pub fn count(&self, status: CreateTransferStatus) -> u64 {
        self.by_status[status as usize]
    }

    fn sum(&self, includes: impl Fn(CreateTransferStatus) -> bool) -> u64 {
        self.by_status().filter(|(status, _)| includes(*status)).map(|(_, count)| count).sum()
    }

    /// All attempts.
    pub fn attempts(&self) -> u64 {
        self.sum(|_| true)
    }

    /// Attempts that moved money.
    pub fn accepted(&self) -> u64 {
        self.count(CreateTransferStatus::Created)
    }

    /// Attempts that were cancelled or reached their deadline.
    pub fn interrupted(&self) -> u64 {
        self.sum(CreateTransferStatus::is_interruption)
    }

    /// Attempts that a rule refused.
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
            tally.record(status);
        }
        let mut twice = tally;
        twice.merge(&tally);
        assert_eq!(twice.attempts(), 2 * STATUSES as u64);
        assert_eq!((twice.accepted(), twice.interrupted()), (2, 4));
        assert_eq!(twice.refused(), 2 * STATUSES as u64 - 6);
        assert_eq!((twice.operations, twice.reads, twice.issued), (6, 4, -10));
    }
}
