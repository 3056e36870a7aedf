//! Quotas of users, the reserve of the trail, and probes: one user must not stop the others.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use ledgerlab::api::{Quotas, Service, ServiceConfig, Users, router};
use ledgerlab::ledger::LedgerConfig;
use ledgerlab::trail::{CHUNK_ENTRIES, ENTRY_BYTES};
use serde_json::{Value, json};

use super::client::{Answer, ask, send};

const AARON: &[(&str, &str)] = &[("authorization", "Bearer 1")];
const BRYAN: &[(&str, &str)] = &[("authorization", "Bearer 2")];
const OPERATOR: &[(&str, &str)] = &[("authorization", "Bearer operator")];

const SECOND: u64 = 1_000_000_000;

/// A service whose clock the test sets.
struct Timed {
    service: Arc<Service>,
    router: Router,
    now_ns: Arc<AtomicU64>,
}

fn open(quotas: Quotas, chunks: u64, reserve_chunks: u64) -> Timed {
    let now_ns = Arc::new(AtomicU64::new(1_700_000_000 * SECOND));
    let ledger = LedgerConfig {
        trail_bytes: chunks * CHUNK_ENTRIES * ENTRY_BYTES,
        reserve_bytes: reserve_chunks * CHUNK_ENTRIES * ENTRY_BYTES,
        ..LedgerConfig::default()
    };
    let config = ServiceConfig { sessions: 1, ledger, quotas, ..ServiceConfig::default() };
    let clock = Arc::clone(&now_ns);
    let service = Service::open(config, Users::demo(), move || clock.load(Ordering::Relaxed));
    let service = service.expect("it can be opened");
    Timed { router: router(Arc::clone(&service)), service, now_ns }
}

impl Timed {
    fn id(&self, name: &str) -> String {
        self.service.coins().id(name).expect("it is a user").to_string()
    }

    fn entries(&self) -> u64 {
        self.service.coins().ledger().trail().entries()
    }

    /// Sends a batch of transfers from aaron to bryan, each of `amount` coins.
    async fn batch(&self, caller: &[(&str, &str)], count: usize, amount: u64) -> Answer {
        let (aaron, bryan) = (self.id("aaron"), self.id("bryan"));
        let event = json!({ "id": "new", "debit_account_id": aaron, "credit_account_id": bryan,
            "amount": amount, "ledger": 1, "code": 1 });
        let body = json!({ "events": vec![event; count] }).to_string();
        send(&self.router, "POST", "/v1/transfers", caller, body).await
    }

    /// Makes one attempt of aaron, which the ledger refuses for want of coins.
    async fn refused_attempt(&self) -> Answer {
        let path = "/account/coins/transfer?username=aaron&from=aaron&to=bryan&amount=1000000";
        ask(&self.router, "POST", path, AARON).await
    }
}

fn refusal(answer: &Answer) -> (u16, &Value) {
    (answer.status.as_u16(), &answer.body["code"])
}

#[tokio::test]
async fn attempts_above_the_rate_are_refused_before_the_ledger_is_asked() {
    let quotas = Quotas { attempts_per_second: 1_000, ..Quotas::default() };
    let timed = open(quotas, 16, 0);
    for count in [8_189, 1_811] {
        assert_eq!(timed.batch(AARON, count, 1_000_000).await.status.as_u16(), 200);
    }
    let entries = timed.entries();
    let refused = timed.batch(AARON, 1_500, 1).await;
    assert_eq!(refusal(&refused), (429, &json!("too_many_attempts")));
    assert_eq!(refused.header("retry-after"), "2", "rounded up");
    let refused = timed.refused_attempt().await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "1"));
    assert_eq!(timed.entries(), entries);

    // Others are not affected, and operators have no quotas.
    let path = "/account/coins/transfer?username=bryan&from=bryan&to=aaron&amount=1";
    assert_eq!(ask(&timed.router, "POST", path, BRYAN).await.status.as_u16(), 200);
    for _ in 0..3 {
        assert_eq!(timed.batch(OPERATOR, 8_189, 0).await.status.as_u16(), 200);
    }
    timed.now_ns.fetch_add(2 * SECOND, Ordering::Relaxed);
    assert_eq!(timed.batch(AARON, 1_500, 1).await.status.as_u16(), 200);
}

