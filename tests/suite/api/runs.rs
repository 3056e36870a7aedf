//! Scenario runs over HTTP, on a host that each test controls.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use ledgerlab::api::{ActiveRun, RUNS_STORED, RunHost};
use ledgerlab::host::native::{environment, run_on_threads};
use ledgerlab::scenarios::Environment;
use tower::ServiceExt;

use super::client::{Answer, ask, demo, send};

const OPERATOR: [(&str, &str); 1] = [("authorization", "Bearer operator")];
const SHORT: &str =
    r#"{"scenario":"hft","parameters":{"workers":2,"operations":2000,"seed":7,"trail_mib":64}}"#;

/// A host that starts nothing by itself.
#[derive(Clone, Default)]
pub(crate) struct ManualHost(Arc<Mutex<Vec<Arc<ActiveRun>>>>);

impl RunHost for ManualHost {
    fn environment(&self) -> Environment {
        environment()
    }

    fn begin(&self, active_run: Arc<ActiveRun>) -> Result<(), String> {
        self.0.lock().expect("no thread panicked").push(active_run);
        Ok(())
    }
}

impl ManualHost {
    fn last(&self) -> Arc<ActiveRun> {
        self.0.lock().expect("no thread panicked").last().cloned().expect("one was begun")
    }

    /// Executes the last run.
    fn work(&self) {
        let active_run = self.last();
        let run = active_run.run().expect("it has not ended");
        let came = run_on_threads(&run, |_| active_run.notify_progress());
        active_run.end(came.map_err(|error| error.to_string()));
    }
}

pub(crate) fn lab() -> (ManualHost, Router) {
    let (service, router) = demo();
    let host = ManualHost::default();
    service.set_run_host(Box::new(host.clone()));
    (host, router)
}

async fn begin(router: &Router, order: &'static str) -> Answer {
    send(router, "POST", "/v1/runs", &OPERATOR, order).await
}

#[tokio::test]
async fn repeated_request_starts_one_run() {
    let (hands, router) = lab();
    let headers = [OPERATOR[0], ("idempotency-key", "one")];
    let first = send(&router, "POST", "/v1/runs", &headers, SHORT).await;
    hands.work();
    let again = send(&router, "POST", "/v1/runs", &headers, SHORT).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!((again.status, &again.text), (first.status, &first.text));
    assert_eq!((again.status.as_u16(), again.header("location")), (202, "/v1/runs/1"));
}

#[tokio::test]
async fn run_is_started_watched_and_reported() {
    let (host, router) = lab();
    let begun = begin(&router, SHORT).await;
    assert_eq!((begun.status.as_u16(), begun.header("location")), (202, "/v1/runs/1"));
    assert_eq!(begun.body["state"], "preparing");
    let early = ask(&router, "GET", "/v1/runs/1/report", &OPERATOR).await;
    assert_eq!((early.status.as_u16(), &early.body["code"]), (409, &"run_under_way".into()));

    let request = Request::get("/v1/runs/1/events").header("authorization", "Bearer operator");
    let request = request.body(Body::empty()).expect("it is a request");
    let response = router.clone().oneshot(request).await.expect("the router never fails");
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut events = response.into_body();
    let mut next = async || {
        let frame = events.frame().await?.expect("the stream does not break");
        Some(String::from_utf8(frame.into_data().expect("data").to_vec()).expect("it is text"))
    };
    let first = next().await.expect("an event is sent at once");
    assert!(first.starts_with("id: 1\nevent: progress\ndata: {\"run\":\"1\","), "{first}");
    // A notification without a change is no event.
    host.last().notify_progress();
    host.work();
    let last = next().await.expect("the end");
    assert!(last.starts_with("id: end\nevent: end\ndata: ") && last.ends_with("}\n\n"), "{last}");
    assert!(last.contains("\"state\":\"finished\"") && last.contains("\"passed\":true"), "{last}");
    assert!(last.contains("\"operations\":\"2000\""), "{last}");
    assert_eq!(next().await, None, "nothing comes after the end");
    let again = ask(&router, "GET", "/v1/runs/1/events", &OPERATOR).await;
    assert!(again.text.starts_with("id: end\nevent: end\n"), "{}", again.text);
    // A client that has the end need not come again; one that lost the connection before gets the end.
    for (id, status) in [("end", 204), ("1", 200)] {
        let headers = [OPERATOR[0], ("last-event-id", id)];
        let again = ask(&router, "GET", "/v1/runs/1/events", &headers).await;
        assert_eq!(again.status.as_u16(), status, "{id}");
    }

    let report = ask(&router, "GET", "/v1/runs/1/report", &OPERATOR).await;
    assert_eq!(report.header("content-type"), "application/json");
    assert_eq!((&report.body["scenario"], &report.body["passed"]), (&"hft".into(), &true.into()));
    assert_eq!(report.body["totals"]["operations"], "2000");
    assert!(host.last().run().is_none(), "what has ended holds no trail");
    let all = ask(&router, "GET", "/v1/runs", &OPERATOR).await;
    assert_eq!(all.body.as_array().map(Vec::len), Some(1));
    assert_eq!(all.body[0]["passed"], true);
}

