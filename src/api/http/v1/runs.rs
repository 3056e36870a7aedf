//! Scenario runs: start, progress by server-sent events, cancellation, report.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use event_listener::EventListener;
use futures_core::Stream;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::{Caller, Operator, Reader};
use crate::api::http::extract::{JsonBody, must_be_json, path_parameter, shown};
use crate::api::http::idempotency::IdempotencyKey;
use crate::api::http::json::Json;
use crate::api::http::openapi::{
    ActiveRunProblem, NoHostProblem, ReadProblem, RoleProblems, TokenProblem,
};
use crate::api::http::problem::Problem;
use crate::api::http::reads::{self, Extent};
use crate::api::http::runs::{ActiveRun, RUNS_STORED, RunOutcome};
use crate::api::service::Service;
use crate::ledger::Cancellation;
use crate::model::amounts::JsonU64;
use crate::scenarios::{Catalogue, Header, PerWorker, Phase, Request, Value};
use crate::sync::Ordering;

/// Lists the scenarios, with their parameters, presets and kinds of event.
#[utoipa::path(
    get,
    path = "/v1/scenarios",
    responses(
        (status = 200, description = "The scenarios and their parameters.", body = Object),
        TokenProblem,
    ),
)]
pub(super) async fn scenarios(_caller: Caller) -> Json<Catalogue> {
    Json(Catalogue::new())
}

/// The scenario to run and its parameters.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StartRunRequest {
    /// The name of the scenario.
    scenario: String,
    /// The name of a preset; by default the first.
    #[serde(default)]
    preset: Option<String>,
    /// Values that replace the preset's: whole numbers, or names of choices.
    #[serde(default)]
    #[schema(value_type = Object)]
    parameters: BTreeMap<String, Value>,
}

/// The progress of a run.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Progress {
    run: JsonU64,
    scenario: String,
    state: &'static str,
    /// Whether it was cancelled.
    cancelled: bool,
    workers: JsonU64,
    operations: JsonU64,
    operations_asked: JsonU64,
    attempts: JsonU64,
    accepted: JsonU64,
    refused: JsonU64,
    interrupted: JsonU64,
    reads: JsonU64,
    entries: JsonU64,
    waits: JsonU64,
    conflicts: JsonU64,
    /// The number of entries that were replayed, and the number of all.
    replayed: JsonU64,
    replay_total: JsonU64,
    /// Whether all checks passed, once they have run.
    #[serde(skip_serializing_if = "Option::is_none")]
    passed: Option<bool>,
    /// Why the run failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
}

impl Progress {
    fn of(run: &ActiveRun) -> Self {
        // The outcome is read first, because the counters are final once it is set.
        let outcome = run.outcome();
        let counters = &run.counters;
        let header = |word| JsonU64(counters.header(word).load(Ordering::Relaxed));
        let sum = |word| JsonU64(counters.sum(word));
        let (state, passed, failure) = match outcome {
            // A run is finished when its report is available.
            None if counters.phase() == Phase::Finished => (Phase::Checking.name(), None, None),
            None => (counters.phase().name(), None, None),
            Some(RunOutcome::Checked { passed, .. }) => ("finished", Some(passed), None),
            Some(RunOutcome::Failed(why)) => ("failed", None, Some(why)),
        };
        Self {
            run: run.number.into(),
            scenario: run.scenario.clone(),
            state,
            cancelled: counters.is_cancelled(),
            workers: header(Header::Workers),
            operations: sum(PerWorker::Operations),
            operations_asked: header(Header::Operations),
            attempts: sum(PerWorker::Attempts),
            accepted: sum(PerWorker::Accepted),
            refused: sum(PerWorker::Refused),
            interrupted: sum(PerWorker::Interrupted),
            reads: sum(PerWorker::Reads),
            entries: JsonU64(header(Header::SetupEntries).0 + sum(PerWorker::Entries).0),
            waits: sum(PerWorker::Waits),
            conflicts: sum(PerWorker::Conflicts),
            replayed: header(Header::Replayed),
            replay_total: header(Header::ReplayTotal),
            passed,
            failure,
        }
    }
}

