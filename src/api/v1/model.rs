//! Accounts and transfers: created, looked up, queried.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response as HttpResponse};
use serde::Serialize;

use super::Caller;
use super::caller::forbidden;
use crate::api::sent::{Id, Sent};
use crate::api::{Problem, Role, Service};
use crate::model::amounts::Exact;
use crate::model::{Transfer, TransferAttempt, TransferFlags};
use crate::wire::{Operation, Response, read_body};

type Shared = State<Arc<Service>>;
type Answer = Result<Json<Response>, Problem>;

/// What a body asks for, as the operation of this name.
fn read(operation: &str, body: &Bytes) -> Result<Operation, Problem> {
    let text = std::str::from_utf8(body).map_err(|error| {
        let sentence = format!("the body must be UTF-8; byte {} is not", error.valid_up_to());
        Problem::new(StatusCode::BAD_REQUEST, "bad_body", sentence)
    })?;
    read_body(operation, text).map_err(|bad| {
        let status = match bad.problem() {
            crate::wire::Problem::Syntax { .. } => StatusCode::BAD_REQUEST,
            crate::wire::Problem::Length { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let problem = Problem::new(status, "bad_body", bad.to_string());
        if bad.field().is_empty() { problem } else { problem.about(bad.field()) }
    })
}

fn done(service: &Service, operation: Operation) -> Answer {
    Ok(Json(service.operate(operation)?))
}

#[derive(Serialize)]
pub(super) struct Me {
    name: String,
    role: &'static str,
    account_id: Exact,
}

/// Who the caller is.
pub(super) async fn me(caller: Caller) -> Json<Me> {
    let Caller { name, role, account_id } = caller;
    Json(Me { name, role: role.name(), account_id: Exact(account_id) })
}

pub(super) async fn create_accounts(
    State(service): Shared,
    caller: Caller,
    Sent(body): Sent,
) -> Answer {
    caller.must_be(Role::Operator)?;
    done(&service, read("create_accounts", &body)?)
}

pub(super) async fn create_transfers(
    State(service): Shared,
    caller: Caller,
    headers: HeaderMap,
    Sent(body): Sent,
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

pub(super) async fn lookup_accounts(
    State(service): Shared,
    caller: Caller,
    Sent(body): Sent,
) -> Answer {
    let operation = read("lookup_accounts", &body)?;
    if let Operation::LookupAccounts(ids) = &operation {
        for (place, id) in ids.iter().enumerate() {
            caller.must_see(*id, &format!("ids[{place}]"))?;
        }
    }
    done(&service, operation)
}

pub(super) async fn lookup_transfers(
    State(service): Shared,
    caller: Caller,
    Sent(body): Sent,
) -> Answer {
    let operation = read("lookup_transfers", &body)?;
    let Json(mut answer) = done(&service, operation)?;
    if let Response::Transfers(found) = &mut answer {
        // Another one's transfer is answered as one that is not there.
        found.retain(|transfer| concerns(&caller, transfer));
    }
    Ok(Json(answer))
}

fn concerns(caller: &Caller, transfer: &Transfer) -> bool {
    caller.sees(transfer.debit_account_id) || caller.sees(transfer.credit_account_id)
}

pub(super) async fn query_accounts(
    State(service): Shared,
    caller: Caller,
    Sent(body): Sent,
) -> Answer {
    caller.must_read_everything()?;
    done(&service, read("query_accounts", &body)?)
}

pub(super) async fn query_transfers(
    State(service): Shared,
    caller: Caller,
    Sent(body): Sent,
) -> Answer {
    caller.must_read_everything()?;
    done(&service, read("query_transfers", &body)?)
}

pub(super) async fn get_account_transfers(
    State(service): Shared,
    caller: Caller,
    Sent(body): Sent,
) -> Answer {
    let operation = read("get_account_transfers", &body)?;
    if let Operation::GetAccountTransfers(filter) = &operation {
        caller.must_see(filter.account_id, "filter.account_id")?;
    }
    done(&service, operation)
}

pub(super) async fn get_account_balances(
    State(service): Shared,
    caller: Caller,
    Sent(body): Sent,
) -> Answer {
    let operation = read("get_account_balances", &body)?;
    if let Operation::GetAccountBalances(filter) = &operation {
        caller.must_see(filter.account_id, "filter.account_id")?;
    }
    done(&service, operation)
}

fn nothing(what: &str, id: u128) -> Problem {
    let sentence = format!("there is no {what} {id}");
    Problem::new(StatusCode::NOT_FOUND, "not_found", sentence).about("id")
}

/// One account, with its version as `ETag`, to be sent back as `If-Match`.
pub(super) async fn account(
    State(service): Shared,
    caller: Caller,
    Id(id): Id,
) -> Result<HttpResponse, Problem> {
    caller.must_see(id, "id")?;
    let Json(answer) = done(&service, Operation::LookupAccounts(vec![id]))?;
    let Response::Accounts(found) = answer else { unreachable!("a lookup answers accounts") };
    let account = found.into_iter().next().ok_or_else(|| nothing("account", id))?;
    let version = HeaderValue::from_str(&format!("\"{}\"", account.version));
    let version = version.expect("digits can be a header");
    Ok(([(header::ETAG, version)], Json(account)).into_response())
}

/// One transfer.
pub(super) async fn transfer(State(service): Shared, caller: Caller, Id(id): Id) -> Answer {
    let Json(mut answer) = done(&service, Operation::LookupTransfers(vec![id]))?;
    match &mut answer {
        Response::Transfers(found) => {
            found.retain(|transfer| concerns(&caller, transfer));
            if found.is_empty() {
                return Err(nothing("transfer", id));
            }
        }
        _ => unreachable!("a lookup answers transfers"),
    }
    Ok(Json(answer))
}
