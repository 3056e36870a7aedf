//! Accounts as they were at moments of the past, while writers run.
//!
//! # Protocol
//! An account is read as a [snapshot](super::snapshot) reads it: without its latch, and if the last
//! timestamp that depended on it is earlier than the moment, that is raised to the moment. So no
//! later write can become part of the answer, and the same question always has the same answer. Then
//! its changes after the moment are rolled back, the newest first, by their links.
//!
//! In contrast to a snapshot, a moment can be within a chain: the state is the one right after the
//! entry of that timestamp, as in [`Ledger::get_account_balances`].

use super::cancellation::Cancellation;
use super::shared_ledger::Ledger;
use crate::model::{AccountState, KnownTransfer};
#[cfg(all(feature = "cli", not(target_family = "wasm")))]
use crate::model::{Resolution, TransferFlags};
use crate::sync::{Interrupted, WaitPolicy};
use crate::trail::CHECK_ITEMS;
#[cfg(all(feature = "cli", not(target_family = "wasm")))]
use crate::trail::EntryRef;

/// An account, by its id, at a timestamp.
pub(crate) type Moment = (u128, u64);

impl Ledger {
    /// Returns the account with this id as it was at `timestamp`: with everything that the ledger had
    /// decided by then, and nothing later. `None` if there is no such account, or it was created
    /// later. An imported transfer counts from its import on.
    ///
    /// Later attempts on the account get later timestamps, so `timestamp` must not be in the future.
    /// Takes time proportional to the changes of the account since then.
    ///
    /// # Errors
    /// [`Interrupted`] when `cancellation` took effect. It is checked every few thousand changes.
    pub fn account_at(
        &self,
        id: u128,
        timestamp: u64,
        cancellation: &Cancellation<'_>,
    ) -> Result<Option<AccountState>, Interrupted> {
        Ok(self.accounts_at(&[(id, timestamp)], cancellation)?.pop().flatten())
    }

    /// Returns an account at each of some moments, as [`Ledger::account_at`] does, in the order of
    /// the moments.
    pub(crate) fn accounts_at(
        &self,
        moments: &[Moment],
        policy: &impl WaitPolicy,
    ) -> Result<Vec<Option<AccountState>>, Interrupted> {
        let mut order: Vec<usize> = (0..moments.len()).collect();
        order.sort_by_key(|&index| (moments[index].0, std::cmp::Reverse(moments[index].1)));
        let mut found = vec![None; moments.len()];
        for of_account in order.chunk_by(|&one, &other| moments[one].0 == moments[other].0) {
            let (id, latest) = moments[of_account[0]];
            let account = self.queried_account(id);
            let Some(number) = account.number else { continue };
            let (mut state, read_at) = self.accounts.get(number).cell.read_at(latest);
            let mut changes = self.account_changes(account).enumerate().peekable();
            for &index in of_account {
                let timestamp = moments[index].1;
                while let Some((position, (change, side))) =
                    changes.next_if(|(_, (change, _))| change.entry.timestamp > timestamp)
                {
                    if position % CHECK_ITEMS == 0 {
                        policy.check()?;
                    }
                    // Later changes are not part of what was read.
                    if change.entry.timestamp <= read_at {
                        self.roll_back_change(&change, side, &mut state);
                    }
                }
                found[index] = Some(state).filter(|state| state.timestamp <= timestamp);
            }
        }
        Ok(found)
    }

    /// Counts the pending transfers that are not resolved, one by one.
    #[cfg(all(feature = "cli", not(target_family = "wasm")))]
    pub(crate) fn count_pending_transfers(&self) -> u64 {
        let is_pending = |recorded: &EntryRef<'_>| {
            let entry = recorded.entry;
            let flags = TransferFlags::from_bits_retain(entry.flags);
            entry.is_created_transfer() && flags.contains(TransferFlags::PENDING)
        };
        let is_open = |recorded: &EntryRef<'_>| match self.transfer_ids.state(recorded.entry.id) {
            Some(KnownTransfer::Created(state)) => state.resolution == Some(Resolution::Pending),
            _ => false,
        };
        self.trail.in_order().filter(is_pending).filter(is_open).count() as u64
    }

    /// Returns whether an attempt with this transfer id failed for a transient reason, which uses up
    /// the id.
    pub fn transfer_failed(&self, id: u128) -> bool {
        matches!(self.transfer_ids.state(id), Some(KnownTransfer::Failed))
    }
}
