//! Accounts and transfers: looked up, queried.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response as HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use super::Caller;
use crate::api::http::extract::{Id, JsonBody};
use crate::api::http::openapi::{BadBody, BadId, Guarded, NotFound, Unknown};
use crate::api::{Problem, Role, Service};
use crate::model::Transfer;
use crate::model::amounts::JsonU128;
use crate::wire::schema::{
    Account, AccountFilterBody, Accounts, Balances, LookupBody, QueryFilterBody, ReadId, Transfers,
};
use crate::wire::{Operation, Response, read_body};

pub(super) type Shared = State<Arc<Service>>;
pub(super) type Answer = Result<Json<Response>, Problem>;

/// What a body asks for, as the operation of this name.
pub(super) fn read(operation: &str, body: &Bytes) -> Result<Operation, Problem> {
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

/// Does an operation.
pub(super) fn done(service: &Service, operation: Operation) -> Answer {
    Ok(Json(service.operate(operation)?))
}

/// The one who asks.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Me {
    name: String,
    /// `user`, `auditor` or `operator`.
    #[schema(value_type = Role)]
    role: &'static str,
    account_id: JsonU128,
}

/// Who the caller is.
#[utoipa::path(
    get,
    path = "/v1/me",
    tag = "Accounts",
    security(("token" = [])),
    responses(
        (status = 200, description = "The caller's name, role and account.", body = Me),
        Unknown,
    ),
)]
pub(super) async fn me(caller: Caller) -> Json<Me> {
    let Caller { name, role, account_id } = caller;
    Json(Me { name, role: role.name(), account_id: JsonU128(account_id) })
}

/// Looks accounts up by their ids: a user the user's own.
#[utoipa::path(
    post,
    path = "/v1/accounts/lookup",
    tag = "Accounts",
    security(("token" = [])),
    request_body(content = LookupBody, description = "At most 8,388,608 bytes.", example = json!({"ids": [65536]})),
    responses(
        (status = 200, description = "Those that are there, in the order of the ids.", body = Accounts),
        Guarded,
        BadBody,
    ),
)]
pub(super) async fn lookup_accounts(
    State(service): Shared,
    caller: Caller,
    JsonBody(body): JsonBody,
) -> Answer {
    let operation = read("lookup_accounts", &body)?;
    if let Operation::LookupAccounts(ids) = &operation {
        for (place, id) in ids.iter().enumerate() {
            caller.must_see(*id, &format!("ids[{place}]"))?;
        }
    }
    done(&service, operation)
}

/// Looks transfers up by their ids: a user those of the user's own account.
#[utoipa::path(
    post,
    path = "/v1/transfers/lookup",
    tag = "Transfers",
    security(("token" = [])),
    request_body(content = LookupBody, description = "At most 8,388,608 bytes.", example = json!({"ids": [7]})),
    responses(
        (status = 200, description = "Those that are there and may be seen, in the order of the ids.", body = Transfers),
        Unknown,
        BadBody,
    ),
)]
pub(super) async fn lookup_transfers(
    State(service): Shared,
    caller: Caller,
    JsonBody(body): JsonBody,
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

/// Finds accounts by a filter. For auditors and operators.
#[utoipa::path(
    post,
    path = "/v1/accounts/query",
    tag = "Accounts",
    security(("token" = [])),
    request_body(content = QueryFilterBody, description = "At most 8,388,608 bytes.", example = json!({"filter": {"limit": 10, "flags": ["reversed"]}})),
    responses(
        (status = 200, description = "Those that match, the earliest first. A filter that is out of its bounds finds nothing.", body = Accounts),
        Guarded,
        BadBody,
    ),
)]
pub(super) async fn query_accounts(
    State(service): Shared,
    caller: Caller,
    JsonBody(body): JsonBody,
) -> Answer {
    caller.must_read_everything()?;
    done(&service, read("query_accounts", &body)?)
}

/// Finds transfers by a filter. For auditors and operators.
#[utoipa::path(
    post,
    path = "/v1/transfers/query",
    tag = "Transfers",
    security(("token" = [])),
    request_body(content = QueryFilterBody, description = "At most 8,388,608 bytes.", example = json!({"filter": {"limit": 10, "flags": ["reversed"]}})),
    responses(
        (status = 200, description = "Those that match, the earliest first. A filter that is out of its bounds finds nothing.", body = Transfers),
        Guarded,
        BadBody,
    ),
)]
pub(super) async fn query_transfers(
    State(service): Shared,
    caller: Caller,
    JsonBody(body): JsonBody,
) -> Answer {
    caller.must_read_everything()?;
    done(&service, read("query_transfers", &body)?)
}

/// Finds an account's transfers: a user the user's own.
#[utoipa::path(
    post,
    path = "/v1/accounts/transfers",
    tag = "Accounts",
    security(("token" = [])),
    request_body(content = AccountFilterBody, description = "At most 8,388,608 bytes.", example = json!({"filter": {"account_id": 65536, "limit": 10, "flags": ["debits", "credits"]}})),
    responses(
        (status = 200, description = "Those that match, the earliest first. A filter that is out of its bounds finds nothing.", body = Transfers),
        Guarded,
        BadBody,
    ),
)]
pub(super) async fn get_account_transfers(
    State(service): Shared,
    caller: Caller,
    JsonBody(body): JsonBody,
) -> Answer {
    let operation = read("get_account_transfers", &body)?;
    if let Operation::GetAccountTransfers(filter) = &operation {
        caller.must_see(filter.account_id, "filter.account_id")?;
    }
    done(&service, operation)
}

/// Finds an account's balances over time, where it was created with `history`: a user the user's own.
#[utoipa::path(
    post,
    path = "/v1/accounts/balances",
    tag = "Accounts",
    security(("token" = [])),
    request_body(content = AccountFilterBody, description = "At most 8,388,608 bytes.", example = json!({"filter": {"account_id": 65536, "limit": 10, "flags": ["debits", "credits"]}})),
    responses(
        (status = 200, description = "Those that match, the earliest first. A filter that is out of its bounds finds nothing.", body = Balances),
        Guarded,
        BadBody,
    ),
)]
pub(super) async fn get_account_balances(
    State(service): Shared,
    caller: Caller,
    JsonBody(body): JsonBody,
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

/// One account, with its version as `ETag`, to be sent back as `If-Match`: for a user the user's own.
#[utoipa::path(
    get,
    path = "/v1/accounts/{id}",
    tag = "Accounts",
    security(("token" = [])),
    params((
        "id" = ReadId, Path,
        description = "A number, or a UUID in its usual text form.",
        example = 65536,
    )),
    responses(
        (status = 200, description = "The account.", body = Account, headers(("ETag" = String, description = "Its version, in quotes."))),
        Guarded,
        NotFound,
        BadId,
    ),
)]
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

/// One transfer: for a user one of the user's own account.
#[utoipa::path(
    get,
    path = "/v1/transfers/{id}",
    tag = "Transfers",
    security(("token" = [])),
    params((
        "id" = ReadId, Path,
        description = "A number, or a UUID in its usual text form.",
        example = 65536,
    )),
    responses(
        (status = 200, description = "A list that has it alone.", body = Transfers),
        Unknown,
        NotFound,
        BadId,
    ),
)]
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