#[tokio::test]
async fn refusal_by_a_quota_is_not_stored_under_a_key() {
    let quotas = Quotas { attempts_per_second: 1_000, ..Quotas::default() };
    let timed = open(quotas, 8, 0);
    timed.batch(AARON, 8_189, 1_000_000).await;
    timed.batch(AARON, 1_811, 1_000_000).await;
    let path = "/account/coins/transfer?username=aaron&from=aaron&to=bryan&amount=1";
    let keyed = [("authorization", "1"), ("idempotency-key", "one")];
    assert_eq!(ask(&timed.router, "POST", path, &keyed).await.status.as_u16(), 429);
    timed.now_ns.fetch_add(SECOND, Ordering::Relaxed);
    assert_eq!(ask(&timed.router, "POST", path, &keyed).await.status.as_u16(), 200);
    assert_eq!(timed.service.coins().balance("bryan"), Ok(1_001));
}

#[tokio::test]
async fn refused_attempts_of_one_user_take_at_most_the_share() {
    let quotas = Quotas { trail_percent: 25, ..Quotas::default() };
    let timed = open(quotas, 16, 0);
    let mut before = timed.entries();
    let mut taken = 0;
    let refused = loop {
        let answer = timed.batch(AARON, 1_000, 1_000_000).await;
        if answer.status.as_u16() != 200 {
            break answer;
        }
        taken += timed.entries() - before;
        before = timed.entries();
    };
    assert_eq!(refusal(&refused), (429, &json!("trail_share_full")));
    assert_eq!(refused.header("retry-after"), "3600");
    // A batch that would fit only without extensions is refused; single attempts use the rest.
    while timed.refused_attempt().await.status.as_u16() == 409 {
        taken += 1;
    }
    let share = 4 * CHUNK_ENTRIES;
    assert!((share - 1..=share).contains(&taken), "{taken} of {share}");
    assert_eq!(timed.batch(BRYAN, 1, 1).await.status.as_u16(), 403, "not bryan's account");
    let path = "/account/coins/transfer?username=bryan&from=bryan&to=aaron&amount=1";
    assert_eq!(ask(&timed.router, "POST", path, BRYAN).await.status.as_u16(), 200);
}

/// Fills the trail with aaron's refused attempts until there is no memory for another one.
#[tokio::test]
async fn expiry_to_come_is_a_part_of_the_share() {
    // The trail leaves a record for the expiry of each pending transfer, which counted for nobody: two users with a
    // quarter each left nothing for the others.
    let quotas = Quotas { trail_percent: 25, ..Quotas::default() };
    let timed = open(quotas, 16, 1);
    let event = json!({ "id": "new", "debit_account_id": timed.id("aaron"),
        "credit_account_id": timed.id("bryan"), "amount": 0, "ledger": 1, "code": 1,
        "timeout": 5, "flags": ["pending"] });
    let body = json!({ "events": vec![event; 500] }).to_string();
    let mut created = 0;
    let refused = loop {
        let answer = send(&timed.router, "POST", "/v1/transfers", AARON, body.clone()).await;
        if answer.status.as_u16() != 200 {
            break answer;
        }
        assert_eq!(answer.body["results"][499]["status"], "created", "{}", answer.text);
        created += 500;
    };
    assert_eq!(refusal(&refused), (429, &json!("trail_share_full")));
    let share = 4 * CHUNK_ENTRIES;
    assert!((share / 2 - 1_000..=share / 2).contains(&created), "{created} of {share}");
}

async fn fill(timed: &Timed) -> Answer {
    while timed.batch(AARON, 500, 1_000_000).await.status.as_u16() == 200 {}
    loop {
        let answer = timed.refused_attempt().await;
        if answer.status.as_u16() != 409 {
            return answer;
        }
    }
}

async fn account(timed: &Timed, name: &str) -> Value {
    let path = format!("/v1/accounts/{}", timed.id(name));
    let answer = ask(&timed.router, "GET", &path, OPERATOR).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    answer.body
}

