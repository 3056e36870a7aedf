//! Accounts: what a caller asks for, and what transfers read and write of them.

use bitflags::bitflags;

bitflags! {
    /// What an account forbids itself, and what it is. The bits are those of the reference's wire format.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct AccountFlags: u16 {
        /// It is created together with the next one of the batch, or not at all.
        const LINKED = 1 << 0;
        /// Posted and pending debits together never exceed posted credits: no overdraft.
        const DEBITS_MUST_NOT_EXCEED_CREDITS = 1 << 1;
        /// Posted and pending credits together never exceed posted debits.
        const CREDITS_MUST_NOT_EXCEED_DEBITS = 1 << 2;
        /// Its balances over time can be asked for.
        const HISTORY = 1 << 3;
        /// It brings its own timestamp, from the past.
        const IMPORTED = 1 << 4;
        /// It takes no more transfers, except voids of what is pending.
        const CLOSED = 1 << 5;
    }
}

/// Three places for whatever a caller wants to keep with an account or a transfer. 0 says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UserData {
    /// For example the id of a person or of an order.
    pub user_data_128: u128,
    /// For example a time.
    pub user_data_64: u64,
    /// For example a place.
    pub user_data_32: u32,
}

/// An account: as a caller asks for it, where all but the terms must be 0, and as a lookup answers it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Its name in the ledger: neither 0 nor 2^128 - 1.
    pub id: u128,
    /// Sum of the debits that are held and not yet decided; 0 when asked for.
    pub debits_pending: u128,
    /// Sum of all debits; 0 when asked for.
    pub debits_posted: u128,
    /// Sum of the credits that are held and not yet decided; 0 when asked for.
    pub credits_pending: u128,
    /// Sum of all credits; 0 when asked for.
    pub credits_posted: u128,
    /// The caller's own.
    pub user_data: UserData,
    /// Must be 0.
    pub reserved: u32,
    /// Which currency it is kept in; not 0. Transfers stay within one ledger.
    pub ledger: u32,
    /// What kind of account it is, in the caller's own numbering; not 0.
    pub code: u16,
    /// What it forbids itself, and what it is.
    pub flags: AccountFlags,
    /// When it was created, in nanoseconds; 0 when asked for, unless it is imported.
    pub timestamp: u64,
}

/// An account's balances right after a transfer.
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

/// An account as transfers see it: its terms, and the four sums that are its balances.
///
/// What people call a balance is a difference of the sums, see [`AccountState::balance`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountState {
    /// As in [`Account::id`]; 0 in a place where no account is.
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
    /// How often it has changed.
    pub version: u64,
    /// As in [`Account::ledger`].
    pub ledger: u32,
    /// As in [`Account::code`].
    pub code: u16,
    /// The bits of [`Account::flags`].
    pub flags: u16,
}

impl AccountState {
    /// A new account with empty balances.
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

    /// The whole account, with what the caller keeps with it.
    pub fn with(&self, user_data: UserData) -> Account {
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

    /// What it forbids itself, and what it is.
    pub fn flags(&self) -> AccountFlags {
        AccountFlags::from_bits_retain(self.flags)
    }

    /// Whether it takes no more transfers.
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
    pub(super) fn touch(&mut self) {
        self.version += 1;
    }

    /// Posted credits less posted debits: what a bank owes its customer. `None` outside of the range of `i128`.
    pub fn balance(&self) -> Option<i128> {
        match self.credits_posted.checked_sub(self.debits_posted) {
            Some(surplus) => i128::try_from(surplus).ok(),
            None => i128::try_from(self.debits_posted - self.credits_posted).ok().map(|owed| -owed),
        }
    }

    /// Whether the limits that its flags set are kept. A correct ledger never has an account that says no.
    pub fn keeps_its_limits(&self) -> bool {
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
    fn balance_is_credits_less_debits() {
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
    fn a_limit_counts_what_is_pending_and_survives_overflow() {
        let limited = AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS;
        assert!(state(limited, 5, 5).keeps_its_limits());
        assert!(!state(limited, 6, 5).keeps_its_limits());
        assert!(state(AccountFlags::empty(), 6, 5).keeps_its_limits());
        let held = AccountState { debits_pending: 1, ..state(limited, 5, 5) };
        assert!(!held.keeps_its_limits());
        let overflowing =
            AccountState { debits_pending: 1, ..state(limited, u128::MAX, u128::MAX) };
        assert!(!overflowing.keeps_its_limits());
        let other_way = AccountFlags::CREDITS_MUST_NOT_EXCEED_DEBITS;
        assert!(state(other_way, 5, 5).keeps_its_limits());
        assert!(!state(other_way, 5, 6).keeps_its_limits());
    }
}
