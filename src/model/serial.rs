//! A ledger for one thread: the whole model in its simplest form.
//!
//! Serial replay replays trails on it, and the model's tables are tested on it. Its caller sets the
//! time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::account_index::AccountIndex;
use super::decide::{View, decide_accounts, decide_transfers};
use super::filter::select;
use super::timestamp::{ImportBounds, TIMESTAMP_MAX};
use super::two_phase::expire;
use super::unit::{Changes, Map, Outcome, TransferAttempt, units};
use super::{Account, AccountBalances, AccountFilter, AccountFlags, AccountState};
use super::{CreateAccountStatus, CreateTransferStatus, KnownTransfer, QueryFilter, Resolution};
use super::{Transfer, TransferState, UserData};

/// A ledger for one thread. See the module documentation.
#[derive(Clone, Debug, Default)]
pub struct SerialLedger {
    numbers: AccountIndex,
    /// Accounts in order of creation. Their timestamps ascend, because an imported one is rejected
    /// unless it is later than all before it.
    accounts: Vec<AccountState>,
    user_data: Vec<UserData>,
    /// Transfers in order of creation. Their timestamps ascend like those of the accounts.
    transfers: Vec<TransferState>,
    /// The indices of transfers, by id. `None` for an id that failed for a transient reason.
    known: Map<u128, Option<usize>>,
    /// Pending transfers with a timeout, in the order in which they expire: by that time, and then
    /// by their timestamps. One that was resolved stays until it would have expired.
    expiring: BinaryHeap<Reverse<(u64, u64, u128)>>,
    /// States of accounts with `history` right after a transfer, with the transfer's timestamp, in
    /// ascending order of it.
    history: Vec<(u64, AccountState)>,
    time: u64,
}

impl View for SerialLedger {
    fn account(&self, id: u128) -> Option<AccountState> {
        self.number(id).map(|number| self.accounts[number])
    }

    fn user_data(&self, id: u128) -> UserData {
        self.number(id).map(|number| self.user_data[number]).unwrap_or_default()
    }

    fn transfer(&self, id: u128) -> Option<KnownTransfer> {
        Some(match *self.known.get(&id)? {
            Some(index) => KnownTransfer::Created(self.transfers[index]),
            None => KnownTransfer::Failed,
        })
    }

    fn pending_of(&self, existing: &Transfer) -> Option<Transfer> {
        self.transfer(existing.pending_id)?.created()
    }

    fn account_import_bounds(&self, timestamp: u64) -> ImportBounds {
        let last = self.accounts.last().map_or(0, |state| state.timestamp);
        let time = |state: &TransferState| state.transfer.timestamp;
        let taken = self.transfers.binary_search_by_key(&timestamp, time).is_ok();
        ImportBounds { last, taken }
    }

    fn transfer_import_bounds(&self, timestamp: u64) -> ImportBounds {
        let last = self.transfers.last().map_or(0, |state| state.transfer.timestamp);
        let time = |state: &AccountState| state.timestamp;
        let taken = self.accounts.binary_search_by_key(&timestamp, time).is_ok();
        ImportBounds { last, taken }
    }
}

impl SerialLedger {
    /// Returns the time in nanoseconds: the greater of the time that was set and the last
    /// timestamp.
    pub fn time(&self) -> u64 {
        self.time
    }

    /// Advances the time. Pending transfers whose timeout has passed expire. Time never goes back.
    pub fn set_time(&mut self, now_ns: u64) {
        self.time = self.time.max(now_ns.min(TIMESTAMP_MAX));
        while let Some(&Reverse((at, _, id))) = self.expiring.peek()
            && at <= self.time
        {
            self.expiring.pop();
            self.expire(id, self.time);
        }
    }

    /// Expires a pending transfer that is due at `now`, and returns the versions of its accounts
    /// after that. `None` when there is no such transfer, or it is not pending, or not due.
    pub fn expire(&mut self, id: u128, now: u64) -> Option<(u64, u64)> {
        let index = (*self.known.get(&id)?)?;
        let TransferState { transfer, resolution } = self.transfers[index];
        let due = transfer.expires_at().is_some_and(|at| at <= now);
        if resolution != Some(Resolution::Pending) || !due {
            return None;
        }
        self.transfers[index].resolution = Some(Resolution::Expired);
        let [debit, credit] =
            self.pair_mut(transfer.debit_account_id, transfer.credit_account_id)?;
        expire(&transfer, debit, credit);
        Some((debit.version, credit.version))
    }

    /// Returns the number of an account: how many were created before it.
    #[inline]
    pub(crate) fn number(&self, id: u128) -> Option<usize> {
        self.numbers.find(id, &self.accounts)
    }

    /// Returns two different accounts, if both exist.
    #[inline]
    pub fn pair_mut(&mut self, debit: u128, credit: u128) -> Option<[&mut AccountState; 2]> {
        let numbers = [self.number(debit)?, self.number(credit)?];
        self.accounts.get_disjoint_mut(numbers).ok()
    }

    /// Creates a batch of accounts.
    pub fn create_accounts(&mut self, batch: &[Account]) -> Vec<Outcome<CreateAccountStatus>> {
        let units = units(batch);
        let decide =
            |(unit, position)| self.decide(|view, now| decide_accounts(view, unit, position, now));
        units.flat_map(decide).collect()
    }

