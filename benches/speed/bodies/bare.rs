//! The upper bound: a bare loop with two latches, the check, two updates and a record of 64 bytes,
//! and nothing else.

use std::sync::atomic::{AtomicU64, Ordering};

/// One account: a latch and two sums, on a separate cache line.
#[derive(Default)]
#[repr(align(64))]
struct Cell {
    latch: AtomicU64,
    debits: AtomicU64,
    credits: AtomicU64,
}

impl Cell {
    fn hold(&self) {
        while self.latch.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_err() {
            while self.latch.load(Ordering::Relaxed) != 0 {
                std::hint::spin_loop();
            }
        }
    }

    fn release(&self) {
        self.latch.store(0, Ordering::Release);
    }
}

/// Accounts, and the least that moves money between them.
pub(crate) struct BareLoop(Vec<Cell>);

impl BareLoop {
    pub(crate) fn new(accounts: u64, coins: u64) -> Self {
        let cells: Vec<Cell> = (0..accounts).map(|_| Cell::default()).collect();
        for cell in &cells {
            cell.credits.store(coins, Ordering::Relaxed);
        }
        Self(cells)
    }

    #[inline]
    pub(crate) fn transfer(&self, debit: u64, credit: u64, amount: u64, record: &mut [u64; 8]) {
        let (from, to) = (&self.0[debit as usize], &self.0[credit as usize]);
        let (first, second) = if debit < credit { (from, to) } else { (to, from) };
        first.hold();
        second.hold();
        let debits = from.debits.load(Ordering::Relaxed) + amount;
        let fits = debits <= from.credits.load(Ordering::Relaxed);
        if fits {
            from.debits.store(debits, Ordering::Relaxed);
            to.credits.store(to.credits.load(Ordering::Relaxed) + amount, Ordering::Relaxed);
        }
        second.release();
        first.release();
        *record = [debit, credit, amount, fits.into(), debits, 0, 0, 0];
    }
}
