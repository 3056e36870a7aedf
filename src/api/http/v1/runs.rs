//! Scenario runs: start, progress by server-sent events, cancellation, report.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use event_listener::EventListener;
use futures_core::Stream;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::Caller;
use crate::api::http::extract::{JsonBody, path_parameter, shown};
use crate::api::http::idempotency::IdempotencyKey;
use crate::api::http::openapi::{
    ActiveRunProblem, BodyProblems, NoHostProblem, RoleProblems, RunProblems, TokenProblem,
};
use crate::api::http::problem::Problem;
use crate::api::http::runs::{ActiveRun, RUNS_KEPT, RunOutcome, StartRunError};
use crate::api::service::Service;
use crate::api::users::Role;
use crate::scenarios::{Catalogue, Header, PerWorker, Phase, Request, Run, Value};
use crate::sync::Ordering;

/// Lists the scenarios, with their parameters, presets and kinds of event.
#[utoipa::path(
    get,
    path = "/v1/scenarios",
    tag = "Runs",
    security(("token" = [])),
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
    /// The name of a preset; the first without it.
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
    run: u64,
    scenario: String,
    state: &'static str,
    /// Whether it was cancelled.
    cancelled: bool,
    workers: u64,
    operations: u64,
    operations_asked: u64,
    attempts: u64,
    accepted: u64,
    refused: u64,
    interrupted: u64,
    reads: u64,
    entries: u64,
    waits: u64,
    conflicts: u64,
    /// The number of entries that were replayed, and the number of all.
    replayed: u64,
    replay_total: u64,
    /// Whether all checks passed, once they have run.
    #[serde(skip_serializing_if = "Option::is_none")]
    passed: Option<bool>,
    /// Why the run failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
}

impl Progress {
    fn of(run: &ActiveRun) -> Self {
        // The outcome is read first: all counting comes before it.
        let outcome = run.outcome();
        let counters = run.counters();
        let header = |word| counters.header(word).load(Ordering::Relaxed);
        let sum = |word| counters.sum(word);
        let (state, passed, failure) = match outcome {
            // A run is finished once its report is available.
            None if counters.phase() == Phase::Finished => (Phase::Checking.name(), None, None),
            None => (counters.phase().name(), None, None),
            Some(RunOutcome::Checked { passed, .. }) => ("finished", Some(passed), None),
            Some(RunOutcome::Failed(why)) => ("failed", None, Some(why)),
        };
        Self {
            run: run.number(),
            scenario: run.scenario().to_owned(),
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
            entries: header(Header::SetupEntries) + sum(PerWorker::Entries),
            waits: sum(PerWorker::Waits),
            conflicts: sum(PerWorker::Conflicts),
            replayed: header(Header::Replayed),
            replay_total: header(Header::ReplayTotal),
            passed,
            failure,
        }
    }
}

/// Starts a run. The answer comes before the run is done; `Location` is the address of the run.
#[utoipa::path(
    post,
    path = "/v1/runs",
    tag = "Runs",
    operation_id = "begin_run",
    security(("token" = [])),
    params(IdempotencyKey),
    request_body(content = StartRunRequest, example = json!({"scenario": "hft", "parameters": {"operations": 1000, "workers": 2}})),
    responses(
        (status = 202, description = "The run has started.", body = Progress, headers(("Location" = String, description = "The address of the run."))),
        RoleProblems,
        BodyProblems,
        ActiveRunProblem,
        NoHostProblem,
    ),
)]
pub(super) async fn begin(
    State(service): State<Arc<Service>>,
    caller: Caller,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    caller.must_be(Role::Operator)?;
    let start: StartRunRequest = serde_json::from_slice(&body).map_err(|error| {
        let status = if error.is_data() {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::BAD_REQUEST
        };
        Problem::new(status, "bad_body", error.to_string())
    })?;
    let scenario = start.scenario.clone();
    let prepare = |environment| {
        let StartRunRequest { scenario, preset, parameters } = start;
        let request = Request { scenario, preset, parameters, environment };
        Run::prepare(request).map_err(|error| error.to_string())
    };
    let run = service.runs().begin(prepare, scenario).map_err(|why| match why {
        StartRunError::NoHost => Problem::new(
            StatusCode::NOT_IMPLEMENTED,
            "no_runs_here",
            "this host does not run scenarios; `ledgerlab serve` does",
        ),
        StartRunError::Busy(number) => {
            let detail =
                format!("run {number} is active, and only one can be at a time; cancel it or wait");
            Problem::new(StatusCode::CONFLICT, "run_under_way", detail)
        }
        StartRunError::Rejected(detail) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_run", detail)
        }
        StartRunError::Failed(detail) => {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "run_not_begun", detail)
        }
    })?;
    let location = HeaderValue::from_str(&format!("/v1/runs/{}", run.number()));
    let location = [(header::LOCATION, location.expect("digits can be a header"))];
    Ok((StatusCode::ACCEPTED, location, Json(Progress::of(&run))).into_response())
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

/// Finds the run with this number, if the caller may read it.
fn find(service: &Service, caller: &Caller, number: u64) -> Result<Arc<ActiveRun>, Problem> {
    caller.must_read_everything()?;
    service.runs().find(number).ok_or_else(|| {
        let detail = format!("there is no run {number}; the last {RUNS_KEPT} are kept");
        Problem::new(StatusCode::NOT_FOUND, "not_found", detail).about("run")
    })
}

