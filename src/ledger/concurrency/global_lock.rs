//! `global-lock`: one latch for the whole ledger, as GoLedger holds one mutex over all its users.
//!
//! # Protocol
//! An attempt takes the one latch before it reads any account and frees it after its last write, so all attempts happen
//! one after the other, in the order in which they got it, whatever they touch. That is correct and as simple as can be, and
//! a second thread adds nothing but waiting.
//!
//! The latches of the accounts are taken under it as well. Nobody else takes them, so they are free; they tell readers, who
//! take no latch at all, that an account is being written.

use super::{
    AbortReason, AccountSet, Attempt, ConcurrencyProtocol, ContentionStats, with_all_held,
};
use crate::ledger::accounts::Accounts;
use crate::sync::WaitPolicy;

/// See the module's text.
pub(in crate::ledger) enum GlobalLock {}

impl ConcurrencyProtocol for GlobalLock {
    fn transact<'a, N: AccountSet<'a>>(
        accounts: &'a Accounts,
        touched: &N,
        wait_policy: &impl WaitPolicy,
        contention: &mut ContentionStats,
        attempt: &mut impl Attempt,
    ) -> Result<(), AbortReason> {
        let whole = accounts.whole().lock_with(wait_policy)?;
        contention.waits += u64::from(whole.waited());
        let holds = touched.try_map(|touch| touch.cell.latch().lock_with(wait_policy))?;
        with_all_held(touched, holds, contention, attempt)
    }
}
