//! The trail and the ledger as a whole: exported, taken as of one moment, verified.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use utoipa::{IntoParams, ToSchema};

use super::Caller;
use crate::api::http::openapi::{BadQuery, Guarded};
use crate::api::http::query::Query;
use crate::api::snapshot::{LedgerSnapshot, VerifyResult};
use crate::api::{Problem, Service};
use crate::ledger::Health;
use crate::model::{Period, RESULTS_MAX};
use crate::trail::{EntryRef, FilterError, StatusFilter, TrailFilter};
use crate::wire::schema::Natural;
use crate::wire::{write_trail, write_trail_csv_header, write_trail_csv_rows};

type Shared = State<Arc<Service>>;

/// What the query of an export may name.
const PARAMETERS: [&str; 10] = [
    "account_id",
    "id",
    "status",
    "kind",
    "writer",
    "timestamp_min",
    "timestamp_max",
    "after",
    "limit",
    "format",
];

/// What the query of an export may name. It is read by hand, so that a wrong value is a named problem.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it is described here, and read by `filter`")]
struct TrailQuery {
    /// Only attempts that concern this account, by its number.
    #[param(value_type = Natural<128>, inline, required = false)]
    account_id: Option<u128>,
    /// Only attempts of this id, by its number.
    #[param(value_type = Natural<128>, inline, required = false)]
    id: Option<u128>,
    /// Only attempts that ended so: `created`, `exceeds_credits`, `expired` and so on.
    #[param(example = "created")]
    status: Option<String>,
    /// Only attempts of this kind.
    #[param(inline)]
    kind: Option<Kind>,
    /// Only attempts of this writer, from 0.
    #[param(minimum = 0, maximum = 254, example = 0)]
    writer: Option<u8>,
    /// The earliest, in nanoseconds.
    #[param(value_type = Natural<64>, inline, required = false)]
    timestamp_min: Option<u64>,
    /// The latest, in nanoseconds.
    #[param(value_type = Natural<64>, inline, required = false)]
    timestamp_max: Option<u64>,
    /// Only what comes after the entry with this timestamp.
    #[param(value_type = Natural<64>, inline, required = false)]
    after: Option<u64>,
    /// The most entries that are answered; without it, all.
    #[param(value_type = Natural<64>, inline, required = false, example = 100)]
    limit: Option<u64>,
    /// `ndjson`, which it is without it, or `csv`.
    #[param(inline)]
    format: Option<Format>,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "it is described here, and read by `filter`")]
enum Kind {
    Account,
    Transfer,
    Expiry,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "it is described here, and read by `export`")]
enum Format {
    Ndjson,
    Csv,
}

/// Entries of the trail, all that the filter asks for, streamed page by page.
///
/// A user gives `account_id`, the user's own. One line is one entry; `docs/ARCHITECTURE.md` says where its form stands.
#[utoipa::path(
    get,
    path = "/v1/trail",
    tag = "Trail",
    security(("token" = [])),
    params(TrailQuery),
    responses(
        (status = 200, description = "The entries.", content(
            (String = "application/x-ndjson"),
            (String = "text/csv; charset=utf-8"),
        )),
        Guarded,
        BadQuery,
    ),
)]
pub(super) async fn export(
    State(service): Shared,
    caller: Caller,
    uri: Uri,
) -> Result<Response, Problem> {
    let query = Query::read(uri.query().unwrap_or_default())?;
    if let Some(unknown) = query.names().find(|name| !PARAMETERS.contains(name)) {
        let sentence =
            format!("{unknown:?} is no parameter here; there is {}", PARAMETERS.join(", "));
        return Err(Problem::new(StatusCode::BAD_REQUEST, "bad_query", sentence).about(unknown));
    }
    let (filter, limit) = filter(&query)?;
    match filter.account_id {
        Some(id) => caller.must_see(id, "account_id")?,
        None => caller.must_read_everything()?,
    }
    let csv = match query.get("format") {
        None | Some("ndjson") => false,
        Some("csv") => true,
        Some(other) => {
            let sentence = format!("format must be ndjson or csv, not {other:?}");
            return Err(bad("format", sentence));
        }
    };
    // A filter that is out of its bounds is refused before the answer begins.
    filter.check(service.coins().ledger().trail().segments().len()).map_err(bad_filter)?;
    let kind = if csv { "text/csv; charset=utf-8" } else { "application/x-ndjson" };
    let pages = Pages { service, filter, left: limit, csv, begun: false, ended: false };
    let body = Body::from_stream(pages);
    Ok(([(header::CONTENT_TYPE, kind)], body).into_response())
}

