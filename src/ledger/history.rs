//! The history of an account: its transfers and its balances, by its changes.

use super::cancellation::Cancellation;
use super::shared_ledger::Ledger;
use crate::model::{AccountBalances, AccountFilter, AccountFlags, AccountState, Period};
use crate::model::{RESULTS_MAX, Side, Transfer};
use crate::sync::{Interrupted, WaitForever, WaitPolicy};
use crate::trail::{EntryKind, EntryRef, TrailPrefix, collect_matches};

impl Ledger {
    /// Returns the timestamp after that of the last entry of a transfer in a period. The entries of
    /// imported transfers are later than these.
    pub(super) fn end_of(
        &self,
        period: Period,
        policy: &impl WaitPolicy,
    ) -> Result<u64, Interrupted> {
        if period.timestamp_max == 0 {
            return Ok(u64::MAX);
        }
        let imports = self.imports.lock_with(policy)?;
        let last = if imports.transfers.is_empty() { 0 } else { imports.last_timestamp() };
        Ok(period.timestamp_max.max(last) + 1)
    }

    /// Returns the transfers of one account that match a filter.
    ///
    /// Newest first, it takes time proportional to the changes of the account that it reads, about
    /// 0.2 µs for each. Where the period ends in the past, it first finds the account's last change in
    /// the period: by following the links from the newest change, and at the same time by scanning the
    /// trail backwards from the end of the period. If the ledger has imported transfers, whose entries
    /// are later than their timestamps, the scan begins at the latest import, or where the newest
    /// account was created, if that is later.
    ///
    /// Oldest first, it follows the links from the newest change to the start of the period, and at the
    /// same time scans the trail forward from there. The first of the two that has the results ends the
    /// search. In both orders the memory is that of the results.
    pub fn get_account_transfers(&self, filter: &AccountFilter) -> Vec<Transfer> {
        WaitForever::finish(self.get_account_transfers_with(filter, &Cancellation::never()))
    }

