//! The rules for transfers that move money or hold it as pending: their statuses and effects.
//!
//! One row for each status, in the documented order of precedence. A rejection changes nothing.
//! Source: TigerBeetle's reference, `create_transfers`.

use std::convert::Infallible;

use super::status::reject_if;
use super::timestamp::{ImportBounds, TIMESTAMP_MAX};
use super::{AccountFlags, AccountState, CreateTransferStatus as T, Resolution};
use super::{Transfer, TransferFlags, TransferState, UserData};

/// Checks a transfer's own fields, before the ledger is read. `now` is the timestamp of the
/// attempt.
///
/// # Errors
/// The first status that applies, in order of precedence.
#[inline]
pub fn transfer_is_well_formed(transfer: &Transfer, now: u64) -> Result<(), T> {
    if transfer.flags.contains(TransferFlags::IMPORTED) {
        reject_if(
            transfer.timestamp == 0 || transfer.timestamp > TIMESTAMP_MAX,
            T::ImportedEventTimestampOutOfRange,
        )?;
        reject_if(transfer.timestamp >= now, T::ImportedEventTimestampMustNotAdvance)?;
    } else {
        reject_if(transfer.timestamp != 0, T::TimestampMustBeZero)?;
    }
    reject_if(!TransferFlags::all().contains(transfer.flags), T::ReservedFlag)?;
    reject_if(transfer.id == 0, T::IdMustNotBeZero)?;
    reject_if(transfer.id == u128::MAX, T::IdMustNotBeIntMax)
}

/// Checks that a transfer's flags and fields are consistent, once its id is known to be new.
///
/// # Errors
/// The first status that applies, in order of precedence.
#[inline]
pub fn transfer_is_consistent(transfer: &Transfer) -> Result<(), T> {
    let flags = transfer.flags;
    if transfer.resolves() {
        return resolution_is_consistent(transfer);
    }
    reject_if(transfer.debit_account_id == 0, T::DebitAccountIdMustNotBeZero)?;
    reject_if(transfer.debit_account_id == u128::MAX, T::DebitAccountIdMustNotBeIntMax)?;
    reject_if(transfer.credit_account_id == 0, T::CreditAccountIdMustNotBeZero)?;
    reject_if(transfer.credit_account_id == u128::MAX, T::CreditAccountIdMustNotBeIntMax)?;
    reject_if(transfer.debit_account_id == transfer.credit_account_id, T::AccountsMustBeDifferent)?;
    reject_if(transfer.pending_id != 0, T::PendingIdMustBeZero)?;
    if !flags.contains(TransferFlags::PENDING) {
        reject_if(transfer.timeout != 0, T::TimeoutReservedForPendingTransfer)?;
        reject_if(
            flags.intersects(TransferFlags::CLOSING_DEBIT.union(TransferFlags::CLOSING_CREDIT)),
            T::ClosingTransferMustBePending,
        )?;
    }
    reject_if(transfer.ledger == 0, T::LedgerMustNotBeZero)?;
    reject_if(transfer.code == 0, T::CodeMustNotBeZero)
}

fn resolution_is_consistent(transfer: &Transfer) -> Result<(), T> {
    let flags = transfer.flags;
    let both = TransferFlags::POST_PENDING_TRANSFER.union(TransferFlags::VOID_PENDING_TRANSFER);
    let others = TransferFlags::PENDING
        .union(TransferFlags::BALANCING_DEBIT)
        .union(TransferFlags::BALANCING_CREDIT)
        .union(TransferFlags::CLOSING_DEBIT)
        .union(TransferFlags::CLOSING_CREDIT);
    reject_if(flags.contains(both) || flags.intersects(others), T::FlagsAreMutuallyExclusive)?;
    reject_if(transfer.pending_id == 0, T::PendingIdMustNotBeZero)?;
    reject_if(transfer.pending_id == u128::MAX, T::PendingIdMustNotBeIntMax)?;
    reject_if(transfer.pending_id == transfer.id, T::PendingIdMustBeDifferent)?;
    reject_if(transfer.timeout != 0, T::TimeoutReservedForPendingTransfer)
}

/// Compares an attempt with the transfer that has its id. `pending` is the one that it posts or
/// voids.
///
/// # Errors
/// The status of the first difference. [`Exists`](T::Exists) without one.
pub fn transfer_exists(
    transfer: &Transfer,
    existing: &Transfer,
    pending: Option<&Transfer>,
) -> Result<Infallible, T> {
    debug_assert_eq!(transfer.id, existing.id);
    reject_if(transfer.flags != existing.flags, T::ExistsWithDifferentFlags)?;
    reject_if(transfer.pending_id != existing.pending_id, T::ExistsWithDifferentPendingId)?;
    reject_if(transfer.timeout != existing.timeout, T::ExistsWithDifferentTimeout)?;
    // A post or a void may leave a field 0 to use that of the pending transfer.
    let same = |requested: u128, existing: u128| {
        requested == existing || (pending.is_some() && requested == 0)
    };
    reject_if(
        !same(transfer.debit_account_id, existing.debit_account_id),
        T::ExistsWithDifferentDebitAccountId,
    )?;
    reject_if(
        !same(transfer.credit_account_id, existing.credit_account_id),
        T::ExistsWithDifferentCreditAccountId,
    )?;
    reject_if(!same_amount(transfer, existing, pending), T::ExistsWithDifferentAmount)?;
    let expected = expected_user_data(transfer, pending);
    reject_if(
        expected.user_data_128 != existing.user_data.user_data_128,
        T::ExistsWithDifferentUserData128,
    )?;
    reject_if(
        expected.user_data_64 != existing.user_data.user_data_64,
        T::ExistsWithDifferentUserData64,
    )?;
    reject_if(
        expected.user_data_32 != existing.user_data.user_data_32,
        T::ExistsWithDifferentUserData32,
    )?;
    reject_if(!same(transfer.ledger.into(), existing.ledger.into()), T::ExistsWithDifferentLedger)?;
    reject_if(!same(transfer.code.into(), existing.code.into()), T::ExistsWithDifferentCode)?;
    Err(T::Exists)
}

