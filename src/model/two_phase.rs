//! The rules for resolving pending transfers: post, void and expiry.
//!
//! Source: TigerBeetle's reference, `create_transfers`, and its guide to two-phase transfers.

use super::status::reject_if;
use super::timestamp::ImportBounds;
use super::transfer_rules::{ExpectedVersions, expected_user_data, imported};
use super::{AccountState, CreateTransferStatus as T};
use super::{Resolution, Transfer, TransferFlags, TransferState};

/// Checks a consistent post or void against the pending transfer, as far as it can without the
/// accounts.
/// Returns the amount to post or release.
///
/// # Errors
/// The first status that applies, in order of precedence.
#[cfg_attr(not(target_family = "wasm"), inline(always))]
pub(super) fn matches_pending(
    transfer: &Transfer,
    state: &TransferState,
    now: u64,
) -> Result<u128, T> {
    let (pending, voids) = (&state.transfer, voids(transfer));
    let Some(resolution) = state.resolution else {
        return Err(T::PendingTransferNotPending);
    };
    let differs = |requested: u128, pending: u128| requested != 0 && requested != pending;
    reject_if(
        differs(transfer.debit_account_id, pending.debit_account_id),
        T::PendingTransferHasDifferentDebitAccountId,
    )?;
    reject_if(
        differs(transfer.credit_account_id, pending.credit_account_id),
        T::PendingTransferHasDifferentCreditAccountId,
    )?;
    reject_if(
        differs(transfer.ledger.into(), pending.ledger.into()),
        T::PendingTransferHasDifferentLedger,
    )?;
    reject_if(
        differs(transfer.code.into(), pending.code.into()),
        T::PendingTransferHasDifferentCode,
    )?;
    let amount = resolved_amount(transfer, pending);
    reject_if(amount > pending.amount, T::ExceedsPendingTransferAmount)?;
    reject_if(voids && amount < pending.amount, T::PendingTransferHasDifferentAmount)?;
    match resolution {
        Resolution::Posted => return Err(T::PendingTransferAlreadyPosted),
        Resolution::Voided => return Err(T::PendingTransferAlreadyVoided),
        Resolution::Expired => return Err(T::PendingTransferExpired),
        Resolution::Pending => {}
    }
    reject_if(
        pending.expires_at().is_some_and(|expires_at| now >= expires_at),
        T::PendingTransferExpired,
    )?;
    Ok(amount)
}

/// Returns the amount that a post or a void posts or releases.
#[cfg_attr(not(target_family = "wasm"), inline(always))]
fn resolved_amount(transfer: &Transfer, pending: &Transfer) -> u128 {
    match transfer.amount {
        0 if voids(transfer) => pending.amount,
        u128::MAX if !voids(transfer) => pending.amount,
        amount => amount,
    }
}

/// Returns whether it voids a pending transfer instead of posting it.
#[inline]
pub(super) fn voids(transfer: &Transfer) -> bool {
    transfer.flags.contains(TransferFlags::VOID_PENDING_TRANSFER)
}

/// Posts or voids `amount` of a pending transfer on its two accounts.
///
/// # Errors
/// The first status that applies, in order of precedence. Nothing was changed.
#[allow(clippy::too_many_arguments, reason = "the accounts and all that the rules depend on")]
#[cfg_attr(not(target_family = "wasm"), inline(always))]
pub(super) fn resolve(
    transfer: &Transfer,
    pending: &Transfer,
    amount: u128,
    versions: ExpectedVersions,
    bounds: ImportBounds,
    debit: &mut AccountState,
    credit: &mut AccountState,
) -> Result<(), T> {
    debug_assert_eq!((pending.debit_account_id, pending.credit_account_id), (debit.id, credit.id));
    if transfer.flags.contains(TransferFlags::IMPORTED) {
        imported(transfer, bounds, debit, credit)?;
    }
    let voids = voids(transfer);
    reject_if(debit.is_closed() && !voids, T::DebitAccountAlreadyClosed)?;
    reject_if(credit.is_closed() && !voids, T::CreditAccountAlreadyClosed)?;
    versions.check(debit, credit)?;
    if voids {
        reopen(pending, debit, credit);
    } else {
        // No overflow: pending and posted sums together were checked when the pending transfer was
        // created.
        debit.debits_posted += amount;
        credit.credits_posted += amount;
    }
    release(&mut debit.debits_pending, pending.amount);
    release(&mut credit.credits_pending, pending.amount);
    debit.increment_version();
    credit.increment_version();
    Ok(())
}

/// Releases the amount of a pending transfer whose timeout has passed.
pub fn expire(pending: &Transfer, debit: &mut AccountState, credit: &mut AccountState) {
    debug_assert_eq!((pending.debit_account_id, pending.credit_account_id), (debit.id, credit.id));
    reopen(pending, debit, credit);
    release(&mut debit.debits_pending, pending.amount);
    release(&mut credit.credits_pending, pending.amount);
    debit.increment_version();
    credit.increment_version();
}

/// Subtracts a pending amount. It is part of the sum, unless updates were lost; serial replay
/// reports that, so this must not panic.
#[inline]
fn release(sum: &mut u128, pending: u128) {
    *sum = sum.saturating_sub(pending);
}

/// Opens the accounts that a pending transfer closed.
#[inline]
fn reopen(pending: &Transfer, debit: &mut AccountState, credit: &mut AccountState) {
    if pending.flags.contains(TransferFlags::CLOSING_DEBIT) {
        debit.set_closed(false);
    }
    if pending.flags.contains(TransferFlags::CLOSING_CREDIT) {
        credit.set_closed(false);
    }
}

/// Returns a post or a void of a pending transfer as it is stored, once it is created at `timestamp`.
pub fn resolution_of(transfer: &Transfer, pending: &Transfer, timestamp: u64) -> Transfer {
    let amount = resolved_amount(transfer, pending);
    stored_resolution(transfer, pending, amount, timestamp).transfer
}

/// Returns the stored state of a post or a void. Fields that it left 0 are the pending transfer's.
pub(super) fn stored_resolution(
    transfer: &Transfer,
    pending: &Transfer,
    amount: u128,
    timestamp: u64,
) -> TransferState {
    let transfer = Transfer {
        debit_account_id: pending.debit_account_id,
        credit_account_id: pending.credit_account_id,
        amount,
        user_data: expected_user_data(transfer, Some(pending)),
        ledger: pending.ledger,
        code: pending.code,
        timestamp,
        ..*transfer
    };
    TransferState { transfer, resolution: None }
}
