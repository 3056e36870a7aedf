//! Lookups and queries, beside the writers. What a query answers is read from the trail.

use super::Ledger;
use crate::model::CreateTransferStatus;
use crate::model::{Account, AccountBalances, AccountFilter, AccountFlags};
use crate::model::{KnownTransfer, QueryFilter, Transfer, TransferFlags, select};
use crate::sync::WaitForever;
use crate::trail::{EntryKind, Recorded};

impl Ledger {
    /// The accounts of these ids, in their order; those that are not there are left out.
    pub fn lookup_accounts(&self, ids: &[u128]) -> Vec<Account> {
        let whole = |id: &u128| Some(self.whole_account(self.find(*id)?));
        ids.iter().filter_map(whole).collect()
    }

    fn whole_account(&self, number: u64) -> Account {
        self.accounts.read(number).with(self.accounts.user_data(number))
    }

    /// The transfers of these ids, in their order; those that are not there are left out.
    pub fn lookup_transfers(&self, ids: &[u128]) -> Vec<Transfer> {
        ids.iter().filter_map(|&id| self.transfer(id)).collect()
    }

    /// The transfer that an entry created, as it was carried out.
    fn created(&self, recorded: &Recorded<'_>) -> Option<Transfer> {
        if recorded.entry.transfer_status() != Some(CreateTransferStatus::Created) {
            return None;
        }
        match recorded.known_plain() {
            Some(KnownTransfer::Created(state)) => Some(state.transfer),
            _ => self.transfer(recorded.entry.id),
        }
    }

    /// The accounts that a filter asks for.
    pub fn query_accounts(&self, filter: &QueryFilter) -> Vec<Account> {
        if !filter.is_valid() {
            return Vec::new();
        }
        let all = (0..self.accounts.len()).map(|number| self.whole_account(number));
        let matches = |account: &Account| account.id != 0 && filter.matches_account(account);
        select(all, matches, filter.is_reversed(), filter.limit)
    }

    /// The transfers that a filter asks for.
    pub fn query_transfers(&self, filter: &QueryFilter) -> Vec<Transfer> {
        if !filter.is_valid() {
            return Vec::new();
        }
        let matches = |transfer: &Transfer| filter.matches_transfer(transfer);
        self.select_transfers(matches, filter.is_reversed(), filter.limit)
    }

    /// The transfers of one account.
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
        let mut wanted = all.filter(&matches);
        if !reversed {
            return wanted.by_ref().take(select_limit(limit)).collect();
        }
        let wanted: Vec<Transfer> = wanted.collect();
        select(wanted.into_iter(), |_| true, reversed, limit)
    }

    /// The balances of one account right after each of its transfers. Only accounts with `history` have them.
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

    /// The balances of any account right after each transfer that concerned it, and after each expiry, as the trail has
    /// them. It reads the whole trail. Whether there is such an account.
    pub fn follow_account(&self, id: u128, mut each: impl FnMut(&AccountBalances)) -> bool {
        let number = self.find(id);
        if let Some(number) = number {
            self.follow(number, id, |_, balances| each(balances));
        }
        number.is_some()
    }

    /// Calls `each` with every transfer that concerned the account of this id and number, or none for an expiry, and the
    /// balances after it.
    fn follow(
        &self,
        number: u64,
        id: u128,
        mut each: impl FnMut(Option<&Transfer>, &AccountBalances),
    ) {
        // Entries that concern the account are written while its latch is held. Taken while it is not, the view of the
        // segments has no end of a hold without its beginning, whichever writers they are of.
        let latch = self.accounts.touch(number).cell.latch();
        let Ok((entries, _)) = latch.read(&WaitForever, || self.trail.in_order()) else {
            unreachable!("nothing interrupts an unhurried wait");
        };
        let concerns = |transfer: &Transfer| {
            [transfer.debit_account_id, transfer.credit_account_id].contains(&id)
        };
        let mut balances = AccountBalances::default();
        for recorded in entries {
            balances.timestamp = recorded.entry.timestamp;
            if recorded.entry.kind == EntryKind::Expiry {
                if let Some(held) = self.transfer(recorded.entry.id).filter(concerns) {
                    balances.release(id, &held);
                    each(None, &balances);
                }
            } else if let Some(transfer) = self.created(&recorded).filter(concerns) {
                let held = self.transfer(transfer.pending_id);
                balances.apply(id, &transfer, held.as_ref());
                balances.timestamp = transfer.timestamp;
                each(Some(&transfer), &balances);
            }
        }
    }
}

fn select_limit(limit: u32) -> usize {
    limit.min(crate::model::RESULTS_MAX) as usize
}

/// What is held is let go where a transfer is a void, and moved where it is a post.
impl AccountBalances {
    /// Lets go of what a pending transfer holds on this account.
    fn release(&mut self, account_id: u128, held: &Transfer) {
        if held.debit_account_id == account_id {
            self.debits_pending = self.debits_pending.saturating_sub(held.amount);
        }
        if held.credit_account_id == account_id {
            self.credits_pending = self.credits_pending.saturating_sub(held.amount);
        }
    }

    /// Does to this account what a transfer did; `held` is the one that it resolved.
    fn apply(&mut self, account_id: u128, transfer: &Transfer, held: Option<&Transfer>) {
        if let Some(held) = held {
            self.release(account_id, held);
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
