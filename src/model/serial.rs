//! A ledger for one thread, as plain as can be: the whole model with nothing clever in it.
//!
//! Serial replay replays trails onto it, and the model's tables are judged on it. It is driven by the time that its
//! caller gives.

use std::collections::{BTreeSet, HashMap};

use foldhash::fast::FixedState;

use super::account_index::AccountIndex;
use super::filter::select;
use super::rules::TIMESTAMP_MAX;
use super::two_phase::expire;
use super::unit::{Changes, Outcome, Place, TransferAttempt, View};
use super::unit::{decide_accounts, decide_transfers, units};
use super::{
    Account, AccountBalances, AccountFilter, AccountFlags, AccountState, CreateAccountStatus,
};
use super::{CreateTransferStatus, KnownTransfer, Past, QueryFilter, Resolution};
use super::{Transfer, TransferState, UserData};

type Map<K, V> = HashMap<K, V, FixedState>;

/// A ledger for one thread. See the module's text.
#[derive(Clone, Debug, Default)]
pub struct SerialLedger {
    numbers: AccountIndex,
    accounts: Vec<AccountState>,
    user_data: Vec<UserData>,
    /// Transfers in order of creation; places by id; ids that were refused for a reason that passes have none.
    transfers: Vec<TransferState>,
    known: Map<u128, Option<usize>>,
    /// Pending transfers that expire, in the order in which they do.
    expiring: BTreeSet<(u64, u64, u128)>,
    account_times: BTreeSet<u64>,
    transfer_times: BTreeSet<u64>,
    /// Accounts with `history` as they were right after a transfer, by account and the transfer's timestamp.
    history: Map<(u128, u64), AccountState>,
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
            Some(place) => KnownTransfer::Created(self.transfers[place]),
            None => KnownTransfer::Failed,
        })
    }

    fn past_of_accounts(&self, timestamp: u64) -> Past {
        let last = self.account_times.last().copied().unwrap_or(0);
        Past { last, taken: self.transfer_times.contains(&timestamp) }
    }

    fn past_of_transfers(&self, timestamp: u64) -> Past {
        let last = self.transfer_times.last().copied().unwrap_or(0);
        Past { last, taken: self.account_times.contains(&timestamp) }
    }
}

impl SerialLedger {
    /// Its time in nanoseconds: what was given last, or the place of the last event.
    pub fn time(&self) -> u64 {
        self.time
    }

    /// Moves its time on; pending transfers whose time is up expire. Time never goes back.
    pub fn set_time(&mut self, now_ns: u64) {
        self.time = self.time.max(now_ns.min(TIMESTAMP_MAX));
        while let Some(&(at, _, id)) = self.expiring.first()
            && at <= self.time
        {
            self.expire(id, self.time);
        }
    }

    /// Ends a pending transfer whose time is up at `now`, and answers the versions of its accounts after that. `None`
    /// when there is no such transfer, or it is not pending, or not due.
    pub fn expire(&mut self, id: u128, now: u64) -> Option<(u64, u64)> {
        let place = (*self.known.get(&id)?)?;
        let TransferState { transfer, resolution } = self.transfers[place];
        let due = transfer.expires_at().is_some_and(|at| at <= now);
        if resolution != Some(Resolution::Pending) || !due {
            return None;
        }
        self.set_resolution(place, Resolution::Expired);
        let [debit, credit] =
            self.both_mut(transfer.debit_account_id, transfer.credit_account_id)?;
        expire(&transfer, debit, credit);
        Some((debit.version, credit.version))
    }

    #[inline]
    fn number(&self, id: u128) -> Option<usize> {
        self.numbers.find(id, &self.accounts)
    }

    /// Two different accounts that are there.
    #[inline]
    pub fn both_mut(&mut self, debit: u128, credit: u128) -> Option<[&mut AccountState; 2]> {
        let numbers = [self.number(debit)?, self.number(credit)?];
        self.accounts.get_disjoint_mut(numbers).ok()
    }

    fn set_resolution(&mut self, place: usize, resolution: Resolution) {
        let state = &mut self.transfers[place];
        state.resolution = Some(resolution);
        if let Some(at) = state.transfer.expires_at() {
            self.expiring.remove(&(at, state.transfer.timestamp, state.transfer.id));
        }
    }

    /// Creates a batch of accounts.
    pub fn create_accounts(&mut self, batch: &[Account]) -> Vec<Outcome<CreateAccountStatus>> {
        let units = units(batch);
        units.flat_map(|(unit, place)| self.account_unit(unit, place)).collect()
    }

    /// Creates a batch of transfers.
    pub fn create_transfers(
        &mut self,
        batch: &[TransferAttempt],
    ) -> Vec<Outcome<CreateTransferStatus>> {
        let units = units(batch);
        units.flat_map(|(unit, place)| self.transfer_unit(unit, place)).collect()
    }

    fn account_unit(
        &mut self,
        unit: &[Account],
        place: Place,
    ) -> Vec<Outcome<CreateAccountStatus>> {
        let mut time = self.time;
        let (decided, changes) = decide_accounts(self, unit, place, || {
            time += 1;
            time
        });
        self.time = time;
        self.carry_out(changes);
        decided
    }