fn bad(field: &str, sentence: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_filter", sentence).about(field)
}

fn bad_filter(error: FilterError) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_filter", error.to_string())
}

/// The filter of a query, and how many entries are asked for.
fn filter(query: &Query) -> Result<(TrailFilter, u64), Problem> {
    fn number<T: std::str::FromStr>(query: &Query, name: &str) -> Result<Option<T>, Problem> {
        let Some(text) = query.get(name) else { return Ok(None) };
        let shown: String = text.chars().take(48).collect();
        let wrong = |_| bad(name, format!("{name} must be a whole number, not {shown:?}"));
        text.parse().map(Some).map_err(wrong)
    }
    let status = query.get("status").map(StatusFilter::named).transpose().map_err(bad_filter)?;
    let kind = query.get("kind").map(TrailFilter::kind_named).transpose();
    let kind = kind.map_err(|error| bad("kind", error.to_string()))?;
    let filter = TrailFilter {
        account_id: number(query, "account_id")?,
        id: number(query, "id")?,
        status,
        kind,
        writer: number(query, "writer")?,
        period: Period {
            timestamp_min: number(query, "timestamp_min")?.unwrap_or(0),
            timestamp_max: number(query, "timestamp_max")?.unwrap_or(0),
        },
        after: number(query, "after")?,
        limit: RESULTS_MAX,
        reversed: false,
    };
    Ok((filter, number(query, "limit")?.unwrap_or(u64::MAX)))
}

/// The pages of an export, made one by one as they are sent.
struct Pages {
    service: Arc<Service>,
    filter: TrailFilter,
    left: u64,
    csv: bool,
    begun: bool,
    ended: bool,
}

impl Pages {
    fn next_page(&mut self) -> Option<Vec<u8>> {
        if self.ended {
            return None;
        }
        let mut text = Vec::new();
        self.filter.limit = self.left.clamp(1, RESULTS_MAX.into()) as u32;
        let page = self.service.coins().ledger().trail().select(&self.filter).ok()?;
        let entries = if self.left == 0 { Vec::new() } else { page.entries };
        self.left -= entries.len() as u64;
        let written = match self.csv {
            true => write_rows(entries, std::mem::replace(&mut self.begun, true), &mut text),
            false => write_trail(entries, &mut text),
        };
        written.expect("memory takes all that is written to it");
        self.filter.after = page.next;
        self.ended = page.next.is_none() || self.left == 0;
        Some(text)
    }
}

/// Rows of CSV; their header stands before those of the first page only.
fn write_rows(entries: Vec<EntryRef<'_>>, begun: bool, text: &mut Vec<u8>) -> std::io::Result<u64> {
    if !begun {
        write_trail_csv_header(&mut *text)?;
    }
    write_trail_csv_rows(entries, text)
}

impl futures_core::Stream for Pages {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(self.next_page().map(|text| Ok(text.into())))
    }
}

/// Every account at one timestamp, while others write. For auditors and operators.
#[utoipa::path(
    get,
    path = "/v1/snapshot",
    tag = "Trail",
    security(("token" = [])),
    responses(
        (status = 200, description = "All accounts.", body = LedgerSnapshot),
        Guarded,
    ),
)]
pub(super) async fn snapshot(
    State(service): Shared,
    caller: Caller,
) -> Result<Json<LedgerSnapshot>, Problem> {
    caller.must_read_everything()?;
    Ok(Json(service.snapshot()))
}

/// Replays the trail, and compares the ledger with it. For auditors and operators.
///
/// Nobody writes meanwhile: a fortieth of a second for each million entries.
#[utoipa::path(
    post,
    path = "/v1/verify",
    tag = "Trail",
    security(("token" = [])),
    responses(
        (status = 200, description = "What the replay found.", body = VerifyResult),
        Guarded,
    ),
)]
pub(super) async fn verify(
    State(service): Shared,
    caller: Caller,
) -> Result<Json<VerifyResult>, Problem> {
    caller.must_read_everything()?;
    Ok(Json(service.verify()))
}

/// How the ledger is, component by component. For auditors and operators.
#[utoipa::path(
    get,
    path = "/v1/health",
    tag = "Trail",
    security(("token" = [])),
    responses(
        (status = 200, description = "What was found, at the moment of the look.", body = Health),
        Guarded,
    ),
)]
pub(super) async fn health(
    State(service): Shared,
    caller: Caller,
) -> Result<Json<Health>, Problem> {
    caller.must_read_everything()?;
    Ok(Json(service.coins().ledger().health(service.now_ns())))
}
