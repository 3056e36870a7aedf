//! Accounts: creation, lookup, queries, and the transfers and balances of one account.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::{Caller, Operator, Reader};
use crate::api::http::extract::{Parsed, PathId};
use crate::api::http::idempotency::{IdempotencyKey, respond_with_results};
use crate::api::http::json::Json;
use crate::api::http::openapi::{NotFoundProblem, ReadProblem, RoleProblems, TokenProblem};
use crate::api::http::problem::Problem;
use crate::api::users::Role;
use crate::engine::{Capability, Query};
use crate::model::amounts::JsonU128;
use crate::wire::{AccountFilterBody, AccountRow, Accounts, Balances, CreateAccountsBody};
use crate::wire::{LookupBody, QueryFilterBody, ReadId, Results, Transfers};

/// The caller of a request.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Me {
    name: String,
    role: Role,
    account_id: JsonU128,
}

/// Returns the caller's name, role and account.
#[utoipa::path(
    get,
    path = "/v1/me",
    responses(
        (status = 200, description = "The caller.", body = Me),
        TokenProblem,
    ),
)]
pub(super) async fn me(caller: Caller) -> Json<Me> {
    let Caller { name, role, account_id, .. } = caller;
    Json(Me { name, role, account_id: JsonU128(account_id) })
}

/// Creates accounts. For operators.
#[utoipa::path(
    post,
    path = "/v1/accounts",
    params(IdempotencyKey),
    request_body(content = CreateAccountsBody, example = json!({"events": [{"id": "new", "ledger": 1, "code": 10, "flags": ["history"]}]})),
    responses(
        (status = 200, description = "The outcome of each account.", body = Results),
        RoleProblems,
    ),
)]
pub(super) async fn create_accounts(
    Operator(caller): Operator,
    Parsed(batch): Parsed<CreateAccountsBody>,
) -> Result<Response, Problem> {
    Ok(respond_with_results(StatusCode::OK, caller.create_accounts(batch).await?))
}

/// Looks up accounts by id. A user can look up only the user's own account.
#[utoipa::path(
    post,
    path = "/v1/accounts/lookup",
    request_body(content = LookupBody, example = json!({"ids": [65536]})),
    responses(
        (status = 200, description = "The accounts that exist, in the order of the ids.", body = Accounts),
        RoleProblems,
        ReadProblem,
    ),
)]
pub(super) async fn lookup_accounts(
    caller: Caller,
    Parsed(ids): Parsed<LookupBody>,
) -> Result<Response, Problem> {
    for (index, id) in ids.iter().enumerate() {
        caller.must_see(*id, &format!("ids[{index}]"))?;
    }
    caller.find(Query::LookupAccounts(ids)).await
}

/// Finds accounts by a filter. For auditors and operators.
#[utoipa::path(
    post,
    path = "/v1/accounts/query",
    request_body(content = QueryFilterBody, example = json!({"filter": {"limit": 10, "flags": ["reversed"]}})),
    responses(
        (status = 200, description = "The accounts that match, in order of creation. A filter with a value out of bounds matches nothing.", body = Accounts),
        RoleProblems,
        ReadProblem,
    ),
)]
pub(super) async fn query_accounts(
    Reader(caller): Reader,
    Parsed(filter): Parsed<QueryFilterBody>,
) -> Result<Response, Problem> {
    caller.find(Query::QueryAccounts(filter)).await
}

/// Finds an account's transfers. A user can see only those of the user's own account.
#[utoipa::path(
    post,
    path = "/v1/accounts/transfers",
    request_body(content = AccountFilterBody, example = json!({"filter": {"account_id": 65536, "limit": 10, "flags": ["debits", "credits"]}})),
    responses(
        (status = 200, description = "The transfers that match, in order of creation. A filter with a value out of bounds matches nothing.", body = Transfers),
        RoleProblems,
        ReadProblem,
    ),
)]
pub(super) async fn get_account_transfers(
    caller: Caller,
    Parsed(filter): Parsed<AccountFilterBody>,
) -> Result<Response, Problem> {
    caller.must_see(filter.account_id, "filter.account_id")?;
    caller.find(Query::AccountTransfers(filter)).await
}

/// Finds an account's balances over time, if it was created with `history`. A user can see only those of the user's own account.
#[utoipa::path(
    post,
    path = "/v1/accounts/balances",
    request_body(content = AccountFilterBody, example = json!({"filter": {"account_id": 65536, "limit": 10, "flags": ["debits", "credits"]}})),
    responses(
        (status = 200, description = "The balances that match, in order of time. A filter with a value out of bounds matches nothing.", body = Balances),
        RoleProblems,
        ReadProblem,
    ),
)]
pub(super) async fn get_account_balances(
    caller: Caller,
    Parsed(filter): Parsed<AccountFilterBody>,
) -> Result<Response, Problem> {
    caller.must_see(filter.account_id, "filter.account_id")?;
    caller.find(Query::AccountBalances(filter)).await
}

/// Returns one account. Its version is in `ETag`, for use in `If-Match`. A user can see only the user's own account.
#[utoipa::path(
    get,
    path = "/v1/accounts/{id}",
    params(("id" = ReadId, Path, description = "A number, or a hyphenated UUID.", example = 65536)),
    responses(
        (status = 200, description = "The account.", body = AccountRow, headers(("ETag" = String, description = "Its version, in quotes."))),
        RoleProblems,
        NotFoundProblem,
    ),
)]
pub(super) async fn account(caller: Caller, PathId(id): PathId) -> Result<Response, Problem> {
    caller.must_see(id, "id")?;
    let found = caller.find_account(id).await?;
    let account = found.ok_or_else(|| Problem::not_found("account", id))?;
    if caller.service.must_have(Capability::Versions).is_err() {
        return Ok(Json(account).into_response());
    }
    let version = HeaderValue::from_str(&format!("\"{}\"", account.version()));
    let version = version.expect("digits can be a header");
    Ok(([(header::ETAG, version)], Json(account)).into_response())
}
