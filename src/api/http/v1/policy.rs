//! Who may create which transfer, by its effect and not by its endpoint.
//!
//! `docs/SECURITY.md` has these rules as a table. They depend on the transfer and, for a post or a
//! void, on the pending transfer that it ends. They do not depend on who has created that one, so they
//! hold for a ledger that was replayed or imported, too.
//!
//! An operator may create every transfer and an auditor none. A user may
//! - debit the user's own account, plainly, pending or balancing its debit;
//! - post or void a pending transfer that credits the user's own account. The debtor may not: a hold
//!   that the debtor can release secures nothing.
//!
//! and may neither import, nor close or reopen an account, nor credit `@world`, nor write the codes of
//! deposits, withdrawals and payments, nor ask for the state of another account by `balancing_credit`,
//! an expected version, or an amount that overflows the payee's sums.

use std::collections::HashMap;

use crate::api::users::Role;
use crate::coins::codes;
use crate::engine::{FIRST_DEPOSIT_IDS, KEYED_IDS, REVERSAL_IDS};
use crate::model::{Transfer, TransferAttempt, TransferFlags as F};

use super::caller::{Caller, forbidden};
use crate::api::http::problem::Problem;

/// The codes of the calls that only operators may make.
const OPERATOR_CODES: [u16; 4] =
    [codes::DEPOSIT, codes::WITHDRAWAL, codes::PAYMENT, codes::SETTLEMENT];

/// The maximum amount of a user's transfer. The ledger checks whether the sums of both accounts overflow before
/// it checks whether the payer has the amount. So a user who could try amounts near 2^128, even in a dry run, would
/// find out what the payee has received, to the coin.
const USER_AMOUNT_MAX: u128 = (1 << 127) - 1;

/// What a user may not do: the field of the event that asks for it, and the reason.
type Refusal = (&'static str, String);

/// Checks that the caller may create all transfers of a batch.
///
/// # Errors
/// The problem of the first one that the caller may not create.
pub(super) async fn check(caller: &Caller, events: &[TransferAttempt]) -> Result<(), Problem> {
    match caller.role {
        Role::Operator => return Ok(()),
        Role::Auditor => return Err(forbidden("the auditor role may not create transfers")),
        Role::User => {}
    }
    let pending = pending_transfers(caller, events).await?;
    for (index, event) in events.iter().enumerate() {
        let checked =
            check_id(event.transfer.id).and_then(|()| check_effect(caller, event, &pending));
        checked.map_err(|(field, detail)| {
            forbidden(detail).about(format!("events[{index}].{field}"))
        })?;
    }
    Ok(())
}

/// Checks that the caller may reverse a transfer by this one.
///
/// # Errors
/// The problem with the reason.
pub(super) fn check_reversal(caller: &Caller, reversal: &TransferAttempt) -> Result<(), Problem> {
    match caller.role {
        Role::Operator => Ok(()),
        Role::Auditor => Err(forbidden("the auditor role may not create transfers")),
        Role::User => check_effect(caller, reversal, &HashMap::new()).map_err(|(_, detail)| {
            forbidden(format!("a transfer is reversed by its payee or an operator: {detail}"))
        }),
    }
}

/// Checks that an id is not a derived one, so that nobody can use up those of another's reversal or
/// request.
fn check_id(id: u128) -> Result<(), Refusal> {
    if REVERSAL_IDS.contains(id) {
        let detail = format!(
            "{id} has the form of the ids of reversals; POST /v1/transfers/{{id}}/reverse creates those"
        );
        return Err(("id", detail));
    }
    if FIRST_DEPOSIT_IDS.contains(id) {
        return Err((
            "id",
            format!("{id} has the form of the ids of first deposits; choose another"),
        ));
    }
    if KEYED_IDS.contains(id) {
        let detail = format!(
            "{id} has the form of the ids of requests with an Idempotency-Key; repeat such a request with its key"
        );
        return Err(("id", detail));
    }
    Ok(())
}

/// Returns the transfers that the posts and voids of a batch name.
async fn pending_transfers(
    caller: &Caller,
    events: &[TransferAttempt],
) -> Result<HashMap<u128, Transfer>, Problem> {
    let resolving = events.iter().filter(|event| event.transfer.resolves());
    let ids: Vec<u128> = resolving.map(|event| event.transfer.pending_id).collect();
    let found = caller.service.lookup_transfers(&ids).await?;
    Ok(found.into_iter().map(|transfer| (transfer.id, transfer)).collect())
}

/// Checks an event. `pending` are the transfers that the posts and voids of its batch name.
fn check_effect(
    caller: &Caller,
    event: &TransferAttempt,
    pending: &HashMap<u128, Transfer>,
) -> Result<(), Refusal> {
    let TransferAttempt { transfer, versions } = event;
    let (flags, own) = (transfer.flags, caller.account_id);
    if flags.intersects(F::IMPORTED.union(F::CLOSING_DEBIT).union(F::CLOSING_CREDIT)) {
        return Err(("flags", "importing and closing are for the operator role".to_owned()));
    }
    if flags.intersects(F::POST_PENDING_TRANSFER.union(F::VOID_PENDING_TRANSFER)) {
        if versions.debit.is_some() {
            let detail = "the version of another user's account is not visible to a user";
            return Err(("expected_debit_version", detail.to_owned()));
        }
        return check_pending(caller, transfer, pending);
    }
    if transfer.debit_account_id != own {
        let found = transfer.debit_account_id;
        let detail = format!("a user can debit only the user's own account, {own}, not {found}");
        return Err(("debit_account_id", detail));
    }
    if caller.service.is_world(transfer.credit_account_id) {
        let detail = "withdrawing, which credits @world, is for the operator role";
        return Err(("credit_account_id", detail.to_owned()));
    }
    if OPERATOR_CODES.contains(&transfer.code) {
        let detail = format!(
            "the codes {OPERATOR_CODES:?} are those of deposits, withdrawals and payments, which are for the operator role; \
             choose another one than {}",
            transfer.code
        );
        return Err(("code", detail));
    }
    if flags.contains(F::BALANCING_CREDIT) {
        let detail = "balancing_credit depends on the balance of another user's account";
        return Err(("flags", detail.to_owned()));
    }
    // A balancing debit is reduced to what the user has before anything else is checked.
    if transfer.amount > USER_AMOUNT_MAX && !flags.contains(F::BALANCING_DEBIT) {
        let detail = format!(
            "amount must be at most 2^127 - 1, not {}: whether it overflows depends on the balance of \
             another user's account",
            transfer.amount
        );
        return Err(("amount", detail));
    }
    if versions.credit.is_some() {
        let detail = "the version of another user's account is not visible to a user";
        return Err(("expected_credit_version", detail.to_owned()));
    }
    Ok(())
}

/// Checks a post or a void. A pending transfer that does not exist gets the same answer as one that
/// the user may not end, so that ids cannot be probed.
fn check_pending(
    caller: &Caller,
    transfer: &Transfer,
    pending: &HashMap<u128, Transfer>,
) -> Result<(), Refusal> {
    let pending_id = transfer.pending_id;
    let found = pending.get(&pending_id);
    let closing = F::CLOSING_DEBIT.union(F::CLOSING_CREDIT);
    let may_end = |pending: &Transfer| {
        pending.credit_account_id == caller.account_id && !pending.flags.intersects(closing)
    };
    if found.is_some_and(may_end) {
        return Ok(());
    }
    let detail = format!(
        "users can post or void only pending transfers that credit their own account, and {pending_id} is not one of them"
    );
    Err(("pending_id", detail))
}
