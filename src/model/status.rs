//! What became of an attempt.
//!
//! The names are the reference's. Each enum lists its statuses in order of precedence: where several apply, the
//! first one listed is the answer. `created` stands first because it is what remains when none applies.

use std::fmt;

/// Declares a status enum whose variants have a public name and a number that is kept in trail entries.
macro_rules! statuses {
    ($(#[$about:meta])* $name:ident { $($(#[$meaning:meta])* $variant:ident = $public:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        #[non_exhaustive]
        pub enum $name { $($(#[$meaning])* $variant,)+ }

        impl $name {
            /// Every status, in order of precedence.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its public name, in snake case.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $public),+ }
            }

            /// The status whose number (`self as u16`) this is.
            pub fn from_number(number: u16) -> Option<Self> {
                Self::ALL.get(usize::from(number)).copied()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.name())
            }
        }
    };
}

statuses! {
    /// What became of an attempt to create an account.
    CreateAccountStatus {
        /// The account is there.
        Created = "created",
        /// 0 names no account.
        IdMustNotBeZero = "id_must_not_be_zero",
        /// 2^128 - 1 is reserved.
        IdMustNotBeIntMax = "id_must_not_be_int_max",
        /// An account of this id is there, with other flags.
        ExistsWithDifferentFlags = "exists_with_different_flags",
        /// An account of this id is there, in another ledger.
        ExistsWithDifferentLedger = "exists_with_different_ledger",
        /// An account of this id is there, with another code.
        ExistsWithDifferentCode = "exists_with_different_code",
        /// The very same account is there already.
        Exists = "exists",
        /// An account is kept in a currency.
        LedgerMustNotBeZero = "ledger_must_not_be_zero",
        /// An account has a kind.
        CodeMustNotBeZero = "code_must_not_be_zero",
    }
}

statuses! {
    /// What became of an attempt to create a transfer.
    CreateTransferStatus {
        /// The money has moved.
        Created = "created",
        /// The caller took it back before it began. Ours, not the reference's.
        Cancelled = "cancelled",
        /// Its deadline passed before it began. Ours, not the reference's.
        DeadlineExceeded = "deadline_exceeded",
        /// 0 names no transfer.
        IdMustNotBeZero = "id_must_not_be_zero",
        /// 2^128 - 1 is reserved.
        IdMustNotBeIntMax = "id_must_not_be_int_max",
        /// 0 names no account.
        DebitAccountIdMustNotBeZero = "debit_account_id_must_not_be_zero",
        /// 2^128 - 1 is reserved.
        DebitAccountIdMustNotBeIntMax = "debit_account_id_must_not_be_int_max",
        /// 0 names no account.
        CreditAccountIdMustNotBeZero = "credit_account_id_must_not_be_zero",
        /// 2^128 - 1 is reserved.
        CreditAccountIdMustNotBeIntMax = "credit_account_id_must_not_be_int_max",
        /// Nobody pays himself.
        AccountsMustBeDifferent = "accounts_must_be_different",
        /// Money is of a currency.
        LedgerMustNotBeZero = "ledger_must_not_be_zero",
        /// A transfer has a kind.
        CodeMustNotBeZero = "code_must_not_be_zero",
        /// There is no such account to take from.
        DebitAccountNotFound = "debit_account_not_found",
        /// There is no such account to give to.
        CreditAccountNotFound = "credit_account_not_found",
        /// One account is kept in one currency, the other in another.
        AccountsMustHaveTheSameLedger = "accounts_must_have_the_same_ledger",
        /// Both accounts are kept in one currency, the transfer is in another.
        TransferMustHaveTheSameLedgerAsAccounts = "transfer_must_have_the_same_ledger_as_accounts",
        /// The debit account's posted debits would pass 2^128 - 1.
        OverflowsDebitsPosted = "overflows_debits_posted",
        /// The credit account's posted credits would pass 2^128 - 1.
        OverflowsCreditsPosted = "overflows_credits_posted",
        /// The debit account's pending and posted debits together would pass 2^128 - 1.
        OverflowsDebits = "overflows_debits",
        /// The credit account's pending and posted credits together would pass 2^128 - 1.
        OverflowsCredits = "overflows_credits",
        /// The debit account does not have it: `debits_must_not_exceed_credits`.
        ExceedsCredits = "exceeds_credits",
    }
}

impl CreateTransferStatus {
    /// Whether the attempt was ended from outside before it began, by its caller or by time. Such an attempt
    /// depends on nothing in the book, so a replay takes it as it is.
    pub const fn is_interruption(self) -> bool {
        matches!(self, Self::Cancelled | Self::DeadlineExceeded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_statuses_name_each_other() {
        for (number, status) in CreateTransferStatus::ALL.iter().enumerate() {
            assert_eq!(*status as usize, number);
            assert_eq!(CreateTransferStatus::from_number(number as u16), Some(*status));
        }
        let past = CreateTransferStatus::ALL.len() as u16;
        assert_eq!(CreateTransferStatus::from_number(past), None);
        assert_eq!(CreateTransferStatus::ExceedsCredits.to_string(), "exceeds_credits");
    }

    #[test]
    fn only_the_two_interruptions_are_interruptions() {
        let interruptions: Vec<_> =
            CreateTransferStatus::ALL.iter().filter(|status| status.is_interruption()).collect();
        assert_eq!(
            interruptions,
            [&CreateTransferStatus::Cancelled, &CreateTransferStatus::DeadlineExceeded]
        );
    }
}
