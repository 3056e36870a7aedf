//! The statuses of attempts, under TigerBeetle's names.
//!
//! Each enum lists its statuses in order of precedence: if several apply, the first one is
//! returned. `created` is listed first and applies when no other does.
//!
//! A status's number is its place in the list. Entries, seals and stored ledgers contain it, so a status that is
//! added in the middle needs a new `SEAL_VERSION` and a new `FORMAT_VERSION`.

use std::fmt;

/// Declares a status enum. Each variant has a name, and a number that entries of the trail store.
macro_rules! statuses {
    ($(#[$about:meta])* $name:ident { $($(#[$meaning:meta])* $variant:ident = $public:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        #[non_exhaustive]
        pub enum $name { $($(#[$meaning])* $variant,)+ }

        impl $name {
            /// All statuses, in order of precedence.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the name of the status, in snake case.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $public),+ }
            }

            /// Returns the status of a number (`self as u16`).
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
    /// The status of an attempt to create an account.
    CreateAccountStatus {
        /// The account was created.
        Created = "created",
        /// Another event of the chain was rejected.
        LinkedEventFailed = "linked_event_failed",
        /// The batch ends within the chain.
        LinkedEventChainOpen = "linked_event_chain_open",
        /// The first event of the batch is imported, this one is not.
        ImportedEventExpected = "imported_event_expected",
        /// The first event of the batch is not imported, this one is.
        ImportedEventNotExpected = "imported_event_not_expected",
        /// Only imported events have a timestamp.
        TimestampMustBeZero = "timestamp_must_be_zero",
        /// The imported timestamp is not 1 to 2^63 - 1.
        ImportedEventTimestampOutOfRange = "imported_event_timestamp_out_of_range",
        /// The imported timestamp is not in the past.
        ImportedEventTimestampMustNotAdvance = "imported_event_timestamp_must_not_advance",
        /// A reserved field is not 0.
        ReservedField = "reserved_field",
        /// An unknown flag is set.
        ReservedFlag = "reserved_flag",
        /// The id is 0.
        IdMustNotBeZero = "id_must_not_be_zero",
        /// The id is 2^128 - 1.
        IdMustNotBeIntMax = "id_must_not_be_int_max",
        /// An account with this id exists, with other flags.
        ExistsWithDifferentFlags = "exists_with_different_flags",
        /// An account with this id already exists, but with a different `user_data_128`.
        ExistsWithDifferentUserData128 = "exists_with_different_user_data_128",
        /// An account with this id already exists, but with a different `user_data_64`.
        ExistsWithDifferentUserData64 = "exists_with_different_user_data_64",
        /// An account with this id already exists, but with a different `user_data_32`.
        ExistsWithDifferentUserData32 = "exists_with_different_user_data_32",
        /// An account with this id already exists, but with a different ledger.
        ExistsWithDifferentLedger = "exists_with_different_ledger",
        /// An account with this id already exists, but with a different code.
        ExistsWithDifferentCode = "exists_with_different_code",
        /// The same account already exists.
        Exists = "exists",
        /// The flags contradict each other.
        FlagsAreMutuallyExclusive = "flags_are_mutually_exclusive",
        /// A new account has no pending debits.
        DebitsPendingMustBeZero = "debits_pending_must_be_zero",
        /// A new account has no posted debits.
        DebitsPostedMustBeZero = "debits_posted_must_be_zero",
        /// A new account has no pending credits.
        CreditsPendingMustBeZero = "credits_pending_must_be_zero",
        /// A new account has no posted credits.
        CreditsPostedMustBeZero = "credits_posted_must_be_zero",
        /// The ledger is 0.
        LedgerMustNotBeZero = "ledger_must_not_be_zero",
        /// The code is 0.
        CodeMustNotBeZero = "code_must_not_be_zero",
        /// The imported timestamp is not later than that of every account, or a transfer has it.
        ImportedEventTimestampMustNotRegress = "imported_event_timestamp_must_not_regress",
    }
}

statuses! {
    /// The status of an attempt to create a transfer.
    CreateTransferStatus {
        /// The transfer was created: the money has moved or is pending.
        Created = "created",
        /// The caller cancelled the attempt before it began. Not in TigerBeetle.
        Cancelled = "cancelled",
        /// The deadline passed before the attempt began. Not in TigerBeetle.
        DeadlineExceeded = "deadline_exceeded",
        /// Another event of the chain was rejected.
        LinkedEventFailed = "linked_event_failed",
        /// The batch ends within the chain.
        LinkedEventChainOpen = "linked_event_chain_open",
        /// The first event of the batch is imported, this one is not.
        ImportedEventExpected = "imported_event_expected",
        /// The first event of the batch is not imported, this one is.
        ImportedEventNotExpected = "imported_event_not_expected",
        /// Only imported events have a timestamp.
        TimestampMustBeZero = "timestamp_must_be_zero",
        /// The imported timestamp is not 1 to 2^63 - 1.
        ImportedEventTimestampOutOfRange = "imported_event_timestamp_out_of_range",
        /// The imported timestamp is not in the past.
        ImportedEventTimestampMustNotAdvance = "imported_event_timestamp_must_not_advance",
        /// An unknown flag is set.
        ReservedFlag = "reserved_flag",
        /// The id is 0.
        IdMustNotBeZero = "id_must_not_be_zero",
        /// The id is 2^128 - 1.
        IdMustNotBeIntMax = "id_must_not_be_int_max",
        /// A transfer with this id exists, with other flags.
        ExistsWithDifferentFlags = "exists_with_different_flags",
        /// A transfer with this id already exists, but with a different pending id.
        ExistsWithDifferentPendingId = "exists_with_different_pending_id",
        /// A transfer with this id already exists, but with a different timeout.
        ExistsWithDifferentTimeout = "exists_with_different_timeout",
        /// A transfer with this id already exists, but with a different debit account.
        ExistsWithDifferentDebitAccountId = "exists_with_different_debit_account_id",
        /// A transfer with this id already exists, but with a different credit account.
        ExistsWithDifferentCreditAccountId = "exists_with_different_credit_account_id",
        /// A transfer with this id already exists, but with a different amount.
        ExistsWithDifferentAmount = "exists_with_different_amount",
        /// A transfer with this id already exists, but with a different `user_data_128`.
        ExistsWithDifferentUserData128 = "exists_with_different_user_data_128",
        /// A transfer with this id already exists, but with a different `user_data_64`.
        ExistsWithDifferentUserData64 = "exists_with_different_user_data_64",
        /// A transfer with this id already exists, but with a different `user_data_32`.
        ExistsWithDifferentUserData32 = "exists_with_different_user_data_32",
        /// A transfer with this id already exists, but with a different ledger.
        ExistsWithDifferentLedger = "exists_with_different_ledger",
        /// A transfer with this id already exists, but with a different code.
        ExistsWithDifferentCode = "exists_with_different_code",
        /// The same transfer already exists.
        Exists = "exists",
        /// An attempt with this id failed for a transient reason. A retry needs a new id.
        IdAlreadyFailed = "id_already_failed",
        /// The flags contradict each other.
        FlagsAreMutuallyExclusive = "flags_are_mutually_exclusive",
        /// The debit account id is 0.
        DebitAccountIdMustNotBeZero = "debit_account_id_must_not_be_zero",
        /// The debit account id is 2^128 - 1.
        DebitAccountIdMustNotBeIntMax = "debit_account_id_must_not_be_int_max",
        /// The credit account id is 0.
        CreditAccountIdMustNotBeZero = "credit_account_id_must_not_be_zero",
        /// The credit account id is 2^128 - 1.
        CreditAccountIdMustNotBeIntMax = "credit_account_id_must_not_be_int_max",
        /// The debit and the credit account are the same.
        AccountsMustBeDifferent = "accounts_must_be_different",
        /// Only a post or a void has a pending id.
        PendingIdMustBeZero = "pending_id_must_be_zero",
        /// A post or a void has no pending id.
        PendingIdMustNotBeZero = "pending_id_must_not_be_zero",
        /// The pending id is 2^128 - 1.
        PendingIdMustNotBeIntMax = "pending_id_must_not_be_int_max",
        /// The pending id is the transfer's own id.
        PendingIdMustBeDifferent = "pending_id_must_be_different",
        /// Only a pending transfer has a timeout.
        TimeoutReservedForPendingTransfer = "timeout_reserved_for_pending_transfer",
        /// Only a pending transfer closes an account.
        ClosingTransferMustBePending = "closing_transfer_must_be_pending",
        /// The ledger is 0.
        LedgerMustNotBeZero = "ledger_must_not_be_zero",
        /// The code is 0.
        CodeMustNotBeZero = "code_must_not_be_zero",
        /// The debit account does not exist.
        DebitAccountNotFound = "debit_account_not_found",
        /// The credit account does not exist.
        CreditAccountNotFound = "credit_account_not_found",
        /// The accounts are in different ledgers.
        AccountsMustHaveTheSameLedger = "accounts_must_have_the_same_ledger",
        /// The transfer is not in the ledger of its accounts.
        TransferMustHaveTheSameLedgerAsAccounts = "transfer_must_have_the_same_ledger_as_accounts",
        /// The pending transfer does not exist.
        PendingTransferNotFound = "pending_transfer_not_found",
        /// The transfer of the pending id was never pending.
        PendingTransferNotPending = "pending_transfer_not_pending",
        /// The pending transfer has another debit account.
        PendingTransferHasDifferentDebitAccountId = "pending_transfer_has_different_debit_account_id",
        /// The pending transfer has another credit account.
        PendingTransferHasDifferentCreditAccountId = "pending_transfer_has_different_credit_account_id",
        /// The pending transfer is in another ledger.
        PendingTransferHasDifferentLedger = "pending_transfer_has_different_ledger",
        /// The pending transfer has another code.
        PendingTransferHasDifferentCode = "pending_transfer_has_different_code",
        /// The amount exceeds that of the pending transfer.
        ExceedsPendingTransferAmount = "exceeds_pending_transfer_amount",
        /// A void must release the whole amount of the pending transfer.
        PendingTransferHasDifferentAmount = "pending_transfer_has_different_amount",
        /// The pending transfer has been posted.
        PendingTransferAlreadyPosted = "pending_transfer_already_posted",
        /// The pending transfer has been voided.
        PendingTransferAlreadyVoided = "pending_transfer_already_voided",
        /// The pending transfer has expired.
        PendingTransferExpired = "pending_transfer_expired",
        /// The imported timestamp is not later than that of every transfer, or an account has it.
        ImportedEventTimestampMustNotRegress = "imported_event_timestamp_must_not_regress",
        /// The imported transfer's timestamp is not after that of its debit account.
        ImportedEventTimestampMustPostdateDebitAccount = "imported_event_timestamp_must_postdate_debit_account",
        /// The imported transfer's timestamp is not after that of its credit account.
        ImportedEventTimestampMustPostdateCreditAccount = "imported_event_timestamp_must_postdate_credit_account",
        /// An imported transfer has no timeout.
        ImportedEventTimeoutMustBeZero = "imported_event_timeout_must_be_zero",
        /// The debit account is closed.
        DebitAccountAlreadyClosed = "debit_account_already_closed",
        /// The credit account is closed.
        CreditAccountAlreadyClosed = "credit_account_already_closed",
        /// The debit account does not have the expected version. Not in TigerBeetle.
        DebitAccountVersionMismatch = "debit_account_version_mismatch",
        /// The credit account does not have the expected version. Not in TigerBeetle.
        CreditAccountVersionMismatch = "credit_account_version_mismatch",
        /// The pending debits of the debit account would exceed 2^128 - 1.
        OverflowsDebitsPending = "overflows_debits_pending",
        /// The pending credits of the credit account would exceed 2^128 - 1.
        OverflowsCreditsPending = "overflows_credits_pending",
        /// The posted debits of the debit account would exceed 2^128 - 1.
        OverflowsDebitsPosted = "overflows_debits_posted",
        /// The posted credits of the credit account would exceed 2^128 - 1.
        OverflowsCreditsPosted = "overflows_credits_posted",
        /// The pending and posted debits of the debit account would exceed 2^128 - 1 together.
        OverflowsDebits = "overflows_debits",
        /// The pending and posted credits of the credit account would exceed 2^128 - 1 together.
        OverflowsCredits = "overflows_credits",
        /// The transfer would expire after 2^63 - 1.
        OverflowsTimeout = "overflows_timeout",
        /// The debits of the debit account would exceed its credits, which
        /// `debits_must_not_exceed_credits` forbids.
        ExceedsCredits = "exceeds_credits",
        /// The credits of the credit account would exceed its debits, which
        /// `credits_must_not_exceed_debits` forbids.
        ExceedsDebits = "exceeds_debits",
    }
}

impl CreateTransferStatus {
    /// Returns whether the attempt was interrupted before it began, by its caller or a deadline.
    /// Such an attempt depends on nothing in the ledger, so serial replay does not decide it again.
    pub const fn is_interruption(self) -> bool {
        matches!(self, Self::Cancelled | Self::DeadlineExceeded)
    }

    /// Returns whether the attempt failed for a transient reason. Its id is consumed: a retry must
    /// not succeed after the caller has seen the failure.
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

/// Returns the status of a rejection if it applies.
#[inline(always)]
pub(super) fn reject_if<S>(applies: bool, status: S) -> Result<(), S> {
    if applies { Err(status) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_and_numbers_correspond() {
        for (number, status) in CreateTransferStatus::ALL.iter().enumerate() {
            assert_eq!(*status as usize, number);
            assert_eq!(CreateTransferStatus::from_number(number as u16), Some(*status));
        }
        let bounds = CreateTransferStatus::ALL.len() as u16;
        assert_eq!(CreateTransferStatus::from_number(bounds), None);
        assert_eq!(CreateTransferStatus::ExceedsCredits.to_string(), "exceeds_credits");
    }

    #[test]
    fn cancelled_and_deadline_exceeded_are_interruptions() {
        let interruptions: Vec<_> =
            CreateTransferStatus::ALL.iter().filter(|status| status.is_interruption()).collect();
        assert_eq!(
            interruptions,
            [&CreateTransferStatus::Cancelled, &CreateTransferStatus::DeadlineExceeded]
        );
    }
}
