//! A wall clock that jumps neither ends a hold early nor keeps one, and no other duration depends on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use ledgerlab::api::{Quotas, Service, ServiceConfig, SteadyClock, Users, router};
use serde_json::{Value, json};

use super::client::{Answer, ask, send};

const AARON: &[(&str, &str)] = &[("authorization", "Bearer 1")];
const OPERATOR: &[(&str, &str)] = &[("authorization", "Bearer operator")];

const SECOND: u64 = 1_000_000_000;
const HOUR: u64 = 3_600 * SECOND;

/// A service, and its two clocks.
struct Clocked {
    service: Arc<Service>,
    router: Router,
    wall_ns: Arc<AtomicU64>,
    monotonic_ns: Arc<AtomicU64>,
}

fn open(wall_ns: u64, quotas: Quotas) -> Clocked {
    let (wall_ns, monotonic_ns) = (Arc::new(AtomicU64::new(wall_ns)), Arc::new(AtomicU64::new(7)));
    let read = |clock: &Arc<AtomicU64>| {
        let clock = Arc::clone(clock);
        move || clock.load(Ordering::Relaxed)
    };
    let clock = SteadyClock::start(read(&wall_ns), read(&monotonic_ns));
    let config = ServiceConfig { quotas, ..ServiceConfig::default() };
    let service = Service::open(config, Users::demo(), clock).expect("it can be opened");
    Clocked { router: router(Arc::clone(&service)), service, wall_ns, monotonic_ns }
}

impl Clocked {
    /// Lets time pass on both clocks.
    fn pass(&self, ns: u64) {
        self.wall_ns.fetch_add(ns, Ordering::Relaxed);
        self.monotonic_ns.fetch_add(ns, Ordering::Relaxed);
    }

    /// Makes a pending transfer of 7 coins with a timeout in seconds, and returns its timestamp.
    async fn hold(&self, timeout: u64) -> u64 {
        let [aaron, bryan] = ["aaron", "bryan"]
            .map(|name| self.service.coins().id(name).expect("a user").to_string());
        let event = json!({ "id": "new", "debit_account_id": aaron, "credit_account_id": bryan,
            "amount": 7, "ledger": 1, "code": 1, "timeout": timeout, "flags": ["pending"] });
        let body = json!({ "events": [event] }).to_string();
        let answer = send(&self.router, "POST", "/v1/transfers", AARON, body).await;
        assert_eq!(answer.body["results"][0]["status"], "created", "{}", answer.text);
        digits(&answer.body["results"][0]["timestamp"])
    }

    /// Returns the coins that are held of aaron's.
    async fn held(&self) -> u64 {
        let id = self.service.coins().id("aaron").expect("a user");
        let answer = ask(&self.router, "GET", &format!("/v1/accounts/{id}"), AARON).await;
        digits(&answer.body["debits_pending"])
    }

    async fn transfer(&self, key: &str) -> Answer {
        let path = "/account/coins/transfer?username=aaron&from=aaron&to=bryan&amount=1";
        let headers = [("authorization", "1"), ("idempotency-key", key)];
        ask(&self.router, "POST", path, &headers).await
    }

    async fn health(&self) -> Value {
        ask(&self.router, "GET", "/v1/health", OPERATOR).await.body
    }
}

fn digits(value: &Value) -> u64 {
    value.to_string().trim_matches('"').parse().expect("it is a number")
}

#[tokio::test]
async fn forward_jump_ends_no_duration() {
    let quotas = Quotas { attempts_per_second: 1, ..Quotas::default() };
    let clocked = open(1_700_000_000 * SECOND, quotas);
    let first = clocked.hold(24 * 3_600).await;
    assert_eq!(clocked.transfer("one").await.status.as_u16(), 200);
    clocked.wall_ns.fetch_add(100 * 24 * HOUR, Ordering::Relaxed);
    assert_eq!(clocked.held().await, 7, "the hold of a day has not expired");
    assert_eq!(clocked.transfer("one").await.header("idempotency-replayed"), "true");
    clocked.pass(SECOND);
    let second = clocked.hold(1).await;
    // The timestamps are some steps after the time that was set.
    assert!((SECOND - 1_000..SECOND + 1_000).contains(&(second - first)), "{first} {second}");
    clocked.pass(24 * HOUR);
    assert_eq!(clocked.held().await, 0, "both have expired");
    clocked.service.coins().ledger().verify().expect("serial replay agrees");
}

