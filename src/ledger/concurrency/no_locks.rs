//! `no-locks`: nothing is locked. Incorrect on purpose.
//!
//! # Protocol
//! None. An attempt reads the words of its accounts, decides, and stores the words that have
//! changed, while others do the same. What one attempt stores between another's read and write is
//! lost: money appears or vanishes, limits are exceeded, two entries claim the same version. Serial
//! replay finds it at the first entry that no serial run could have written.
//!
//! The results are wrong but the behaviour is defined: every word is an atomic, so no reader sees
//! a half-written word.

use super::protocol::{AbortReason, Attempt, ConcurrencyProtocol, commit};
use crate::ledger::account_set::AccountSet;
use crate::ledger::accounts::Accounts;
use crate::ledger::writer_state::ContentionStats;
use crate::sync::WaitPolicy;

/// See the module documentation.
pub(in crate::ledger) enum NoLocks {}

impl ConcurrencyProtocol for NoLocks {
    fn transact<'a, S: AccountSet<'a>>(
        _accounts: &'a Accounts,
        set: &S,
        _wait_policy: &impl WaitPolicy,
        _contention: &mut ContentionStats,
        attempt: &mut (impl Attempt + ?Sized),
    ) -> Result<(), AbortReason> {
        let latches = || set.as_slice().iter().map(|account| &account.cell.latch);
        let previous = latches().fold(0, |last, latch| last.max(latch.last_timestamp()));
        let before = set.map(|account| account.cell.load());
        let mut after = S::copy(&before);
        let timestamp = attempt.decide(after.as_mut(), previous).ok_or(AbortReason::Impossible)?;
        commit(set, attempt, before.as_ref(), after.as_ref());
        latches().for_each(|latch| latch.overwrite(timestamp));
        Ok(())
    }
}
