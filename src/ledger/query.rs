//! Look-ups and queries. They run beside writers and read transfers from the trail.

use super::shared_ledger::Ledger;
use crate::model::{Account, AccountBalances, AccountFilter, AccountFlags, CreateTransferStatus};
use crate::model::{KnownTransfer, QueryFilter, RESULTS_MAX, Transfer, TransferFlags, select};
use crate::sync::WaitForever;
use crate::trail::{EntryKind, EntryRef};

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
    fn created(&self, recorded: &EntryRef<'_>) -> Option<Transfer> {
        if recorded.entry.transfer_status() != Some(CreateTransferStatus::Created) {
            return None;
        }
        let plain = recorded.known_transfer().and_then(KnownTransfer::created);
        plain.or_else(|| self.transfer(recorded.entry.id))
    }

    /// Returns the accounts that match a filter, at most [`RESULTS_MAX`]. None for an invalid
    /// filter.
    pub fn query_accounts(&self, filter: &QueryFilter) -> Vec<Account> {
        if !filter.is_valid() {
            return Vec::new();
        }
        let all = (0..self.accounts.len()).map(|number| self.whole_account(number));
        let matches = |account: &Account| account.id != 0 && filter.matches_account(account);
        select(all, matches, filter.is_reversed(), filter.limit)
    }

    /// Returns the transfers that match a filter, as [`Ledger::query_accounts`] does. Reads the
    /// whole trail.
    pub fn query_transfers(&self, filter: &QueryFilter) -> Vec<Transfer> {
        if !filter.is_valid() {
            return Vec::new();
        }
        let matches = |transfer: &Transfer| filter.matches_transfer(transfer);
        self.select_transfers(matches, filter.is_reversed(), filter.limit)
    }

    /// Returns the transfers of one account that match a filter. Reads the whole trail.
    pub fn get_account_transfers(&self, filter: &AccountFilter) -> Vec<Transfer> {
        if !filter.is_valid() {
            return Vec::new();
        }
        let matches = |transfer: &Transfer| filter.matches(transfer);
        self.select_transfers(matches, filter.is_reversed(), filter.limit)
    }

    fn select_transfers(
        &self,
        matches: impl Fn(&Transfer) -> bool,
        reversed: bool,
        limit: u32,
    ) -> Vec<Transfer> {
        let all = self.trail.in_order().filter_map(|recorded| self.created(&recorded));
        let matching = all.filter(matches);
        if !reversed {
            return matching.take(limit.min(RESULTS_MAX) as usize).collect();
        }
        let matching: Vec<Transfer> = matching.collect();
        select(matching.into_iter(), |_| true, reversed, limit)
    }

    /// Returns the balances of one account right after each of its transfers that match a filter.
    /// Only accounts with the flag [`HISTORY`](AccountFlags::HISTORY) have them. Reads the whole
    /// trail.
    pub fn get_account_balances(&self, filter: &AccountFilter) -> Vec<AccountBalances> {
        let number = self.find(filter.account_id).filter(|_| filter.is_valid());
        let Some(number) = number else { return Vec::new() };
        if !self.accounts.read(number).flags().contains(AccountFlags::HISTORY) {
            return Vec::new();
        }
        let mut all = Vec::new();
        self.follow(number, filter.account_id, |transfer, balances| {
            if transfer.is_some_and(|transfer| filter.matches(transfer)) {
                all.push(*balances);
            }
        });
        select(all.into_iter(), |_| true, filter.is_reversed(), filter.limit)
    }

    /// Calls `each` with the balances of an account after each of its transfers and expiries. Reads
    /// the whole trail. Returns whether the account exists.
    pub fn follow_account(&self, id: u128, mut each: impl FnMut(&AccountBalances)) -> bool {
        let number = self.find(id);
        if let Some(number) = number {
            self.follow(number, id, |_, balances| each(balances));
        }
        number.is_some()
    }

    /// Calls `each` with every transfer of the account with this id and number, or `None` for an
    /// expiry, and the balances after it.
    fn follow(
        &self,
        number: u64,
        id: u128,
        mut each: impl FnMut(Option<&Transfer>, &AccountBalances),
    ) {
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
        for recorded in entries {
            balances.timestamp = recorded.entry.timestamp;
            if recorded.entry.kind == EntryKind::Expiry {
                if let Some(pending) = self.transfer(recorded.entry.id).filter(is_of_account) {
                    balances.release(id, &pending);
                    each(None, &balances);
                }
            } else if let Some(transfer) = self.created(&recorded).filter(is_of_account) {
                let pending = self.transfer(transfer.pending_id);
                balances.apply(id, &transfer, pending.as_ref());
                balances.timestamp = transfer.timestamp;
                each(Some(&transfer), &balances);
            }
        }
    }
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
