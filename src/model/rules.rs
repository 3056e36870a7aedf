//! The rules for accounts and for transfers that move or hold money: which status each gets, and what it does.
//!
//! One early return per status, in the documented order of precedence. On every refusal nothing is changed.
//! Source: TigerBeetle's reference, `create_accounts` and `create_transfers`.

use super::{
    Account, AccountFlags, AccountState, Transfer, TransferFlags, TransferState, UserData,
};
use super::{CreateAccountStatus as A, CreateTransferStatus as T};

/// The greatest timestamp: 2^63 - 1 nanoseconds.
pub const TIMESTAMP_MAX: u64 = (1 << 63) - 1;

/// What an imported event is checked against: timestamps that are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// The greatest timestamp of the event's own kind, accounts or transfers.
    pub last: u64,
    /// Whether something of the other kind has the event's timestamp.
    pub taken: bool,
}

impl Past {
    fn refuses(self, timestamp: u64) -> bool {
        timestamp <= self.last || self.taken
    }
}

/// The part of the rules for accounts that comes before the ledger is looked at. `now` is the event's place in time.
///
/// # Errors
/// The first status, in order of precedence, that the account's own fields give.
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

/// The status of an attempt to create a well-formed account, given the account of that id if there is one.
///
/// On [`CreateAccountStatus::Created`](A::Created) the caller adds [`AccountState::opened`].
pub fn create_account(account: &Account, existing: Option<&Account>, past: Past) -> A {
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
    if account.flags.contains(AccountFlags::IMPORTED) && past.refuses(account.timestamp) {
        return A::ImportedEventTimestampMustNotRegress;
    }
    A::Created
}

fn account_exists(account: &Account, existing: &Account) -> A {
    debug_assert_eq!(account.id, existing.id);
    // An account that was closed since is still the one that was asked for.
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

/// The part of the rules for transfers that comes before the ledger is looked at. `now` is the event's place in time.
///
/// # Errors
/// The first status, in order of precedence, that the transfer's own fields give.
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

/// The part of the rules that comes after it is known that the id is new: which flags and fields go together.
///
/// # Errors
/// The first status, in order of precedence, that the transfer's own fields give.
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

/// The status of an attempt whose id a transfer has already. `pending` is the one that it posts or voids.
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
    // A post or a void may leave a field 0 to take it from the pending transfer.
    let same = |asked: u128, kept: u128| asked == kept || (pending.is_some() && asked == 0);
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

/// Whether a retry asks for an amount that gave, or could have given, the one that was moved.
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

/// What a transfer keeps: its own, or where that is 0 and it posts or voids, the pending transfer's.
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

/// What must hold of the touched accounts beyond what the transfer says. Nothing, usually.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExpectedVersions {
    /// The debit account's version as its caller saw it last.
    pub debit: Option<u64>,
    /// The credit account's version as its caller saw it last.
    pub credit: Option<u64>,
}

impl ExpectedVersions {
    /// The status where an account has changed since.
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

/// Moves or holds money between the two accounts that a consistent transfer names, or says why not.
///
/// `timestamp` is what the transfer gets. The amount is what was moved or held.
///
/// # Errors
/// The first status, in order of precedence; nothing is changed then.
pub fn create_transfer(
    transfer: &Transfer,
    timestamp: u64,
    versions: ExpectedVersions,
    past: Past,
    debit: &mut AccountState,
    credit: &mut AccountState,
) -> Result<u128, T> {
    move_or_hold(transfer, timestamp, versions, past, debit, credit)
}

/// [`create_transfer`] for a plain transfer: one without flags, timeout, and whatever else flags go with, of which no
/// version is expected. The rules are the same ones; where it is called, those that cannot apply are left out.
///
/// # Errors
/// The first status, in order of precedence; nothing is changed then.
#[inline(always)]
pub fn create_plain_transfer(
    transfer: &Transfer,
    timestamp: u64,
    debit: &mut AccountState,
    credit: &mut AccountState,
) -> Result<u128, T> {
    debug_assert!(transfer.flags.is_empty() && transfer.timeout == 0 && transfer.pending_id == 0);
    let transfer = Transfer { flags: TransferFlags::empty(), timeout: 0, ..*transfer };
    let (versions, past) = (ExpectedVersions::default(), Past::default());
    move_or_hold(&transfer, timestamp, versions, past, debit, credit)
}

#[inline(always)]
fn move_or_hold(
    transfer: &Transfer,
    timestamp: u64,
    versions: ExpectedVersions,
    past: Past,
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
        imported(transfer, past, debit, credit)?;
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
    debit.touch();
    credit.touch();
    Ok(amount)
}

/// What holds of an imported transfer alone.
pub(super) fn imported(
    transfer: &Transfer,
    past: Past,
    debit: &AccountState,
    credit: &AccountState,
) -> Result<(), T> {
    if past.refuses(transfer.timestamp) {
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

/// The amount, lowered to what the accounts allow where the transfer is balancing.
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

/// What is kept of a transfer that was carried out.
pub(super) fn kept(transfer: &Transfer, amount: u128, timestamp: u64) -> TransferState {
    use super::Resolution::Pending;
    let resolution = transfer.flags.contains(TransferFlags::PENDING).then_some(Pending);
    TransferState { transfer: Transfer { amount, timestamp, ..*transfer }, resolution }
}
