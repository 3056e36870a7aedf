//! `unguarded`: nothing is held. Wrong on purpose.
//!
//! # Protocol
//! None. An attempt reads the words of its accounts, decides, and stores the words that have changed, while others do the
//! same. What one stores between another's read and write is lost: money is made or vanishes, limits are passed, two entries
//! claim the same version. The referee finds it at the first entry that no serial run could have written.
//!
//! It is wrong, not undefined: every word is an atomic, so a race is between whole words, and no reader ever
//! sees half of one.

use super::{Attempt, Meetings, Stopped, Touched, Way, change};
use crate::book::accounts::Accounts;
use crate::sync::Patience;

/// See the module's text.
pub(in crate::book) enum Unguarded {}

impl Way for Unguarded {
    fn transact<'a, N: Touched<'a>>(
        _accounts: &'a Accounts,
        touched: &N,
        _patience: &impl Patience,
        _meetings: &mut Meetings,
        attempt: &mut impl Attempt,
    ) -> Result<(), Stopped> {
        let latches = || touched.as_slice().iter().map(|touch| touch.cell.latch());
        let floor = latches().fold(0, |floor, latch| floor.max(latch.last_timestamp()));
        let before = touched.map(|touch| touch.cell.load());
        let mut after = N::copy(&before);
        let timestamp = attempt.decide(after.as_mut(), floor).ok_or(Stopped::Impossible)?;
        attempt.commit();
        change(touched, before.as_ref(), after.as_ref());
        latches().for_each(|latch| latch.overwrite(timestamp));
        Ok(())
    }
}
