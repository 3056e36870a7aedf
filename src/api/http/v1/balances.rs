//! Balances: of an account at a moment, and of the accounts of a batch right after each transfer.

use axum::http::{StatusCode, Uri};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Caller;
use super::users::PathName;
use crate::api::http::extract::{PathId, check_names, shown};
use crate::api::http::openapi::{NotFoundProblem, QueryProblems, ReadProblem, RoleProblems};
use crate::api::http::problem::Problem;
use crate::api::http::query::QueryParameters;
use crate::api::service::Service;
use crate::api::snapshot::AccountSnapshot;
use crate::coins::Funds;
use crate::ledger::{Cancellation, TransferAccounts};
use crate::model::amounts::{JsonU64, JsonU128};
use crate::model::{CreateTransferStatus, TransferAttempt, TransferFlags};
use crate::wire::{CreatedEvent, Natural, ReadId, Results};

/// The parameter of a moment.
const AT: &str = "at";

/// The balance of an account at a moment.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BalanceAt {
    /// The moment, in nanoseconds. The balance includes everything that the ledger had decided by then, and nothing later.
    timestamp: JsonU64,
    /// The posted credits less the posted debits; 0 if the debits are greater.
    balance: JsonU128,
    /// The balance less the pending debits: what could be spent.
    available: JsonU128,
    account: AccountSnapshot,
}

/// Returns the balance of an account now, or as it was at a past moment. A user can see only the user's own account.
///
/// The same moment always has the same balance. An imported transfer counts from its import on, a pending transfer that has timed out until
/// its expiry is recorded.
#[utoipa::path(
    get,
    path = "/v1/accounts/{id}/balance",
    operation_id = "account_balance",
    params(
        ("id" = ReadId, Path, description = "A number, or a hyphenated UUID.", example = 65536),
        ("at" = inline(Option<Natural<64>>), Query, description = "The moment, in nanoseconds since 1970; now without it. It cannot be in the future."),
    ),
    responses(
        (status = 200, description = "The balance.", body = BalanceAt),
        RoleProblems,
        NotFoundProblem,
        QueryProblems,
        ReadProblem,
    ),
)]
pub(super) async fn of_account(
    caller: Caller,
    PathId(id): PathId,
    uri: Uri,
) -> Result<Response, Problem> {
    caller.must_see(id, "id")?;
    balance_at(&caller, id, &uri).await
}

/// Returns the balance of a named user's account now, or as it was at a past moment. A user can ask only for the user's own name.
///
/// As `/v1/accounts/{id}/balance`. The account of a removed user keeps its name.
#[utoipa::path(
    get,
    path = "/v1/users/{name}/balance",
    operation_id = "user_balance",
    params(
        ("name" = String, Path, description = "The user's name.", example = "olga"),
        ("at" = inline(Option<Natural<64>>), Query, description = "The moment, in nanoseconds since 1970; now without it. It cannot be in the future."),
    ),
    responses(
        (status = 200, description = "The balance.", body = BalanceAt),
        RoleProblems,
        NotFoundProblem,
        QueryProblems,
        ReadProblem,
    ),
)]
pub(super) async fn of_user(
    caller: Caller,
    PathName(name): PathName,
    uri: Uri,
) -> Result<Response, Problem> {
    // Before the name is looked up, so that a user learns nothing about others' names.
    if name != caller.name {
        caller.must_read_everything()?;
    }
    let id = caller.service.coins().id(&name).ok_or_else(|| {
        let detail = format!("no user has the name {}", shown(&name));
        Problem::new(StatusCode::NOT_FOUND, "not_found", detail).about("name")
    })?;
    balance_at(&caller, id, &uri).await
}

