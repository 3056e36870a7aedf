//! The sequence of transfers, the same for the bare loop and the ledger.

use ledgerlab::scenarios::Random;

/// Transfers drawn at once. Drawing is timed, and is the same for bare loop and ledger.
pub(crate) const BATCH: usize = 256;

/// The accounts between which money moves.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pattern {
    /// Each thread among separate accounts.
    Own {
        /// The number of accounts of each thread.
        accounts_each: u64,
    },
    /// All threads among all accounts.
    Shared {
        /// The number of accounts.
        accounts: u64,
    },
    /// One account is in every transfer, alternately debited and credited.
    Hot {
        /// The number of other accounts.
        others: u64,
    },
}

/// One measured load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) pattern: Pattern,
    pub(crate) threads: usize,
    /// Transfers of each thread: whole batches.
    pub(crate) transfers: u64,
}

impl Load {
    /// Returns the number of accounts. [`Pattern::Own`] has accounts for two threads, even if there is
    /// only one.
    pub(crate) fn accounts(&self) -> u64 {
        match self.pattern {
            Pattern::Own { accounts_each } => 2 * accounts_each,
            Pattern::Shared { accounts } => accounts,
            Pattern::Hot { others } => 1 + others,
        }
    }

    /// Returns the transfers of all threads.
    pub(crate) fn transfers_in_all(&self) -> u64 {
        self.threads as u64 * self.transfers
    }
}

/// Two different accounts, counted from 0, and an amount.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Move {
    pub(crate) debit: u64,
    pub(crate) credit: u64,
    pub(crate) amount: u64,
}

/// The transfers of one thread.
#[derive(Debug)]
pub(crate) struct Moves {
    random: Random,
    pattern: Pattern,
    thread: u64,
    is_debit_turn: bool,
}

impl Moves {
    pub(crate) fn new(pattern: Pattern, thread: usize) -> Self {
        let thread = thread as u64;
        Self { random: Random::new(1, thread), pattern, thread, is_debit_turn: false }
    }

    #[inline]
    pub(crate) fn draw(&mut self) -> Move {
        let (debit, credit) = match self.pattern {
            Pattern::Own { accounts_each } => {
                let (debit, credit) = self.pair(accounts_each);
                let first = self.thread * accounts_each;
                (first + debit, first + credit)
            }
            Pattern::Shared { accounts } => self.pair(accounts),
            Pattern::Hot { others } => {
                let other = 1 + self.random.below(others);
                self.is_debit_turn = !self.is_debit_turn;
                if self.is_debit_turn { (0, other) } else { (other, 0) }
            }
        };
        Move { debit, credit, amount: 1 + self.random.below(9) }
    }

    #[inline]
    fn pair(&mut self, accounts: u64) -> (u64, u64) {
        let debit = self.random.below(accounts);
        let credit = debit + 1 + self.random.below(accounts - 1);
        (debit, if credit < accounts { credit } else { credit - accounts })
    }
}
