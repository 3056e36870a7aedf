//! `no-locks`: nothing is held. Wrong on purpose.
//!
//! # Protocol
//! None. An attempt reads the words of its accounts, decides, and stores the words that have changed, while others do the
//! same. What one stores between another's read and write is lost: money is made or vanishes, limits are passed, two entries
//! claim the same version. Serial replay finds it at the first entry that no serial run could have written.
//!
//! It is wrong, not undefined: every word is an atomic, so a race is between whole words, and no reader ever
//! sees half of one.

use super::{AbortReason, AccountSet, Attempt, ConcurrencyProtocol, ContentionStats, change};
use crate::ledger::accounts::Accounts;
use crate::sync::WaitPolicy;

/// See the module's text.
pub(in crate::ledger) enum NoLocks {}

impl ConcurrencyProtocol for NoLocks {
    fn transact<'a, N: AccountSet<'a>>(
        _accounts: &'a Accounts,
        touched: &N,
        _patience: &impl WaitPolicy,
        _meetings: &mut ContentionStats,
        attempt: &mut impl Attempt,
    ) -> Result<(), AbortReason> {
        let latches = || touched.as_slice().iter().map(|touch| touch.cell.latch());
        let floor = latches().fold(0, |floor, latch| floor.max(latch.last_timestamp()));
        let before = touched.map(|touch| touch.cell.load());
        let mut after = N::copy(&before);
        let timestamp = attempt.decide(after.as_mut(), floor).ok_or(AbortReason::Impossible)?;
        attempt.commit();
        change(touched, before.as_ref(), after.as_ref());
        latches().for_each(|latch| latch.overwrite(timestamp));
        Ok(())
    }
}