/// Makes a pending transfer of 7 coins from aaron to bryan that expires after 5 s.
async fn hold(timed: &Timed) {
    let event = json!({ "id": "new", "debit_account_id": timed.id("aaron"),
        "credit_account_id": timed.id("bryan"), "amount": 7, "ledger": 1, "code": 1,
        "timeout": 5, "flags": ["pending"] });
    let body = json!({ "events": [event] }).to_string();
    let answer = send(&timed.router, "POST", "/v1/transfers", AARON, body).await;
    assert_eq!(answer.body["results"][0]["status"], "created", "{}", answer.text);
}

fn digits(value: &Value) -> String {
    value.to_string().trim_matches('"').to_owned()
}

async fn probes(timed: &Timed) -> [u16; 2] {
    let live = ask(&timed.router, "GET", "/livez", &[]).await;
    let ready = ask(&timed.router, "GET", "/readyz", &[]).await;
    [live, ready].map(|answer| answer.status.as_u16())
}

#[tokio::test]
async fn operators_expiries_and_reads_go_on_when_a_user_has_filled_the_trail() {
    let timed = open(Quotas::default(), 6, 1);
    hold(&timed).await;
    assert_eq!(probes(&timed).await, [200, 200]);
    let full = fill(&timed).await;
    assert_eq!(full.status.as_u16(), 503, "{}", full.text);
    assert!(full.text.contains("reserve of 1024 KiB"), "{}", full.text);
    assert_eq!(refusal(&timed.batch(AARON, 1, 1).await), (503, &json!("trail_full")));
    assert_eq!(probes(&timed).await, [200, 503]);
    let health = ask(&timed.router, "GET", "/v1/health", OPERATOR).await.body;
    assert_eq!(health["components"]["trail"]["status"], "unhealthy", "{health}");

    assert_eq!(digits(&account(&timed, "aaron").await["debits_pending"]), "7");
    timed.now_ns.fetch_add(6 * SECOND, Ordering::Relaxed);
    assert_eq!(digits(&account(&timed, "aaron").await["debits_pending"]), "0", "it has expired");
    assert_eq!(timed.batch(OPERATOR, 100, 1).await.status.as_u16(), 200);
    let new = json!({ "events": [{ "id": "new", "ledger": 1, "code": 9 }] }).to_string();
    let created = send(&timed.router, "POST", "/v1/accounts", OPERATOR, new).await;
    assert_eq!(created.status.as_u16(), 200, "{}", created.text);
    // The user still has no memory, also not in the operator's part of the reserve.
    assert_eq!(timed.refused_attempt().await.status.as_u16(), 503);
    timed.service.coins().ledger().verify().expect("serial replay agrees");
}

#[tokio::test]
async fn reads_need_no_memory_of_the_trail() {
    let timed = open(Quotas::default(), 2, 0);
    hold(&timed).await;
    assert_eq!(fill(&timed).await.status.as_u16(), 503);
    let trail = timed.service.coins().ledger().trail();
    assert_eq!(trail.used_bytes(), trail.budget_bytes());
    // The expiry is due and cannot be recorded.
    timed.now_ns.fetch_add(6 * SECOND, Ordering::Relaxed);
    assert_eq!(digits(&account(&timed, "aaron").await["debits_pending"]), "7");
    let filter = json!({ "filter": { "account_id": timed.id("aaron"), "limit": 10,
        "flags": ["debits", "credits"] } });
    let body = filter.to_string();
    for (path, body) in [
        ("/v1/accounts/transfers", body.clone()),
        ("/v1/accounts/balances", body),
        ("/v1/transfers/query", json!({ "filter": { "limit": 10 } }).to_string()),
        ("/v1/accounts/query", json!({ "filter": { "limit": 10 } }).to_string()),
    ] {
        let answer = send(&timed.router, "POST", path, OPERATOR, body).await;
        assert_eq!(answer.status.as_u16(), 200, "{path}: {}", answer.text);
    }
    let balance = ask(&timed.router, "GET", "/account/coins?username=aaron", AARON).await;
    assert_eq!(balance.status.as_u16(), 200);
    assert_eq!(probes(&timed).await, [200, 503]);
}
