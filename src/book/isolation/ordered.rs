//! `ordered`: a latch per account, taken in ascending order of the accounts' numbers. The default.
//!
//! # Protocol
//! An attempt takes the latches of all accounts that it touches before it reads any of them, the account of the
//! lower number first, and frees them after its last write. Since everybody climbs in the same direction, whoever holds the
//! highest number of a group that waits for each other waits for nobody: there is no deadlock. Since all latches
//! are held from the first read to the last write, attempts that share an account happen one after the other (strict
//! two-phase locking), and a timestamp taken in between, later than all that the accounts have seen, is a serial order.

use super::{Attempt, Meetings, Stopped, Touched, Way, with_all_held};
use crate::book::accounts::Accounts;
use crate::sync::Patience;

/// See the module's text.
pub(in crate::book) enum Ordered {}

impl Way for Ordered {
    #[inline(always)]
    fn transact<'a, N: Touched<'a>>(
        _accounts: &'a Accounts,
        touched: &N,
        patience: &impl Patience,
        meetings: &mut Meetings,
        attempt: &mut impl Attempt,
    ) -> Result<(), Stopped> {
        let holds = touched.ascending().try_map(|touch| touch.cell.latch().hold(patience))?;
        with_all_held(touched, holds, meetings, attempt)
    }
}
