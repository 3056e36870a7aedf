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
            /// RequestService status, in order of precedence.
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
        /// Another one of its chain was refused.
        LinkedEventFailed = "linked_event_failed",
        /// The batch ends in the middle of its chain.
        LinkedEventChainOpen = "linked_event_chain_open",
        /// The batch began with an imported one; this one is not.
        ImportedEventExpected = "imported_event_expected",
        /// The batch did not begin with an imported one; this one is.
        ImportedEventNotExpected = "imported_event_not_expected",
        /// The ledger sets the timestamp.
        TimestampMustBeZero = "timestamp_must_be_zero",
        /// An imported timestamp is 1 to 2^63 - 1.
        ImportedEventTimestampOutOfRange = "imported_event_timestamp_out_of_range",
        /// An imported timestamp is in the past.
        ImportedEventTimestampMustNotAdvance = "imported_event_timestamp_must_not_advance",
        /// A reserved field is not 0.
        ReservedField = "reserved_field",
        /// A flag that does not exist is set.
        ReservedFlag = "reserved_flag",
        /// 0 names no account.
        IdMustNotBeZero = "id_must_not_be_zero",
        /// 2^128 - 1 is reserved.
        IdMustNotBeIntMax = "id_must_not_be_int_max",
        /// An account of this id is there, with other flags.
        ExistsWithDifferentFlags = "exists_with_different_flags",
        /// An account of this id is there, with another `user_data_128`.
        ExistsWithDifferentUserData128 = "exists_with_different_user_data_128",
        /// An account of this id is there, with another `user_data_64`.
        ExistsWithDifferentUserData64 = "exists_with_different_user_data_64",
        /// An account of this id is there, with another `user_data_32`.
        ExistsWithDifferentUserData32 = "exists_with_different_user_data_32",
        /// An account of this id is there, in another ledger.
        ExistsWithDifferentLedger = "exists_with_different_ledger",
        /// An account of this id is there, with another code.
        ExistsWithDifferentCode = "exists_with_different_code",
        /// The very same account is there already.
        Exists = "exists",
        /// An account has one limit at most.
        FlagsAreMutuallyExclusive = "flags_are_mutually_exclusive",
        /// Balances begin at 0.
        DebitsPendingMustBeZero = "debits_pending_must_be_zero",
        /// Balances begin at 0.
        DebitsPostedMustBeZero = "debits_posted_must_be_zero",
        /// Balances begin at 0.
        CreditsPendingMustBeZero = "credits_pending_must_be_zero",
        /// Balances begin at 0.
        CreditsPostedMustBeZero = "credits_posted_must_be_zero",
        /// An account is kept in a currency.
        LedgerMustNotBeZero = "ledger_must_not_be_zero",
        /// An account has a kind.
        CodeMustNotBeZero = "code_must_not_be_zero",
        /// An imported timestamp is later than that of every account, and no transfer has it.
        ImportedEventTimestampMustNotRegress = "imported_event_timestamp_must_not_regress",
    }
}

