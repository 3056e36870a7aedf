//! Filters of queries for accounts, transfers and balances.
//!
//! Source: TigerBeetle's reference, `AccountFilter` and `QueryFilter`. An invalid filter matches
//! nothing.

use bitflags::bitflags;

use super::timestamp::TIMESTAMP_MAX;
use super::{Account, Transfer, UserData};

bitflags! {
    /// The sides of an account that a filter selects, and the order of the results.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct AccountFilterFlags: u32 {
        /// Transfers that debit the account.
        const DEBITS = 1 << 0;
        /// Transfers that credit the account.
        const CREDITS = 1 << 1;
        /// The latest comes first.
        const REVERSED = 1 << 2;
    }
}

bitflags! {
    /// The order of the results of a query.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct QueryFilterFlags: u32 {
        /// The latest comes first.
        const REVERSED = 1 << 0;
    }
}

/// The maximum number of results of a query: 8,189, as many as TigerBeetle puts into one message.
pub const RESULTS_MAX: u32 = 8_189;

/// A period of time. 0 for no bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// The first timestamp, in nanoseconds.
    pub timestamp_min: u64,
    /// The last timestamp, in nanoseconds.
    pub timestamp_max: u64,
}

impl Period {
    fn is_valid(self) -> bool {
        let ordered = self.timestamp_max == 0 || self.timestamp_min <= self.timestamp_max;
        self.timestamp_min <= TIMESTAMP_MAX && self.timestamp_max <= TIMESTAMP_MAX && ordered
    }

    /// Returns whether a timestamp is within the period.
    pub fn contains(self, timestamp: u64) -> bool {
        timestamp >= self.timestamp_min
            && (self.timestamp_max == 0 || timestamp <= self.timestamp_max)
    }
}

/// Selects transfers of one account, or its balances after them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountFilter {
    /// The account: not 0 and not 2^128 - 1.
    pub account_id: u128,
    /// Only transfers with these data. 0 matches any.
    pub user_data: UserData,
    /// Only transfers with this code. 0 matches any.
    pub code: u16,
    /// Only transfers in this period.
    pub period: Period,
    /// The maximum number of results, at least 1. More than 8,189 means 8,189.
    pub limit: u32,
    /// The sides, at least one, and the order.
    pub flags: AccountFilterFlags,
}

/// Selects accounts or transfers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueryFilter {
    /// Only those with these data. 0 matches any.
    pub user_data: UserData,
    /// Only those in this ledger. 0 matches any.
    pub ledger: u32,
    /// Only those with this code. 0 matches any.
    pub code: u16,
    /// Only those in this period.
    pub period: Period,
    /// The maximum number of results, at least 1. More than 8,189 means 8,189.
    pub limit: u32,
    /// The order.
    pub flags: QueryFilterFlags,
}

/// Returns whether `wanted` is 0 or equal.
fn is_any_or<T: Default + PartialEq>(wanted: T, found: T) -> bool {
    wanted == T::default() || wanted == found
}

fn user_data_matches(wanted: UserData, found: UserData) -> bool {
    is_any_or(wanted.user_data_128, found.user_data_128)
        && is_any_or(wanted.user_data_64, found.user_data_64)
        && is_any_or(wanted.user_data_32, found.user_data_32)
}

impl AccountFilter {
    /// Returns whether the filter is valid.
    pub fn is_valid(&self) -> bool {
        let sides = AccountFilterFlags::DEBITS.union(AccountFilterFlags::CREDITS);
        self.account_id != 0
            && self.account_id != u128::MAX
            && self.period.is_valid()
            && self.limit > 0
            && AccountFilterFlags::all().contains(self.flags)
            && self.flags.intersects(sides)
    }

    /// Returns whether a transfer matches.
    pub fn matches(&self, transfer: &Transfer) -> bool {
        let debits = self.flags.contains(AccountFilterFlags::DEBITS)
            && transfer.debit_account_id == self.account_id;
        let credits = self.flags.contains(AccountFilterFlags::CREDITS)
            && transfer.credit_account_id == self.account_id;
        (debits || credits)
            && self.period.contains(transfer.timestamp)
            && is_any_or(self.code, transfer.code)
            && user_data_matches(self.user_data, transfer.user_data)
    }

    /// Returns whether the latest comes first.
    pub fn is_reversed(&self) -> bool {
        self.flags.contains(AccountFilterFlags::REVERSED)
    }
}

impl QueryFilter {
    /// Returns whether the filter is valid.
    pub fn is_valid(&self) -> bool {
        self.period.is_valid() && self.limit > 0 && QueryFilterFlags::all().contains(self.flags)
    }

    /// Returns whether an account matches.
    pub fn matches_account(&self, account: &Account) -> bool {
        self.matches(account.user_data, account.ledger, account.code, account.timestamp)
    }

    /// Returns whether a transfer matches.
    pub fn matches_transfer(&self, transfer: &Transfer) -> bool {
        self.matches(transfer.user_data, transfer.ledger, transfer.code, transfer.timestamp)
    }

    fn matches(&self, user_data: UserData, ledger: u32, code: u16, timestamp: u64) -> bool {
        self.period.contains(timestamp)
            && is_any_or(self.ledger, ledger)
            && is_any_or(self.code, code)
            && user_data_matches(self.user_data, user_data)
    }

    /// Returns whether the latest comes first.
    pub fn is_reversed(&self) -> bool {
        self.flags.contains(QueryFilterFlags::REVERSED)
    }
}

/// Returns the first matches of `all`, which is in order of time, from the start or the end: at
/// most `limit` and at most [`RESULTS_MAX`].
pub fn select<T: Copy>(
    all: impl DoubleEndedIterator<Item = T>,
    matches: impl Fn(&T) -> bool,
    reversed: bool,
    limit: u32,
) -> Vec<T> {
    let limit = limit.min(RESULTS_MAX) as usize;
    if reversed {
        all.rev().filter(|one| matches(one)).take(limit).collect()
    } else {
        all.filter(|one| matches(one)).take(limit).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filter_without_a_limit_is_invalid() {
        let valid = |limit| QueryFilter { limit, ..QueryFilter::default() }.is_valid();
        assert_eq!([0, 1, u32::MAX].map(valid), [false, true, true]);
    }
}
