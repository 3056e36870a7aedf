//! Accounts: as a caller requests them, and as transfers read and change them.

use bitflags::bitflags;

bitflags! {
    /// Restrictions and properties of an account. The bits are those of TigerBeetle's wire format.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct AccountFlags: u16 {
        /// It is created together with the next account of the batch, or not at all.
        const LINKED = 1 << 0;
        /// Posted and pending debits together must not exceed posted credits: no overdraft.
        const DEBITS_MUST_NOT_EXCEED_CREDITS = 1 << 1;
        /// Posted and pending credits together must not exceed posted debits.
        const CREDITS_MUST_NOT_EXCEED_DEBITS = 1 << 2;
        /// Its balances over time can be queried.
        const HISTORY = 1 << 3;
        /// It is imported: it has a timestamp from the past.
        const IMPORTED = 1 << 4;
        /// It accepts no more transfers, except voids of pending ones.
        const CLOSED = 1 << 5;
    }
}

/// Data of the caller, stored with an account or a transfer. 0 for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UserData {
    /// For example the id of a person or an order.
    pub user_data_128: u128,
    /// For example a time.
    pub user_data_64: u64,
    /// For example a place.
    pub user_data_32: u32,
}

/// An account, as a caller requests it and as a look-up returns it. In a request the balances must
/// be 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// The id: not 0 and not 2^128 - 1.
    pub id: u128,
    /// The sum of pending debits. 0 in a request.
    pub debits_pending: u128,
    /// The sum of posted debits. 0 in a request.
    pub debits_posted: u128,
    /// The sum of pending credits. 0 in a request.
    pub credits_pending: u128,
    /// The sum of posted credits. 0 in a request.
    pub credits_posted: u128,
    /// The caller's data.
    pub user_data: UserData,
    /// Must be 0.
    pub reserved: u32,
    /// The ledger: for example, one for each currency. Not 0. Transfers stay within one ledger.
    pub ledger: u32,
    /// The kind of account, in the caller's numbering. Not 0.
    pub code: u16,
    /// The restrictions and properties.
    pub flags: AccountFlags,
    /// When it was created, in nanoseconds. 0 in a request, unless it is imported.
    pub timestamp: u64,
}

impl Account {
    /// Returns a request for an account with this id, ledger and code.
    pub const fn new(id: u128, ledger: u32, code: u16) -> Self {
        Self {
            id,
            debits_pending: 0,
            debits_posted: 0,
            credits_pending: 0,
            credits_posted: 0,
            user_data: UserData { user_data_128: 0, user_data_64: 0, user_data_32: 0 },
            reserved: 0,
            ledger,
            code,
            flags: AccountFlags::empty(),
            timestamp: 0,
        }
    }

    /// Sets the flags.
    pub const fn with_flags(self, flags: AccountFlags) -> Self {
        Self { flags, ..self }
    }

    /// Sets the caller's data.
    pub const fn with_user_data(self, user_data: UserData) -> Self {
        Self { user_data, ..self }
    }
}

/// The balances of an account right after a transfer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountBalances {
    /// The transfer's timestamp.
    pub timestamp: u64,
    /// As in [`Account::debits_pending`].
    pub debits_pending: u128,
    /// As in [`Account::debits_posted`].
    pub debits_posted: u128,
    /// As in [`Account::credits_pending`].
    pub credits_pending: u128,
    /// As in [`Account::credits_posted`].
    pub credits_posted: u128,
}

/// The balances and terms of an account: what transfers read and change.
///
/// A balance in everyday language is a difference of the sums, see [`AccountState::balance`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountState {
    /// As in [`Account::id`]. 0 for no account.
    pub id: u128,
    /// As in [`Account::debits_pending`].
    pub debits_pending: u128,
    /// As in [`Account::debits_posted`].
    pub debits_posted: u128,
    /// As in [`Account::credits_pending`].
    pub credits_pending: u128,
    /// As in [`Account::credits_posted`].
    pub credits_posted: u128,
    /// As in [`Account::timestamp`].
    pub timestamp: u64,
    /// The number of changes so far.
    pub version: u64,
    /// As in [`Account::ledger`].
    pub ledger: u32,
    /// As in [`Account::code`].
    pub code: u16,
    /// The bits of [`Account::flags`].
    pub flags: u16,
}

