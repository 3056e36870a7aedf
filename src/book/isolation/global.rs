//! `global`: one latch for the whole book, as GoLedger holds one mutex over all its users.
//!
//! # Protocol
//! An attempt takes the one latch before it reads any account and frees it after its last write, so all attempts happen
//! one after the other, in the order in which they got it, whatever they touch. That is correct and as simple as can be, and
//! a second thread adds nothing but waiting.
//!
//! The latches of the accounts are taken under it as well. Nobody else takes them, so they are free; they tell readers, who
//! take no latch at all, that an account is being written.

use super::{Attempt, Meetings, Stopped, Touched, Way, with_all_held};
use crate::book::accounts::Accounts;
use crate::sync::Patience;

/// See the module's text.
pub(in crate::book) enum Global {}

impl Way for Global {
    fn transact<'a, N: Touched<'a>>(
        accounts: &'a Accounts,
        touched: &N,
        patience: &impl Patience,
        meetings: &mut Meetings,
        attempt: &mut impl Attempt,
    ) -> Result<(), Stopped> {
        let whole = accounts.whole().hold(patience)?;
        meetings.waits += u64::from(whole.waited());
        let holds = touched.try_map(|touch| touch.cell.latch().hold(patience))?;
        with_all_held(touched, holds, meetings, attempt)
    }
}