/// Returns whether the amount of a retry gave, or could have given, the existing one.
fn same_amount(transfer: &Transfer, existing: &Transfer, pending: Option<&Transfer>) -> bool {
    let flags = transfer.flags;
    let balancing = TransferFlags::BALANCING_DEBIT.union(TransferFlags::BALANCING_CREDIT);
    match pending {
        Some(_) if flags.contains(TransferFlags::VOID_PENDING_TRANSFER) => {
            transfer.amount == 0 || transfer.amount == existing.amount
        }
        Some(pending) if transfer.amount == u128::MAX => existing.amount == pending.amount,
        None if flags.intersects(balancing) => transfer.amount >= existing.amount,
        _ => transfer.amount == existing.amount,
    }
}

/// Returns the user data of a transfer: its own, or the pending transfer's where that is 0.
pub(super) fn expected_user_data(transfer: &Transfer, pending: Option<&Transfer>) -> UserData {
    let Some(pending) = pending else { return transfer.user_data };
    let (own, theirs) = (transfer.user_data, pending.user_data);
    let or = |own, theirs| if own == 0 { theirs } else { own };
    UserData {
        user_data_128: or(own.user_data_128, theirs.user_data_128),
        user_data_64: or(own.user_data_64.into(), theirs.user_data_64.into()) as u64,
        user_data_32: or(own.user_data_32.into(), theirs.user_data_32.into()) as u32,
    }
}

/// The account versions that an attempt requires. None by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExpectedVersions {
    /// The required version of the debit account.
    pub debit: Option<u64>,
    /// The required version of the credit account.
    pub credit: Option<u64>,
}

impl ExpectedVersions {
    /// Checks that the accounts have the required versions.
    ///
    /// # Errors
    /// The status of the first version that differs.
    pub(super) fn check(self, debit: &AccountState, credit: &AccountState) -> Result<(), T> {
        reject_if(
            self.debit.is_some_and(|expected| expected != debit.version),
            T::DebitAccountVersionMismatch,
        )?;
        reject_if(
            self.credit.is_some_and(|expected| expected != credit.version),
            T::CreditAccountVersionMismatch,
        )?;
        Ok(())
    }
}

/// Moves money between the two accounts of a consistent transfer, or holds it as pending.
/// `timestamp` is that of the new transfer. Returns the amount.
///
/// # Errors
/// The first status that applies, in order of precedence. Nothing was changed.
pub fn create_transfer(
    transfer: &Transfer,
    timestamp: u64,
    versions: ExpectedVersions,
    bounds: ImportBounds,
    debit: &mut AccountState,
    credit: &mut AccountState,
) -> Result<u128, T> {
    move_or_hold(transfer, timestamp, versions, bounds, debit, credit)
}

/// Like [`create_transfer`], for a plain transfer: without flags, timeout, or required versions. The
/// rules are the same; the compiler leaves out those that cannot apply.
///
/// # Errors
/// The first status that applies, in order of precedence. Nothing was changed.
#[inline(always)]
pub fn create_plain_transfer(
    transfer: &Transfer,
    timestamp: u64,
    debit: &mut AccountState,
    credit: &mut AccountState,
) -> Result<u128, T> {
    debug_assert!(transfer.flags.is_empty());
    let transfer = Transfer { flags: TransferFlags::empty(), ..*transfer };
    create_untimed_transfer(&transfer, timestamp, debit, credit)
}

/// Like [`create_plain_transfer`], for a transfer that can also be pending.
///
/// # Errors
/// The first status that applies, in order of precedence. Nothing was changed.
#[inline(always)]
pub fn create_untimed_transfer(
    transfer: &Transfer,
    timestamp: u64,
    debit: &mut AccountState,
    credit: &mut AccountState,
) -> Result<u128, T> {
    debug_assert!(TransferFlags::PENDING.contains(transfer.flags));
    debug_assert!(transfer.timeout == 0 && transfer.pending_id == 0);
    let flags = transfer.flags.intersection(TransferFlags::PENDING);
    let transfer = Transfer { flags, timeout: 0, ..*transfer };
    let (versions, bounds) = (ExpectedVersions::default(), ImportBounds::default());
    move_or_hold(&transfer, timestamp, versions, bounds, debit, credit)
}

