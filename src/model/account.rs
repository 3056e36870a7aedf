//! Accounts: what a caller asks for, and what transfers read and write of them.

use bitflags::bitflags;
use serde::{Deserialize, Serialize};

bitflags! {
    /// What an account forbids itself. The bits are those of the reference's wire format.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct AccountFlags: u16 {
        /// Posted and pending debits together never exceed posted credits: no overdraft.
        const DEBITS_MUST_NOT_EXCEED_CREDITS = 1 << 1;
    }
}

/// An account as a caller asks for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Its name in the book: neither 0 nor 2^128 - 1.
    pub id: u128,
    /// Which currency it is kept in; not 0. Transfers stay within one ledger.
    pub ledger: u32,
    /// What kind of account it is, in the caller's own numbering; not 0.
    pub code: u16,
    /// What it forbids itself.
    pub flags: AccountFlags,
}

/// An account as transfers see it: its terms, and the four sums that are its balances.
///
/// The sums only grow. What people call a balance is a difference of them, see [`AccountState::balance`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountState {
    /// As in [`Account::id`]; 0 in a place where no account is.
    pub id: u128,
    /// Sum of the debits that are held and not yet decided.
    pub debits_pending: u128,
    /// Sum of all debits.
    pub debits_posted: u128,
    /// Sum of the credits that are held and not yet decided.
    pub credits_pending: u128,
    /// Sum of all credits.
    pub credits_posted: u128,
    /// When it was created, in nanoseconds of the book's time.
    pub timestamp: u64,
    /// How often its balances have changed.
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

    /// What it forbids itself.
    pub fn flags(&self) -> AccountFlags {
        AccountFlags::from_bits_retain(self.flags)
    }

    /// Posted credits less posted debits: what a bank owes its customer. `None` outside of the range of `i128`.
    pub fn balance(&self) -> Option<i128> {
        match self.credits_posted.checked_sub(self.debits_posted) {
            Some(surplus) => i128::try_from(surplus).ok(),
            None => i128::try_from(self.debits_posted - self.credits_posted).ok().map(|owed| -owed),
        }
    }

    /// Whether the limits that its flags set are kept. A correct book never has an account that says no.
    pub fn keeps_its_limits(&self) -> bool {
        let limited = self.flags().contains(AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS);
        let debits = self.debits_pending.checked_add(self.debits_posted);
        !limited || debits.is_some_and(|debits| debits <= self.credits_posted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(flags: AccountFlags, debits: u128, credits: u128) -> AccountState {
        let account = Account { id: 1, ledger: 1, code: 1, flags };
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
    fn a_limit_counts_pending_debits_and_survives_overflow() {
        let limited = AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS;
        assert!(state(limited, 5, 5).keeps_its_limits());
        assert!(!state(limited, 6, 5).keeps_its_limits());
        assert!(state(AccountFlags::empty(), 6, 5).keeps_its_limits());
        let held = AccountState { debits_pending: 1, ..state(limited, 5, 5) };
        assert!(!held.keeps_its_limits());
        let overflowing =
            AccountState { debits_pending: 1, ..state(limited, u128::MAX, u128::MAX) };
        assert!(!overflowing.keeps_its_limits());
    }
}
