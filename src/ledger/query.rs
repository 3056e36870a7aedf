//! Look-ups and queries. They run beside writers and read transfers from the trail.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use super::cancellation::Cancellation;
use super::shared_ledger::Ledger;
use crate::model::{Account, AccountBalances, AccountFilter, AccountFlags, CreateTransferStatus};
use crate::model::{KnownTransfer, QueryFilter, RESULTS_MAX, Transfer, TransferFlags};
use crate::sync::{Interrupted, WaitForever, WaitPolicy};
use crate::trail::{CHECK_ITEMS, EntryKind, EntryRef, Page, TrailFilter, collect_matches};

impl Ledger {
    /// Returns the accounts of these ids, in the same order. Ids without an account are left out.
    pub fn lookup_accounts(&self, ids: &[u128]) -> Vec<Account> {
        let numbers = ids.iter().filter_map(|&id| self.find(id));
        numbers.map(|number| self.whole_account(number)).collect()
    }

    fn whole_account(&self, number: u64) -> Account {
        self.accounts.read(number).to_account(self.accounts.user_data(number))
    }

    /// Returns the transfers of these ids, in the same order. Ids of no transfer are left out.
    pub fn lookup_transfers(&self, ids: &[u128]) -> Vec<Transfer> {
        ids.iter().filter_map(|&id| self.transfer(id)).collect()
    }

    /// Returns the transfer that an entry created, with the amount that was moved.
    pub(super) fn created(&self, recorded: &EntryRef<'_>) -> Option<Transfer> {
        if recorded.entry.transfer_status() != Some(CreateTransferStatus::Created) {
            return None;
        }
        let plain = recorded.known_transfer().and_then(KnownTransfer::created);
        plain.or_else(|| self.transfer(recorded.entry.id))
    }

    /// Returns the accounts that match a filter, at most [`RESULTS_MAX`]. None for an invalid
    /// filter.
    pub fn query_accounts(&self, filter: &QueryFilter) -> Vec<Account> {
        WaitForever::finish(self.query_accounts_with(filter, &Cancellation::never()))
    }

    /// Like [`Ledger::query_accounts`], unless it is cancelled.
    ///
    /// # Errors
    /// [`Interrupted`] when `cancellation` took effect. It is checked every few thousand accounts.
    pub fn query_accounts_with(
        &self,
        filter: &QueryFilter,
        cancellation: &Cancellation<'_>,
    ) -> Result<Vec<Account>, Interrupted> {
        if !filter.is_valid() {
            return Ok(Vec::new());
        }
        let all = 0..self.accounts.len();
        let find = |number| {
            let matches = |account: &Account| account.id != 0 && filter.matches_account(account);
            Some(self.whole_account(number)).filter(matches)
        };
        match filter.is_reversed() {
            false => collect_matches(all, results_max(filter.limit), cancellation, find),
            true => collect_matches(all.rev(), results_max(filter.limit), cancellation, find),
        }
    }

    /// Returns the transfers that match a filter, as [`Ledger::query_accounts`] does. Reads the
    /// trail until there are enough.
    pub fn query_transfers(&self, filter: &QueryFilter) -> Vec<Transfer> {
        WaitForever::finish(self.query_transfers_with(filter, &Cancellation::never()))
    }

    /// Like [`Ledger::query_transfers`], unless it is cancelled.
    ///
    /// # Errors
    /// [`Interrupted`] when `cancellation` took effect. It is checked every few thousand entries.
    pub fn query_transfers_with(
        &self,
        filter: &QueryFilter,
        cancellation: &Cancellation<'_>,
    ) -> Result<Vec<Transfer>, Interrupted> {
        if !filter.is_valid() {
            return Ok(Vec::new());
        }
        let matches = |transfer: &Transfer| filter.matches_transfer(transfer);
        self.select_transfers(matches, filter.is_reversed(), filter.limit, cancellation)
    }