/// Starts a run. The response is sent before the run has ended; `Location` is the address of the run.
#[utoipa::path(
    post,
    path = "/v1/runs",
    operation_id = "begin_run",
    params(IdempotencyKey),
    request_body(content = StartRunRequest, example = json!({"scenario": "hft", "parameters": {"operations": 1000, "workers": 2}})),
    responses(
        (status = 202, description = "The run has started.", body = Progress, headers(("Location" = String, description = "The address of the run."))),
        RoleProblems,
        ActiveRunProblem,
        NoHostProblem,
        ReadProblem,
    ),
)]
pub(super) async fn begin(
    Operator(caller): Operator,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    must_be_json(&headers)?;
    let start: StartRunRequest = serde_json::from_slice(&body).map_err(|error| {
        let status = match error.is_data() {
            true => StatusCode::UNPROCESSABLE_ENTITY,
            false => StatusCode::BAD_REQUEST,
        };
        Problem::new(status, "bad_body", error.to_string())
    })?;
    // Preparing a million accounts takes as long as a long read.
    let begin = |service: &Service, _: &Cancellation<'_>| {
        let run = service.runs().begin(service.coins().ledger().memory(), |environment| {
            let StartRunRequest { scenario, preset, parameters } = start;
            Request { scenario, preset, parameters, environment }
        })?;
        let location = HeaderValue::from_str(&format!("/v1/runs/{}", run.number));
        let location = [(header::LOCATION, location.expect("digits can be a header"))];
        Ok((StatusCode::ACCEPTED, location, Json(Progress::of(&run))).into_response())
    };
    reads::read(&caller.service, &caller.name, Extent::Part, Box::new(begin)).await
}

/// The number of a run in a path.
pub(super) struct RunNumber(u64);

impl<S: Send + Sync> FromRequestParts<S> for RunNumber {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = path_parameter(parts, state, "run").await?;
        text.parse().map(Self).map_err(|_| {
            let detail = format!("a run is a whole number from 1, not {}", shown(&text));
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_run", detail).about("run")
        })
    }
}

fn find(caller: &Caller, number: u64) -> Result<Arc<ActiveRun>, Problem> {
    caller.service.runs().find(number).ok_or_else(|| {
        let detail = format!("there is no run {number}; the last {RUNS_STORED} are stored");
        Problem::new(StatusCode::NOT_FOUND, "not_found", detail).about("run")
    })
}

/// Lists the stored runs, the oldest first.
#[utoipa::path(
    get,
    path = "/v1/runs",
    operation_id = "list_runs",
    responses(
        (status = 200, description = "The progress of each run.", body = Vec<Progress>),
        RoleProblems,
    ),
)]
pub(super) async fn list(Reader(caller): Reader) -> Json<Vec<Progress>> {
    Json(caller.service.runs().all().iter().map(|run| Progress::of(run)).collect())
}

/// Returns the progress of one run.
#[utoipa::path(
    get,
    path = "/v1/runs/{run}",
    operation_id = "run",
    params(("run" = u64, Path, description = "Its number.")),
    responses(
        (status = 200, description = "The progress of the run.", body = Progress),
        RoleProblems,
    ),
)]
pub(super) async fn progress(
    Reader(caller): Reader,
    RunNumber(number): RunNumber,
) -> Result<Json<Progress>, Problem> {
    Ok(Json(Progress::of(&*find(&caller, number)?)))
}

/// Cancels a run. Its completed operations are checked and reported.
#[utoipa::path(
    post,
    path = "/v1/runs/{run}/cancel",
    operation_id = "cancel_run",
    params(("run" = u64, Path, description = "Its number.")),
    responses(
        (status = 202, description = "The run will stop, unless it has ended.", body = Progress),
        RoleProblems,
    ),
)]
pub(super) async fn cancel(
    Operator(caller): Operator,
    RunNumber(number): RunNumber,
) -> Result<(StatusCode, Json<Progress>), Problem> {
    let run = find(&caller, number)?;
    run.counters.cancel();
    Ok((StatusCode::ACCEPTED, Json(Progress::of(&run))))
}