/// Lists the runs that are kept, the oldest first.
#[utoipa::path(
    get,
    path = "/v1/runs",
    tag = "Runs",
    operation_id = "list_runs",
    security(("token" = [])),
    responses(
        (status = 200, description = "The progress of each run.", body = Vec<Progress>),
        RoleProblems,
    ),
)]
pub(super) async fn list(
    State(service): State<Arc<Service>>,
    caller: Caller,
) -> Result<Json<Vec<Progress>>, Problem> {
    caller.must_read_everything()?;
    Ok(Json(service.runs().all().iter().map(|run| Progress::of(run)).collect()))
}

/// Returns the progress of one run.
#[utoipa::path(
    get,
    path = "/v1/runs/{run}",
    tag = "Runs",
    operation_id = "run",
    security(("token" = [])),
    params(("run" = u64, Path, description = "Its number.")),
    responses(
        (status = 200, description = "The progress of the run.", body = Progress),
        RoleProblems,
        RunProblems,
    ),
)]
pub(super) async fn progress(
    State(service): State<Arc<Service>>,
    caller: Caller,
    RunNumber(number): RunNumber,
) -> Result<Json<Progress>, Problem> {
    Ok(Json(Progress::of(&*find(&service, &caller, number)?)))
}

/// Cancels a run. What it has done is checked and reported.
#[utoipa::path(
    post,
    path = "/v1/runs/{run}/cancel",
    tag = "Runs",
    operation_id = "cancel_run",
    security(("token" = [])),
    params(("run" = u64, Path, description = "Its number.")),
    responses(
        (status = 202, description = "The run ends soon, if it has not ended.", body = Progress),
        RoleProblems,
        RunProblems,
    ),
)]
pub(super) async fn cancel(
    State(service): State<Arc<Service>>,
    caller: Caller,
    RunNumber(number): RunNumber,
) -> Result<(StatusCode, Json<Progress>), Problem> {
    caller.must_be(Role::Operator)?;
    let run = find(&service, &caller, number)?;
    run.counters().cancel();
    Ok((StatusCode::ACCEPTED, Json(Progress::of(&run))))
}

/// Returns the report of a run that has ended. It has the same format as the command line's and the page's.
#[utoipa::path(
    get,
    path = "/v1/runs/{run}/report",
    tag = "Runs",
    operation_id = "run_report",
    security(("token" = [])),
    params(("run" = u64, Path, description = "Its number.")),
    responses(
        (status = 200, description = "The report; its schema is docs/report.schema.json.", body = Object, content_type = "application/json"),
        RoleProblems,
        RunProblems,
        ActiveRunProblem,
    ),
)]
pub(super) async fn report(
    State(service): State<Arc<Service>>,
    caller: Caller,
    RunNumber(number): RunNumber,
) -> Result<Response, Problem> {
    match find(&service, &caller, number)?.outcome() {
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
    /// Counted from 1.
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

/// Streams the progress of a run: `progress` events, and one `end` event.
#[utoipa::path(
    get,
    path = "/v1/runs/{run}/events",
    tag = "Runs",
    operation_id = "run_events",
    security(("token" = [])),
    params(("run" = u64, Path, description = "Its number.")),
    responses(
        (status = 200, description = "`progress` events and, when the run has ended, one `end` event. The data of each is what `/v1/runs/{run}` returns. The schema is that of one event.", body = RunEvent, content_type = "text/event-stream"),
        RoleProblems,
        RunProblems,
    ),
)]
pub(super) async fn events(
    State(service): State<Arc<Service>>,
    caller: Caller,
    RunNumber(number): RunNumber,
) -> Result<Response, Problem> {
    let run = find(&service, &caller, number)?;
    let events = Sse::new(RunEvents { run, news: None, sent: 0, is_done: false });
    #[cfg(not(any(target_family = "wasm", loom, shuttle)))]
    let events = events.keep_alive(axum::response::sse::KeepAlive::default());
    Ok(([(header::CACHE_CONTROL, "no-store")], events).into_response())
}

/// The events of a run. Each is made when the client is ready for it, so a slow client gets fewer and none is queued.
struct RunEvents {
    run: Arc<ActiveRun>,
    /// `None` before the first event, which is sent at once.
    news: Option<EventListener>,
    sent: u64,
    is_done: bool,
}

impl Stream for RunEvents {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.is_done {
            return Poll::Ready(None);
        }
        if let Some(news) = &mut self.news
            && Pin::new(news).poll(context).is_pending()
        {
            return Poll::Pending;
        }
        // Listens before it reads the progress, so that it misses no news.
        self.news = Some(self.run.listen());
        let progress = Progress::of(&self.run);
        self.is_done = progress.passed.is_some() || progress.failure.is_some();
        self.sent += 1;
        let name = if self.is_done { "end" } else { "progress" };
        let event = Event::default().id(self.sent.to_string()).event(name);
        Poll::Ready(Some(Ok(event.json_data(progress).expect("numbers and names serialize"))))
    }
}
