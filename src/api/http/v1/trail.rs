//! The trail and the whole ledger: export, snapshot, verification and health.

use std::mem;

use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::{Caller, Reader};
#[cfg(not(target_family = "wasm"))]
use crate::api::EngineHealth;
use crate::api::clock::ClockHealth;
use crate::api::http::json::Json;
use crate::api::http::openapi::{QueryProblems, ReadProblem, RoleProblems};
use crate::api::http::problem::Problem;
use crate::api::http::query::QueryParameters;
use crate::api::http::reads::{Extent, Pages, read, read_pages};
use crate::api::service::Service;
use crate::api::snapshot::{AccountSnapshot, LedgerSnapshot, VerifyResult};
use crate::ledger::{Cancellation, Components, Health, HealthStatus, Ledger, Snapshot};
use crate::model::amounts::JsonU64;
use crate::model::{RESULTS_MAX, Side};
use crate::trail::{Entry, EntryRef, FilterError, TrailFilter};
use crate::wire::{ParseError, ParseErrorKind, TrailQuery, TrailQueryObject};
use crate::wire::{write_trail, write_trail_csv, write_trail_csv_rows};

/// The only parameter of an export that is not part of the filter.
const FORMAT: &str = "format";

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "`export` reads what it describes")]
enum Format {
    Ndjson,
    Csv,
}

/// Exports the entries of the trail that match a filter, streamed page by page.
///
/// A user must give `account_id`, the id of the user's own account. The versions of other accounts are 0 then. One line is
/// one entry; `docs/ARCHITECTURE.md` refers to the description of its format.
#[utoipa::path(
    get,
    path = "/v1/trail",
    params(
        TrailQueryObject,
        ("format" = inline(Option<Format>), Query, description = "The format; `ndjson` without it."),
    ),
    responses(
        (status = 200, description = "The entries.", content(
            (String = "application/x-ndjson"),
            (String = "text/csv; charset=utf-8"),
        )),
        RoleProblems,
        QueryProblems,
        ReadProblem,
    ),
)]
pub(super) async fn export(caller: Caller, uri: Uri) -> Result<Response, Problem> {
    let parameters = QueryParameters::read(&uri)?;
    let of_filter = parameters.pairs().filter(|(name, _)| *name != FORMAT);
    let TrailQuery { filter, limit } = TrailQuery::from_pairs(of_filter).map_err(not_a_filter)?;
    match filter.account_id {
        Some(id) => caller.must_see(id, "account_id")?,
        None => caller.must_read_everything()?,
    }
    let is_csv = match parameters.get(FORMAT) {
        None | Some("ndjson") => false,
        Some("csv") => true,
        Some(other) => {
            let detail = format!("format must be ndjson or csv, not {other:?}");
            return Err(Problem::bad_filter(detail).about(FORMAT));
        }
    };
    // An out-of-bounds filter is rejected before the response starts.
    let filter = TrailFilter { limit: RESULTS_MAX, ..filter };
    let service = &caller.service;
    let writers = service.coins().ledger().trail().segments().len();
    filter.check(writers).map_err(|error: FilterError| Problem::bad_filter(error.to_string()))?;
    let media_type = if is_csv { "text/csv; charset=utf-8" } else { "application/x-ndjson" };
    let left = limit.unwrap_or(u64::MAX);
    let own_account = filter.account_id.filter(|_| !caller.role.reads_everything());
    let export = Export { filter, own_account, left, is_csv, has_header: false, is_done: false };
    let body = read_pages(service, &caller.name, Extent::Part, Box::new(export)).await?;
    Ok(([(header::CONTENT_TYPE, media_type)], body).into_response())
}

fn not_a_filter(error: ParseError) -> Problem {
    let field = error.field();
    let problem = match error.kind() {
        ParseErrorKind::Unknown { known } => {
            let known = known.join(", ");
            let detail =
                format!("unknown parameter {field:?}; the parameters are {known}, {FORMAT}");
            Problem::new(StatusCode::BAD_REQUEST, "bad_query", detail)
        }
        _ => Problem::bad_filter(error.to_string()),
    };
    problem.about(field)
}

