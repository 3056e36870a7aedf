//! Transfers: creation, lookup and queries.

use std::collections::HashSet;

use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::balances::{TransferResults, accounts_after};
use super::caller::{Caller, Reader};
use super::policy;
use crate::api::http::extract::{Parsed, PathId, check_names, shown};
use crate::api::http::idempotency::{IdempotencyKey, respond_with_results};
use crate::api::http::if_match::IfMatch;
use crate::api::http::json::Json;
use crate::api::http::openapi::{
    NotFoundProblem, QueryProblems, QuotaProblems, ReadProblem, RoleProblems, TokenProblem,
};
use crate::api::http::problem::Problem;
use crate::api::http::query::QueryParameters;
use crate::engine::{Capability, Query};
use crate::ledger::TransferAccounts;
use crate::model::{CreateTransferStatus, Transfer, TransferAttempt, TransferFlags};
use crate::wire::{
    Batch, CreateTransfersBody, CreatedEvent, EntityTags, LookupBody, QueryFilterBody,
};
use crate::wire::{ReadId, Results, Transfers};

/// Creates transfers.
///
/// A user can debit only the user's own account, and can post or void only pending transfers that credit it. A user can neither
/// import, close, credit `@world`, use the codes 16, 17, 19 and 20, nor set `balancing_credit` or `expected_credit_version`. An
/// operator can create all transfers, an auditor none. Each transfer, or chain of linked transfers, is accepted or rejected independently, unless
/// `all_or_nothing` is `true`.
#[utoipa::path(
    post,
    path = "/v1/transfers",
    params(
        ("Prefer" = inline(Option<String>), Header, description = "With `respond-async`, and without parameters of the query, a ledger with a store responds before the outcome is on the disk: it can be lost if the machine stops within the next moments."),
        ("If-Match" = inline(Option<EntityTags>), Header, description = "For a single transfer: the version that the debit account must have, in quotes, as in `ETag`, or a list of them. `*` stands for every version. A weak tag never matches."),
        ("all_or_nothing" = inline(Option<bool>), Query, description = "With `true`, all transfers of the batch are created or none: each but the last gets the flag `linked`. If one is rejected, the others have the status `linked_event_failed`."),
        ("balances" = inline(Option<bool>), Query, description = "With `true`, the response has `balances`: the two accounts of each event as they were right after it, with their versions, as far as the caller may see them."),
        ("dry_run" = inline(Option<bool>), Query, description = "With `true`, nothing is created or recorded: the response has the outcome that each event would have now, if nobody else wrote in between, and no new ids. It needs the same rights and counts towards the attempts a second. The request to create them needs another idempotency key."),
        IdempotencyKey,
    ),
    request_body(content = CreateTransfersBody, example = json!({"events": [{
        "id": "new", "debit_account_id": 65536, "credit_account_id": 65537, "amount": 100, "ledger": 1, "code": 1,
    }]})),
    responses(
        (status = 200, description = "The outcome of each transfer.", body = TransferResults, headers(("Preference-Applied" = String, description = "`respond-async` if the response did not wait for the disk."))),
        (status = 412, description = "The debit account does not have the version in `If-Match`.", body = TransferResults),
        RoleProblems,
        QueryProblems,
        QuotaProblems,
    ),
)]
pub(super) async fn create_transfers(
    caller: Caller,
    uri: Uri,
    headers: HeaderMap,
    Parsed(mut batch): Parsed<CreateTransfersBody>,
) -> Result<Response, Problem> {
    let options = CreateOptions::read(&uri)?;
    if options.all_or_nothing
        && let Some((_, all_but_last)) = batch.events.split_last_mut()
    {
        all_but_last.iter_mut().for_each(|event| event.transfer.flags |= TransferFlags::LINKED);
    }
    let has_precondition = expect_version(&caller, &headers, &mut batch.events)?;
    policy::check(&caller, &batch.events).await?;
    let ids: Vec<u128> = batch.events.iter().map(|attempt| attempt.transfer.id).collect();
    let (mut results, accounts) = attempt(&caller, &options, batch).await?;
    hide_others_transfers(&caller, &ids, &mut results).await;
    let mismatch = CreateTransferStatus::DebitAccountVersionMismatch.name();
    let failed = has_precondition && results.results.iter().any(|one| one.status() == mismatch);
    let status = if failed { StatusCode::PRECONDITION_FAILED } else { StatusCode::OK };
    Ok(match accounts {
        None => respond_with_results(status, results),
        Some(accounts) => {
            (status, Json(TransferResults::new(&caller, results, &accounts))).into_response()
        }
    })
}

/// The outcomes of a batch, and the accounts of each event right after it if the request asks for them.
type Attempted = (Results, Option<Vec<TransferAccounts>>);

/// Makes the attempts of a batch, or a dry run.
async fn attempt(
    caller: &Caller,
    options: &CreateOptions,
    batch: Batch<TransferAttempt>,
) -> Result<Attempted, Problem> {
    let service = &caller.service;
    if options.dry_run {
        service.must_have(Capability::DryRuns)?;
        let (results, accounts) = service.dry_run_transfers(caller.requester(), batch)?;
        return Ok((results, options.balances.then_some(accounts)));
    }
    if options.balances {
        service.must_have(Capability::Snapshots)?;
    }
    let events = options.balances.then(|| batch.events.clone());
    let results = caller.create_transfers(batch).await?;
    let accounts = events.map(|events| accounts_after(service, &events, &results));
    Ok((results, accounts))
}

/// What a request for transfers asks for, in its query.
struct CreateOptions {
    all_or_nothing: bool,
    balances: bool,
    dry_run: bool,
}

