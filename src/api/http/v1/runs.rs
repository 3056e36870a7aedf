//! Scenario runs: started, watched by server-sent events, cancelled, reported.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use event_listener::EventListener;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Caller;
use crate::api::http::extract::{JsonBody, of_path};
use crate::api::http::openapi::{BadBody, BadRun, Guarded, NoRuns, UnderWay, Unknown};
use crate::api::http::runs::{ActiveRun, Outcome, RUNS_KEPT, StartRunError};
use crate::api::{Problem, Role, Service};
use crate::scenarios::{Catalogue, Header, PerWorker, Phase, Request, Run, Value};
use crate::sync::Ordering;

type Shared = State<Arc<Service>>;

/// The scenarios, with their parameters, presets and kinds of event.
#[utoipa::path(
    get,
    path = "/v1/scenarios",
    tag = "Runs",
    security(("token" = [])),
    responses(
        (status = 200, description = "What can be run, and with which parameters.", body = Object),
        Unknown,
    ),
)]
pub(super) async fn scenarios(_caller: Caller) -> Json<Catalogue> {
    Json(Catalogue::new())
}

/// What a run is asked for with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StartRunRequest {
    /// Its name.
    scenario: String,
    /// The name of a preset; without it, the first.
    #[serde(default)]
    preset: Option<String>,
    /// Values in place of the preset's: whole numbers, or names of choices.
    #[serde(default)]
    #[schema(value_type = Object)]
    parameters: BTreeMap<String, Value>,
}

/// How far a run is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Progress {
    run: u64,
    scenario: String,
    state: &'static str,
    /// Whether it was asked to end early.
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
    /// Entries that serial replay has replayed, and how many it has to.
    replayed: u64,
    replay_total: u64,
    /// Whether all checks passed, once they were made.
    #[serde(skip_serializing_if = "Option::is_none")]
    passed: Option<bool>,
    /// Why the run could not go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
}

impl Progress {
    fn of(underway: &ActiveRun) -> Self {
        // The outcome is looked at first: what it says comes after all counting.
        let outcome = underway.outcome();
        let counters = underway.counters();
        let header = |word| counters.header(word).load(Ordering::Relaxed);
        let sum = |word| counters.sum(word);
        let (state, passed, failure) = match outcome {
            // Finished is a run whose report can be had.
            None if counters.phase() == Phase::Finished => (Phase::Checking.name(), None, None),
            None => (counters.phase().name(), None, None),
            Some(Outcome::Checked { passed, .. }) => ("finished", Some(passed), None),
            Some(Outcome::Failed(why)) => ("failed", None, Some(why)),
        };
        Self {
            run: underway.number(),
            scenario: underway.scenario().to_owned(),
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

/// Begins a run. It is answered 202 before the run is done; `Location` says where it is.
#[utoipa::path(
    post,
    path = "/v1/runs",
    tag = "Runs",
    operation_id = "begin_run",
    security(("token" = [])),
    request_body(content = StartRunRequest, example = json!({"scenario": "hft", "parameters": {"operations": 1000, "workers": 2}})),
    responses(
        (status = 202, description = "It has begun.", body = Progress, headers(("Location" = String, description = "Where it is."))),
        Guarded,
        BadBody,
        UnderWay,
        NoRuns,
    ),
)]
pub(super) async fn begin(
    State(service): Shared,
    caller: Caller,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    caller.must_be(Role::Operator)?;
    let order: StartRunRequest = serde_json::from_slice(&body).map_err(|error| {
        let status = if error.is_data() {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::BAD_REQUEST
        };
        Problem::new(status, "bad_body", error.to_string())
    })?;
    let scenario = order.scenario.clone();
    let prepare = |environment| {
        let StartRunRequest { scenario, preset, parameters } = order;
        let request = Request { scenario, preset, parameters, environment };
        Run::prepare(request).map_err(|error| error.to_string())
    };
    let underway = service.runs().begin(prepare, scenario).map_err(|why| match why {
        StartRunError::NoHost => Problem::new(
            StatusCode::NOT_IMPLEMENTED,
            "no_runs_here",
            "this host answers requests and runs no scenarios; `ledgerlab serve` does",
        ),
        StartRunError::Busy(number) => {
            let sentence =
                format!("run {number} goes on, and there is one at a time; cancel it or wait");
            Problem::new(StatusCode::CONFLICT, "run_under_way", sentence)
        }
        StartRunError::Refused(sentence) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_run", sentence)
        }
        StartRunError::Failed(sentence) => {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "run_not_begun", sentence)
        }
    })?;
    let location = HeaderValue::from_str(&format!("/v1/runs/{}", underway.number()));
    let location = [(header::LOCATION, location.expect("digits can be a header"))];
    Ok((StatusCode::ACCEPTED, location, Json(Progress::of(&underway))).into_response())
}

/// The number of a run in a path.
pub(super) struct Number(u64);

impl<S: Send + Sync> FromRequestParts<S> for Number {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = of_path(parts, state, "run").await?;
        text.parse().map(Self).map_err(|_| {
            let shown: String = text.chars().take(48).collect();
            let sentence = format!("a run is a whole number from 1, not {shown:?}");
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_run", sentence).about("run")
        })
    }
}

/// The run of this number, for those who may read it.
fn find(service: &Service, caller: &Caller, number: u64) -> Result<Arc<ActiveRun>, Problem> {
    caller.must_read_everything()?;
    service.runs().find(number).ok_or_else(|| {
        let sentence = format!("there is no run {number}; the last {RUNS_KEPT} are remembered");
        Problem::new(StatusCode::NOT_FOUND, "not_found", sentence).about("run")
    })
}

