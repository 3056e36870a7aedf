//! The rules for transfers that move money or hold it as pending: their statuses and effects.
//!
//! One early return for each status, in the documented order of precedence. A rejection changes
//! nothing. Source: TigerBeetle's reference, `create_transfers`.

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
        if transfer.timestamp == 0 || transfer.timestamp > TIMESTAMP_MAX {
            return Err(T::ImportedEventTimestampOutOfRange);
        }
        if transfer.timestamp >= now {
            return Err(T::ImportedEventTimestampMustNotAdvance);
        }
    } else if transfer.timestamp != 0 {
        return Err(T::TimestampMustBeZero);
    }
    if !TransferFlags::all().contains(transfer.flags) {
        return Err(T::ReservedFlag);
    }
    if transfer.id == 0 {
        return Err(T::IdMustNotBeZero);
    }
    if transfer.id == u128::MAX {
        return Err(T::IdMustNotBeIntMax);
    }
    Ok(())
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
    if transfer.pending_id != 0 {
        return Err(T::PendingIdMustBeZero);
    }
    if !flags.contains(TransferFlags::PENDING) {
        if transfer.timeout != 0 {
            return Err(T::TimeoutReservedForPendingTransfer);
        }
        if flags.intersects(TransferFlags::CLOSING_DEBIT.union(TransferFlags::CLOSING_CREDIT)) {
            return Err(T::ClosingTransferMustBePending);
        }
    }
    if transfer.ledger == 0 {
        return Err(T::LedgerMustNotBeZero);
    }
    if transfer.code == 0 {
        return Err(T::CodeMustNotBeZero);
    }
    Ok(())
}

fn resolution_is_consistent(transfer: &Transfer) -> Result<(), T> {
    let flags = transfer.flags;
    let both = TransferFlags::POST_PENDING_TRANSFER.union(TransferFlags::VOID_PENDING_TRANSFER);
    let others = TransferFlags::PENDING
        .union(TransferFlags::BALANCING_DEBIT)
        .union(TransferFlags::BALANCING_CREDIT)
        .union(TransferFlags::CLOSING_DEBIT)
        .union(TransferFlags::CLOSING_CREDIT);
    if flags.contains(both) || flags.intersects(others) {
        return Err(T::FlagsAreMutuallyExclusive);
    }
    if transfer.pending_id == 0 {
        return Err(T::PendingIdMustNotBeZero);
    }
    if transfer.pending_id == u128::MAX {
        return Err(T::PendingIdMustNotBeIntMax);
    }
    if transfer.pending_id == transfer.id {
        return Err(T::PendingIdMustBeDifferent);
    }
    if transfer.timeout != 0 {
        return Err(T::TimeoutReservedForPendingTransfer);
    }
    Ok(())
}

/// Returns the status of an attempt whose id exists. `pending` is the transfer that it posts or
/// voids.
pub fn transfer_exists(transfer: &Transfer, existing: &Transfer, pending: Option<&Transfer>) -> T {
    debug_assert_eq!(transfer.id, existing.id);
    if transfer.flags != existing.flags {
        return T::ExistsWithDifferentFlags;
    }
    if transfer.pending_id != existing.pending_id {
        return T::ExistsWithDifferentPendingId;
    }
    if transfer.timeout != existing.timeout {
        return T::ExistsWithDifferentTimeout;
    }
    // A post or a void may leave a field 0 to use that of the pending transfer.
    let same = |requested: u128, existing: u128| {
        requested == existing || (pending.is_some() && requested == 0)
    };
    if !same(transfer.debit_account_id, existing.debit_account_id) {
        return T::ExistsWithDifferentDebitAccountId;
    }
    if !same(transfer.credit_account_id, existing.credit_account_id) {
        return T::ExistsWithDifferentCreditAccountId;
    }
    if !same_amount(transfer, existing, pending) {
        return T::ExistsWithDifferentAmount;
    }
    let expected = expected_user_data(transfer, pending);
    if expected.user_data_128 != existing.user_data.user_data_128 {
        return T::ExistsWithDifferentUserData128;
    }
    if expected.user_data_64 != existing.user_data.user_data_64 {
        return T::ExistsWithDifferentUserData64;
    }
    if expected.user_data_32 != existing.user_data.user_data_32 {
        return T::ExistsWithDifferentUserData32;
    }
    if !same(transfer.ledger.into(), existing.ledger.into()) {
        return T::ExistsWithDifferentLedger;
    }
    if !same(transfer.code.into(), existing.code.into()) {
        return T::ExistsWithDifferentCode;
    }
    T::Exists
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
        if self.debit.is_some_and(|expected| expected != debit.version) {
            return Err(T::DebitAccountVersionMismatch);
        }
        if self.credit.is_some_and(|expected| expected != credit.version) {
            return Err(T::CreditAccountVersionMismatch);
        }
        Ok(())
    }
}

