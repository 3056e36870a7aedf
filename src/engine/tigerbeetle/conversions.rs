//! Conversions between the model and the types of TigerBeetle's client.

use tigerbeetle as tb;

use crate::engine::error::EngineError;
use crate::model::{
    Account, AccountBalances, AccountFilter, AccountFlags, CreateAccountStatus,
    CreateTransferStatus, Outcome, QueryFilter, RESULTS_MAX, Transfer, TransferFlags, UserData,
};

/// Declares the conversion of a status, and the list of all that it converts. Both sides have the same names; the model has
/// some that the client lacks.
macro_rules! status {
    ($function:ident, $list:ident: $Status:ident { $($variant:ident,)+ }) => {
        fn $function(status: tb::$Status) -> Result<$Status, EngineError> {
            match status {
                $(tb::$Status::$variant => Ok($Status::$variant),)+
                other => Err(not_understood(&format!("the status {other}"))),
            }
        }

        #[cfg(test)]
        const $list: &[tb::$Status] = &[$(tb::$Status::$variant),+];
    };
}

status! {
    account_status, ACCOUNT_STATUSES: CreateAccountStatus {
        Created, LinkedEventFailed, LinkedEventChainOpen, ImportedEventExpected,
        ImportedEventNotExpected, TimestampMustBeZero, ImportedEventTimestampOutOfRange,
        ImportedEventTimestampMustNotAdvance, ReservedField, ReservedFlag, IdMustNotBeZero,
        IdMustNotBeIntMax, ExistsWithDifferentFlags, ExistsWithDifferentUserData128,
        ExistsWithDifferentUserData64, ExistsWithDifferentUserData32, ExistsWithDifferentLedger,
        ExistsWithDifferentCode, Exists, FlagsAreMutuallyExclusive, DebitsPendingMustBeZero,
        DebitsPostedMustBeZero, CreditsPendingMustBeZero, CreditsPostedMustBeZero,
        LedgerMustNotBeZero, CodeMustNotBeZero, ImportedEventTimestampMustNotRegress,
    }
}

status! {
    transfer_status, TRANSFER_STATUSES: CreateTransferStatus {
        Created, LinkedEventFailed, LinkedEventChainOpen, ImportedEventExpected,
        ImportedEventNotExpected, TimestampMustBeZero, ImportedEventTimestampOutOfRange,
        ImportedEventTimestampMustNotAdvance, ReservedFlag, IdMustNotBeZero, IdMustNotBeIntMax,
        ExistsWithDifferentFlags, ExistsWithDifferentPendingId, ExistsWithDifferentTimeout,
        ExistsWithDifferentDebitAccountId, ExistsWithDifferentCreditAccountId,
        ExistsWithDifferentAmount, ExistsWithDifferentUserData128,
        ExistsWithDifferentUserData64, ExistsWithDifferentUserData32, ExistsWithDifferentLedger,
        ExistsWithDifferentCode, Exists, IdAlreadyFailed, FlagsAreMutuallyExclusive,
        DebitAccountIdMustNotBeZero, DebitAccountIdMustNotBeIntMax,
        CreditAccountIdMustNotBeZero, CreditAccountIdMustNotBeIntMax, AccountsMustBeDifferent,
        PendingIdMustBeZero, PendingIdMustNotBeZero, PendingIdMustNotBeIntMax,
        PendingIdMustBeDifferent, TimeoutReservedForPendingTransfer,
        ClosingTransferMustBePending, LedgerMustNotBeZero, CodeMustNotBeZero,
        DebitAccountNotFound, CreditAccountNotFound, AccountsMustHaveTheSameLedger,
        TransferMustHaveTheSameLedgerAsAccounts, PendingTransferNotFound,
        PendingTransferNotPending, PendingTransferHasDifferentDebitAccountId,
        PendingTransferHasDifferentCreditAccountId, PendingTransferHasDifferentLedger,
        PendingTransferHasDifferentCode, ExceedsPendingTransferAmount,
        PendingTransferHasDifferentAmount, PendingTransferAlreadyPosted,
        PendingTransferAlreadyVoided, PendingTransferExpired,
        ImportedEventTimestampMustNotRegress, ImportedEventTimestampMustPostdateDebitAccount,
        ImportedEventTimestampMustPostdateCreditAccount, ImportedEventTimeoutMustBeZero,
        DebitAccountAlreadyClosed, CreditAccountAlreadyClosed, OverflowsDebitsPending,
        OverflowsCreditsPending, OverflowsDebitsPosted, OverflowsCreditsPosted, OverflowsDebits,
        OverflowsCredits, OverflowsTimeout, ExceedsCredits, ExceedsDebits,
    }
}