    /// Like [`Ledger::get_account_transfers`], unless it is cancelled.
    ///
    /// # Errors
    /// [`Interrupted`] when `cancellation` took effect. It is checked every few thousand entries.
    pub fn get_account_transfers_with(
        &self,
        filter: &AccountFilter,
        cancellation: &Cancellation<'_>,
    ) -> Result<Vec<Transfer>, Interrupted> {
        let account = self.queried_account(filter.account_id);
        if !filter.is_valid() || account.number.is_none() {
            return Ok(Vec::new());
        }
        let order = (results_max(filter.limit), filter.is_reversed());
        let period = (filter.period.timestamp_min, self.end_of(filter.period, cancellation)?);
        let matches = |recorded: &EntryRef<'_>| {
            let transfer = recorded.created_transfer(&self.trail);
            transfer.is_some_and(|transfer| filter.matches(&transfer))
        };
        let changes = self.changes_in(account, period, order.1, cancellation)?;
        let is_own = |recorded: &EntryRef<'_>| self.side_in(recorded, account.id).is_some();
        let of_changes = changes.map(|(change, _)| Some(change).filter(matches));
        let of_entry = |recorded| Some(recorded).filter(is_own).filter(matches);
        let of_entries = self.trail.entries_in(None, period, order.1).map(of_entry);
        let found = Self::find_in_turns(order, of_changes, of_entries, cancellation)?;
        Ok(self.created_by(&found.results))
    }

    /// Returns the transfers that entries created.
    pub(super) fn created_by(&self, entries: &[EntryRef<'_>]) -> Vec<Transfer> {
        entries.iter().filter_map(|recorded| recorded.created_transfer(&self.trail)).collect()
    }

    /// Returns the balances of one account right after each of its transfers that match a filter.
    /// Only accounts with the flag [`HISTORY`](AccountFlags::HISTORY) have them.
    ///
    /// They are computed from the account's current balances back. So newest first, it takes time
    /// proportional to the changes of the account since the last result. Oldest first, it goes back to
    /// the start of the period, and forward from the account's creation at the same time, until one of
    /// the two has the results. The memory is that of the results.
    pub fn get_account_balances(&self, filter: &AccountFilter) -> Vec<AccountBalances> {
        WaitForever::finish(self.get_account_balances_with(filter, &Cancellation::never()))
    }

    /// Like [`Ledger::get_account_balances`], unless it is cancelled.
    ///
    /// # Errors
    /// [`Interrupted`] when `cancellation` took effect. It is checked every few thousand entries.
    pub fn get_account_balances_with(
        &self,
        filter: &AccountFilter,
        cancellation: &Cancellation<'_>,
    ) -> Result<Vec<AccountBalances>, Interrupted> {
        let account = self.queried_account(filter.account_id);
        let view = || Some(TrailPrefix::all(&self.trail));
        let (mut state, changes, view) = self.state_and_changes(account, view);
        if !filter.is_valid() || !state.flags().contains(AccountFlags::HISTORY) {
            return Ok(Vec::new());
        }
        let order = (results_max(filter.limit), filter.is_reversed());
        let matching = |transfer: Option<Transfer>, balances: AccountBalances| {
            let transfer = transfer.filter(|transfer| filter.matches(transfer))?;
            Some(AccountBalances { timestamp: transfer.timestamp, ..balances })
        };
        let created_at = state.timestamp;
        let of_change = |(change, side): (EntryRef<'_>, Side)| {
            let balances = balances(&state);
            matching(self.roll_back_change(&change, side, &mut state), balances)
        };
        let from = filter.period.timestamp_min;
        let changes = changes.take_while(|(change, _)| change.entry.timestamp >= from);
        if filter.is_reversed() {
            return collect_matches(changes, order.0, cancellation, of_change);
        }
        // Nothing changes an account before its creation. An account is not of a period, and the view
        // has no resolution of a pending transfer without the pending transfer, because the entries of
        // both are written while the account's latch is locked.
        let mut sums = AccountState::default();
        let entries = view.into_iter().flat_map(|view| view.in_order(created_at));
        let of_entry = |recorded: EntryRef<'_>| {
            let side = self.side_in(&recorded, account.id)?;
            // What is subtracted to go back is added to go forward.
            let mut change = AccountState::default();
            let transfer = self.roll_back_change(&recorded, side, &mut change);
            sums.subtract_sums(&change);
            matching(transfer, balances(&sums))
        };
        let (of_changes, of_entries) = (changes.map(of_change), entries.map(of_entry));
        Ok(Self::find_in_turns(order, of_changes, of_entries, cancellation)?.results)
    }

    /// Calls `each` with the balances of an account after each of its transfers and expiries, the newest
    /// first, in time proportional to their number. Returns whether the account exists.
    pub fn follow_account(&self, id: u128, mut each: impl FnMut(&AccountBalances)) -> bool {
        let account = self.queried_account(id);
        let (mut state, changes, ()) = self.state_and_changes(account, || ());
        for (change, side) in changes {
            let balances = balances(&state);
            let transfer = self.roll_back_change(&change, side, &mut state);
            let timestamp = transfer.map_or(change.entry.timestamp, |transfer| transfer.timestamp);
            each(&AccountBalances { timestamp, ..balances });
        }
        account.number.is_some()
    }

    /// Rolls an account back to the state before a change. Returns the transfer that was created, or
    /// nothing for an expiry.
    pub(super) fn roll_back_change(
        &self,
        change: &EntryRef<'_>,
        side: Side,
        state: &mut AccountState,
    ) -> Option<Transfer> {
        if change.entry.kind == EntryKind::Expiry {
            if let Some(pending) = self.transfer(change.entry.id) {
                state.roll_back_resolution(side, &pending);
            }
            return None;
        }
        let transfer = change.created_transfer(&self.trail)?;
        let resolved = change.resolved_entry(&self.trail);
        let resolved = resolved.and_then(|pending| pending.created_transfer(&self.trail));
        state.roll_back(side, &transfer, resolved.as_ref());
        Some(transfer)
    }
}

/// Returns the number of results of a query with this limit.
pub(super) fn results_max(limit: u32) -> usize {
    limit.min(RESULTS_MAX) as usize
}

/// Returns the balances of an account.
fn balances(state: &AccountState) -> AccountBalances {
    let &AccountState { debits_pending, debits_posted, credits_pending, credits_posted, .. } =
        state;
    AccountBalances { timestamp: 0, debits_pending, debits_posted, credits_pending, credits_posted }
}