/// Moves money between the two accounts of a consistent transfer, or holds it as pending.
/// `timestamp` is that of the new transfer. Returns the amount.
///
/// # Errors
/// The first status that applies, in order of precedence. Nothing has changed then.
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

/// As [`create_transfer`], for a plain transfer: without flags, timeout, or required versions. The
/// rules are the same; the compiler leaves out those that cannot apply.
///
/// # Errors
/// The first status that applies, in order of precedence. Nothing has changed then.
#[inline(always)]
pub fn create_plain_transfer(
    transfer: &Transfer,
    timestamp: u64,
    debit: &mut AccountState,
    credit: &mut AccountState,
) -> Result<u128, T> {
    debug_assert!(transfer.flags.is_empty() && transfer.timeout == 0 && transfer.pending_id == 0);
    let transfer = Transfer { flags: TransferFlags::empty(), timeout: 0, ..*transfer };
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
    if debit.ledger != credit.ledger {
        return Err(T::AccountsMustHaveTheSameLedger);
    }
    if transfer.ledger != debit.ledger {
        return Err(T::TransferMustHaveTheSameLedgerAsAccounts);
    }
    if flags.contains(TransferFlags::IMPORTED) {
        imported(transfer, bounds, debit, credit)?;
    }
    if debit.is_closed() {
        return Err(T::DebitAccountAlreadyClosed);
    }
    if credit.is_closed() {
        return Err(T::CreditAccountAlreadyClosed);
    }
    versions.check(debit, credit)?;
    let amount = balanced_amount(transfer, debit, credit);
    let pending = flags.contains(TransferFlags::PENDING);
    let debits_pending = debit.debits_pending.checked_add(amount);
    let credits_pending = credit.credits_pending.checked_add(amount);
    if pending && debits_pending.is_none() {
        return Err(T::OverflowsDebitsPending);
    }
    if pending && credits_pending.is_none() {
        return Err(T::OverflowsCreditsPending);
    }
    let debits_posted = debit.debits_posted.checked_add(amount).ok_or(T::OverflowsDebitsPosted)?;
    let credits_posted =
        credit.credits_posted.checked_add(amount).ok_or(T::OverflowsCreditsPosted)?;
    let debits = debit.debits_pending.checked_add(debits_posted).ok_or(T::OverflowsDebits)?;
    let credits = credit.credits_pending.checked_add(credits_posted).ok_or(T::OverflowsCredits)?;
    let timeout_ns = u64::from(transfer.timeout) * 1_000_000_000;
    if timeout_ns > TIMESTAMP_MAX - timestamp {
        return Err(T::OverflowsTimeout);
    }
    let limited = |account: &AccountState, flag: AccountFlags| account.flags & flag.bits() != 0;
    if limited(debit, AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS) && debits > debit.credits_posted
    {
        return Err(T::ExceedsCredits);
    }
    if limited(credit, AccountFlags::CREDITS_MUST_NOT_EXCEED_DEBITS)
        && credits > credit.debits_posted
    {
        return Err(T::ExceedsDebits);
    }
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
    if bounds.refuses(transfer.timestamp) {
        return Err(T::ImportedEventTimestampMustNotRegress);
    }
    if transfer.timestamp <= debit.timestamp {
        return Err(T::ImportedEventTimestampMustPostdateDebitAccount);
    }
    if transfer.timestamp <= credit.timestamp {
        return Err(T::ImportedEventTimestampMustPostdateCreditAccount);
    }
    if transfer.timeout != 0 {
        return Err(T::ImportedEventTimeoutMustBeZero);
    }
    Ok(())
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

/// Returns the stored state of a new transfer.
pub(super) fn stored_transfer(transfer: &Transfer, amount: u128, timestamp: u64) -> TransferState {
    let is_pending = transfer.flags.contains(TransferFlags::PENDING);
    let resolution = is_pending.then_some(Resolution::Pending);
    TransferState { transfer: Transfer { amount, timestamp, ..*transfer }, resolution }
}