/// Returns accounts as the client sends them.
///
/// # Errors
/// The client has no way to send a reserved field that is not 0, so such an account is refused.
pub(super) fn accounts_out(accounts: &[Account]) -> Result<Vec<tb::Account>, EngineError> {
    accounts.iter().map(account_out).collect()
}

fn account_out(account: &Account) -> Result<tb::Account, EngineError> {
    if account.reserved != 0 {
        let (id, reserved) = (account.id, account.reserved);
        let what = format!("account {id}: reserved must be 0 for this engine, not {reserved}");
        return Err(EngineError::Unsendable(what));
    }
    Ok(tb::Account {
        id: account.id,
        debits_pending: account.debits_pending,
        debits_posted: account.debits_posted,
        credits_pending: account.credits_pending,
        credits_posted: account.credits_posted,
        user_data_128: account.user_data.user_data_128,
        user_data_64: account.user_data.user_data_64,
        user_data_32: account.user_data.user_data_32,
        ledger: account.ledger,
        code: account.code,
        flags: tb::AccountFlags(account.flags.bits()),
        timestamp: account.timestamp,
        ..tb::Account::default()
    })
}

/// Returns an account of the cluster.
pub(super) fn account_in(account: &tb::Account) -> Account {
    Account {
        id: account.id,
        debits_pending: account.debits_pending,
        debits_posted: account.debits_posted,
        credits_pending: account.credits_pending,
        credits_posted: account.credits_posted,
        user_data: UserData {
            user_data_128: account.user_data_128,
            user_data_64: account.user_data_64,
            user_data_32: account.user_data_32,
        },
        reserved: 0,
        ledger: account.ledger,
        code: account.code,
        flags: AccountFlags::from_bits_retain(account.flags.0),
        timestamp: account.timestamp,
    }
}

/// Returns a transfer as the client sends it.
pub(super) fn transfer_out(transfer: &Transfer) -> tb::Transfer {
    tb::Transfer {
        id: transfer.id,
        debit_account_id: transfer.debit_account_id,
        credit_account_id: transfer.credit_account_id,
        amount: transfer.amount,
        pending_id: transfer.pending_id,
        user_data_128: transfer.user_data.user_data_128,
        user_data_64: transfer.user_data.user_data_64,
        user_data_32: transfer.user_data.user_data_32,
        timeout: transfer.timeout,
        ledger: transfer.ledger,
        code: transfer.code,
        flags: tb::TransferFlags(transfer.flags.bits()),
        timestamp: transfer.timestamp,
    }
}

/// Returns a transfer of the cluster.
pub(super) fn transfer_in(transfer: &tb::Transfer) -> Transfer {
    Transfer {
        id: transfer.id,
        debit_account_id: transfer.debit_account_id,
        credit_account_id: transfer.credit_account_id,
        amount: transfer.amount,
        pending_id: transfer.pending_id,
        user_data: UserData {
            user_data_128: transfer.user_data_128,
            user_data_64: transfer.user_data_64,
            user_data_32: transfer.user_data_32,
        },
        timeout: transfer.timeout,
        ledger: transfer.ledger,
        code: transfer.code,
        flags: TransferFlags::from_bits_retain(transfer.flags.0),
        timestamp: transfer.timestamp,
    }
}

/// Returns balances of the cluster.
pub(super) fn balances_in(balances: &tb::AccountBalance) -> AccountBalances {
    AccountBalances {
        timestamp: balances.timestamp,
        debits_pending: balances.debits_pending,
        debits_posted: balances.debits_posted,
        credits_pending: balances.credits_pending,
        credits_posted: balances.credits_posted,
    }
}

/// Returns a filter as the client sends it. The cluster refuses a limit above that of one message.
pub(super) fn account_filter_out(filter: &AccountFilter) -> tb::AccountFilter {
    tb::AccountFilter {
        account_id: filter.account_id,
        user_data_128: filter.user_data.user_data_128,
        user_data_64: filter.user_data.user_data_64,
        user_data_32: filter.user_data.user_data_32,
        code: filter.code,
        timestamp_min: filter.period.timestamp_min,
        timestamp_max: filter.period.timestamp_max,
        limit: filter.limit.min(RESULTS_MAX),
        flags: tb::AccountFilterFlags(filter.flags.bits()),
        ..tb::AccountFilter::default()
    }
}

