//! `optimistic`: decide first, then see whether it still holds.
//!
//! # Protocol
//! 1. Read every touched account past its latch, and with each the word of its latch.
//! 2. Decide on what was read, at a timestamp greater than all of those words.
//! 3. Take the latches in ascending order, so that there is no deadlock.
//! 4. Where every word is still the one that was read, nobody has written any of the accounts or relied on one: what was
//!    decided is what would be decided now. Write it, and free the latches with its timestamp.
//! 5. Else let go, count a conflict, and begin again.
//!
//! A word that changed belongs to an attempt that got through, so somebody always does; and between two rounds the
//! caller's wait_policy is asked, so nobody tries for ever. After Kung and Robinson (1981) and Silo (Tu et al., 2013).

use super::{AbortReason, AccountSet, Attempt, ConcurrencyProtocol, ContentionStats, change};
use crate::ledger::accounts::Accounts;
use crate::model::AccountState;
use crate::sync::WaitPolicy;

/// See the module's text.
pub(in crate::ledger) enum Optimistic {}

impl ConcurrencyProtocol for Optimistic {
    fn transact<'a, N: AccountSet<'a>>(
        _accounts: &'a Accounts,
        touched: &N,
        wait_policy: &impl WaitPolicy,
        contention: &mut ContentionStats,
        attempt: &mut impl Attempt,
    ) -> Result<(), AbortReason> {
        loop {
            let seen = touched.try_map(|touch| touch.cell.read(wait_policy))?;
            let floor = seen.as_ref().iter().fold(0, |floor, (_, word)| floor.max(*word));
            let mut states = seen.as_ref().iter().map(|(state, _)| *state);
            let before: N::Of<AccountState> =
                touched.map(|_| states.next().expect("there is a state for each account"));
            let mut after = N::copy(&before);
            let timestamp = attempt.decide(after.as_mut(), floor).ok_or(AbortReason::Impossible)?;

            let mut holds =
                touched.ascending().try_map(|touch| touch.cell.latch().lock_with(wait_policy))?;
            for hold in holds.as_ref() {
                contention.waits += u64::from(hold.waited());
            }
            let mut read = touched.as_slice().iter().zip(seen.as_ref());
            if read.all(|(touch, (_, word))| touch.cell.latch().was_taken_from(*word)) {
                attempt.commit();
                change(touched, before.as_ref(), after.as_ref());
                for hold in holds.as_mut() {
                    hold.record_read_timestamp(timestamp);
                }
                return Ok(());
            }
            drop(holds);
            contention.conflicts += 1;
            wait_policy.check()?;
        }
    }
}
