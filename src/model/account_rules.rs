//! The rules for accounts.
//!
//! One early return for each status, in the documented order of precedence. Source: TigerBeetle's
//! reference, `create_accounts`.

use super::timestamp::{ImportBounds, TIMESTAMP_MAX};
use super::{Account, AccountFlags, CreateAccountStatus as A};

/// Checks an account's own fields, before the ledger is read. `now` is the timestamp of the
/// attempt.
///
/// # Errors
/// The first status that applies, in order of precedence.
pub fn account_is_well_formed(account: &Account, now: u64) -> Result<(), A> {
    if account.flags.contains(AccountFlags::IMPORTED) {
        if account.timestamp == 0 || account.timestamp > TIMESTAMP_MAX {
            return Err(A::ImportedEventTimestampOutOfRange);
        }
        if account.timestamp >= now {
            return Err(A::ImportedEventTimestampMustNotAdvance);
        }
    } else if account.timestamp != 0 {
        return Err(A::TimestampMustBeZero);
    }
    if account.reserved != 0 {
        return Err(A::ReservedField);
    }
    if !AccountFlags::all().contains(account.flags) {
        return Err(A::ReservedFlag);
    }
    if account.id == 0 {
        return Err(A::IdMustNotBeZero);
    }
    if account.id == u128::MAX {
        return Err(A::IdMustNotBeIntMax);
    }
    Ok(())
}

/// Returns the status of an attempt to create a well-formed account. `existing` is the account of
/// that id, if any.
///
/// On [`CreateAccountStatus::Created`](A::Created) the caller adds
/// [`AccountState::opened`](super::AccountState::opened).
pub fn create_account(account: &Account, existing: Option<&Account>, bounds: ImportBounds) -> A {
    if let Some(existing) = existing {
        return account_exists(account, existing);
    }
    let both = AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS
        .union(AccountFlags::CREDITS_MUST_NOT_EXCEED_DEBITS);
    if account.flags.contains(both) {
        return A::FlagsAreMutuallyExclusive;
    }
    if account.debits_pending != 0 {
        return A::DebitsPendingMustBeZero;
    }
    if account.debits_posted != 0 {
        return A::DebitsPostedMustBeZero;
    }
    if account.credits_pending != 0 {
        return A::CreditsPendingMustBeZero;
    }
    if account.credits_posted != 0 {
        return A::CreditsPostedMustBeZero;
    }
    if account.ledger == 0 {
        return A::LedgerMustNotBeZero;
    }
    if account.code == 0 {
        return A::CodeMustNotBeZero;
    }
    if account.flags.contains(AccountFlags::IMPORTED) && bounds.refuses(account.timestamp) {
        return A::ImportedEventTimestampMustNotRegress;
    }
    A::Created
}

fn account_exists(account: &Account, existing: &Account) -> A {
    debug_assert_eq!(account.id, existing.id);
    // An account that has been closed since is still the requested one.
    let terms = |flags: AccountFlags| flags.difference(AccountFlags::CLOSED);
    if terms(account.flags) != terms(existing.flags) {
        return A::ExistsWithDifferentFlags;
    }
    if account.user_data.user_data_128 != existing.user_data.user_data_128 {
        return A::ExistsWithDifferentUserData128;
    }
    if account.user_data.user_data_64 != existing.user_data.user_data_64 {
        return A::ExistsWithDifferentUserData64;
    }
    if account.user_data.user_data_32 != existing.user_data.user_data_32 {
        return A::ExistsWithDifferentUserData32;
    }
    if account.ledger != existing.ledger {
        return A::ExistsWithDifferentLedger;
    }
    if account.code != existing.code {
        return A::ExistsWithDifferentCode;
    }
    A::Exists
}