impl AccountState {
    /// Returns a new account with balances of 0.
    pub fn opened(account: &Account, timestamp: u64) -> Self {
        Self {
            id: account.id,
            timestamp,
            ledger: account.ledger,
            code: account.code,
            flags: account.flags.bits(),
            ..Self::default()
        }
    }

    /// Returns the whole account, with its user data.
    pub fn to_account(&self, user_data: UserData) -> Account {
        Account {
            id: self.id,
            debits_pending: self.debits_pending,
            debits_posted: self.debits_posted,
            credits_pending: self.credits_pending,
            credits_posted: self.credits_posted,
            user_data,
            reserved: 0,
            ledger: self.ledger,
            code: self.code,
            flags: self.flags(),
            timestamp: self.timestamp,
        }
    }

    /// Returns the flags.
    pub fn flags(&self) -> AccountFlags {
        AccountFlags::from_bits_retain(self.flags)
    }

    /// Returns whether it accepts no more transfers.
    #[inline]
    pub fn is_closed(&self) -> bool {
        self.flags & AccountFlags::CLOSED.bits() != 0
    }

    pub(super) fn set_closed(&mut self, closed: bool) {
        let mut flags = self.flags();
        flags.set(AccountFlags::CLOSED, closed);
        self.flags = flags.bits();
    }

    /// Counts a change.
    #[inline]
    pub(super) fn increment_version(&mut self) {
        self.version += 1;
    }

    /// Returns posted credits minus posted debits: what a bank owes its customer. `None` if it
    /// exceeds the range of `i128`.
    pub fn balance(&self) -> Option<i128> {
        match self.credits_posted.checked_sub(self.debits_posted) {
            Some(surplus) => i128::try_from(surplus).ok(),
            None => i128::try_from(self.debits_posted - self.credits_posted).ok().map(|owed| -owed),
        }
    }

    /// Returns whether it is within the limits that its flags set. In a correct ledger every
    /// account is.
    pub fn is_within_limits(&self) -> bool {
        let flags = self.flags();
        let within = |pending: u128, posted: u128, limit: u128| {
            pending.checked_add(posted).is_some_and(|sum| sum <= limit)
        };
        let debits = !flags.contains(AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS)
            || within(self.debits_pending, self.debits_posted, self.credits_posted);
        let credits = !flags.contains(AccountFlags::CREDITS_MUST_NOT_EXCEED_DEBITS)
            || within(self.credits_pending, self.credits_posted, self.debits_posted);
        debits && credits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(flags: AccountFlags, debits: u128, credits: u128) -> AccountState {
        let account = Account { id: 1, ledger: 1, code: 1, flags, ..Account::default() };
        AccountState {
            debits_posted: debits,
            credits_posted: credits,
            ..AccountState::opened(&account, 7)
        }
    }

    #[test]
    fn balance_is_credits_minus_debits() {
        let none = AccountFlags::empty();
        for (debits, credits, expected) in [
            (0, 0, Some(0)),
            (3, 10, Some(7)),
            (10, 3, Some(-7)),
            (0, i128::MAX as u128, Some(i128::MAX)),
            (0, u128::MAX, None),
            (u128::MAX, 0, None),
            (u128::MAX, u128::MAX, Some(0)),
        ] {
            assert_eq!(state(none, debits, credits).balance(), expected, "{debits} and {credits}");
        }
    }

    #[test]
    fn limits_include_pending_amounts_and_handle_overflow() {
        let limited = AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS;
        assert!(state(limited, 5, 5).is_within_limits());
        assert!(!state(limited, 6, 5).is_within_limits());
        assert!(state(AccountFlags::empty(), 6, 5).is_within_limits());
        let pending = AccountState { debits_pending: 1, ..state(limited, 5, 5) };
        assert!(!pending.is_within_limits());
        let overflowing =
            AccountState { debits_pending: 1, ..state(limited, u128::MAX, u128::MAX) };
        assert!(!overflowing.is_within_limits());
        let other_way = AccountFlags::CREDITS_MUST_NOT_EXCEED_DEBITS;
        assert!(state(other_way, 5, 5).is_within_limits());
        assert!(!state(other_way, 5, 6).is_within_limits());
    }
}
