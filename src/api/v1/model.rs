//! Accounts and transfers: created, looked up, queried.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response as HttpResponse};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::Caller;
use super::caller::forbidden;
use crate::api::document::{BadBody, BadId, Guarded, NotFound, Unknown};
use crate::api::idempotency::IdempotencyKey;
use crate::api::sent::{Id, Sent};
use crate::api::{Problem, Role, Service};
use crate::book::Interrupt;
use crate::model::amounts::Exact;
use crate::model::{Transfer, TransferAttempt, TransferFlags};
use crate::wire::schema::{
    Account, AccountFilterBody, Accounts, Balances, CreateAccountsBody, CreateTransfersBody,
    LookupBody, QueryFilterBody, QuotedVersion, ReadId, Results, Transfers,
};
use crate::wire::{Operation, Response, consult, operate, read_body};

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

/// Does an operation. A teller is only held by one that changes the book: a query can take long, and nobody waits for it.
fn done(service: &Service, operation: Operation) -> Answer {
    // Also for one that reads: what is due by now has expired before it does.
    let mut teller = service.teller()?;
    let operation = match operation {
        changes @ (Operation::CreateAccounts(_) | Operation::CreateTransfers(_)) => {
            return Ok(Json(operate(teller.writer(), changes, &Interrupt::never())?));
        }
        reads => reads,
    };
    drop(teller);
    let answer = consult(service.coins().book(), operation);
    Ok(Json(answer.unwrap_or_else(|_| unreachable!("nothing else here changes the book"))))
}

/// The one who asks.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Me {
    name: String,
    /// `user`, `auditor` or `operator`.
    #[schema(value_type = Role)]
    role: &'static str,
    account_id: Exact,
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
    Json(Me { name, role: role.name(), account_id: Exact(account_id) })
}

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
    Sent(body): Sent,
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
    Sent(body): Sent,
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
    Sent(body): Sent,
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
    Sent(body): Sent,
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
