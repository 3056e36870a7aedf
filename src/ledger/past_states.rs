//! Accounts as they were at moments of the past, while writers run.
//!
//! # Protocol
//! An account is read as a [snapshot](super::snapshot) reads it: without its latch, and if the last
//! timestamp that depended on it is earlier than the moment, that is raised to the moment. So no
//! later write can become part of the answer, and the same question always has the same answer. Then
//! the trail is read from its end, and what happened after the moment is rolled back.
//!
//! In contrast to a snapshot, a moment can be within a chain: the state is the one right after the
//! entry of that timestamp, as in [`Ledger::get_account_balances`].

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::cancellation::Cancellation;
use super::shared_ledger::Ledger;
use crate::model::{AccountState, KnownTransfer, Side, Transfer, TransferFlags};
use crate::sync::{Interrupted, WaitPolicy};
use crate::trail::{CHECK_ITEMS, EntryKind, EntryRef};

/// An account, by its id, at a timestamp.
pub(crate) type Moment = (u128, u64);

/// An account that is being rolled back.
struct RolledBack {
    state: AccountState,
    /// The last timestamp that the state can depend on.
    read_at: u64,
}

impl Ledger {
    /// Returns the account with this id as it was at `timestamp`: with everything that the ledger had
    /// decided by then, and nothing later. `None` if there is no such account, or it was created
    /// later. An imported transfer counts from its import on.
    ///
    /// Later attempts on the account get later timestamps, so `timestamp` must not be in the future.
    /// Reads the trail from its end back to `timestamp`.
    ///
    /// # Errors
    /// [`Interrupted`] when `cancellation` took effect. It is checked every few thousand entries.
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
        let mut latest_first: Vec<usize> = (0..moments.len()).collect();
        latest_first.sort_by_key(|&index| std::cmp::Reverse(moments[index].1));
        let mut accounts: HashMap<u128, RolledBack, FixedState> = HashMap::default();
        for &index in &latest_first {
            let (id, timestamp) = moments[index];
            if !accounts.contains_key(&id)
                && let Some(number) = self.find(id)
            {
                let (state, read_at) = self.accounts.get(number).cell.read_at(timestamp);
                accounts.insert(id, RolledBack { state, read_at });
            }
        }
        let mut found = vec![None; moments.len()];
        let mut rest = latest_first.into_iter().peekable();
        for (position, recorded) in self.trail.in_reverse_order().enumerate() {
            if position % CHECK_ITEMS == 0 {
                policy.check()?;
            }
            let is_after = |index: &usize| moments[*index].1 >= recorded.entry.timestamp;
            while let Some(index) = rest.next_if(is_after) {
                found[index] = state_at(moments[index], &accounts);
            }
            if rest.peek().is_none() {
                break;
            }
            self.roll_back_one(&recorded, &mut accounts);
        }
        for index in rest {
            found[index] = state_at(moments[index], &accounts);
        }
        Ok(found)
    }

    /// Returns whether an attempt with this transfer id failed for a transient reason, which uses up
    /// the id.
    pub fn transfer_failed(&self, id: u128) -> bool {
        matches!(self.transfer_ids.state(id), Some(KnownTransfer::Failed))
    }

    /// Rolls back the changes of one entry.
    fn roll_back_one(
        &self,
        recorded: &EntryRef<'_>,
        accounts: &mut HashMap<u128, RolledBack, FixedState>,
    ) {
        let entry = recorded.entry;
        let is_expiry = entry.kind == EntryKind::Expiry;
        // What ends a pending transfer may leave out its accounts.
        let ends = TransferFlags::POST_PENDING_TRANSFER.union(TransferFlags::VOID_PENDING_TRANSFER);
        let named = [entry.debit_account_id, entry.credit_account_id];
        if !is_expiry
            && !TransferFlags::from_bits_retain(entry.flags).intersects(ends)
            && !named.iter().any(|id| accounts.contains_key(id))
        {
            return;
        }
        let transfer = if is_expiry { self.transfer(entry.id) } else { self.created(recorded) };
        let Some(transfer) = transfer else { return };
        let resolved = self.transfer(transfer.pending_id);
        for (id, side) in parties(&transfer) {
            if let Some(RolledBack { state, read_at }) = accounts.get_mut(&id)
                && entry.timestamp <= *read_at
            {
                match is_expiry {
                    true => state.roll_back_resolution(side, &transfer),
                    false => state.roll_back(side, &transfer, resolved.as_ref()),
                }
            }
        }
    }
}

/// Returns the accounts of a transfer.
fn parties(transfer: &Transfer) -> [(u128, Side); 2] {
    [(transfer.debit_account_id, Side::Debit), (transfer.credit_account_id, Side::Credit)]
}

/// Returns the state of an account that was rolled back to a moment, unless it was created later.
fn state_at(
    (id, timestamp): Moment,
    accounts: &HashMap<u128, RolledBack, FixedState>,
) -> Option<AccountState> {
    let state = accounts.get(&id)?.state;
    Some(state).filter(|state| state.timestamp <= timestamp)
}
