//! `unordered-locks`: latches in the order in which the transfer names the accounts. Wrong on purpose.
//!
//! # Protocol
//! As `ordered-locks`, but for the order: the debit account's latch is taken first, then the credit account's. Two threads
//! that pay each other's account at the same time each hold the one latch and wait for the other one: a deadlock. What is
//! carried out is right all the same, because all latches are held from the first read to the last write; but attempts
//! that meet in a circle wait until a deadline ends them. Where the caller has set none, [`Bounded`] does. Whoever
//! gives up so says who waited for whom: see `wait_for_graph.rs`.

use super::{
    AbortReason, AccountSet, Attempt, ConcurrencyProtocol, ContentionStats, with_all_held,
};
use crate::ledger::accounts::Accounts;
use crate::sync::{AtomicU64, Interrupted, Ordering, WaitPolicy};

/// How often a waiter's wait_policy is asked before it ends: with sixteen looks each time, most of them after the
/// processor was given away, some hundredths of a second.
const CHECKS_MAX: u64 = if cfg!(any(loom, shuttle)) { 4 } else { 2_000 };

/// See the module's text.
pub(in crate::ledger) enum UnorderedLocks {}

impl ConcurrencyProtocol for UnorderedLocks {
    fn transact<'a, N: AccountSet<'a>>(
        accounts: &'a Accounts,
        touched: &N,
        wait_policy: &impl WaitPolicy,
        contention: &mut ContentionStats,
        attempt: &mut impl Attempt,
    ) -> Result<(), AbortReason> {
        let bounded = Bounded { wait_policy, checks: AtomicU64::new(0) };
        let mut place = accounts.wait_for_graph().begin(contention.writer);
        let holds = touched.try_map(|touch| {
            place.wants(touch.number);
            let held = touch.cell.latch().lock_with(&bounded);
            // While the latches before this one are still held.
            match held {
                Ok(_) => place.holds(touch.number),
                Err(_) => place.record_deadlock_cycle(|number| accounts.id(number)),
            }
            held
        })?;
        with_all_held(touched, holds, contention, attempt)
    }
}

/// WaitPolicy that ends by itself, because nobody else would end a deadlock.
struct Bounded<'p, P> {
    wait_policy: &'p P,
    checks: AtomicU64,
}

impl<P: WaitPolicy> WaitPolicy for Bounded<'_, P> {
    fn check(&self) -> Result<(), Interrupted> {
        self.wait_policy.check()?;
        if self.checks.fetch_add(1, Ordering::Relaxed) >= CHECKS_MAX {
            return Err(Interrupted::DeadlineExceeded);
        }
        Ok(())
    }
}