/// Returns the report of a run that has ended. It has the same format as the command line's and the page's.
#[utoipa::path(
    get,
    path = "/v1/runs/{run}/report",
    operation_id = "run_report",
    params(("run" = u64, Path, description = "Its number.")),
    responses(
        (status = 200, description = "The report; its schema is docs/report.schema.json.", body = Object, content_type = "application/json"),
        RoleProblems,
        ActiveRunProblem,
    ),
)]
pub(super) async fn report(
    Reader(caller): Reader,
    RunNumber(number): RunNumber,
) -> Result<Response, Problem> {
    match find(&caller, number)?.outcome() {
        Some(RunOutcome::Checked { report, .. }) => {
            Ok(([(header::CONTENT_TYPE, "application/json")], report).into_response())
        }
        Some(RunOutcome::Failed(why)) => {
            let detail = format!("there is no report: {why}");
            Err(Problem::new(StatusCode::CONFLICT, "run_failed", detail))
        }
        None => {
            let detail = "the run is active; its report is available when it has ended";
            Err(Problem::new(StatusCode::CONFLICT, "run_under_way", detail))
        }
    }
}

/// A server-sent event of a run.
#[derive(ToSchema)]
#[expect(dead_code, reason = "`RunEvents` writes what it describes")]
struct RunEvent {
    /// Counted from 1; `end` for the last.
    id: String,
    event: RunEventKind,
    /// What `/v1/runs/{run}` returns, in JSON.
    data: String,
}

/// Whether the run is active or has ended.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "`RunEvents` writes what it describes")]
enum RunEventKind {
    Progress,
    End,
}

/// The id of the last event of a run. A client that reconnects with it has received all.
const END: &str = "end";

/// Streams the progress of a run: a `progress` event for each change, and one `end` event.
#[utoipa::path(
    get,
    path = "/v1/runs/{run}/events",
    operation_id = "run_events",
    params(
        ("run" = u64, Path, description = "Its number."),
        ("Last-Event-ID" = inline(Option<String>), Header, description = "The id of the last event that the client has received, which `EventSource` sends when it reconnects."),
    ),
    responses(
        (status = 204, description = "The run has ended, and the client has received its `end` event: it need not reconnect."),
        (status = 200, description = "`progress` events and, when the run has ended, one `end` event. The data of each is what `/v1/runs/{run}` returns. The schema is that of one event.", body = RunEvent, content_type = "text/event-stream"),
        RoleProblems,
    ),
)]
pub(super) async fn events(
    Reader(caller): Reader,
    RunNumber(number): RunNumber,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let run = find(&caller, number)?;
    if headers.get("last-event-id").is_some_and(|id| id == END) && run.outcome().is_some() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let events =
        Sse::new(RunEvents { run, news: None, sent: 0, last: String::new(), is_done: false });
    #[cfg(not(target_family = "wasm"))]
    let events = events.keep_alive(axum::response::sse::KeepAlive::default());
    Ok(([(header::CACHE_CONTROL, "no-store")], events).into_response())
}

/// The events of a run. Each is created when the client is ready for it, so events do not queue and a slow client gets fewer.
struct RunEvents {
    run: Arc<ActiveRun>,
    /// `None` before the first event, which is sent immediately.
    news: Option<EventListener>,
    sent: u64,
    /// The data of the last event, because only changes are sent.
    last: String,
    is_done: bool,
}

impl Stream for RunEvents {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.is_done {
            return Poll::Ready(None);
        }
        loop {
            if let Some(news) = &mut self.news
                && Pin::new(news).poll(context).is_pending()
            {
                return Poll::Pending;
            }
            // Listens before it reads the progress, so that it misses no notification.
            self.news = Some(self.run.news.listen());
            let progress = Progress::of(&self.run);
            let data = serde_json::to_string(&progress).expect("numbers and names serialize");
            if data == self.last {
                continue;
            }
            self.is_done = progress.passed.is_some() || progress.failure.is_some();
            self.sent += 1;
            let event = match self.is_done {
                true => Event::default().id(END).event("end"),
                false => Event::default().id(self.sent.to_string()).event("progress"),
            };
            let event = event.data(&data);
            self.last = data;
            return Poll::Ready(Some(Ok(event)));
        }
    }
}
