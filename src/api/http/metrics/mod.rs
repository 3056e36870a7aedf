//! `/metrics`: metrics for Prometheus.
//!
//! Request metrics count the requests that the router handled. They do not include responses of the host,
//! such as those to requests over its limit. Labels have few values: a route is a path template of
//! the document, or `none` for any other path.
//!
//! Auditors and operators may read the metrics; in the demo, all users may. The metrics contain no
//! accounts or users, but the amount of work is confidential.
//!
//! Prometheus' client library is not used: it writes only OpenMetrics, and takes a lock for each request.

mod attempts;
mod requests;
mod text;

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::openapi::RoleProblems;
use super::problem::Problem;
use super::v1::Reader;
use crate::api::clock::ClockHealth;
use crate::api::service::Service;
use crate::ledger::{Health, Ledger};
pub(crate) use attempts::{AttemptCounts, RECORDS_MAX};
use requests::seconds;
pub(super) use requests::{ActiveRequest, RequestCounter, RequestCounts};
pub use text::HostMetric;
use text::{MEDIA_TYPE, MetricsText};

/// The metrics of a router.
pub(super) struct Metrics {
    requests: Arc<RequestCounts>,
}

impl Metrics {
    /// Creates the metrics of a router with these counts of its requests.
    pub(super) fn new(requests: Arc<RequestCounts>) -> Self {
        Self { requests }
    }

    fn text(&self, service: &Service) -> String {
        let mut text = MetricsText::default();
        self.requests.write(&mut text);
        #[cfg(not(target_family = "wasm"))]
        if let Some(remote) = service.remote() {
            let answers = u64::from(remote.engine().unreachable_ns().is_none());
            text.single("engine_reachable", "gauge", "Whether the engine answers.", answers);
            let sent = remote.health(service.now_ns()).operations();
            let help = "Attempts to create transfers that were sent to the engine.";
            text.single("engine_attempts_total", "counter", help, sent);
            service.host_metrics().iter().for_each(|metric| text.host(metric));
            return text.finish();
        }
        let ledger = service.coins().ledger();
        // A host with threads has counted all but the latest, so that the request need not.
        let records_max = if service.reads().has_host() { RECORDS_MAX } else { u64::MAX };
        let mut attempts = service.attempt_counts();
        attempts.catch_up(ledger.trail(), records_max);
        attempts.write(&mut text);
        drop(attempts);
        write_ledger(ledger, &service.health(), &service.clock_health(), &mut text);
        service.host_metrics().iter().for_each(|metric| text.host(metric));
        text.finish()
    }
}

fn write_ledger(ledger: &Ledger, health: &Health, clock: &ClockHealth, text: &mut MetricsText) {
    let parts = &health.components;
    for (name, help, value) in [
        ("accounts", "The number of accounts.", parts.accounts.figures.used),
        ("accounts_limit", "The maximum number of accounts.", parts.accounts.figures.limit),
        ("trail_used_bytes", "The bytes of the trail.", parts.trail.figures.used_bytes),
        (
            "trail_spilled_bytes",
            "The bytes of the trail that were moved from memory to the disk.",
            parts.trail.figures.spilled_bytes,
        ),
        (
            "trail_budget_bytes",
            "The bytes that the trail may have.",
            parts.trail.figures.budget_bytes,
        ),
        ("trail_memory_bytes", "The memory that the trail may use.", ledger.trail().memory_bytes()),
    ] {
        text.single(name, "gauge", help, value);
    }
    let contention = ledger.contention();
    for (name, help, value) in [
        ("trail_entries_total", "Entries of the trail: attempts and expiries.", health.operations),
        (
            "latch_waits_total",
            "Latch waits, because another writer held the latch.",
            contention.waits,
        ),
        (
            "conflicts_total",
            "Optimistic retries, because an account had changed.",
            contention.conflicts,
        ),
    ] {
        text.single(name, "counter", help, value);
    }
    let help = "The health of a component: 0 healthy, 1 degraded, 2 unhealthy; `all` is the worst.";
    text.family("health_status", "gauge", help);
    let all = health.status.max(clock.status);
    text.sample("health_status", &[("component", "all")], all as u8);
    text.sample("health_status", &[("component", "clock")], clock.status as u8);
    for (name, status, _) in parts.parts() {
        text.sample("health_status", &[("component", name)], status as u8);
    }
    let help = "The wall clock's time minus the ledger's. Other than 0, the wall clock has jumped.";
    text.single("clock_offset_seconds", "gauge", help, clock.offset_seconds);
    let uptime = seconds(health.uptime_ns);
    text.single(
        "uptime_seconds",
        "gauge",
        "The time since the ledger's clock was first set.",
        uptime,
    );
}

/// Returns metrics in Prometheus' text format. For auditors and operators; in the demo, for all users.
#[utoipa::path(
    get,
    path = "/metrics",
    security(("token" = []), ()),
    responses(
        (status = 200, description = "The metrics.", body = String, content_type = "text/plain; version=0.0.4; charset=utf-8"),
        RoleProblems,
    ),
)]
pub(super) async fn metrics(
    State(service): State<Arc<Service>>,
    Extension(metrics): Extension<Arc<Metrics>>,
    reader: Result<Reader, Problem>,
) -> Result<Response, Problem> {
    if !service.users().are_public() {
        reader?;
    }
    let text = metrics.text(&service);
    Ok(([(header::CONTENT_TYPE, MEDIA_TYPE)], text).into_response())
}