statuses! {
    /// What became of an attempt to create a transfer.
    CreateTransferStatus {
        /// The money has moved, or is held.
        Created = "created",
        /// The caller took it back before it began. Ours, not the reference's.
        Cancelled = "cancelled",
        /// Its deadline passed before it began. Ours, not the reference's.
        DeadlineExceeded = "deadline_exceeded",
        /// Another one of its chain was refused.
        LinkedEventFailed = "linked_event_failed",
        /// The batch ends in the middle of its chain.
        LinkedEventChainOpen = "linked_event_chain_open",
        /// The batch began with an imported one; this one is not.
        ImportedEventExpected = "imported_event_expected",
        /// The batch did not begin with an imported one; this one is.
        ImportedEventNotExpected = "imported_event_not_expected",
        /// The ledger sets the timestamp.
        TimestampMustBeZero = "timestamp_must_be_zero",
        /// An imported timestamp is 1 to 2^63 - 1.
        ImportedEventTimestampOutOfRange = "imported_event_timestamp_out_of_range",
        /// An imported timestamp is in the past.
        ImportedEventTimestampMustNotAdvance = "imported_event_timestamp_must_not_advance",
        /// A flag that does not exist is set.
        ReservedFlag = "reserved_flag",
        /// 0 names no transfer.
        IdMustNotBeZero = "id_must_not_be_zero",
        /// 2^128 - 1 is reserved.
        IdMustNotBeIntMax = "id_must_not_be_int_max",
        /// A transfer of this id is there, with other flags.
        ExistsWithDifferentFlags = "exists_with_different_flags",
        /// A transfer of this id is there, for another pending one.
        ExistsWithDifferentPendingId = "exists_with_different_pending_id",
        /// A transfer of this id is there, with another timeout.
        ExistsWithDifferentTimeout = "exists_with_different_timeout",
        /// A transfer of this id is there, from another account.
        ExistsWithDifferentDebitAccountId = "exists_with_different_debit_account_id",
        /// A transfer of this id is there, to another account.
        ExistsWithDifferentCreditAccountId = "exists_with_different_credit_account_id",
        /// A transfer of this id is there, of another amount.
        ExistsWithDifferentAmount = "exists_with_different_amount",
        /// A transfer of this id is there, with another `user_data_128`.
        ExistsWithDifferentUserData128 = "exists_with_different_user_data_128",
        /// A transfer of this id is there, with another `user_data_64`.
        ExistsWithDifferentUserData64 = "exists_with_different_user_data_64",
        /// A transfer of this id is there, with another `user_data_32`.
        ExistsWithDifferentUserData32 = "exists_with_different_user_data_32",
        /// A transfer of this id is there, in another ledger.
        ExistsWithDifferentLedger = "exists_with_different_ledger",
        /// A transfer of this id is there, with another code.
        ExistsWithDifferentCode = "exists_with_different_code",
        /// The very same transfer is there already.
        Exists = "exists",
        /// An attempt of this id was refused for a reason that passes; a new attempt needs a new id.
        IdAlreadyFailed = "id_already_failed",
        /// Flags that contradict each other.
        FlagsAreMutuallyExclusive = "flags_are_mutually_exclusive",
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
        /// Only a post or a void names a pending transfer.
        PendingIdMustBeZero = "pending_id_must_be_zero",
        /// A post or a void names a pending transfer.
        PendingIdMustNotBeZero = "pending_id_must_not_be_zero",
        /// 2^128 - 1 is reserved.
        PendingIdMustNotBeIntMax = "pending_id_must_not_be_int_max",
        /// No transfer posts or voids itself.
        PendingIdMustBeDifferent = "pending_id_must_be_different",
        /// Only a pending transfer has a timeout.
        TimeoutReservedForPendingTransfer = "timeout_reserved_for_pending_transfer",
        /// Closing can be undone, so it is pending.
        ClosingTransferMustBePending = "closing_transfer_must_be_pending",
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
        /// There is no such transfer.
        PendingTransferNotFound = "pending_transfer_not_found",
        /// That transfer was never pending.
        PendingTransferNotPending = "pending_transfer_not_pending",
        /// The pending transfer is from another account.
        PendingTransferHasDifferentDebitAccountId = "pending_transfer_has_different_debit_account_id",
        /// The pending transfer is to another account.
        PendingTransferHasDifferentCreditAccountId = "pending_transfer_has_different_credit_account_id",
        /// The pending transfer is in another ledger.
        PendingTransferHasDifferentLedger = "pending_transfer_has_different_ledger",
        /// The pending transfer has another code.
        PendingTransferHasDifferentCode = "pending_transfer_has_different_code",
        /// More than is held.
        ExceedsPendingTransferAmount = "exceeds_pending_transfer_amount",
        /// A void lets go of all that is held.
        PendingTransferHasDifferentAmount = "pending_transfer_has_different_amount",
        /// It was posted before.
        PendingTransferAlreadyPosted = "pending_transfer_already_posted",
        /// It was voided before.
        PendingTransferAlreadyVoided = "pending_transfer_already_voided",
        /// Its time was up.
        PendingTransferExpired = "pending_transfer_expired",
        /// An imported timestamp is later than that of every transfer, and no account has it.
        ImportedEventTimestampMustNotRegress = "imported_event_timestamp_must_not_regress",
        /// The debit account is younger than the imported transfer.
        ImportedEventTimestampMustPostdateDebitAccount = "imported_event_timestamp_must_postdate_debit_account",
        /// The credit account is younger than the imported transfer.
        ImportedEventTimestampMustPostdateCreditAccount = "imported_event_timestamp_must_postdate_credit_account",
        /// An imported transfer has no timeout.
        ImportedEventTimeoutMustBeZero = "imported_event_timeout_must_be_zero",
        /// The debit account takes no more transfers.
        DebitAccountAlreadyClosed = "debit_account_already_closed",
        /// The credit account takes no more transfers.
        CreditAccountAlreadyClosed = "credit_account_already_closed",
        /// The debit account has changed since the caller looked. Ours, not the reference's.
        DebitAccountVersionMismatch = "debit_account_version_mismatch",
        /// The credit account has changed since the caller looked. Ours, not the reference's.
        CreditAccountVersionMismatch = "credit_account_version_mismatch",
        /// The debit account's pending debits would pass 2^128 - 1.
        OverflowsDebitsPending = "overflows_debits_pending",
        /// The credit account's pending credits would pass 2^128 - 1.
        OverflowsCreditsPending = "overflows_credits_pending",
        /// The debit account's posted debits would pass 2^128 - 1.
        OverflowsDebitsPosted = "overflows_debits_posted",
        /// The credit account's posted credits would pass 2^128 - 1.
        OverflowsCreditsPosted = "overflows_credits_posted",
        /// The debit account's pending and posted debits together would pass 2^128 - 1.
        OverflowsDebits = "overflows_debits",
        /// The credit account's pending and posted credits together would pass 2^128 - 1.
        OverflowsCredits = "overflows_credits",
        /// It would expire after 2^63 - 1.
        OverflowsTimeout = "overflows_timeout",
        /// The debit account does not have it: `debits_must_not_exceed_credits`.
        ExceedsCredits = "exceeds_credits",
        /// The credit account does not owe it: `credits_must_not_exceed_debits`.
        ExceedsDebits = "exceeds_debits",
    }
}

impl CreateTransferStatus {
    /// Whether the attempt was ended from outside before it began, by its caller or by time. Such an attempt
    /// depends on nothing in the ledger, so a replay takes it as it is.
    pub const fn is_interruption(self) -> bool {
        matches!(self, Self::Cancelled | Self::DeadlineExceeded)
    }

    /// Whether it was refused for a reason that passes. Its id is burnt then: a retry of the same attempt must not
    /// succeed after its caller was told that it failed.
    pub const fn is_transient(self) -> bool {
        matches!(
            self,
            Self::DebitAccountNotFound
                | Self::CreditAccountNotFound
                | Self::PendingTransferNotFound
                | Self::DebitAccountAlreadyClosed
                | Self::CreditAccountAlreadyClosed
                | Self::ExceedsCredits
                | Self::ExceedsDebits
        )
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