impl CreateOptions {
    fn read(uri: &Uri) -> Result<Self, Problem> {
        let query = QueryParameters::read(uri)?;
        check_names(&query, &["all_or_nothing", "balances", "dry_run"])?;
        let switch = |name: &str| {
            let text = query.get(name).unwrap_or("false");
            text.parse::<bool>().map_err(|_| {
                let detail = format!("{name} must be true or false, not {}", shown(text));
                Problem::bad_filter(detail).about(name)
            })
        };
        Ok(Self {
            all_or_nothing: switch("all_or_nothing")?,
            balances: switch("balances")?,
            dry_run: switch("dry_run")?,
        })
    }
}

/// Gives an id of a transfer that the caller may not see the status of an id whose transfer failed, so
/// that the answer says nothing about the transfer.
async fn hide_others_transfers(caller: &Caller, ids: &[u128], results: &mut Results) {
    if caller.role.reads_everything() {
        return;
    }
    // Of `exists` the caller knows all fields, and `policy` has seen that they are of the caller's own account.
    let differs = |result: &CreatedEvent| result.status().starts_with("exists_with_different");
    let both = || ids.iter().zip(&results.results);
    let wanted: Vec<u128> =
        both().filter(|(_, result)| differs(result)).map(|(id, _)| *id).collect();
    if wanted.is_empty() {
        return;
    }
    let hidden: HashSet<u128> = match caller.service.lookup_transfers(&wanted).await {
        Ok(found) => {
            let hidden = found.iter().filter(|transfer| !caller.sees_transfer(transfer));
            hidden.map(|transfer| transfer.id).collect()
        }
        // A remote engine does not say whose they are. None of these events was executed, either way.
        Err(_) => wanted.into_iter().collect(),
    };
    for (id, result) in ids.iter().zip(&mut results.results) {
        if differs(result) && hidden.contains(id) {
            *result = result.with_status(CreateTransferStatus::IdAlreadyFailed);
        }
    }
}

/// Puts the version of `If-Match` into the only event. Returns whether there is one.
fn expect_version(
    caller: &Caller,
    headers: &HeaderMap,
    events: &mut [TransferAttempt],
) -> Result<bool, Problem> {
    let versions = match IfMatch::read(headers)? {
        None | Some(IfMatch::Any) => return Ok(false),
        Some(IfMatch::Versions(versions)) => versions,
    };
    caller.service.must_have(Capability::Versions)?;
    let [only] = events else {
        let detail =
            "If-Match goes with one transfer; in a batch each event has expected_debit_version";
        return Err(Problem::new(StatusCode::BAD_REQUEST, "bad_if_match", detail).about("If-Match"));
    };
    // The ledger compares one version. Of a list, that is the current one if it is there.
    let current = match versions[..] {
        [] | [_] => None,
        _ => debit_version(caller, &only.transfer).filter(|version| versions.contains(version)),
    };
    // No account has the greatest version, so without a tag that can match it fails.
    only.versions.debit = Some(current.or(versions.first().copied()).unwrap_or(u64::MAX));
    Ok(true)
}

/// Returns the version of the account that a transfer debits.
fn debit_version(caller: &Caller, transfer: &Transfer) -> Option<u64> {
    let ledger = caller.service.coins().ledger();
    let pending = ledger.lookup_transfers(&[transfer.pending_id]);
    let debited = pending.first().unwrap_or(transfer).debit_account_id;
    Some(ledger.account(debited)?.version)
}

/// Looks up transfers by id. A user can see only those of the user's own account.
#[utoipa::path(
    post,
    path = "/v1/transfers/lookup",
    request_body(content = LookupBody, example = json!({"ids": [7]})),
    responses(
        (status = 200, description = "The transfers that exist and that the caller may see, in the order of the ids.", body = Transfers),
        TokenProblem,
        ReadProblem,
    ),
)]
pub(super) async fn lookup_transfers(
    caller: Caller,
    Parsed(ids): Parsed<LookupBody>,
) -> Result<Response, Problem> {
    caller.find(Query::LookupTransfers(ids)).await
}

/// Finds transfers by a filter. For auditors and operators.
#[utoipa::path(
    post,
    path = "/v1/transfers/query",
    request_body(content = QueryFilterBody, example = json!({"filter": {"limit": 10, "flags": ["reversed"]}})),
    responses(
        (status = 200, description = "The transfers that match, in order of creation. A filter with a value out of bounds matches nothing.", body = Transfers),
        RoleProblems,
        ReadProblem,
    ),
)]
pub(super) async fn query_transfers(
    Reader(caller): Reader,
    Parsed(filter): Parsed<QueryFilterBody>,
) -> Result<Response, Problem> {
    caller.find(Query::QueryTransfers(filter)).await
}

/// Returns one transfer. Users can see only transfers of their own account.
#[utoipa::path(
    get,
    path = "/v1/transfers/{id}",
    params(("id" = ReadId, Path, description = "A number, or a hyphenated UUID.", example = 65536)),
    responses(
        (status = 200, description = "A list of this one transfer.", body = Transfers),
        TokenProblem,
        NotFoundProblem,
    ),
)]
pub(super) async fn transfer(
    caller: Caller,
    PathId(id): PathId,
) -> Result<Json<Transfers>, Problem> {
    let mut found = caller.service.lookup_transfers(&[id]).await?;
    found.retain(|transfer| caller.sees_transfer(transfer));
    if found.is_empty() {
        return Err(Problem::not_found("transfer", id));
    }
    Ok(Json(Transfers::from(&*found)))
}