#[tokio::test]
async fn cancelled_run_is_checked() {
    let (host, router) = lab();
    begin(&router, r#"{"scenario":"hft","parameters":{"duration_s":60,"workers":2}}"#).await;
    let cancelled = send(&router, "POST", "/v1/runs/1/cancel", &OPERATOR, "").await;
    assert_eq!((cancelled.status.as_u16(), &cancelled.body["cancelled"]), (202, &true.into()));
    host.work();
    let report = ask(&router, "GET", "/v1/runs/1/report", &OPERATOR).await;
    assert_eq!(report.body["ended_by"], "cancelled");
    assert_eq!(report.body["passed"], true);
}

#[tokio::test]
async fn one_run_at_a_time_and_recent_runs_are_stored() {
    let (host, router) = lab();
    begin(&router, SHORT).await;
    let second = begin(&router, SHORT).await;
    assert_eq!((second.status.as_u16(), &second.body["code"]), (409, &"run_under_way".into()));
    host.last().end(Err("the host went away".to_owned()));
    host.last().end(Err("only the first end counts".to_owned()));
    let failed = ask(&router, "GET", "/v1/runs/1", &OPERATOR).await;
    assert_eq!(failed.body["state"], "failed");
    assert_eq!(failed.body["failure"], "the host went away");
    let report = ask(&router, "GET", "/v1/runs/1/report", &OPERATOR).await;
    assert_eq!((report.status.as_u16(), &report.body["code"]), (409, &"run_failed".into()));
    for _ in 0..RUNS_STORED {
        assert_eq!(begin(&router, SHORT).await.status.as_u16(), 202);
        host.last().end(Err("over".to_owned()));
    }
    assert_eq!(ask(&router, "GET", "/v1/runs/1", &OPERATOR).await.status.as_u16(), 404);
    assert_eq!(ask(&router, "GET", "/v1/runs/2", &OPERATOR).await.status.as_u16(), 200);
}

#[tokio::test]
async fn invalid_run_request_names_the_value_and_the_limit() {
    let (host, router) = lab();
    for (order, status, sentence) in [
        ("{", 400, "EOF"),
        ("\u{fe}", 400, "expected value"),
        ("{}", 422, "missing field `scenario`"),
        (r#"{"scenario":"poker"}"#, 422, "there is no scenario \"poker\""),
        (r#"{"scenario":"hft","preset":"huge"}"#, 422, "no preset"),
        (r#"{"scenario":"hft","parameters":{"workers":65}}"#, 422, "1 to 64, not 65"),
        (r#"{"scenario":"hft","parameters":{"worker":1}}"#, 422, "\"worker\""),
        (r#"{"scenario":"hft","parameters":{"workers":{}}}"#, 422, ""),
        (r#"{"scenario":"hft","environment":{}}"#, 422, "unknown field `environment`"),
    ] {
        let answer = begin(&router, order).await;
        assert_eq!(answer.status.as_u16(), status, "{order}: {}", answer.text);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert!(
            answer.body["detail"].as_str().is_some_and(|it| it.contains(sentence)),
            "{answer:?}"
        );
    }
    for (path, status) in [("/v1/runs/x", 422), ("/v1/runs/-1", 422), ("/v1/runs/%FF", 400)] {
        assert_eq!(ask(&router, "GET", path, &OPERATOR).await.status.as_u16(), status, "{path}");
    }
    assert!(host.0.lock().expect("no thread panicked").is_empty(), "nothing was begun");
}