/// Returns a filter as the client sends it. The cluster refuses a limit above that of one message.
pub(super) fn query_filter_out(filter: &QueryFilter) -> tb::QueryFilter {
    tb::QueryFilter {
        user_data_128: filter.user_data.user_data_128,
        user_data_64: filter.user_data.user_data_64,
        user_data_32: filter.user_data.user_data_32,
        ledger: filter.ledger,
        code: filter.code,
        timestamp_min: filter.period.timestamp_min,
        timestamp_max: filter.period.timestamp_max,
        limit: filter.limit.min(RESULTS_MAX),
        flags: tb::QueryFilterFlags(filter.flags.bits()),
        ..tb::QueryFilter::default()
    }
}

/// Returns the outcomes of accounts with these ids.
pub(super) fn account_outcomes(
    ids: &[u128],
    results: &[tb::CreateAccountResult],
) -> Result<Vec<Outcome<CreateAccountStatus>>, EngineError> {
    let results = results.iter().map(|result| (account_status(result.status), result.timestamp));
    outcomes(ids, results)
}

/// Returns the outcomes of transfers with these ids.
pub(super) fn transfer_outcomes(
    ids: &[u128],
    results: &[tb::CreateTransferResult],
) -> Result<Vec<Outcome<CreateTransferStatus>>, EngineError> {
    let results = results.iter().map(|result| (transfer_status(result.status), result.timestamp));
    outcomes(ids, results)
}

/// Returns the outcomes of events with these ids, of which each has a status and a timestamp.
fn outcomes<S>(
    ids: &[u128],
    results: impl ExactSizeIterator<Item = (Result<S, EngineError>, u64)>,
) -> Result<Vec<Outcome<S>>, EngineError> {
    if ids.len() != results.len() {
        return Err(not_understood(&format!("{} results for {} events", results.len(), ids.len())));
    }
    let outcome = |(id, (status, timestamp)): (&u128, (Result<S, EngineError>, u64))| {
        Ok(Outcome { id: *id, status: status?, timestamp, versions: (0, 0) })
    };
    ids.iter().zip(results).map(outcome).collect()
}

/// The error of an answer to a change that is not understood: the change was executed, but it is not known how.
fn not_understood(what: &str) -> EngineError {
    EngineError::OutcomeUnknown {
        why: format!("the engine has answered {what}, which this version does not know"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_of_the_model_that_is_tigerbeetles_is_converted_by_name() {
        let names = |all: Vec<String>| {
            let mut all = all;
            all.sort();
            all
        };
        let accounts: Vec<_> = ACCOUNT_STATUSES
            .iter()
            .map(|status| {
                let converted = account_status(*status).expect("it is in the list");
                assert_eq!(format!("{converted:?}"), status.to_string());
                converted.to_string()
            })
            .collect();
        assert_eq!(
            names(accounts),
            names(CreateAccountStatus::ALL.iter().map(ToString::to_string).collect())
        );
        let transfers: Vec<_> = TRANSFER_STATUSES
            .iter()
            .map(|status| {
                let converted = transfer_status(*status).expect("it is in the list");
                assert_eq!(format!("{converted:?}"), status.to_string());
                converted.to_string()
            })
            .collect();
        use CreateTransferStatus as S;
        let own = [
            S::Cancelled,
            S::DeadlineExceeded,
            S::DebitAccountVersionMismatch,
            S::CreditAccountVersionMismatch,
        ];
        let shared = S::ALL.iter().filter(|status| !own.contains(status));
        assert_eq!(names(transfers), names(shared.map(ToString::to_string).collect()));
    }

    #[test]
    fn flags_have_the_same_bits() {
        use tb::TransferFlags as T;
        let theirs = T::Linked
            | T::Pending
            | T::PostPendingTransfer
            | T::VoidPendingTransfer
            | T::BalancingDebit
            | T::BalancingCredit
            | T::ClosingDebit
            | T::ClosingCredit
            | T::Imported;
        assert_eq!(theirs.0, TransferFlags::all().bits());
        assert_eq!(T::VoidPendingTransfer.0, TransferFlags::VOID_PENDING_TRANSFER.bits());
        assert_eq!(T::BalancingDebit.0, TransferFlags::BALANCING_DEBIT.bits());
        use tb::AccountFlags as A;
        let theirs = A::Linked
            | A::DebitsMustNotExceedCredits
            | A::CreditsMustNotExceedDebits
            | A::History
            | A::Imported
            | A::Closed;
        assert_eq!(theirs.0, AccountFlags::all().bits());
        assert_eq!(A::History.0, AccountFlags::HISTORY.bits());
    }
}
