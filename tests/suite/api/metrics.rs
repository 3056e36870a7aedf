//! `/metrics` counts what was done. Its labels do not grow with requests.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::Request;
use tower::ServiceExt;

use super::client::{ask, demo, secret, send};

/// Returns the metrics of the demo, whose tokens are public.
async fn metrics(router: &Router) -> String {
    let answer = ask(router, "GET", "/metrics", &[]).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    answer.text
}

/// Returns the value of a sample by its name and labels as written.
fn value(text: &str, sample: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("ledgerlab_{sample} ")));
    line.map(|value| value.parse().expect("it is a number"))
}

#[tokio::test]
async fn requests_are_counted_by_route_method_and_status() {
    let (_, router) = demo();
    let aaron = [("authorization", "1")];
    for (method, path, headers) in [
        ("GET", "/v1/me", &aaron[..]),
        ("GET", "/v1/me", &aaron),
        ("GET", "/v1/me", &[]),
        ("HEAD", "/v1/me", &aaron),
        ("PUT", "/v1/me", &aaron),
        ("POST", "/account/coins/add?username=aaron&amount=1", &aaron),
        ("POST", "/account/coins/add/?username=aaron&amount=1", &aaron),
        ("GET", "/v1/accounts/1", &aaron),
        ("GET", "/v1/accounts/2", &aaron),
        ("GET", "/nowhere/1", &[]),
        ("GET", "/nowhere/2", &[]),
    ] {
        ask(&router, method, path, headers).await;
    }
    let text = metrics(&router).await;
    let count = |route: &str, method: &str, status: &str| {
        value(
            &text,
            &format!(
                "http_requests_total{{route=\"{route}\",method=\"{method}\",status=\"{status}\"}}"
            ),
        )
    };
    assert_eq!(count("/v1/me", "GET", "200"), Some(2.0));
    assert_eq!(count("/v1/me", "GET", "401"), Some(1.0));
    assert_eq!(count("/v1/me", "HEAD", "200"), Some(1.0));
    assert_eq!(count("/v1/me", "other", "405"), Some(1.0));
    assert_eq!(count("/account/coins/add", "POST", "200"), Some(2.0));
    assert_eq!(count("/v1/accounts/{id}", "GET", "403"), Some(2.0));
    assert_eq!(count("none", "GET", "404"), Some(2.0));
    assert!(!text.contains("nowhere"), "no path is a label");
    assert_eq!(value(&text, "http_requests_in_flight"), Some(1.0), "this one");
    // The clock of these tests advances by a millisecond per reading.
    let name = "http_request_duration_seconds";
    let of = "route=\"/v1/me\"";
    assert_eq!(value(&text, &format!("{name}_count{{{of}}}")), Some(5.0));
    assert_eq!(value(&text, &format!("{name}_sum{{{of}}}")), Some(0.005));
    for (bound, expected) in [("0.0005", 0.0), ("0.001", 5.0), ("5", 5.0), ("+Inf", 5.0)] {
        assert_eq!(value(&text, &format!("{name}_bucket{{{of},le=\"{bound}\"}}")), Some(expected));
    }
}

/// A body that never arrives.
struct Never;

impl futures_core::Stream for Never {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Pending
    }
}

#[tokio::test]
async fn abandoned_request_is_counted() {
    let (_, router) = demo();
    let request = Request::post("/v1/transfers").header("authorization", "1");
    let request = request.body(Body::from_stream(Never)).expect("it is a request");
    let mut waiting = Box::pin(router.clone().oneshot(request));
    assert!(waiting.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert_eq!(value(&metrics(&router).await, "http_requests_in_flight"), Some(2.0));
    drop(waiting);
    let text = metrics(&router).await;
    assert_eq!(value(&text, "http_requests_in_flight"), Some(1.0));
    let given_up =
        "http_requests_total{route=\"/v1/transfers\",method=\"POST\",status=\"given_up\"}";
    assert_eq!(value(&text, given_up), Some(1.0));
}

#[tokio::test]
async fn ledger_metrics_match_the_ledger() {
    let (service, router) = demo();
    let attempts =
        |kind: &str, status: &str| format!("attempts_total{{kind=\"{kind}\",status=\"{status}\"}}");
    let before = metrics(&router).await;
    let aaron = [("authorization", "1")];
    for amount in [5, 6, 5_000] {
        let path =
            format!("/account/coins/transfer?username=aaron&from=aaron&to=bryan&amount={amount}");
        ask(&router, "POST", &path, &aaron).await;
    }
    let after = metrics(&router).await;
    let grown =
        |sample: &str| value(&after, sample).unwrap_or(0.0) - value(&before, sample).unwrap_or(0.0);
    assert_eq!(grown(&attempts("transfer", "created")), 2.0, "{after}");
    assert_eq!(grown(&attempts("transfer", "exceeds_credits")), 1.0, "{after}");
    assert_eq!(grown("trail_entries_total"), 3.0);
    assert!(grown("uptime_seconds") > 0.0);
    // The counts must match the trail, whether read in steps or at once.
    let all: f64 = after
        .lines()
        .filter(|line| line.starts_with("ledgerlab_attempts_total"))
        .map(|line| line.rsplit(' ').next().expect("a value").parse::<f64>().expect("a number"))
        .sum();
    assert_eq!(all, service.coins().ledger().trail().count_entries() as f64);
    let health = service.coins().ledger().health(u64::MAX);
    let parts = health.components;
    assert_eq!(value(&after, "accounts"), Some(parts.accounts.figures.used as f64));
    assert_eq!(value(&after, "trail_used_bytes"), Some(parts.trail.figures.used_bytes as f64));
    assert_eq!(value(&after, "trail_budget_bytes"), Some(parts.trail.figures.budget_bytes as f64));
    assert_eq!(value(&after, "health_status{component=\"all\"}"), Some(0.0));
}

#[tokio::test]
async fn metrics_text_is_well_formed() {
    let (_, router) = demo();
    send(&router, "POST", "/v1/verify", &[("authorization", "operator")], "").await;
    let text = metrics(&router).await;
    let (mut families, mut samples) = (BTreeSet::new(), BTreeSet::new());
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a name and a type");
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            assert!(families.insert(name.to_owned()), "{line} twice");
        } else if !line.starts_with("# HELP ") {
            let (sample, value) = line.rsplit_once(' ').expect("a sample and a value");
            value.parse::<f64>().expect("a number");
            let name = sample.split('{').next().expect("a name");
            let family =
                ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
            let is_known =
                families.contains(name) || family.is_some_and(|name| families.contains(name));
            assert!(is_known, "{line} is of no family");
            assert!(samples.insert(sample.to_owned()), "{line} twice");
        }
    }
    assert!(families.len() > 12, "{families:?}");
}

#[tokio::test]
async fn metrics_need_a_reader_outside_the_demo() {
    let (_, router) = secret();
    for (token, status) in [("1", 403), ("auditor", 200), ("operator", 200), ("3", 401)] {
        let answer = ask(&router, "GET", "/metrics", &[("authorization", token)]).await;
        assert_eq!(answer.status.as_u16(), status, "{token}");
    }
    assert_eq!(ask(&router, "GET", "/metrics", &[]).await.status.as_u16(), 401);
}