#[inline(always)]
fn move_or_hold(
    transfer: &Transfer,
    timestamp: u64,
    versions: ExpectedVersions,
    bounds: ImportBounds,
    debit: &mut AccountState,
    credit: &mut AccountState,
) -> Result<u128, T> {
    debug_assert_eq!(transfer_is_consistent(transfer), Ok(()));
    debug_assert_eq!(transfer.debit_account_id, debit.id);
    debug_assert_eq!(transfer.credit_account_id, credit.id);
    let flags = transfer.flags;
    reject_if(debit.ledger != credit.ledger, T::AccountsMustHaveTheSameLedger)?;
    reject_if(transfer.ledger != debit.ledger, T::TransferMustHaveTheSameLedgerAsAccounts)?;
    if flags.contains(TransferFlags::IMPORTED) {
        imported(transfer, bounds, debit, credit)?;
    }
    reject_if(debit.is_closed(), T::DebitAccountAlreadyClosed)?;
    reject_if(credit.is_closed(), T::CreditAccountAlreadyClosed)?;
    versions.check(debit, credit)?;
    let amount = balanced_amount(transfer, debit, credit);
    let pending = flags.contains(TransferFlags::PENDING);
    let debits_pending = debit.debits_pending.checked_add(amount);
    let credits_pending = credit.credits_pending.checked_add(amount);
    reject_if(pending && debits_pending.is_none(), T::OverflowsDebitsPending)?;
    reject_if(pending && credits_pending.is_none(), T::OverflowsCreditsPending)?;
    let debits_posted = debit.debits_posted.checked_add(amount).ok_or(T::OverflowsDebitsPosted)?;
    let credits_posted =
        credit.credits_posted.checked_add(amount).ok_or(T::OverflowsCreditsPosted)?;
    let debits = debit.debits_pending.checked_add(debits_posted).ok_or(T::OverflowsDebits)?;
    let credits = credit.credits_pending.checked_add(credits_posted).ok_or(T::OverflowsCredits)?;
    let timeout_ns = u64::from(transfer.timeout) * 1_000_000_000;
    reject_if(timeout_ns > TIMESTAMP_MAX - timestamp, T::OverflowsTimeout)?;
    let limited = |account: &AccountState, flag: AccountFlags| account.flags & flag.bits() != 0;
    reject_if(
        limited(debit, AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS)
            && debits > debit.credits_posted,
        T::ExceedsCredits,
    )?;
    reject_if(
        limited(credit, AccountFlags::CREDITS_MUST_NOT_EXCEED_DEBITS)
            && credits > credit.debits_posted,
        T::ExceedsDebits,
    )?;
    match (pending, debits_pending, credits_pending) {
        (true, Some(debits_pending), Some(credits_pending)) => {
            debit.debits_pending = debits_pending;
            credit.credits_pending = credits_pending;
        }
        _ => {
            debit.debits_posted = debits_posted;
            credit.credits_posted = credits_posted;
        }
    }
    if flags.contains(TransferFlags::CLOSING_DEBIT) {
        debit.set_closed(true);
    }
    if flags.contains(TransferFlags::CLOSING_CREDIT) {
        credit.set_closed(true);
    }
    debit.increment_version();
    credit.increment_version();
    Ok(amount)
}

/// Checks the rules for imported transfers.
pub(super) fn imported(
    transfer: &Transfer,
    bounds: ImportBounds,
    debit: &AccountState,
    credit: &AccountState,
) -> Result<(), T> {
    reject_if(bounds.refuses(transfer.timestamp), T::ImportedEventTimestampMustNotRegress)?;
    reject_if(
        transfer.timestamp <= debit.timestamp,
        T::ImportedEventTimestampMustPostdateDebitAccount,
    )?;
    reject_if(
        transfer.timestamp <= credit.timestamp,
        T::ImportedEventTimestampMustPostdateCreditAccount,
    )?;
    reject_if(transfer.timeout != 0, T::ImportedEventTimeoutMustBeZero)
}

/// Returns the amount. A balancing transfer's is reduced to what the accounts allow.
#[inline]
fn balanced_amount(transfer: &Transfer, debit: &AccountState, credit: &AccountState) -> u128 {
    let mut amount = transfer.amount;
    if transfer.flags.contains(TransferFlags::BALANCING_DEBIT) {
        let spent = debit.debits_posted.saturating_add(debit.debits_pending);
        amount = amount.min(debit.credits_posted.saturating_sub(spent));
    }
    if transfer.flags.contains(TransferFlags::BALANCING_CREDIT) {
        let earned = credit.credits_posted.saturating_add(credit.credits_pending);
        amount = amount.min(credit.debits_posted.saturating_sub(earned));
    }
    amount
}

pub(super) fn stored_transfer(transfer: &Transfer, amount: u128, timestamp: u64) -> TransferState {
    let is_pending = transfer.flags.contains(TransferFlags::PENDING);
    let resolution = is_pending.then_some(Resolution::Pending);
    TransferState { transfer: Transfer { amount, timestamp, ..*transfer }, resolution }
}