/// The rest of an export.
struct Export {
    filter: TrailFilter,
    /// The account of a user, who does not see versions of others.
    own_account: Option<u128>,
    /// The number of entries that may still be sent.
    left: u64,
    is_csv: bool,
    has_header: bool,
    is_done: bool,
}

impl Pages for Export {
    fn next_page(
        &mut self,
        service: &Service,
        cancellation: &Cancellation<'_>,
    ) -> Result<Option<Vec<u8>>, Problem> {
        if self.is_done {
            return Ok(None);
        }
        let mut text = Vec::new();
        self.filter.limit = self.left.clamp(1, RESULTS_MAX.into()) as u32;
        let page = service.coins().ledger().select_entries(&self.filter, cancellation)?;
        let entries = if self.left == 0 { Vec::new() } else { page.entries };
        self.left -= entries.len() as u64;
        let hidden = self.own_account.map(|own| {
            let hide = |recorded| EntryOfUser::new(service.coins().ledger(), &recorded, own);
            entries.iter().copied().map(hide).collect::<Vec<_>>()
        });
        let entries = match &hidden {
            Some(hidden) => hidden.iter().map(EntryOfUser::recorded).collect(),
            None => entries,
        };
        let written = match self.is_csv {
            false => write_trail(entries, &mut text),
            true if mem::replace(&mut self.has_header, true) => {
                write_trail_csv_rows(entries, &mut text)
            }
            true => write_trail_csv(entries, &mut text),
        };
        written.expect("writing to memory cannot fail");
        self.filter.after = page.next;
        self.is_done = page.next.is_none() || self.left == 0;
        Ok(Some(text))
    }
}

/// An entry as a user sees it: without the versions of the other account, which say how busy it is.
struct EntryOfUser {
    writer: usize,
    position: u64,
    entry: Entry,
    extension: Option<Entry>,
}

impl EntryOfUser {
    fn new(ledger: &Ledger, recorded: &EntryRef<'_>, own: u128) -> Self {
        let named = [recorded.entry.debit_account_id, recorded.entry.credit_account_id];
        let side = ledger.side_in(recorded, own).or(match named {
            [debit, _] if debit == own => Some(Side::Debit),
            [_, credit] if credit == own => Some(Side::Credit),
            _ => None,
        });
        let hide = |record: &Entry| {
            let mut record = *record;
            if side != Some(Side::Debit) {
                record.debit_version = 0;
            }
            if side != Some(Side::Credit) {
                record.credit_version = 0;
            }
            record
        };
        Self {
            writer: recorded.writer,
            position: recorded.position,
            entry: hide(recorded.entry),
            extension: recorded.extension.map(hide),
        }
    }

    fn recorded(&self) -> EntryRef<'_> {
        let Self { writer, position, entry, extension } = self;
        EntryRef { writer: *writer, position: *position, entry, extension: extension.as_ref() }
    }
}

