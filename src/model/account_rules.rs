//! The rules for accounts.
//!
//! One row for each status, in the documented order of precedence. Source: TigerBeetle's reference,
//! `create_accounts`.

use std::convert::Infallible;

use super::status::reject_if;
use super::timestamp::{ImportBounds, TIMESTAMP_MAX};
use super::{Account, AccountFlags, CreateAccountStatus as A};

/// Checks an account's own fields, before the ledger is read. `now` is the timestamp of the
/// attempt.
///
/// # Errors
/// The first status that applies, in order of precedence.
pub fn account_is_well_formed(account: &Account, now: u64) -> Result<(), A> {
    if account.flags.contains(AccountFlags::IMPORTED) {
        reject_if(
            account.timestamp == 0 || account.timestamp > TIMESTAMP_MAX,
            A::ImportedEventTimestampOutOfRange,
        )?;
        reject_if(account.timestamp >= now, A::ImportedEventTimestampMustNotAdvance)?;
    } else {
        reject_if(account.timestamp != 0, A::TimestampMustBeZero)?;
    }
    reject_if(account.reserved != 0, A::ReservedField)?;
    reject_if(!AccountFlags::all().contains(account.flags), A::ReservedFlag)?;
    reject_if(account.id == 0, A::IdMustNotBeZero)?;
    reject_if(account.id == u128::MAX, A::IdMustNotBeIntMax)
}

/// Checks a well-formed account against the ledger. `existing` is the account of that id, if any.
///
/// # Errors
/// The first status that applies, in order of precedence.
pub fn create_account(
    account: &Account,
    existing: Option<&Account>,
    bounds: ImportBounds,
) -> Result<(), A> {
    if let Some(existing) = existing {
        let Err(status) = account_exists(account, existing);
        return Err(status);
    }
    let both = AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS
        .union(AccountFlags::CREDITS_MUST_NOT_EXCEED_DEBITS);
    reject_if(account.flags.contains(both), A::FlagsAreMutuallyExclusive)?;
    reject_if(account.debits_pending != 0, A::DebitsPendingMustBeZero)?;
    reject_if(account.debits_posted != 0, A::DebitsPostedMustBeZero)?;
    reject_if(account.credits_pending != 0, A::CreditsPendingMustBeZero)?;
    reject_if(account.credits_posted != 0, A::CreditsPostedMustBeZero)?;
    reject_if(account.ledger == 0, A::LedgerMustNotBeZero)?;
    reject_if(account.code == 0, A::CodeMustNotBeZero)?;
    reject_if(
        account.flags.contains(AccountFlags::IMPORTED) && bounds.refuses(account.timestamp),
        A::ImportedEventTimestampMustNotRegress,
    )?;
    Ok(())
}

fn account_exists(account: &Account, existing: &Account) -> Result<Infallible, A> {
    debug_assert_eq!(account.id, existing.id);
    // An account that has been closed since is still the requested one. TigerBeetle compares this flag too. Here an attempt to
    // create an account that exists depends on nothing that changes, so that it needs no latch.
    let terms = |flags: AccountFlags| flags.difference(AccountFlags::CLOSED);
    reject_if(terms(account.flags) != terms(existing.flags), A::ExistsWithDifferentFlags)?;
    reject_if(
        account.user_data.user_data_128 != existing.user_data.user_data_128,
        A::ExistsWithDifferentUserData128,
    )?;
    reject_if(
        account.user_data.user_data_64 != existing.user_data.user_data_64,
        A::ExistsWithDifferentUserData64,
    )?;
    reject_if(
        account.user_data.user_data_32 != existing.user_data.user_data_32,
        A::ExistsWithDifferentUserData32,
    )?;
    reject_if(account.ledger != existing.ledger, A::ExistsWithDifferentLedger)?;
    reject_if(account.code != existing.code, A::ExistsWithDifferentCode)?;
    Err(A::Exists)
}
