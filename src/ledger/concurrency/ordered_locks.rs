//! `ordered-locks`: a latch for each account, locked in ascending order of the accounts' numbers.
//! The default.
//!
//! # Protocol
//! An attempt locks the latches of all its accounts, in ascending order of account number, before
//! it reads any account. It frees them after its last write. All attempts lock in the same order,
//! so there is no deadlock: in any group of waiting attempts, the one that holds the
//! highest-numbered latch does not wait for another in the group. All latches are locked from the
//! first read to the last write, so attempts that share an account happen one after the other
//! (strict two-phase locking). A timestamp taken in between, later than every one that depended on
//! the accounts, gives a serial order. Without the latches `ordered_transfers_are_serial` in
//! `tests/loom.rs` fails.

use super::protocol::{AbortReason, Attempt, ConcurrencyProtocol, transact_locked};
use crate::ledger::account_set::AccountSet;
use crate::ledger::accounts::Accounts;
use crate::ledger::writer_state::ContentionStats;
use crate::sync::WaitPolicy;

/// See the module documentation.
pub(in crate::ledger) enum OrderedLocks {}

impl ConcurrencyProtocol for OrderedLocks {
    #[inline(always)]
    fn transact<'a, S: AccountSet<'a>>(
        _accounts: &'a Accounts,
        set: &S,
        wait_policy: &impl WaitPolicy,
        contention: &mut ContentionStats,
        attempt: &mut (impl Attempt + ?Sized),
    ) -> Result<(), AbortReason> {
        let guards =
            set.ascending().try_map(|account| account.cell.latch.lock_with(wait_policy))?;
        transact_locked(set, guards, contention, attempt)
    }
}
