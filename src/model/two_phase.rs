//! The rules for what becomes of pending transfers: posted, voided, or expired.
//!
//! Source: TigerBeetle's reference, `create_transfers`, and its guide to two-phase transfers.

use super::rules::{expected_user_data, imported};
use super::{AccountState, CreateTransferStatus as T, ExpectedVersions, Past};
use super::{Resolution, Transfer, TransferFlags, TransferState};

/// Checks a consistent post or void against the transfer that it names, as far as that needs no account.
///
/// The amount that is posted or let go.
///
/// # Errors
/// The first status, in order of precedence.
pub(super) fn matches_pending(
    transfer: &Transfer,
    pending: &TransferState,
    now: u64,
) -> Result<u128, T> {
    let (held, voids) = (&pending.transfer, voids(transfer));
    let Some(resolution) = pending.resolution else {
        return Err(T::PendingTransferNotPending);
    };
    let differs = |asked: u128, kept: u128| asked != 0 && asked != kept;
    if differs(transfer.debit_account_id, held.debit_account_id) {
        return Err(T::PendingTransferHasDifferentDebitAccountId);
    }
    if differs(transfer.credit_account_id, held.credit_account_id) {
        return Err(T::PendingTransferHasDifferentCreditAccountId);
    }
    if differs(transfer.ledger.into(), held.ledger.into()) {
        return Err(T::PendingTransferHasDifferentLedger);
    }
    if differs(transfer.code.into(), held.code.into()) {
        return Err(T::PendingTransferHasDifferentCode);
    }
    let amount = match transfer.amount {
        0 if voids => held.amount,
        u128::MAX if !voids => held.amount,
        amount => amount,
    };
    if amount > held.amount {
        return Err(T::ExceedsPendingTransferAmount);
    }
    if voids && amount < held.amount {
        return Err(T::PendingTransferHasDifferentAmount);
    }
    match resolution {
        Resolution::Posted => return Err(T::PendingTransferAlreadyPosted),
        Resolution::Voided => return Err(T::PendingTransferAlreadyVoided),
        Resolution::Expired => return Err(T::PendingTransferExpired),
        Resolution::Pending => {}
    }
    if held.expires_at().is_some_and(|expires_at| now >= expires_at) {
        return Err(T::PendingTransferExpired);
    }
    Ok(amount)
}

/// Whether it lets go of what is held, and does not move it.
pub(super) fn voids(transfer: &Transfer) -> bool {
    transfer.flags.contains(TransferFlags::VOID_PENDING_TRANSFER)
}

/// Posts or voids `amount` of what `held` holds on its two accounts, or says why not.
///
/// # Errors
/// The first status, in order of precedence; nothing is changed then.
#[allow(clippy::too_many_arguments, reason = "the touched accounts and what is asked of them")]
pub(super) fn resolve(
    transfer: &Transfer,
    held: &Transfer,
    amount: u128,
    versions: ExpectedVersions,
    past: Past,
    debit: &mut AccountState,
    credit: &mut AccountState,
) -> Result<(), T> {
    debug_assert_eq!((held.debit_account_id, held.credit_account_id), (debit.id, credit.id));
    if transfer.flags.contains(TransferFlags::IMPORTED) {
        imported(transfer, past, debit, credit)?;
    }
    let voids = voids(transfer);
    if debit.is_closed() && !voids {
        return Err(T::DebitAccountAlreadyClosed);
    }
    if credit.is_closed() && !voids {
        return Err(T::CreditAccountAlreadyClosed);
    }
    versions.check(debit, credit)?;
    if voids {
        reopen(held, debit, credit);
    } else {
        // No overflow: held and posted sums together were checked when the amount was held.
        debit.debits_posted += amount;
        credit.credits_posted += amount;
    }
    let_go(&mut debit.debits_pending, held.amount);
    let_go(&mut credit.credits_pending, held.amount);
    debit.touch();
    credit.touch();
    Ok(())
}

/// Lets go of all that `held` holds, because its time is up.
pub fn expire(held: &Transfer, debit: &mut AccountState, credit: &mut AccountState) {
    debug_assert_eq!((held.debit_account_id, held.credit_account_id), (debit.id, credit.id));
    reopen(held, debit, credit);
    let_go(&mut debit.debits_pending, held.amount);
    let_go(&mut credit.credits_pending, held.amount);
    debit.touch();
    credit.touch();
}

/// Lets go of what is held. What is held is part of the sum, except where updates were lost, which is for serial replay to
/// find and not for a panic to end.
#[inline]
fn let_go(sum: &mut u128, held: u128) {
    *sum = sum.saturating_sub(held);
}

/// Undoes the closing of accounts that a pending transfer brought.
fn reopen(held: &Transfer, debit: &mut AccountState, credit: &mut AccountState) {
    if held.flags.contains(TransferFlags::CLOSING_DEBIT) {
        debit.set_closed(false);
    }
    if held.flags.contains(TransferFlags::CLOSING_CREDIT) {
        credit.set_closed(false);
    }
}

/// What is kept of a post or a void: the fields it left 0 are the pending transfer's.
pub(super) fn kept(
    transfer: &Transfer,
    held: &Transfer,
    amount: u128,
    timestamp: u64,
) -> TransferState {
    let transfer = Transfer {
        debit_account_id: held.debit_account_id,
        credit_account_id: held.credit_account_id,
        amount,
        user_data: expected_user_data(transfer, Some(held)),
        ledger: held.ledger,
        code: held.code,
        timestamp,
        ..*transfer
    };
    TransferState { transfer, resolution: None }
}
