//! The rules: for each event, which status it gets and what it does to the accounts it touches.
//!
//! One early return per status, in the documented order of precedence. On every refusal nothing is changed.
//! Source: TigerBeetle's reference, `create_accounts` and `create_transfers`.

use super::{Account, AccountFlags, AccountState, Transfer};
use super::{CreateAccountStatus as A, CreateTransferStatus as T};

/// The status of an attempt to create `account`, given the account of that id if there is one.
///
/// On [`CreateAccountStatus::Created`](A::Created) the caller adds [`AccountState::opened`].
pub fn create_account(account: &Account, existing: Option<&AccountState>) -> A {
    if account.id == 0 {
        return A::IdMustNotBeZero;
    }
    if account.id == u128::MAX {
        return A::IdMustNotBeIntMax;
    }
    if let Some(existing) = existing {
        return account_exists(account, existing);
    }
    if account.ledger == 0 {
        return A::LedgerMustNotBeZero;
    }
    if account.code == 0 {
        return A::CodeMustNotBeZero;
    }
    A::Created
}

fn account_exists(account: &Account, existing: &AccountState) -> A {
    debug_assert_eq!(account.id, existing.id);
    if account.flags != existing.flags() {
        return A::ExistsWithDifferentFlags;
    }
    if account.ledger != existing.ledger {
        return A::ExistsWithDifferentLedger;
    }
    if account.code != existing.code {
        return A::ExistsWithDifferentCode;
    }
    A::Exists
}

/// The part of the rules that needs no account: `Err` with the status when the transfer itself is not well formed.
///
/// # Errors
/// The first status, in order of precedence, that the transfer's own fields give.
#[inline]
pub fn transfer_is_well_formed(transfer: &Transfer) -> Result<(), T> {
    if transfer.id == 0 {
        return Err(T::IdMustNotBeZero);
    }
    if transfer.id == u128::MAX {
        return Err(T::IdMustNotBeIntMax);
    }
    if transfer.debit_account_id == 0 {
        return Err(T::DebitAccountIdMustNotBeZero);
    }
    if transfer.debit_account_id == u128::MAX {
        return Err(T::DebitAccountIdMustNotBeIntMax);
    }
    if transfer.credit_account_id == 0 {
        return Err(T::CreditAccountIdMustNotBeZero);
    }
    if transfer.credit_account_id == u128::MAX {
        return Err(T::CreditAccountIdMustNotBeIntMax);
    }
    if transfer.debit_account_id == transfer.credit_account_id {
        return Err(T::AccountsMustBeDifferent);
    }
    if transfer.ledger == 0 {
        return Err(T::LedgerMustNotBeZero);
    }
    if transfer.code == 0 {
        return Err(T::CodeMustNotBeZero);
    }
    Ok(())
}

/// The part of the rules that needs both accounts: moves the money, or says why not and changes nothing.
///
/// The transfer must be well formed, and the accounts must be those it names.
#[inline]
pub fn create_transfer(
    transfer: &Transfer,
    debit: &mut AccountState,
    credit: &mut AccountState,
) -> T {
    debug_assert_eq!(transfer_is_well_formed(transfer), Ok(()));
    debug_assert_eq!(transfer.debit_account_id, debit.id);
    debug_assert_eq!(transfer.credit_account_id, credit.id);
    if debit.ledger != credit.ledger {
        return T::AccountsMustHaveTheSameLedger;
    }
    if transfer.ledger != debit.ledger {
        return T::TransferMustHaveTheSameLedgerAsAccounts;
    }
    let amount = transfer.amount;
    let Some(debits_posted) = debit.debits_posted.checked_add(amount) else {
        return T::OverflowsDebitsPosted;
    };
    let Some(credits_posted) = credit.credits_posted.checked_add(amount) else {
        return T::OverflowsCreditsPosted;
    };
    let Some(debits) = debit.debits_pending.checked_add(debits_posted) else {
        return T::OverflowsDebits;
    };
    if credit.credits_pending.checked_add(credits_posted).is_none() {
        return T::OverflowsCredits;
    }
    let limited = debit.flags().contains(AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS);
    if limited && debits > debit.credits_posted {
        return T::ExceedsCredits;
    }
    debit.debits_posted = debits_posted;
    debit.version += 1;
    credit.credits_posted = credits_posted;
    credit.version += 1;
    T::Created
}