    fn transfer_unit(
        &mut self,
        unit: &[TransferAttempt],
        place: Place,
    ) -> Vec<Outcome<CreateTransferStatus>> {
        let mut time = self.time;
        let (decided, changes) = decide_transfers(self, unit, place, || {
            time += 1;
            time
        });
        self.time = time;
        self.carry_out(changes);
        decided
    }

    /// Makes the changes of a unit that was decided on a view of this ledger.
    pub fn carry_out(&mut self, changes: Changes) {
        for (state, user_data) in changes.opened {
            self.accounts.push(state);
            self.numbers.add_last(&self.accounts);
            self.user_data.push(user_data);
            self.account_times.insert(state.timestamp);
        }
        for (id, resolution) in changes.resolutions {
            if let Some(&Some(place)) = self.known.get(&id) {
                self.set_resolution(place, resolution);
            }
        }
        for created in changes.transfers {
            let timestamp = created.state.transfer.timestamp;
            for side in [created.debit, created.credit] {
                if side.flags().contains(AccountFlags::HISTORY) {
                    self.history.insert((side.id, timestamp), side);
                }
            }
            self.remember(created.state);
        }
        for (id, state) in changes.accounts {
            let number = self.number(id).expect("only accounts that are there are changed");
            self.accounts[number] = state;
        }
        for id in changes.failed {
            self.known.insert(id, None);
        }
    }

    fn remember(&mut self, state: TransferState) {
        let transfer = &state.transfer;
        if let (Some(at), Some(Resolution::Pending)) = (transfer.expires_at(), state.resolution) {
            self.expiring.insert((at, transfer.timestamp, transfer.id));
        }
        self.known.insert(transfer.id, Some(self.transfers.len()));
        self.transfer_times.insert(transfer.timestamp);
        self.transfers.push(state);
    }

    /// Sets an account's sums, from nowhere: truth tables begin with balances that no transfer could make.
    #[doc(hidden)]
    pub fn set_balances(&mut self, id: u128, sums: [u128; 4]) {
        let number = self.number(id).expect("it was created before");
        let state = &mut self.accounts[number];
        [state.debits_pending, state.debits_posted, state.credits_pending, state.credits_posted] =
            sums;
    }

    /// The accounts of these ids, in their order; those that are not there are left out.
    pub fn lookup_accounts(&self, ids: &[u128]) -> Vec<Account> {
        ids.iter().filter_map(|&id| Some(self.account(id)?.with(self.user_data(id)))).collect()
    }

    /// The transfers of these ids, in their order; those that are not there are left out.
    pub fn lookup_transfers(&self, ids: &[u128]) -> Vec<Transfer> {
        let created = |id: &u128| match View::transfer(self, *id)? {
            KnownTransfer::Created(state) => Some(state.transfer),
            KnownTransfer::Failed => None,
        };
        ids.iter().filter_map(created).collect()
    }

    /// RequestService account, in order of creation.
    pub fn accounts(&self) -> impl DoubleEndedIterator<Item = Account> {
        let both = self.accounts.iter().zip(&self.user_data);
        both.map(|(state, user_data)| state.with(*user_data))
    }

    /// RequestService account's state, in order of creation.
    pub fn account_states(&self) -> &[AccountState] {
        &self.accounts
    }

    /// RequestService transfer, in order of creation.
    pub fn transfers(&self) -> impl DoubleEndedIterator<Item = Transfer> {
        self.transfers.iter().map(|state| state.transfer)
    }

    /// The transfers of one account.
    pub fn get_account_transfers(&self, filter: &AccountFilter) -> Vec<Transfer> {
        if !filter.is_valid() {
            return Vec::new();
        }
        let matches = |transfer: &Transfer| filter.matches(transfer);
        select(self.transfers(), matches, filter.is_reversed(), filter.limit)
    }

    /// The balances of one account right after each of its transfers. Only accounts with `history` have them.
    pub fn get_account_balances(&self, filter: &AccountFilter) -> Vec<AccountBalances> {
        let kept = |transfer: Transfer| {
            let timestamp = transfer.timestamp;
            let state = self.history.get(&(filter.account_id, timestamp))?;
            Some(AccountBalances {
                timestamp,
                debits_pending: state.debits_pending,
                debits_posted: state.debits_posted,
                credits_pending: state.credits_pending,
                credits_posted: state.credits_posted,
            })
        };
        self.get_account_transfers(filter).into_iter().filter_map(kept).collect()
    }

    /// The accounts that a filter asks for.
    pub fn query_accounts(&self, filter: &QueryFilter) -> Vec<Account> {
        if !filter.is_valid() {
            return Vec::new();
        }
        let matches = |account: &Account| filter.matches_account(account);
        select(self.accounts(), matches, filter.is_reversed(), filter.limit)
    }

    /// The transfers that a filter asks for.
    pub fn query_transfers(&self, filter: &QueryFilter) -> Vec<Transfer> {
        if !filter.is_valid() {
            return Vec::new();
        }
        let matches = |transfer: &Transfer| filter.matches_transfer(transfer);
        select(self.transfers(), matches, filter.is_reversed(), filter.limit)
    }
}
