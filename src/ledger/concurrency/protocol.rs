//! What all concurrency protocols have in common.

use crate::ledger::account_set::AccountSet;
use crate::ledger::accounts::Accounts;
use crate::ledger::writer_state::ContentionStats;
use crate::model::AccountState;
use crate::sync::{Interrupted, LatchGuard, WaitPolicy};
use crate::trail::AccountChange;

/// What a writer does with a set of accounts.
pub(in crate::ledger) trait Attempt {
    /// Decides on `states`, those of the accounts in the order of the set, and changes them.
    /// `previous` is the last timestamp that depended on any of the accounts. May be called again,
    /// with other states.
    ///
    /// Returns the timestamp of the decision, greater than `previous`. `None` when the attempt is
    /// impossible.
    fn decide(&mut self, states: &mut [AccountState], previous: u64) -> Option<u64>;

    /// Writes the entries of the last decision. Called once, before others can see its changes.
    /// `newest` has the newest change of each account in the order of the set, and receives those by
    /// these entries.
    fn commit(&mut self, newest: &mut [AccountChange]);
}

/// Why an attempt was aborted. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ledger) enum AbortReason {
    /// The caller or a deadline ended it while it waited.
    Interrupted(Interrupted),
    /// It has decided that it is impossible: no timestamp or no account cell is left.
    Impossible,
    /// The system has no memory for its transfer ids.
    OutOfMemory,
}

impl From<Interrupted> for AbortReason {
    fn from(interrupted: Interrupted) -> Self {
        Self::Interrupted(interrupted)
    }
}

/// Carries out attempts so that the result equals a serial run.
pub(in crate::ledger) trait ConcurrencyProtocol {
    /// Carries out an attempt on the accounts of `set`.
    ///
    /// # Errors
    /// [`AbortReason`] when `wait_policy` ended a wait or the attempt is impossible. Nothing has
    /// changed then.
    fn transact<'a, S: AccountSet<'a>>(
        accounts: &'a Accounts,
        set: &S,
        wait_policy: &impl WaitPolicy,
        contention: &mut ContentionStats,
        attempt: &mut (impl Attempt + ?Sized),
    ) -> Result<(), AbortReason>;
}

/// Carries out an attempt on accounts whose latches are all locked.
#[inline(always)]
pub(super) fn transact_locked<'a, S: AccountSet<'a>>(
    set: &S,
    mut guards: S::Of<LatchGuard<'a>>,
    contention: &mut ContentionStats,
    attempt: &mut (impl Attempt + ?Sized),
) -> Result<(), AbortReason> {
    let mut previous = 0;
    for guard in guards.as_ref() {
        previous = previous.max(guard.last_timestamp());
        contention.waits += u64::from(guard.waited());
    }
    let before = set.load();
    let mut after = S::copy(&before);
    let timestamp = attempt.decide(after.as_mut(), previous).ok_or(AbortReason::Impossible)?;
    // Before the latches are freed: every change that is visible in an account is in the trail.
    commit(set, attempt, before.as_ref(), after.as_ref());
    for guard in guards.as_mut() {
        guard.record_read_timestamp(timestamp);
    }
    Ok(())
}

/// Writes the entries of an attempt, and then stores what has changed in the accounts.
#[inline(always)]
pub(super) fn commit<'a, S: AccountSet<'a>>(
    set: &S,
    attempt: &mut (impl Attempt + ?Sized),
    before: &[AccountState],
    after: &[AccountState],
) {
    let mut newest = set.map(|account| account.cell.newest());
    attempt.commit(newest.as_mut());
    let states = before.iter().zip(after);
    for ((account, (from, to)), &newest) in set.as_slice().iter().zip(states).zip(newest.as_ref()) {
        account.cell.change(from, to, newest);
    }
}