/// How far all remembered runs are, the oldest first.
#[utoipa::path(
    get,
    path = "/v1/runs",
    tag = "Runs",
    operation_id = "list_runs",
    security(("token" = [])),
    responses(
        (status = 200, description = "How far each of them is.", body = Vec<Progress>),
        Guarded,
    ),
)]
pub(super) async fn list(
    State(service): Shared,
    caller: Caller,
) -> Result<Json<Vec<Progress>>, Problem> {
    caller.must_read_everything()?;
    Ok(Json(service.runs().all().iter().map(|underway| Progress::of(underway)).collect()))
}

/// How far one run is.
#[utoipa::path(
    get,
    path = "/v1/runs/{run}",
    tag = "Runs",
    operation_id = "run",
    security(("token" = [])),
    params(("run" = u64, Path, description = "Its number.")),
    responses(
        (status = 200, description = "How far it is.", body = Progress),
        Guarded,
        BadRun,
    ),
)]
pub(super) async fn progress(
    State(service): Shared,
    caller: Caller,
    Number(number): Number,
) -> Result<Json<Progress>, Problem> {
    let underway = find(&service, &caller, number)?;
    Ok(Json(Progress::of(&underway)))
}

/// Asks a run to end. What it has done is checked and reported.
#[utoipa::path(
    post,
    path = "/v1/runs/{run}/cancel",
    tag = "Runs",
    operation_id = "cancel_run",
    security(("token" = [])),
    params(("run" = u64, Path, description = "Its number.")),
    responses(
        (status = 202, description = "It will end soon, if it has not ended.", body = Progress),
        Guarded,
        BadRun,
    ),
)]
pub(super) async fn cancel(
    State(service): Shared,
    caller: Caller,
    Number(number): Number,
) -> Result<(StatusCode, Json<Progress>), Problem> {
    caller.must_be(Role::Operator)?;
    let underway = find(&service, &caller, number)?;
    underway.counters().cancel();
    Ok((StatusCode::ACCEPTED, Json(Progress::of(&underway))))
}

/// The report of a run that has ended: the same as the command line's and the page's.
#[utoipa::path(
    get,
    path = "/v1/runs/{run}/report",
    tag = "Runs",
    operation_id = "run_report",
    security(("token" = [])),
    params(("run" = u64, Path, description = "Its number.")),
    responses(
        (status = 200, description = "The report; its form is docs/report.schema.json.", body = Object, content_type = "application/json"),
        Guarded,
        BadRun,
        UnderWay,
    ),
)]
pub(super) async fn report(
    State(service): Shared,
    caller: Caller,
    Number(number): Number,
) -> Result<Response, Problem> {
    match find(&service, &caller, number)?.outcome() {
        Some(Outcome::Checked { report, .. }) => {
            Ok(([(header::CONTENT_TYPE, "application/json")], report).into_response())
        }
        Some(Outcome::Failed(why)) => {
            let sentence = format!("there is no report: {why}");
            Err(Problem::new(StatusCode::CONFLICT, "run_failed", sentence))
        }
        None => {
            let sentence = "the run goes on; its report is there when it has ended";
            Err(Problem::new(StatusCode::CONFLICT, "run_under_way", sentence))
        }
    }
}

/// One of the server-sent events of a run.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is described here, and written by `Events`")]
struct RunEvent {
    /// Counted from 1.
    id: String,
    event: RunEventKind,
    /// What `/v1/runs/{run}` answers, as JSON.
    data: String,
}

/// Whether the run goes on or has ended.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "it is described here, and written by `Events`")]
enum RunEventKind {
    Progress,
    End,
}

/// How far a run is, again and again until it has ended: `progress` events, and one `end` event.
#[utoipa::path(
    get,
    path = "/v1/runs/{run}/events",
    tag = "Runs",
    operation_id = "run_events",
    security(("token" = [])),
    params(("run" = u64, Path, description = "Its number.")),
    responses(
        (status = 200, description = "`progress` events, and at last one `end` event, each with what `/v1/runs/{run}` answers as its data. The schema is that of one event.", body = RunEvent, content_type = "text/event-stream"),
        Guarded,
        BadRun,
    ),
)]
pub(super) async fn events(
    State(service): Shared,
    caller: Caller,
    Number(number): Number,
) -> Result<Response, Problem> {
    let underway = find(&service, &caller, number)?;
    let kind = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    let events = Events { underway, news: None, sent: 0, ended: false };
    Ok((kind, Body::from_stream(events)).into_response())
}

/// A stream of events. Each is made when it is asked for, so a slow reader gets fewer, and none waits in a queue.
struct Events {
    underway: Arc<ActiveRun>,
    /// None before the first event, which is sent at once.
    news: Option<EventListener>,
    sent: u64,
    ended: bool,
}

impl futures_core::Stream for Events {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        if let Some(news) = &mut self.news
            && Pin::new(news).poll(context).is_pending()
        {
            return Poll::Pending;
        }
        // Before the look, so that nothing falls in between.
        self.news = Some(self.underway.listen());
        let progress = Progress::of(&self.underway);
        self.ended = progress.passed.is_some() || progress.failure.is_some();
        self.sent += 1;
        let name = if self.ended { "end" } else { "progress" };
        let data = serde_json::to_string(&progress).expect("numbers and names serialize");
        let event = format!("id: {}\nevent: {name}\ndata: {data}\n\n", self.sent);
        Poll::Ready(Some(Ok(event.into())))
    }
}