#[tokio::test]
async fn backward_jump_keeps_no_hold() {
    let clocked = open(1_700_000_000 * SECOND, Quotas::default());
    let first = clocked.hold(5).await;
    clocked.wall_ns.fetch_sub(HOUR, Ordering::Relaxed);
    clocked.pass(4 * SECOND);
    assert_eq!(clocked.held().await, 7);
    clocked.pass(2 * SECOND);
    assert_eq!(clocked.held().await, 0, "five seconds are over");
    assert!(clocked.hold(5).await > first, "timestamps ascend");
}

#[tokio::test]
async fn jump_shows_in_health_and_metrics() {
    let clocked = open(1_700_000_000 * SECOND, Quotas::default());
    let health = clocked.health().await;
    assert_eq!(
        (&health["status"], &health["clock"]["status"]),
        (&json!("healthy"), &json!("healthy"))
    );
    assert_eq!(health["clock"]["offset_seconds"], 0.0);
    for (jump_ns, status, offset) in [
        (SECOND as i64 - 1, "healthy", 0.999_999_999),
        (1, "degraded", 1.0),
        (-2 * HOUR as i64, "degraded", -7_199.0),
        (7_199 * SECOND as i64, "healthy", 0.0),
    ] {
        clocked.wall_ns.fetch_add(jump_ns as u64, Ordering::Relaxed);
        let health = clocked.health().await;
        assert_eq!(health["clock"]["status"], status, "{health}");
        assert_eq!(health["status"], status, "{health}");
        assert_eq!(health["clock"]["offset_seconds"], offset, "{health}");
        let metrics = ask(&clocked.router, "GET", "/metrics", OPERATOR).await.text;
        assert!(
            metrics.contains(&format!("\nledgerlab_clock_offset_seconds {offset}\n")),
            "{metrics}"
        );
    }
    clocked.wall_ns.fetch_add(HOUR, Ordering::Relaxed);
    let message = clocked.health().await["message"].to_string();
    assert!(message.contains("3600.000 s ahead of the ledger's, at or above 1 s"), "{message}");
}

#[tokio::test]
async fn wall_clock_of_another_century_refuses_nothing() {
    let clocked = open(1_700_000_000 * SECOND, Quotas::default());
    for year_ns in [u64::MAX, 1 << 63, 0] {
        clocked.wall_ns.store(year_ns, Ordering::Relaxed);
        clocked.hold(0).await;
        assert_eq!(clocked.health().await["clock"]["status"], "degraded");
    }
    assert_eq!(clocked.held().await, 21);
}

/// Only what cannot be stamped is refused, with a name of its own.
#[tokio::test]
async fn ledger_at_its_greatest_timestamp_refuses_attempts_by_name() {
    let clocked = open((1 << 63) - 10 * SECOND, Quotas::default());
    clocked.hold(5).await;
    clocked.pass(20 * SECOND);
    let refused =
        ask(&clocked.router, "POST", "/account/coins/add?username=aaron&amount=1", OPERATOR).await;
    assert_eq!(refused.status.as_u16(), 401, "an operator names the operator");
    let new = json!({ "events": [{ "id": "new", "ledger": 1, "code": 9 }] }).to_string();
    let refused = send(&clocked.router, "POST", "/v1/accounts", OPERATOR, new).await;
    assert_eq!(refused.status.as_u16(), 503);
    assert_eq!(refused.body["code"], "timestamps_exhausted");
    assert!(refused.text.contains("2262-04-11"), "{}", refused.text);
    assert_eq!(clocked.transfer("one").await.status.as_u16(), 503);
    assert_eq!(clocked.held().await, 7, "reads go on");
    assert_eq!(clocked.health().await["clock"]["status"], "healthy");
}
