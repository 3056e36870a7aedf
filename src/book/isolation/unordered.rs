//! `unordered`: latches in the order in which the transfer names the accounts. Wrong on purpose.
//!
//! # Protocol
//! As `ordered`, but for the order: the debit account's latch is taken first, then the credit account's. Two threads
//! that pay each other's account at the same time each hold the one latch and wait for the other one: a deadlock. What is
//! carried out is right all the same, because all latches are held from the first read to the last write; but attempts
//! that meet in a circle wait until a deadline ends them. Where the caller has set none, [`Bounded`] does. Whoever
//! gives up so says who waited for whom: see `board.rs`.

use super::{Attempt, Meetings, Stopped, Touched, Way, with_all_held};
use crate::book::accounts::Accounts;
use crate::sync::{AtomicU64, Interrupted, Ordering, Patience};

/// How often a waiter's patience is asked before it ends: with sixteen looks each time, most of them after the
/// processor was given away, some hundredths of a second.
const CHECKS_MAX: u64 = if cfg!(any(loom, shuttle)) { 4 } else { 2_000 };

/// See the module's text.
pub(in crate::book) enum Unordered {}

impl Way for Unordered {
    fn transact<'a, N: Touched<'a>>(
        accounts: &'a Accounts,
        touched: &N,
        patience: &impl Patience,
        meetings: &mut Meetings,
        attempt: &mut impl Attempt,
    ) -> Result<(), Stopped> {
        let bounded = Bounded { patience, checks: AtomicU64::new(0) };
        let mut place = accounts.board().begin(meetings.writer);
        let holds = touched.try_map(|touch| {
            place.wants(touch.number);
            let held = touch.cell.latch().hold(&bounded);
            // While the latches before this one are still held.
            match held {
                Ok(_) => place.holds(touch.number),
                Err(_) => place.keep_circle(|number| accounts.id(number)),
            }
            held
        })?;
        with_all_held(touched, holds, meetings, attempt)
    }
}

/// Patience that ends by itself, because nobody else would end a deadlock.
struct Bounded<'p, P> {
    patience: &'p P,
    checks: AtomicU64,
}

impl<P: Patience> Patience for Bounded<'_, P> {
    fn check(&self) -> Result<(), Interrupted> {
        self.patience.check()?;
        if self.checks.fetch_add(1, Ordering::Relaxed) >= CHECKS_MAX {
            return Err(Interrupted::DeadlineExceeded);
        }
        Ok(())
    }
}
