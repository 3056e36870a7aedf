//! Transfers: creation, lookup and queries.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;

use super::caller::{Caller, forbidden};
use crate::api::http::extract::{JsonBody, PathId};
use crate::api::http::idempotency::{IdempotencyKey, respond_with_results};
use crate::api::http::openapi::{
    BodyProblems, IdProblems, NotFoundProblem, RoleProblems, TokenProblem,
};
use crate::api::http::problem::Problem;
use crate::api::service::Service;
use crate::api::users::Role;
use crate::model::{CreateTransferStatus, Transfer, TransferAttempt, TransferFlags};
use crate::wire::{CreateTransfersBody, LookupBody, QueryFilterBody, QuotedVersion};
use crate::wire::{ReadId, Results, Transfers};

/// Creates transfers.
///
/// A user can debit only the user's own account, and can neither import nor close. An operator can do everything, an auditor
/// nothing. Each transfer, or chain of linked transfers, is accepted or rejected by itself.
#[utoipa::path(
    post,
    path = "/v1/transfers",
    tag = "Transfers",
    security(("token" = [])),
    params(
        ("If-Match" = inline(Option<QuotedVersion>), Header, description = "For a single transfer: the version that the debit account must have, in quotes, as in `ETag`."),
        IdempotencyKey,
    ),
    request_body(content = CreateTransfersBody, description = "At most 8,388,608 bytes.", example = json!({"events": [{
        "id": "new", "debit_account_id": 65536, "credit_account_id": 65537, "amount": 100, "ledger": 1, "code": 1,
    }]})),
    responses(
        (status = 200, description = "The outcome of each transfer.", body = Results),
        (status = 412, description = "The debit account does not have the version in `If-Match`.", body = Results),
        RoleProblems,
        BodyProblems,
    ),
)]
pub(super) async fn create_transfers(
    State(service): State<Arc<Service>>,
    caller: Caller,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<Response, Problem> {
    let mut batch = body.read::<CreateTransfersBody>()?;
    may_create(&caller, &batch.events)?;
    let has_precondition = expect_version(&headers, &mut batch.events)?;
    let results = service.create_transfers(batch)?;
    let mismatch = CreateTransferStatus::DebitAccountVersionMismatch.name();
    let failed = has_precondition && results.results.iter().any(|one| one.status() == mismatch);
    let status = if failed { StatusCode::PRECONDITION_FAILED } else { StatusCode::OK };
    Ok(respond_with_results(status, results))
}

/// Checks that the caller's role allows the transfers.
fn may_create(caller: &Caller, events: &[TransferAttempt]) -> Result<(), Problem> {
    match caller.role {
        Role::Operator => return Ok(()),
        Role::Auditor => return Err(forbidden("the role auditor reads and moves nothing")),
        Role::User => {}
    }
    let reserved = TransferFlags::IMPORTED
        .union(TransferFlags::CLOSING_DEBIT)
        .union(TransferFlags::CLOSING_CREDIT);
    for (index, TransferAttempt { transfer, .. }) in events.iter().enumerate() {
        if transfer.debit_account_id != caller.account_id {
            let (own, found) = (caller.account_id, transfer.debit_account_id);
            let detail =
                format!("a user can debit only the user's own account, {own}, not {found}");
            return Err(forbidden(detail).about(format!("events[{index}].debit_account_id")));
        }
        if transfer.flags.intersects(reserved) {
            let detail = "importing and closing are for the role operator";
            return Err(forbidden(detail).about(format!("events[{index}].flags")));
        }
    }
    Ok(())
}

/// Puts the version of `If-Match` into the only event. Returns whether there is one.
fn expect_version(headers: &HeaderMap, events: &mut [TransferAttempt]) -> Result<bool, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(false) };
    let bad = |detail: &str| {
        Problem::new(StatusCode::BAD_REQUEST, "bad_if_match", detail).about("If-Match")
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

/// Looks up transfers by id. A user can see only those of the user's own account.
#[utoipa::path(
    post,
    path = "/v1/transfers/lookup",
    tag = "Transfers",
    security(("token" = [])),
    request_body(content = LookupBody, description = "At most 8,388,608 bytes.", example = json!({"ids": [7]})),
    responses(
        (status = 200, description = "The transfers that exist and that the caller may see, in the order of the ids.", body = Transfers),
        TokenProblem,
        BodyProblems,
    ),
)]
pub(super) async fn lookup_transfers(
    State(service): State<Arc<Service>>,
    caller: Caller,
    body: JsonBody,
) -> Result<Json<Transfers>, Problem> {
    let ids = body.read::<LookupBody>()?;
    Ok(Json(visible_transfers(&service, &caller, &ids)?))
}

/// Looks up transfers. It leaves out those that the caller may not see, as if they did not exist.
fn visible_transfers(
    service: &Service,
    caller: &Caller,
    ids: &[u128],
) -> Result<Transfers, Problem> {
    let mut found = service.current_ledger()?.lookup_transfers(ids);
    found.retain(|Transfer { debit_account_id, credit_account_id, .. }| {
        caller.sees(*debit_account_id) || caller.sees(*credit_account_id)
    });
    Ok(Transfers::from(&*found))
}

/// Finds transfers by a filter. For auditors and operators.
#[utoipa::path(
    post,
    path = "/v1/transfers/query",
    tag = "Transfers",
    security(("token" = [])),
    request_body(content = QueryFilterBody, description = "At most 8,388,608 bytes.", example = json!({"filter": {"limit": 10, "flags": ["reversed"]}})),
    responses(
        (status = 200, description = "The transfers that match, in order of creation. A filter that is out of its bounds matches nothing.", body = Transfers),
        RoleProblems,
        BodyProblems,
    ),
)]
pub(super) async fn query_transfers(
    State(service): State<Arc<Service>>,
    caller: Caller,
    body: JsonBody,
) -> Result<Json<Transfers>, Problem> {
    caller.must_read_everything()?;
    let filter = body.read::<QueryFilterBody>()?;
    let found = service.current_ledger()?.query_transfers(&filter);
    Ok(Json(Transfers::from(&*found)))
}

/// Returns one transfer. A user can see only those of the user's own account.
#[utoipa::path(
    get,
    path = "/v1/transfers/{id}",
    tag = "Transfers",
    security(("token" = [])),
    params(("id" = ReadId, Path, description = "A number, or a hyphenated UUID.", example = 65536)),
    responses(
        (status = 200, description = "A list of this one transfer.", body = Transfers),
        TokenProblem,
        NotFoundProblem,
        IdProblems,
    ),
)]
pub(super) async fn transfer(
    State(service): State<Arc<Service>>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<Json<Transfers>, Problem> {
    let found = visible_transfers(&service, &caller, &[id])?;
    if found.transfers.is_empty() {
        return Err(Problem::not_found("transfer", id));
    }
    Ok(Json(found))
}