async fn balance_at(caller: &Caller, id: u128, uri: &Uri) -> Result<Response, Problem> {
    let now_ns = caller.service.now_ns();
    let timestamp = moment(uri, now_ns)?;
    let read = move |service: &Service, cancellation: &Cancellation<'_>| {
        let ledger = service.current_ledger();
        let state = ledger.account_at(id, timestamp, cancellation)?.ok_or_else(|| {
            let Some(account) = ledger.account(id) else {
                return Problem::not_found("account", id);
            };
            let created = account.timestamp;
            let detail =
                format!("account {id} did not exist at {timestamp}; it was created at {created}");
            Problem::new(StatusCode::NOT_FOUND, "not_found", detail).about(AT)
        })?;
        let Funds { balance, available } = Funds::of(&state);
        Ok(BalanceAt {
            timestamp: JsonU64(timestamp),
            balance: JsonU128(balance),
            available: JsonU128(available),
            account: AccountSnapshot::new(&state, service.coins().name(id)),
        })
    };
    caller.read(read).await
}

/// Reads the moment that a query asks for.
fn moment(uri: &Uri, now_ns: u64) -> Result<u64, Problem> {
    let query = QueryParameters::read(uri)?;
    check_names(&query, &[AT])?;
    let Some(text) = query.get(AT) else { return Ok(now_ns) };
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let moment = text.parse::<u64>().ok();
    moment.filter(|_| is_digits).filter(|at| *at <= now_ns).ok_or_else(|| {
        let detail = format!(
            "at must be nanoseconds since 1970 in digits, not later than the ledger's time {now_ns}, not {}",
            shown(text)
        );
        Problem::bad_filter(detail).about(AT)
    })
}

/// The outcomes of a batch of transfers.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TransferResults {
    /// One for each event, in order.
    results: Vec<CreatedEvent>,
    /// The accounts of each event, in order. Present if the request asked for balances.
    #[schema(required = false)]
    balances: Vec<EventBalances>,
}

/// The accounts of one event right after it.
#[derive(Default, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EventBalances {
    /// Absent if there is none, the caller may not see it, the event existed before, or it was imported.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    debit_account: Option<AccountSnapshot>,
    /// Absent as `debit_account` is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    credit_account: Option<AccountSnapshot>,
}

impl TransferResults {
    /// Returns the outcomes with the accounts that the caller may see.
    pub(super) fn new(
        caller: &Caller,
        Results { results }: Results,
        accounts: &[TransferAccounts],
    ) -> Self {
        let coins = caller.service.coins();
        let visible = accounts.iter().map(|pair| {
            let [debit_account, credit_account] = pair.map(|state| {
                let state = state.filter(|state| caller.sees(state.id))?;
                Some(AccountSnapshot::new(&state, coins.name(state.id)))
            });
            EventBalances { debit_account, credit_account }
        });
        Self { balances: visible.collect(), results }
    }
}

/// Returns the accounts of each event of a batch right after it. None for an event that existed
/// before and for an imported one: their timestamps are of the past, so the read would be long.
pub(super) fn accounts_after(
    service: &Service,
    events: &[TransferAttempt],
    results: &Results,
) -> Vec<TransferAccounts> {
    let ledger = service.coins().ledger();
    let exists = CreateTransferStatus::Exists.name();
    let (mut moments, mut places) = (Vec::new(), Vec::new());
    for (index, (event, result)) in events.iter().zip(&results.results).enumerate() {
        let transfer = &event.transfer;
        if result.status() == exists || transfer.flags.contains(TransferFlags::IMPORTED) {
            continue;
        }
        let ended = ledger.lookup_transfers(&[transfer.pending_id]);
        let named = ended.first().filter(|_| transfer.resolves()).unwrap_or(transfer);
        for (side, id) in [named.debit_account_id, named.credit_account_id].into_iter().enumerate()
        {
            moments.push((id, result.timestamp()));
            places.push((index, side));
        }
    }
    let found = ledger.accounts_at(&moments, &Cancellation::never());
    let found = found.expect("it is never cancelled");
    let mut accounts = vec![TransferAccounts::default(); events.len()];
    for ((index, side), state) in places.into_iter().zip(found) {
        accounts[index][side] = state;
    }
    accounts
}
