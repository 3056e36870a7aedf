//! `optimistic`: decide first, then validate.
//!
//! # Protocol
//! 1. Read every account past its latch, and with each the word of its latch.
//! 2. Decide on what was read, at a timestamp greater than all of those words.
//! 3. Lock the latches in ascending order, so that there is no deadlock.
//! 4. If every word is still the one that was read, no attempt has written any of the accounts or
//!    depended on one since. So the decision would be the same now: store it, and free the latches
//!    with its timestamp.
//! 5. Otherwise free the latches, count a conflict, and start again.
//!
//! A word that changed belongs to an attempt that succeeded, so some attempt always makes progress.
//! Between two rounds the caller's wait policy is checked, so no attempt retries forever. After
//! Kung and Robinson (1981) and Silo (Tu et al., 2013).

use super::protocol::{AbortReason, Attempt, ConcurrencyProtocol, commit};
use crate::ledger::account_set::AccountSet;
use crate::ledger::accounts::Accounts;
use crate::ledger::writer_state::ContentionStats;
use crate::model::AccountState;
use crate::sync::WaitPolicy;

/// See the module documentation.
pub(in crate::ledger) enum Optimistic {}

impl ConcurrencyProtocol for Optimistic {
    fn transact<'a, S: AccountSet<'a>>(
        _accounts: &'a Accounts,
        set: &S,
        wait_policy: &impl WaitPolicy,
        contention: &mut ContentionStats,
        attempt: &mut (impl Attempt + ?Sized),
    ) -> Result<(), AbortReason> {
        loop {
            let read = set.try_map(|account| account.cell.read(wait_policy))?;
            let previous = read.as_ref().iter().fold(0, |last, (_, word)| last.max(*word));
            let mut states = read.as_ref().iter().map(|(state, _)| *state);
            let before: S::Of<AccountState> =
                set.map(|_| states.next().expect("there is a state for each account"));
            let mut after = S::copy(&before);
            let timestamp =
                attempt.decide(after.as_mut(), previous).ok_or(AbortReason::Impossible)?;

            let mut guards =
                set.ascending().try_map(|account| account.cell.latch.lock_with(wait_policy))?;
            for guard in guards.as_ref() {
                contention.waits += u64::from(guard.waited());
            }
            let mut words = set.as_slice().iter().zip(read.as_ref());
            if words.all(|(account, (_, word))| account.cell.latch.was_locked_at(*word)) {
                commit(set, attempt, before.as_ref(), after.as_ref());
                for guard in guards.as_mut() {
                    guard.record_read_timestamp(timestamp);
                }
                return Ok(());
            }
            drop(guards);
            contention.conflicts += 1;
            wait_policy.check()?;
        }
    }
}