    /// Creates a batch of transfers.
    pub fn create_transfers(
        &mut self,
        batch: &[TransferAttempt],
    ) -> Vec<Outcome<CreateTransferStatus>> {
        let units = units(batch);
        let decide =
            |(unit, position)| self.decide(|view, now| decide_transfers(view, unit, position, now));
        units.flat_map(decide).collect()
    }

    /// Decides a unit at the next timestamps and applies its changes.
    fn decide<O>(&mut self, decide: impl Fn(&Self, &mut dyn FnMut() -> u64) -> (O, Changes)) -> O {
        let mut time = self.time;
        let (outcomes, changes) = decide(self, &mut || {
            time += 1;
            time
        });
        self.time = time;
        self.apply(changes);
        outcomes
    }

    /// Applies the changes of a unit that was decided on a view of this ledger.
    pub fn apply(&mut self, changes: Changes) {
        for (state, user_data) in changes.opened {
            self.accounts.push(state);
            self.numbers.add_last(&self.accounts);
            self.user_data.push(user_data);
        }
        for (id, resolution) in changes.resolutions {
            if let Some(&Some(index)) = self.known.get(&id) {
                self.transfers[index].resolution = Some(resolution);
            }
        }
        for created in changes.transfers {
            let timestamp = created.state.transfer.timestamp;
            for side in [created.debit, created.credit] {
                if side.flags().contains(AccountFlags::HISTORY) {
                    self.history.push((timestamp, side));
                }
            }
            self.insert_transfer(created.state);
        }
        for (id, state) in changes.accounts {
            let number = self.number(id).expect("only existing accounts change");
            self.accounts[number] = state;
        }
        for id in changes.failed {
            self.known.insert(id, None);
        }
    }

    fn insert_transfer(&mut self, state: TransferState) {
        let transfer = &state.transfer;
        if let (Some(at), Some(Resolution::Pending)) = (transfer.expires_at(), state.resolution) {
            self.expiring.push(Reverse((at, transfer.timestamp, transfer.id)));
        }
        self.known.insert(transfer.id, Some(self.transfers.len()));
        self.transfers.push(state);
    }

    /// Sets an account's sums without a transfer. Truth tables start with balances that no transfer
    /// could produce.
    #[doc(hidden)]
    pub fn set_balances(&mut self, id: u128, sums: [u128; 4]) {
        let number = self.number(id).expect("it was created before");
        let state = &mut self.accounts[number];
        [state.debits_pending, state.debits_posted, state.credits_pending, state.credits_posted] =
            sums;
    }

    /// Returns the accounts of these ids, in the same order. Ids of no account are left out.
    pub fn lookup_accounts(&self, ids: &[u128]) -> Vec<Account> {
        ids.iter()
            .filter_map(|&id| Some(self.account(id)?.to_account(self.user_data(id))))
            .collect()
    }

    /// Returns the transfers of these ids, in the same order. Ids of no transfer are left out.
    pub fn lookup_transfers(&self, ids: &[u128]) -> Vec<Transfer> {
        ids.iter().filter_map(|&id| self.transfer(id)?.created()).collect()
    }

    /// Returns every account, in order of creation.
    pub fn accounts(&self) -> impl DoubleEndedIterator<Item = Account> {
        let both = self.accounts.iter().zip(&self.user_data);
        both.map(|(state, user_data)| state.to_account(*user_data))
    }

    /// Returns every account's state, in order of creation.
    pub fn account_states(&self) -> &[AccountState] {
        &self.accounts
    }

    /// Returns every transfer, in order of creation.
    pub fn transfers(&self) -> impl DoubleEndedIterator<Item = Transfer> {
        self.transfers.iter().map(|state| state.transfer)
    }

    /// Returns the transfers of one account that match a filter.
    pub fn get_account_transfers(&self, filter: &AccountFilter) -> Vec<Transfer> {
        if !filter.is_valid() {
            return Vec::new();
        }
        let matches = |transfer: &Transfer| filter.matches(transfer);
        select(self.transfers(), matches, filter.is_reversed(), filter.limit)
    }

    /// Returns the balances of one account right after each of its transfers. Only accounts with
    /// `history` have them.
    pub fn get_account_balances(&self, filter: &AccountFilter) -> Vec<AccountBalances> {
        let balances_after = |transfer: Transfer| {
            let timestamp = transfer.timestamp;
            let first = self.history.partition_point(|(at, _)| *at < timestamp);
            // Each of the two accounts of a transfer can have a state.
            let mut states = self.history[first..].iter().take_while(|(at, _)| *at == timestamp);
            let (_, state) = states.find(|(_, state)| state.id == filter.account_id)?;
            Some(AccountBalances {
                timestamp,
                debits_pending: state.debits_pending,
                debits_posted: state.debits_posted,
                credits_pending: state.credits_pending,
                credits_posted: state.credits_posted,
            })
        };
        self.get_account_transfers(filter).into_iter().filter_map(balances_after).collect()
    }

    /// Returns the accounts that match a filter.
    pub fn query_accounts(&self, filter: &QueryFilter) -> Vec<Account> {
        if !filter.is_valid() {
            return Vec::new();
        }
        let matches = |account: &Account| filter.matches_account(account);
        select(self.accounts(), matches, filter.is_reversed(), filter.limit)
    }

    /// Returns the transfers that match a filter.
    pub fn query_transfers(&self, filter: &QueryFilter) -> Vec<Transfer> {
        if !filter.is_valid() {
            return Vec::new();
        }
        let matches = |transfer: &Transfer| filter.matches_transfer(transfer);
        select(self.transfers(), matches, filter.is_reversed(), filter.limit)
    }
}
