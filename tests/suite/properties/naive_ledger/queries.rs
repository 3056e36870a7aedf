//! The naive ledger's lookups and queries.

use ledgerlab::model::{AccountFilterFlags, Period, QueryFilterFlags};

use super::*;

impl NaiveLedger {
    pub fn lookup_accounts(&self, ids: &[u128]) -> Vec<Account> {
        ids.iter().filter_map(|&id| self.account(id).copied()).collect()
    }

    pub fn lookup_transfers(&self, ids: &[u128]) -> Vec<Transfer> {
        ids.iter().filter_map(|&id| Some(self.transfer(id)?.0)).collect()
    }

    pub fn query_accounts(&self, filter: &QueryFilter) -> Vec<Account> {
        let all = self.accounts.iter().map(|(account, _)| *account);
        let wanted = all.filter(|one| {
            let terms = (one.user_data, one.ledger, one.code, one.timestamp);
            query_matches(filter, terms)
        });
        cut(wanted.collect(), filter.limit, filter.flags.contains(QueryFilterFlags::REVERSED))
    }

    pub fn query_transfers(&self, filter: &QueryFilter) -> Vec<Transfer> {
        let all = self.transfers.iter().map(|(transfer, _)| *transfer);
        let wanted = all.filter(|one| {
            let terms = (one.user_data, one.ledger, one.code, one.timestamp);
            query_matches(filter, terms)
        });
        cut(wanted.collect(), filter.limit, filter.flags.contains(QueryFilterFlags::REVERSED))
    }

    pub fn get_account_transfers(&self, filter: &AccountFilter) -> Vec<Transfer> {
        let is = |flag| filter.flags.contains(flag);
        let (debits, credits) = (AccountFilterFlags::DEBITS, AccountFilterFlags::CREDITS);
        let is_valid = filter.account_id != 0
            && filter.account_id != MAX
            && (is(debits) || is(credits))
            && filter.flags.bits() < 1 << 3;
        let all = self.transfers.iter().map(|(transfer, _)| *transfer);
        let wanted = all.filter(|one| {
            let side = is(debits) && one.debit_account_id == filter.account_id
                || is(credits) && one.credit_account_id == filter.account_id;
            is_valid
                && side
                && any_or(filter.code.into(), one.code.into())
                && field_matches(filter.user_data, one.user_data)
                && in_time(filter.period, one.timestamp)
        });
        cut(wanted.collect(), filter.limit, is(AccountFilterFlags::REVERSED))
    }

    pub fn get_account_balances(&self, filter: &AccountFilter) -> Vec<(u64, [u128; 4])> {
        let id = filter.account_id;
        if !self.account(id).is_some_and(|account| account.flags.contains(AF::HISTORY)) {
            return Vec::new();
        }
        let after = |transfer: Transfer| {
            let mut rows = self.balances.iter();
            let row = rows.find(|row| (row.0, row.1) == (id, transfer.timestamp));
            (transfer.timestamp, row.expect("each transfer has two rows").2)
        };
        self.get_account_transfers(filter).into_iter().map(after).collect()
    }
}

fn any_or(wanted: u128, found: u128) -> bool {
    wanted == 0 || wanted == found
}

fn field_matches(wanted: UserData, found: UserData) -> bool {
    any_or(wanted.user_data_128, found.user_data_128)
        && any_or(wanted.user_data_64.into(), found.user_data_64.into())
        && any_or(wanted.user_data_32.into(), found.user_data_32.into())
}

fn in_time(period: Period, timestamp: u64) -> bool {
    let Period { timestamp_min: min, timestamp_max: max } = period;
    min <= TIME_MAX && max <= TIME_MAX && min <= timestamp && (max == 0 || timestamp <= max)
}

fn query_matches(filter: &QueryFilter, terms: (UserData, u32, u16, u64)) -> bool {
    let (user_data, ledger, code, timestamp) = terms;
    filter.flags.bits() < 1 << 1
        && field_matches(filter.user_data, user_data)
        && any_or(filter.ledger.into(), ledger.into())
        && any_or(filter.code.into(), code.into())
        && in_time(filter.period, timestamp)
}

fn cut<T>(mut wanted: Vec<T>, limit: u32, reversed: bool) -> Vec<T> {
    if reversed {
        wanted.reverse();
    }
    wanted.truncate(limit as usize);
    wanted
}
