//! How threads share the accounts that an attempt touches: one file for each strategy, each with its protocol at the top.
//!
//! Whatever the strategy, an attempt is the same: it is shown the accounts that it touches and the last timestamp that
//! relied on any of them, decides, is written into the trail, and its changes are made. The strategy says what is held
//! meanwhile.

mod board;
#[cfg(feature = "laboratory")]
mod global;
#[cfg(feature = "laboratory")]
mod optimistic;
mod ordered;
mod touched;
#[cfg(feature = "laboratory")]
mod unguarded;
#[cfg(feature = "laboratory")]
mod unordered;

use super::accounts::Accounts;
use crate::model::AccountState;
use crate::sync::{Hold, Interrupted, Patience};

pub(super) use board::Board;
pub use board::{Circle, Waiting};
#[cfg(feature = "laboratory")]
pub(super) use global::Global;
#[cfg(feature = "laboratory")]
pub(super) use optimistic::Optimistic;
pub(super) use ordered::Ordered;
pub(super) use touched::{Touch, Touched};
#[cfg(feature = "laboratory")]
pub(super) use unguarded::Unguarded;
#[cfg(feature = "laboratory")]
pub(super) use unordered::Unordered;

/// How the threads of a book share its accounts. All of these are correct; they differ in what waits for what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Isolation {
    /// A latch for each account, taken in ascending order.
    #[default]
    Ordered,
    /// One latch for the whole book.
    #[cfg(feature = "laboratory")]
    Global,
    /// No latch until the attempt is decided; then it is checked that nothing has changed, or decided again.
    #[cfg(feature = "laboratory")]
    Optimistic,
}

/// How the threads of a scenario's book share its accounts: the correct ways, and two that are wrong on purpose, so that
/// the checks are seen to fail. Only scenarios offer those.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// As [`Isolation::Ordered`].
    Ordered,
    /// As [`Isolation::Global`].
    #[cfg(feature = "laboratory")]
    Global,
    /// As [`Isolation::Optimistic`].
    #[cfg(feature = "laboratory")]
    Optimistic,
    /// Wrong: latches in the order in which the transfer names the accounts, so that threads wait for each other in a
    /// circle until a deadline ends it.
    #[cfg(feature = "laboratory")]
    Unordered,
    /// Wrong: nothing is held, so updates are lost.
    #[cfg(feature = "laboratory")]
    Unguarded,
}

impl From<Isolation> for Strategy {
    fn from(isolation: Isolation) -> Self {
        match isolation {
            Isolation::Ordered => Self::Ordered,
            #[cfg(feature = "laboratory")]
            Isolation::Global => Self::Global,
            #[cfg(feature = "laboratory")]
            Isolation::Optimistic => Self::Optimistic,
        }
    }
}

/// Runs an expression with `$way` as the type of a book's strategy.
macro_rules! under {
    ($strategy:expr, $way:ident => $body:expr) => {{
        use $crate::book::isolation as ways;
        match $strategy {
            ways::Strategy::Ordered => {
                type $way = ways::Ordered;
                $body
            }
            #[cfg(feature = "laboratory")]
            ways::Strategy::Global => {
                type $way = ways::Global;
                $body
            }
            #[cfg(feature = "laboratory")]
            ways::Strategy::Optimistic => {
                type $way = ways::Optimistic;
                $body
            }
            #[cfg(feature = "laboratory")]
            ways::Strategy::Unordered => {
                type $way = ways::Unordered;
                $body
            }
            #[cfg(feature = "laboratory")]
            ways::Strategy::Unguarded => {
                type $way = ways::Unguarded;
                $body
            }
        }
    }};
}
pub(super) use under;

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
pub(super) enum Stopped {
    /// Its caller or the time has ended it while it waited.
    Interrupted(Interrupted),
    /// The attempt itself has said that it cannot be made: there is no timestamp left, or no room.
    Impossible,
}

impl From<Interrupted> for Stopped {
    fn from(interrupted: Interrupted) -> Self {
        Self::Interrupted(interrupted)
    }
}

/// How often a writer met others.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Meetings {
    /// Times that a latch was held by another thread.
    pub(super) waits: u64,
    /// Times that an attempt was decided again, because an account had changed meanwhile.
    pub(super) conflicts: u64,
    /// Which writer it is.
    pub(super) writer: usize,
}

impl Meetings {
    /// What changes: waits, and conflicts.
    #[inline(always)]
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.waits, self.conflicts)
    }
}

/// A strategy.
pub(super) trait Way {
    /// Makes an attempt on the accounts that it touches.
    ///
    /// # Errors
    /// [`Stopped`] when `patience` ended the waiting or the book cannot take it; nothing has changed then.
    fn transact<'a, N: Touched<'a>>(
        accounts: &'a Accounts,
        touched: &N,
        patience: &impl Patience,
        meetings: &mut Meetings,
        attempt: &mut impl Attempt,
    ) -> Result<(), Stopped>;
}

/// Makes an attempt on accounts whose latches are all held.
#[inline(always)]
fn with_all_held<'a, N: Touched<'a>>(
    touched: &N,
    mut holds: N::Of<Hold<'a>>,
    meetings: &mut Meetings,
    attempt: &mut impl Attempt,
) -> Result<(), Stopped> {
    let mut floor = 0;
    for hold in holds.as_ref() {
        floor = floor.max(hold.last_timestamp());
        meetings.waits += u64::from(hold.waited());
    }
    let before = touched.map(|touch| touch.cell.load());
    let mut after = N::copy(&before);
    let timestamp = attempt.decide(after.as_mut(), floor).ok_or(Stopped::Impossible)?;
    // Before the latches are freed, which happens at the end: what can be seen in an account is in the trail.
    attempt.commit();
    change(touched, before.as_ref(), after.as_ref());
    for hold in holds.as_mut() {
        hold.rely(timestamp);
    }
    Ok(())
}

/// Stores what has changed.
#[inline(always)]
fn change<'a, N: Touched<'a>>(touched: &N, before: &[AccountState], after: &[AccountState]) {
    for ((touch, from), to) in touched.as_slice().iter().zip(before).zip(after) {
        touch.cell.change(from, to);
    }
}
