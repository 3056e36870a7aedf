//! `ordered-locks`: a latch per account, taken in ascending order of the accounts' numbers. The default.
//!
//! # Protocol
//! An attempt takes the latches of all accounts that it touches before it reads any of them, the account of the
//! lower number first, and frees them after its last write. Since everybody climbs in the same direction, whoever holds the
//! highest number of a group that waits for each other waits for nobody: there is no deadlock. Since all latches
//! are held from the first read to the last write, attempts that share an account happen one after the other (strict
//! two-phase locking), and a timestamp taken in between, later than all that the accounts have seen, is a serial order.

use super::{
    AbortReason, AccountSet, Attempt, ConcurrencyProtocol, ContentionStats, with_all_held,
};
use crate::ledger::accounts::Accounts;
use crate::sync::WaitPolicy;

/// See the module's text.
pub(in crate::ledger) enum OrderedLocks {}

impl ConcurrencyProtocol for OrderedLocks {
    #[inline(always)]
    fn transact<'a, N: AccountSet<'a>>(
        _accounts: &'a Accounts,
        touched: &N,
        wait_policy: &impl WaitPolicy,
        contention: &mut ContentionStats,
        attempt: &mut impl Attempt,
    ) -> Result<(), AbortReason> {
        let holds =
            touched.ascending().try_map(|touch| touch.cell.latch().lock_with(wait_policy))?;
        with_all_held(touched, holds, contention, attempt)
    }
}
