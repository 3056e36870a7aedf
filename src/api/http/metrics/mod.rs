//! `/metrics`: what Prometheus asks for.
//!
//! Of requests it tells what passed through the router; what a host answers in its place, such as that there are too many,
//! it does not see. Of the ledger it tells what the ledger knows at the moment of the look. Labels have few values: routes are
//! the templates of the document, and a path that is none of them is `none`.
//!
//! Who reads everything may read it, an auditor or an operator; in the demo everybody, since its tokens are known anyway.
//! It names no account and no user, but amounts of work are a business's own affair.
//!
//! The text is written here: the client library of Prometheus writes OpenMetrics only, and takes a lock for each request.

mod attempts;
mod requests;
mod text;

use std::sync::{Arc, Mutex, PoisonError};

use axum::Extension;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::openapi::Guarded;
use super::v1::Caller;
use super::{DocsState, Problem, Service};
use crate::ledger::{Health, Ledger};
use attempts::Attempts;
use requests::seconds;
pub(super) use requests::{Counting, Requests, UnderWay};
use text::{MEDIA_TYPE, Text};

/// What is kept between looks.
pub(super) struct Metrics {
    requests: Arc<Requests>,
    attempts: Mutex<Attempts>,
}

impl Metrics {
    /// With these counts of requests.
    pub(super) fn new(requests: Arc<Requests>) -> Self {
        Self { requests, attempts: Mutex::default() }
    }

    fn look(&self, service: &Service) -> String {
        let mut text = Text::default();
        self.requests.write(&mut text);
        let ledger = service.coins().ledger();
        // Looks wait for each other here; nobody else does.
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        attempts.catch_up(ledger.trail());
        attempts.write(&mut text);
        drop(attempts);
        write_ledger(ledger, &ledger.health(service.now_ns()), &mut text);
        text.finish()
    }
}

fn write_ledger(ledger: &Ledger, health: &Health, text: &mut Text) {
    let parts = &health.components;
    for (name, help, value) in [
        ("accounts", "Accounts there are.", parts.accounts.figures.used),
        ("accounts_limit", "Accounts there may be.", parts.accounts.figures.limit),
        ("trail_used_bytes", "Memory that the trail takes.", parts.trail.figures.used_bytes),
        ("trail_budget_bytes", "Memory that the trail may take.", parts.trail.figures.budget_bytes),
    ] {
        text.single(name, "gauge", help, value);
    }
    let contention = ledger.contention();
    for (name, help, value) in [
        ("trail_entries_total", "Entries of the trail: attempts and expiries.", health.operations),
        ("latch_waits_total", "Times that a latch was found held.", contention.waits),
        (
            "conflicts_total",
            "Times that an attempt was decided again, because an account had changed.",
            contention.conflicts,
        ),
    ] {
        text.single(name, "counter", help, value);
    }
    let help = "How a component is: 0 healthy, 1 degraded, 2 unhealthy; `all` is the worst.";
    text.family("health_status", "gauge", help);
    text.sample("health_status", &[("component", "all")], health.status as u8);
    for (name, status, _) in parts.parts() {
        text.sample("health_status", &[("component", name)], status as u8);
    }
    let uptime = seconds(health.uptime_ns);
    text.single("uptime_seconds", "gauge", "Since the ledger was told the time first.", uptime);
}

/// Metrics in Prometheus' text format. For auditors and operators, in the demo for everybody.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "Service",
    security(("token" = []), ()),
    responses(
        (status = 200, description = "The metrics.", body = String, content_type = "text/plain; version=0.0.4; charset=utf-8"),
        Guarded,
    ),
)]
pub(super) async fn metrics(
    State(service): State<Arc<Service>>,
    Extension(shelf): Extension<Arc<DocsState>>,
    caller: Result<Caller, Problem>,
) -> Result<Response, Problem> {
    if !service.users().are_public() {
        caller?.must_read_everything()?;
    }
    let metrics = shelf.metrics.get().expect("it is laid there with the router");
    let text = metrics.look(&service);
    Ok(([(header::CONTENT_TYPE, MEDIA_TYPE)], text).into_response())
}
