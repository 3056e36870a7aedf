//! `global-lock`: one latch for the whole ledger, as GoLedger has one mutex for all its users.
//!
//! # Protocol
//! An attempt locks the one latch before it reads any account and frees it after its last write. So
//! all attempts happen one after the other, even on different accounts. A second thread only adds
//! waiting.
//!
//! It also locks the latches of its accounts, which no other attempt can hold. They show readers,
//! which lock nothing, that an account is being written.

use super::protocol::{AbortReason, Attempt, ConcurrencyProtocol, transact_locked};
use crate::ledger::account_set::AccountSet;
use crate::ledger::accounts::Accounts;
use crate::ledger::writer_state::ContentionStats;
use crate::sync::WaitPolicy;

/// See the module documentation.
pub(in crate::ledger) enum GlobalLock {}

impl ConcurrencyProtocol for GlobalLock {
    fn transact<'a, S: AccountSet<'a>>(
        accounts: &'a Accounts,
        set: &S,
        wait_policy: &impl WaitPolicy,
        contention: &mut ContentionStats,
        attempt: &mut (impl Attempt + ?Sized),
    ) -> Result<(), AbortReason> {
        let global = accounts.global_latch.lock_with(wait_policy)?;
        contention.waits += u64::from(global.waited());
        let guards = set.try_map(|account| account.cell.latch.lock_with(wait_policy))?;
        transact_locked(set, guards, contention, attempt)
    }
}
