//! How threads share the accounts that an attempt touches: one file for each protocol, each with its protocol at the top.
//!
//! Whatever the protocol, an attempt is the same: it is shown the accounts that it touches and the last timestamp that
//! relied on any of them, decides, is written into the trail, and its changes are made. The protocol says what is held
//! meanwhile.

mod account_set;
#[cfg(feature = "laboratory")]
mod global_lock;
#[cfg(feature = "laboratory")]
mod no_locks;
#[cfg(feature = "laboratory")]
mod optimistic;
mod ordered_locks;
#[cfg(feature = "laboratory")]
mod unordered_locks;
mod wait_for_graph;

use super::accounts::Accounts;
use crate::model::AccountState;
use crate::sync::{Interrupted, LatchGuard, WaitPolicy};

pub(super) use account_set::{AccountRef, AccountSet};
#[cfg(feature = "laboratory")]
pub(super) use global_lock::GlobalLock;
#[cfg(feature = "laboratory")]
pub(super) use no_locks::NoLocks;
#[cfg(feature = "laboratory")]
pub(super) use optimistic::Optimistic;
pub(super) use ordered_locks::OrderedLocks;
#[cfg(feature = "laboratory")]
pub(super) use unordered_locks::UnorderedLocks;
pub(super) use wait_for_graph::WaitForGraph;
pub use wait_for_graph::{DeadlockCycle, WaitEdge};

/// How the threads of a ledger share its accounts. All of these are correct; they differ in what waits for what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConcurrencyControl {
    /// A latch for each account, taken in ascending order.
    #[default]
    OrderedLocks,
    /// One latch for the whole ledger.
    #[cfg(feature = "laboratory")]
    GlobalLock,
    /// No latch until the attempt is decided; then it is checked that nothing has changed, or decided again.
    #[cfg(feature = "laboratory")]
    Optimistic,
}

/// How the threads of a scenario's ledger share its accounts: the correct ways, and two that are wrong on purpose, so that
/// the checks are seen to fail. Only scenarios offer those.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// As [`ConcurrencyControl::OrderedLocks`].
    OrderedLocks,
    /// As [`ConcurrencyControl::GlobalLock`].
    #[cfg(feature = "laboratory")]
    GlobalLock,
    /// As [`ConcurrencyControl::Optimistic`].
    #[cfg(feature = "laboratory")]
    Optimistic,
    /// Wrong: latches in the order in which the transfer names the accounts, so that threads wait for each other in a
    /// circle until a deadline ends it.
    #[cfg(feature = "laboratory")]
    UnorderedLocks,
    /// Wrong: nothing is held, so updates are lost.
    #[cfg(feature = "laboratory")]
    NoLocks,
}

impl From<ConcurrencyControl> for Protocol {
    fn from(concurrency: ConcurrencyControl) -> Self {
        match concurrency {
            ConcurrencyControl::OrderedLocks => Self::OrderedLocks,
            #[cfg(feature = "laboratory")]
            ConcurrencyControl::GlobalLock => Self::GlobalLock,
            #[cfg(feature = "laboratory")]
            ConcurrencyControl::Optimistic => Self::Optimistic,
        }
    }
}

/// Runs an expression with `$way` as the type of a ledger's protocol.
macro_rules! dispatch {
    ($protocol:expr, $way:ident => $body:expr) => {{
        use $crate::ledger::concurrency as ways;
        match $protocol {
            ways::Protocol::OrderedLocks => {
                type $way = ways::OrderedLocks;
                $body
            }
            #[cfg(feature = "laboratory")]
            ways::Protocol::GlobalLock => {
                type $way = ways::GlobalLock;
                $body
            }
            #[cfg(feature = "laboratory")]
            ways::Protocol::Optimistic => {
                type $way = ways::Optimistic;
                $body
            }
            #[cfg(feature = "laboratory")]
            ways::Protocol::UnorderedLocks => {
                type $way = ways::UnorderedLocks;
                $body
            }
            #[cfg(feature = "laboratory")]
            ways::Protocol::NoLocks => {
                type $way = ways::NoLocks;
                $body
            }
        }
    }};
}
pub(super) use dispatch;

/// What is to be done with the touched accounts.
pub(super) trait Attempt {
    /// Decides on `states`, which are those of the touched accounts in the order in which they were named, and changes
    /// them. `floor` is the last timestamp that relied on any of them. It may be asked again, with other states.
    ///
    /// The timestamp of what was decided, greater than `floor`; `None` when it cannot be made, and nothing has changed.
    fn decide(&mut self, states: &mut [AccountState], floor: u64) -> Option<u64>;

    /// Writes down what was decided last. Once, before anybody can see the changes.
    fn commit(&mut self);
}

/// Why an attempt was not made. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AbortReason {
    /// Its caller or the time has ended it while it waited.
    Interrupted(Interrupted),
    /// The attempt itself has said that it cannot be made: there is no timestamp left, or no room.
    Impossible,
}

impl From<Interrupted> for AbortReason {
    fn from(interrupted: Interrupted) -> Self {
        Self::Interrupted(interrupted)
    }
}

/// How often a writer met others.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ContentionStats {
    /// Times that a latch was held by another thread.
    pub(super) waits: u64,
    /// Times that an attempt was decided again, because an account had changed meanwhile.
    pub(super) conflicts: u64,
    /// Which writer it is.
    pub(super) writer: usize,
}

impl ContentionStats {
    /// What changes: waits, and conflicts.
    #[inline(always)]
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.waits, self.conflicts)
    }
}

/// A protocol.
pub(super) trait ConcurrencyProtocol {
    /// Makes an attempt on the accounts that it touches.
    ///
    /// # Errors
    /// [`AbortReason`] when `wait_policy` ended the waiting or the ledger cannot take it; nothing has changed then.
    fn transact<'a, N: AccountSet<'a>>(
        accounts: &'a Accounts,
        touched: &N,
        wait_policy: &impl WaitPolicy,
        contention: &mut ContentionStats,
        attempt: &mut impl Attempt,
    ) -> Result<(), AbortReason>;
}

/// Makes an attempt on accounts whose latches are all held.
#[inline(always)]
fn with_all_held<'a, N: AccountSet<'a>>(
    touched: &N,
    mut holds: N::Of<LatchGuard<'a>>,
    contention: &mut ContentionStats,
    attempt: &mut impl Attempt,
) -> Result<(), AbortReason> {
    let mut floor = 0;
    for hold in holds.as_ref() {
        floor = floor.max(hold.last_timestamp());
        contention.waits += u64::from(hold.waited());
    }
    let before = touched.map(|touch| touch.cell.load());
    let mut after = N::copy(&before);
    let timestamp = attempt.decide(after.as_mut(), floor).ok_or(AbortReason::Impossible)?;
    // Before the latches are freed, which happens at the end: what can be seen in an account is in the trail.
    attempt.commit();
    change(touched, before.as_ref(), after.as_ref());
    for hold in holds.as_mut() {
        hold.record_read_timestamp(timestamp);
    }
    Ok(())
}

/// Stores what has changed.
#[inline(always)]
fn change<'a, N: AccountSet<'a>>(touched: &N, before: &[AccountState], after: &[AccountState]) {
    for ((touch, from), to) in touched.as_slice().iter().zip(before).zip(after) {
        touch.cell.change(from, to);
    }
}
