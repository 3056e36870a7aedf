//! `unordered-locks`: latches in the order in which the transfer names the accounts. Incorrect on
//! purpose.
//!
//! # Protocol
//! As `ordered-locks`, except for the order: the debit account's latch is locked first, then the
//! credit account's. Two threads that pay each other's account at the same time each hold one latch
//! and wait for the other: a deadlock. Completed attempts are still correct, because all latches are
//! locked from the first read to the last write. But attempts in a cycle wait until a deadline ends
//! them, the caller's or that of [`BoundedWait`]. The attempt that ends first reports the cycle, see
//! `wait_for_graph.rs`.

use super::protocol::{AbortReason, Attempt, ConcurrencyProtocol, transact_locked};
use crate::ledger::account_set::AccountSet;
use crate::ledger::accounts::Accounts;
use crate::ledger::writer_state::ContentionStats;
use crate::sync::{AtomicU64, Interrupted, Ordering, WaitPolicy};

/// Checks of the wait policy before a wait ends. Sixteen attempts to lock come before each check,
/// and most of those yield the processor, so this takes some hundredths of a second.
const CHECKS_MAX: u64 = if cfg!(any(loom, shuttle)) { 4 } else { 2_000 };

/// See the module documentation.
pub(in crate::ledger) enum UnorderedLocks {}

impl ConcurrencyProtocol for UnorderedLocks {
    fn transact<'a, S: AccountSet<'a>>(
        accounts: &'a Accounts,
        set: &S,
        wait_policy: &impl WaitPolicy,
        contention: &mut ContentionStats,
        attempt: &mut (impl Attempt + ?Sized),
    ) -> Result<(), AbortReason> {
        let bounded = BoundedWait { wait_policy, checks: AtomicU64::new(0) };
        let mut latches = accounts.wait_for_graph.begin(contention.writer);
        let guards = set.try_map(|account| {
            latches.wants(account.number);
            let guard = account.cell.latch.lock_with(&bounded);
            // The latches before this one are still locked here.
            match guard {
                Ok(_) => latches.holds(account.number),
                Err(_) => latches.record_deadlock_cycle(|number| accounts.id(number)),
            }
            guard
        })?;
        transact_locked(set, guards, contention, attempt)
    }
}

/// A wait policy with a limit, because nothing else would end a deadlock.
struct BoundedWait<'p, P> {
    wait_policy: &'p P,
    checks: AtomicU64,
}

impl<P: WaitPolicy> WaitPolicy for BoundedWait<'_, P> {
    fn check(&self) -> Result<(), Interrupted> {
        self.wait_policy.check()?;
        if self.checks.fetch_add(1, Ordering::Relaxed) >= CHECKS_MAX {
            return Err(Interrupted::DeadlineExceeded);
        }
        Ok(())
    }
}
