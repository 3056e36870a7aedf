//! The reversal of a transfer: a transfer of the same amount from its payee to its payer.

use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Caller;
use super::policy;
use crate::api::http::extract::PathId;
use crate::api::http::idempotency::IdempotencyKey;
use crate::api::http::json::Json;
use crate::api::http::openapi::{NotFoundProblem, QuotaProblems, RoleProblems};
use crate::api::http::problem::Problem;
use crate::api::users::Role;
use crate::coins::{LEDGER, codes};
use crate::engine::REVERSAL_IDS;
use crate::model::amounts::{JsonU64, JsonU128};
use crate::model::{CreateTransferStatus, Transfer, TransferAttempt, TransferFlags, UserData};
use crate::wire::Batch;

/// The number of ids with which the reversal of a transfer can be attempted. A rejection that depends
/// on the state of the ledger uses up its id, as for every transfer.
const USER_ATTEMPTS_MAX: u32 = 32;

/// An operator has more, so that a payee without funds cannot use up all of them.
const OPERATOR_ATTEMPTS_MAX: u32 = 64;

/// The reversal of a transfer.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reversal {
    /// The id of the transfer that reverses the other one.
    id: JsonU128,
    /// When it was created, in nanoseconds.
    timestamp: JsonU64,
    /// The id of the transfer that it reverses, which is also its `user_data_128`.
    reversed_id: JsonU128,
}

/// Reverses a transfer: creates one of the same amount from its payee to its payer. For its payee, and for operators.
///
/// A transfer can be reversed once: everyone who reverses it uses the same ids, which are derived from its id, so a second reversal is
/// rejected by the ledger itself, even if both happen at the same time. An attempt that is rejected because of the state of the ledger, such as
/// `exceeds_credits`, uses up its id, and the next attempt has the next id: there are 32 for a user, and 64 for an operator. A pending transfer is
/// not reversed but voided; the transfer that has posted it can be reversed. In the ledger of coins, the reversal of a deposit is a withdrawal and
/// so for operators.
#[utoipa::path(
    post,
    path = "/v1/transfers/{id}/reverse",
    operation_id = "reverse_transfer",
    params(
        ("id" = crate::wire::ReadId, Path, description = "A number, or a hyphenated UUID.", example = 65536),
        IdempotencyKey,
    ),
    responses(
        (status = 200, description = "The reversal.", body = Reversal),
        (status = 409, description = "The transfer was reversed before (`already_reversed`), has moved nothing (`pending_transfer`, `void_transfer`), its reversal was rejected (the status), or its ids are used up (`reversal_ids_used_up`).", body = Problem, content_type = "application/problem+json"),
        RoleProblems,
        NotFoundProblem,
        QuotaProblems,
    ),
)]
pub(super) async fn reverse(caller: Caller, PathId(id): PathId) -> Result<Json<Reversal>, Problem> {
    let found = caller.service.lookup_transfers(&[id]).await?;
    let original = found.first().filter(|transfer| caller.sees_transfer(transfer));
    let original = original.ok_or_else(|| Problem::not_found("transfer", id))?;
    let reversal = reversal_of(original)?;
    policy::check_reversal(&caller, &reversal)?;
    let attempts_max =
        if caller.role == Role::Operator { OPERATOR_ATTEMPTS_MAX } else { USER_ATTEMPTS_MAX };
    for attempt in 0_u32..attempts_max {
        let reversal_id = REVERSAL_IDS.id(&[&id.to_le_bytes(), &attempt.to_le_bytes()]);
        // A remote engine says so in its answer.
        if caller.service.is_embedded()
            && caller.service.coins().ledger().transfer_failed(reversal_id)
        {
            continue;
        }
        let transfer = Transfer { id: reversal_id, ..reversal.transfer };
        let batch = Batch { events: vec![transfer.into()], unnamed: Vec::new() };
        let results = caller.create_transfers(batch).await?.results;
        let [result] = &results[..] else { unreachable!("each event has a result") };
        let (status, timestamp) = (result.status(), result.timestamp());
        use CreateTransferStatus as S;
        if status == S::Created.name() {
            return Ok(Json(Reversal {
                id: JsonU128(reversal_id),
                timestamp: JsonU64(timestamp),
                reversed_id: JsonU128(id),
            }));
        }
        if status == S::Exists.name() {
            let detail =
                format!("transfer {id} was reversed by transfer {reversal_id} at {timestamp}");
            return Err(conflict("already_reversed", detail));
        }
        // Another attempt has used up the id since, or an operator has used it for another transfer.
        if status != S::IdAlreadyFailed.name() && !status.starts_with("exists") {
            let detail = format!("the reversal of transfer {id} was rejected: {status}");
            return Err(conflict(status, detail));
        }
    }
    let detail = format!(
        "all {attempts_max} ids for the reversal of transfer {id} were used up by rejected attempts; \
         send the amount back with POST /v1/transfers"
    );
    Err(conflict("reversal_ids_used_up", detail))
}

/// Returns the transfer that reverses another one, without its id.
fn reversal_of(original: &Transfer) -> Result<TransferAttempt, Problem> {
    let id = original.id;
    if original.flags.contains(TransferFlags::PENDING) {
        let detail = format!(
            "transfer {id} is a pending one, which moves nothing: void it, or reverse the transfer that has posted it"
        );
        return Err(conflict("pending_transfer", detail));
    }
    if original.flags.contains(TransferFlags::VOID_PENDING_TRANSFER) {
        let detail = format!("transfer {id} has voided a pending transfer, and moved nothing");
        return Err(conflict("void_transfer", detail));
    }
    let code = match original.ledger {
        LEDGER => codes::reversed(original.code),
        _ => original.code,
    };
    let transfer = Transfer {
        debit_account_id: original.credit_account_id,
        credit_account_id: original.debit_account_id,
        amount: original.amount,
        user_data: UserData { user_data_128: id, ..original.user_data },
        ledger: original.ledger,
        code,
        ..Transfer::default()
    };
    Ok(transfer.into())
}

fn conflict(code: &'static str, detail: String) -> Problem {
    Problem::new(StatusCode::CONFLICT, code, detail)
}
