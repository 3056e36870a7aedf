//! Accounts and transfers: created.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response as HttpResponse};
use utoipa::IntoParams;

use super::Caller;
use super::auth::forbidden;
use super::model::{Answer, Shared, done, read};
use crate::api::http::extract::JsonBody;
use crate::api::http::idempotency::IdempotencyKey;
use crate::api::http::openapi::{BadBody, Guarded};
use crate::api::{Problem, Role};
use crate::model::{TransferAttempt, TransferFlags};
use crate::wire::schema::{CreateAccountsBody, CreateTransfersBody, QuotedVersion, Results};
use crate::wire::{Operation, Response};

/// Creates accounts. For operators.
#[utoipa::path(
    post,
    path = "/v1/accounts",
    tag = "Accounts",
    security(("token" = [])),
    params(IdempotencyKey),
    request_body(content = CreateAccountsBody, description = "At most 8,388,608 bytes.", example = json!({"events": [{"id": "new", "ledger": 1, "code": 10, "flags": ["history"]}]})),
    responses(
        (status = 200, description = "What became of each account.", body = Results),
        Guarded,
        BadBody,
    ),
)]
pub(super) async fn create_accounts(
    State(service): Shared,
    caller: Caller,
    JsonBody(body): JsonBody,
) -> Answer {
    caller.must_be(Role::Operator)?;
    done(&service, read("create_accounts", &body)?)
}

/// What must hold for a transfer to be made.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it is described here, and read by `expect_version`")]
struct Condition {
    /// With one transfer: the version that the account that pays must have, in quotes, as `ETag` had it.
    #[param(rename = "If-Match", value_type = QuotedVersion, inline, required = false)]
    if_match: Option<String>,
}

/// Creates transfers.
///
/// A user moves the money of the user's own account, and neither imports nor closes. An operator may do everything, an auditor
/// nothing. Each transfer is accepted or refused by itself, or with the chain that it is linked in.
#[utoipa::path(
    post,
    path = "/v1/transfers",
    tag = "Transfers",
    security(("token" = [])),
    params(Condition, IdempotencyKey),
    request_body(content = CreateTransfersBody, description = "At most 8,388,608 bytes.", example = json!({"events": [{
        "id": "new", "debit_account_id": 65536, "credit_account_id": 65537, "amount": 100, "ledger": 1, "code": 1,
    }]})),
    responses(
        (status = 200, description = "What became of each transfer.", body = Results),
        (status = 412, description = "`If-Match` was given, and the account that pays has another version.", body = Results),
        Guarded,
        BadBody,
    ),
)]
pub(super) async fn create_transfers(
    State(service): Shared,
    caller: Caller,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<HttpResponse, Problem> {
    let mut operation = read("create_transfers", &body)?;
    let Operation::CreateTransfers(batch) = &mut operation else {
        unreachable!("it was read as such");
    };
    may_move(&caller, &batch.events)?;
    let expected = expect_version(&headers, &mut batch.events)?;
    let answer = done(&service, operation)?;
    let mismatch = matches!(&answer.0, Response::Results(results)
        if results.iter().any(|result| result.status == "debit_account_version_mismatch"));
    let status =
        if expected && mismatch { StatusCode::PRECONDITION_FAILED } else { StatusCode::OK };
    Ok((status, answer).into_response())
}

/// A user moves the user's own money, and brings nothing from the past.
fn may_move(caller: &Caller, events: &[TransferAttempt]) -> Result<(), Problem> {
    match caller.role {
        Role::Operator => return Ok(()),
        Role::Auditor => {
            return Err(forbidden("the role auditor reads and moves nothing".to_owned()));
        }
        Role::User => {}
    }
    let reserved = TransferFlags::IMPORTED
        .union(TransferFlags::CLOSING_DEBIT)
        .union(TransferFlags::CLOSING_CREDIT);
    for (place, TransferAttempt { transfer, .. }) in events.iter().enumerate() {
        if transfer.debit_account_id != caller.account_id {
            let (own, found) = (caller.account_id, transfer.debit_account_id);
            let sentence =
                format!("a user moves the money of the user's own account, {own}, not of {found}");
            return Err(forbidden(sentence).about(format!("events[{place}].debit_account_id")));
        }
        if transfer.flags.intersects(reserved) {
            let sentence = "importing and closing are for the role operator".to_owned();
            return Err(forbidden(sentence).about(format!("events[{place}].flags")));
        }
    }
    Ok(())
}

/// `If-Match`: the version that the debit account of the only event must have.
fn expect_version(headers: &HeaderMap, events: &mut [TransferAttempt]) -> Result<bool, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(false) };
    let bad = |sentence: &str| {
        Problem::new(StatusCode::BAD_REQUEST, "bad_if_match", sentence).about("If-Match")
    };
    let text = value.to_str().map_err(|_| bad("If-Match must be a version in quotes"))?;
    let version = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let version = version.and_then(|version| version.parse().ok());
    let version = version
        .ok_or_else(|| bad("If-Match must be an account's version in quotes, such as \"7\""))?;
    match events {
        [only] => {
            only.versions.debit = Some(version);
            Ok(true)
        }
        _ => Err(bad(
            "If-Match goes with one transfer; in a batch each event has expected_debit_version",
        )),
    }
}