    /// Returns the transfers of one account that match a filter. Reads the trail until there are
    /// enough.
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
        if !filter.is_valid() {
            return Ok(Vec::new());
        }
        let matches = |transfer: &Transfer| filter.matches(transfer);
        self.select_transfers(matches, filter.is_reversed(), filter.limit, cancellation)
    }

    /// Returns the first matching transfers, or the last ones, the latest first. Stores no others.
    fn select_transfers(
        &self,
        matches: impl Fn(&Transfer) -> bool,
        reversed: bool,
        limit: u32,
        policy: &impl WaitPolicy,
    ) -> Result<Vec<Transfer>, Interrupted> {
        let find = |recorded| self.created(&recorded).filter(&matches);
        let limit = results_max(limit);
        match reversed {
            false => collect_matches(self.trail.in_order(), limit, policy, find),
            true => collect_matches(self.trail.in_reverse_order(), limit, policy, find),
        }
    }

    /// Returns the balances of one account right after each of its transfers that match a filter.
    /// Only accounts with the flag [`HISTORY`](AccountFlags::HISTORY) have them. Reads the trail
    /// from its start.
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
        let number = self.find(filter.account_id).filter(|_| filter.is_valid());
        let Some(number) = number else { return Ok(Vec::new()) };
        if !self.accounts.read(number).flags().contains(AccountFlags::HISTORY) {
            return Ok(Vec::new());
        }
        let limit = results_max(filter.limit);
        // The sums are known only from the start on. So the latest are kept in a queue.
        let mut found = VecDeque::new();
        self.follow(number, filter.account_id, cancellation, |transfer, balances| {
            if transfer.is_some_and(|transfer| filter.matches(transfer)) {
                if found.len() == limit {
                    if !filter.is_reversed() {
                        return ControlFlow::Break(());
                    }
                    found.pop_front();
                }
                found.push_back(*balances);
            }
            ControlFlow::Continue(())
        })?;
        Ok(match filter.is_reversed() {
            false => found.into(),
            true => found.into_iter().rev().collect(),
        })
    }

    /// Returns a page of the entries that match a filter, as [`Trail::select`](crate::Trail::select)
    /// does, in memory for one page. Of the entries without accounts of their own, those belong to
    /// an account that post, void or expire a pending transfer that was created. An invalid filter
    /// matches nothing.
    ///
    /// # Errors
    /// [`Interrupted`] when `cancellation` took effect. It is checked every few thousand entries.
    pub fn select_entries(
        &self,
        filter: &TrailFilter,
        cancellation: &Cancellation<'_>,
    ) -> Result<Page<'_>, Interrupted> {
        if filter.check(self.trail.segments().len()).is_err() {
            return Ok(Page { entries: Vec::new(), next: None });
        }
        let is_pending = |id| {
            let parties = |pending: Transfer| [pending.debit_account_id, pending.credit_account_id];
            let parties = self.transfer(id).map(parties);
            parties.zip(filter.account_id).is_some_and(|(parties, id)| parties.contains(&id))
        };
        self.trail.page_with(filter, is_pending, cancellation)
    }

    /// Calls `each` with the balances of an account after each of its transfers and expiries. Reads
    /// the whole trail. Returns whether the account exists.
    pub fn follow_account(&self, id: u128, mut each: impl FnMut(&AccountBalances)) -> bool {
        let number = self.find(id);
        if let Some(number) = number {
            let each = |_: Option<&_>, balances: &_| {
                each(balances);
                ControlFlow::Continue(())
            };
            WaitForever::finish(self.follow(number, id, &WaitForever, each));
        }
        number.is_some()
    }

    /// Calls `each` with every transfer of the account with this id and number, or `None` for an
    /// expiry, and the balances after it, until it breaks.
    fn follow(
        &self,
        number: u64,
        id: u128,
        policy: &impl WaitPolicy,
        mut each: impl FnMut(Option<&Transfer>, &AccountBalances) -> ControlFlow<()>,
    ) -> Result<(), Interrupted> {
        // Entries of the account are written while its latch is locked. So this view of the
        // segments, taken while it is free, has no resolution of a pending transfer without the
        // pending transfer, whichever writers they are of.
        let latch = &self.accounts.get(number).cell.latch;
        let read = latch.read(&WaitForever, || self.trail.in_order());
        let (entries, _) = WaitForever::finish(read);
        let is_of_account = |transfer: &Transfer| {
            [transfer.debit_account_id, transfer.credit_account_id].contains(&id)
        };
        let mut balances = AccountBalances::default();
        for (position, recorded) in entries.enumerate() {
            if position % CHECK_ITEMS == 0 {
                policy.check()?;
            }
            balances.timestamp = recorded.entry.timestamp;
            let flow = if recorded.entry.kind == EntryKind::Expiry {
                let pending = self.transfer(recorded.entry.id).filter(is_of_account);
                let Some(pending) = pending else { continue };
                balances.release(id, &pending);
                each(None, &balances)
            } else {
                let transfer = self.created(&recorded).filter(is_of_account);
                let Some(transfer) = transfer else { continue };
                let pending = self.transfer(transfer.pending_id);
                balances.apply(id, &transfer, pending.as_ref());
                balances.timestamp = transfer.timestamp;
                each(Some(&transfer), &balances)
            };
            if flow.is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// Returns the number of results of a query with this limit.
fn results_max(limit: u32) -> usize {
    limit.min(RESULTS_MAX) as usize
}

impl AccountBalances {
    /// Releases the amount that a pending transfer reserved on this account.
    fn release(&mut self, account_id: u128, pending: &Transfer) {
        if pending.debit_account_id == account_id {
            self.debits_pending = self.debits_pending.saturating_sub(pending.amount);
        }
        if pending.credit_account_id == account_id {
            self.credits_pending = self.credits_pending.saturating_sub(pending.amount);
        }
    }

    /// Applies a transfer to this account. `resolved` is the pending one that it posted or voided.
    fn apply(&mut self, account_id: u128, transfer: &Transfer, resolved: Option<&Transfer>) {
        if let Some(resolved) = resolved {
            self.release(account_id, resolved);
        }
        let flags = transfer.flags;
        if flags.contains(TransferFlags::VOID_PENDING_TRANSFER) {
            return;
        }
        let pending = flags.contains(TransferFlags::PENDING);
        if transfer.debit_account_id == account_id {
            let sum = if pending { &mut self.debits_pending } else { &mut self.debits_posted };
            *sum += transfer.amount;
        }
        if transfer.credit_account_id == account_id {
            let sum = if pending { &mut self.credits_pending } else { &mut self.credits_posted };
            *sum += transfer.amount;
        }
    }
}