/// Returns every account at one timestamp, while others write. For auditors and operators.
///
/// Only one snapshot or verification can be in progress; further ones get 503.
#[utoipa::path(
    get,
    path = "/v1/snapshot",
    responses(
        (status = 200, description = "All accounts.", body = LedgerSnapshot),
        RoleProblems,
        ReadProblem,
    ),
)]
pub(super) async fn snapshot(Reader(caller): Reader) -> Result<Response, Problem> {
    let pages = Box::new(SnapshotPages::default());
    let body = read_pages(&caller.service, &caller.name, Extent::Whole, pages).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// A snapshot in pages, so that it is not in memory a second time as text.
#[derive(Default)]
struct SnapshotPages {
    snapshot: Option<Snapshot>,
    sent: usize,
    is_done: bool,
}

impl Pages for SnapshotPages {
    fn next_page(
        &mut self,
        service: &Service,
        cancellation: &Cancellation<'_>,
    ) -> Result<Option<Vec<u8>>, Problem> {
        let coins = service.coins();
        let (snapshot, mut text) = match &mut self.snapshot {
            Some(snapshot) => (snapshot, Vec::new()),
            None => {
                let snapshot = self.snapshot.insert(coins.ledger().snapshot_with(cancellation)?);
                let timestamp = JsonU64::from(snapshot.timestamp);
                let timestamp = serde_json::to_string(&timestamp).expect("a number serializes");
                (snapshot, format!("{{\"timestamp\":{timestamp},\"accounts\":[").into_bytes())
            }
        };
        if self.is_done {
            return Ok(None);
        }
        let rest = &snapshot.accounts[self.sent..];
        let page = &rest[..rest.len().min(RESULTS_MAX as usize)];
        for (index, state) in page.iter().enumerate() {
            if self.sent + index > 0 {
                text.push(b',');
            }
            let account = AccountSnapshot::new(state, coins.name(state.id));
            serde_json::to_writer(&mut text, &account).expect("writing to memory cannot fail");
        }
        self.sent += page.len();
        self.is_done = self.sent == snapshot.accounts.len();
        if self.is_done {
            text.extend_from_slice(b"]}");
        }
        Ok(Some(text))
    }
}

/// Replays the trail serially and compares the result with the ledger. For auditors and operators.
///
/// Others write meanwhile: what is verified is the ledger at `timestamp`. Only one snapshot or verification can be in progress;
/// further ones get 503.
#[utoipa::path(
    post,
    path = "/v1/verify",
    responses(
        (status = 200, description = "The result of the replay.", body = VerifyResult),
        RoleProblems,
        ReadProblem,
    ),
)]
pub(super) async fn verify(Reader(caller): Reader) -> Result<Response, Problem> {
    let verify = |service: &Service, cancellation: &Cancellation<'_>| {
        Ok(Json(service.verify_with(cancellation)?).into_response())
    };
    read(&caller.service, &caller.name, Extent::Whole, Box::new(verify)).await
}

/// The health of the ledger and of its clock.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ServiceHealth {
    /// The worst status of the components and the clock.
    status: HealthStatus,
    /// The messages of all that is not healthy, or that all is within its limits.
    message: String,
    /// Nanoseconds since the ledger's clock was first set.
    uptime_ns: JsonU64,
    /// Entries of the trail: attempts, accepted or not, and expiries.
    operations: JsonU64,
    components: Components,
    clock: ClockHealth,
}

/// The health of the ledger of a service.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[cfg_attr(
    not(target_family = "wasm"),
    expect(clippy::large_enum_variant, reason = "it is made once for a request")
)]
pub(super) enum AnyHealth {
    Ledger(ServiceHealth),
    #[cfg(not(target_family = "wasm"))]
    Engine(EngineHealth),
}

impl ServiceHealth {
    fn of(ledger: Health, clock: ClockHealth) -> Self {
        let Health { status, message, uptime_ns, operations, components } = ledger;
        let message = match (status, clock.status) {
            (_, HealthStatus::Healthy) => message,
            (HealthStatus::Healthy, _) => clock.message.clone(),
            _ => format!("{message}; {}", clock.message),
        };
        let status = status.max(clock.status);
        let (uptime_ns, operations) = (uptime_ns.into(), operations.into());
        Self { status, message, uptime_ns, operations, components, clock }
    }
}

/// Returns the health of the ledger and of each component. For auditors and operators.
#[utoipa::path(
    get,
    path = "/v1/health",
    responses(
        (status = 200, description = "The health at the time of the request: of the embedded ledger, or of a remote engine.", body = AnyHealth),
        RoleProblems,
    ),
)]
pub(super) async fn health(Reader(caller): Reader) -> Json<AnyHealth> {
    let service = &caller.service;
    #[cfg(not(target_family = "wasm"))]
    if let Some(remote) = service.remote() {
        return Json(AnyHealth::Engine(remote.health(service.now_ns())));
    }
    Json(AnyHealth::Ledger(ServiceHealth::of(service.health(), service.clock_health())))
}
