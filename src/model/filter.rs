//! Filters: which accounts, transfers and balances a query answers.
//!
//! Source: TigerBeetle's reference, `AccountFilter` and `QueryFilter`. A filter that is out of its bounds answers nothing.

use bitflags::bitflags;

use super::rules::TIMESTAMP_MAX;
use super::{Account, Transfer, UserData};

bitflags! {
    /// Which side of an account a filter means, and in which order it answers.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct AccountFilterFlags: u32 {
        /// Transfers that debit the account.
        const DEBITS = 1 << 0;
        /// Transfers that credit the account.
        const CREDITS = 1 << 1;
        /// The latest first.
        const REVERSED = 1 << 2;
    }
}

bitflags! {
    /// In which order a query answers.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct QueryFilterFlags: u32 {
        /// The latest first.
        const REVERSED = 1 << 0;
    }
}

/// The most results that a filter answers: as many as the reference puts into one message.
pub const RESULTS_MAX: u32 = 8_189;

/// Bounds on the creation of what is asked for; 0 is no bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// Not before, in nanoseconds.
    pub timestamp_min: u64,
    /// Not after, in nanoseconds.
    pub timestamp_max: u64,
}

impl Period {
    fn is_valid(self) -> bool {
        let ordered = self.timestamp_max == 0 || self.timestamp_min <= self.timestamp_max;
        self.timestamp_min <= TIMESTAMP_MAX && self.timestamp_max <= TIMESTAMP_MAX && ordered
    }

    /// Whether a moment lies within it.
    pub fn contains(self, timestamp: u64) -> bool {
        timestamp >= self.timestamp_min
            && (self.timestamp_max == 0 || timestamp <= self.timestamp_max)
    }
}

/// Which transfers of one account are asked for, or its balances after them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountFilter {
    /// The account; neither 0 nor 2^128 - 1.
    pub account_id: u128,
    /// Only transfers that keep these; 0 is any.
    pub user_data: UserData,
    /// Only transfers of this code; 0 is any.
    pub code: u16,
    /// Only transfers of this time.
    pub period: Period,
    /// The most results, 1 to 8,189 (more is taken for 8,189).
    pub limit: u32,
    /// Which side, and in which order. One side at least.
    pub flags: AccountFilterFlags,
}

/// Which accounts or transfers are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueryFilter {
    /// Only those that keep these; 0 is any.
    pub user_data: UserData,
    /// Only those of this ledger; 0 is any.
    pub ledger: u32,
    /// Only those of this code; 0 is any.
    pub code: u16,
    /// Only those of this time.
    pub period: Period,
    /// The most results, 1 to 8,189 (more is taken for 8,189).
    pub limit: u32,
    /// In which order.
    pub flags: QueryFilterFlags,
}

/// Whether `wanted` is 0 or the same.
fn is_any_or<T: Default + PartialEq>(wanted: T, found: T) -> bool {
    wanted == T::default() || wanted == found
}

fn user_data_matches(wanted: UserData, found: UserData) -> bool {
    is_any_or(wanted.user_data_128, found.user_data_128)
        && is_any_or(wanted.user_data_64, found.user_data_64)
        && is_any_or(wanted.user_data_32, found.user_data_32)
}

impl AccountFilter {
    /// Whether it is within its bounds.
    pub fn is_valid(&self) -> bool {
        let sides = AccountFilterFlags::DEBITS.union(AccountFilterFlags::CREDITS);
        self.account_id != 0
            && self.account_id != u128::MAX
            && self.period.is_valid()
            && self.limit > 0
            && AccountFilterFlags::all().contains(self.flags)
            && self.flags.intersects(sides)
    }

    /// Whether a transfer is asked for.
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

    /// Whether the latest is answered first.
    pub fn is_reversed(&self) -> bool {
        self.flags.contains(AccountFilterFlags::REVERSED)
    }
}

impl QueryFilter {
    /// Whether it is within its bounds.
    pub fn is_valid(&self) -> bool {
        self.period.is_valid() && self.limit > 0 && QueryFilterFlags::all().contains(self.flags)
    }

    /// Whether an account is asked for.
    pub fn matches_account(&self, account: &Account) -> bool {
        self.matches(account.user_data, account.ledger, account.code, account.timestamp)
    }

    /// Whether a transfer is asked for.
    pub fn matches_transfer(&self, transfer: &Transfer) -> bool {
        self.matches(transfer.user_data, transfer.ledger, transfer.code, transfer.timestamp)
    }

    fn matches(&self, user_data: UserData, ledger: u32, code: u16, timestamp: u64) -> bool {
        self.period.contains(timestamp)
            && is_any_or(self.ledger, ledger)
            && is_any_or(self.code, code)
            && user_data_matches(self.user_data, user_data)
    }

    /// Whether the latest is answered first.
    pub fn is_reversed(&self) -> bool {
        self.flags.contains(QueryFilterFlags::REVERSED)
    }
}

/// The first of `all`, which is in order of time, that match: from either end, `limit` at most.
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
    fn a_query_for_nothing_is_out_of_bounds() {
        let valid = |limit| QueryFilter { limit, ..QueryFilter::default() }.is_valid();
        assert_eq!([0, 1, u32::MAX].map(valid), [false, true, true]);
    }
}
