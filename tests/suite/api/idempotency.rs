//! `Idempotency-Key`: a repeated request executes once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use axum::Router;
use ledgerlab::api::{Service, ServiceConfig, Users, router};
use ledgerlab::ledger::LedgerConfig;
use serde_json::json;

use super::client::{Answer, ask, demo, send};

const ADD: &str = "/account/coins/add?username=aaron&amount=5";

/// Returns a request of aaron's with a key.
async fn keyed(router: &Router, path: &str, key: &str, body: &str) -> Answer {
    let headers = [("authorization", "Bearer 1"), ("idempotency-key", key)];
    send(router, "POST", path, &headers, body.to_owned()).await
}

fn is_replayed(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == "true"
}

#[tokio::test]
async fn repeated_request_executes_once() {
    let (service, router) = demo();
    let first = keyed(&router, ADD, "one", "").await;
    assert_eq!((first.status.as_u16(), &first.body["Balance"]), (200, &json!(1_005)));
    assert!(!is_replayed(&first));
    let entries = service.coins().ledger().trail().count_entries();
    for _ in 0..3 {
        let again = keyed(&router, ADD, "one", "").await;
        assert!(is_replayed(&again));
        assert_eq!((again.status, &again.text), (first.status, &first.text));
        assert_eq!(again.header("content-type"), first.header("content-type"));
    }
    assert_eq!(service.coins().ledger().trail().count_entries(), entries);
    assert_eq!(service.coins().balance("aaron"), Ok(1_005));
    // A request with another key or without one is another request.
    assert!(!is_replayed(&keyed(&router, ADD, "\"one\"", "").await));
    assert!(!is_replayed(&ask(&router, "POST", ADD, &[("authorization", "1")]).await));
    assert_eq!(service.coins().balance("aaron"), Ok(1_015));
}

#[tokio::test]
async fn rejection_is_repeated() {
    let (service, router) = demo();
    let path = "/account/coins/withdraw?username=aaron&amount=1001";
    let first = keyed(&router, path, "one", "").await;
    assert_eq!(first.status.as_u16(), 409);
    keyed(&router, ADD, "two", "").await;
    let again = keyed(&router, path, "one", "").await;
    assert!(is_replayed(&again));
    assert_eq!((again.status, again.text), (first.status, first.text));
    assert_eq!(service.coins().balance("aaron"), Ok(1_005));
}

#[tokio::test]
async fn other_request_with_the_same_key_is_rejected() {
    let (service, router) = demo();
    let [aaron, bryan] =
        ["aaron", "bryan"].map(|name| service.coins().id(name).expect("it is there"));
    let body = |amount: u64| {
        json!({ "events": [{ "id": "new", "debit_account_id": aaron as u64, "credit_account_id": bryan as u64,
            "amount": amount, "ledger": 1, "code": 1 }] })
        .to_string()
    };
    let first = keyed(&router, "/v1/transfers", "one", &body(7)).await;
    assert_eq!(first.body["results"][0]["status"], "created", "{}", first.text);
    // The stored response has the first id, although each request generates one.
    let again = keyed(&router, "/v1/transfers", "one", &body(7)).await;
    assert!(is_replayed(&again) && again.text == first.text);
    let headers = [("authorization", "1"), ("idempotency-key", "one"), ("if-match", "\"1\"")];
    let conditional = send(&router, "POST", "/v1/transfers", &headers, body(7)).await;
    for other in [
        conditional,
        keyed(&router, "/v1/transfers", "one", &body(8)).await,
        keyed(&router, "/v1/transfers?x=1", "one", &body(7)).await,
        keyed(&router, "/v1/accounts", "one", &body(7)).await,
        keyed(&router, ADD, "one", "").await,
    ] {
        assert_eq!(
            (other.status.as_u16(), &other.body["code"]),
            (422, &json!("idempotency_key_reused"))
        );
        assert_eq!(other.body["field"], "Idempotency-Key");
    }
    assert_eq!(service.coins().balance("aaron"), Ok(993));
}

#[tokio::test]
async fn keys_are_separate_per_user() {
    let (service, router) = demo();
    keyed(&router, ADD, "one", "").await;
    let headers = [("authorization", "2"), ("idempotency-key", "one")];
    let other = ask(&router, "POST", &ADD.replace("aaron", "bryan"), &headers).await;
    assert_eq!((other.status.as_u16(), is_replayed(&other)), (200, false));
    assert_eq!(service.coins().balance("bryan"), Ok(1_005));
    // An unknown caller gets no stored response, and stores none.
    for token in ["3", ""] {
        let headers = [("authorization", token), ("idempotency-key", "one")];
        let unknown = ask(&router, "POST", ADD, &headers).await;
        assert_eq!((unknown.status.as_u16(), is_replayed(&unknown)), (401, false));
    }
}

#[tokio::test]
async fn malformed_keys_are_rejected() {
    let (service, router) = demo();
    let before = service.coins().ledger().trail().count_entries();
    let longest = "k".repeat(255);
    for key in ["", "two words", "tab\tbed", "\u{e4}", &format!("{longest}k")] {
        let refused = keyed(&router, ADD, key, "").await;
        let found = (refused.status.as_u16(), refused.body["code"].clone());
        assert_eq!(found, (400, json!("bad_idempotency_key")), "{key:?}: {}", refused.text);
    }
    let twice = [("authorization", "1"), ("idempotency-key", "a"), ("idempotency-key", "b")];
    assert_eq!(ask(&router, "POST", ADD, &twice).await.status.as_u16(), 400);
    assert_eq!(service.coins().ledger().trail().count_entries(), before);
    assert_eq!(keyed(&router, ADD, &longest, "").await.status.as_u16(), 200);
    // Endpoints without idempotency ignore the header.
    let headers = [("authorization", "operator"), ("idempotency-key", "")];
    assert_eq!(ask(&router, "POST", "/v1/verify", &headers).await.status.as_u16(), 200);
    assert_eq!(ask(&router, "GET", "/v1/me", &headers).await.status.as_u16(), 200);
}

#[test]
fn concurrent_requests_with_one_key_execute_once() {
    const THREADS: usize = 8;
    const ROUNDS: usize = 50;
    let (service, router) = demo();
    let first = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().build();
                runtime.expect("a runtime").block_on(async {
                    for round in 0..ROUNDS {
                        let answer = keyed(&router, ADD, &format!("key-{round}"), "").await;
                        match (answer.status.as_u16(), is_replayed(&answer)) {
                            (200, false) => drop(first.fetch_add(1, Ordering::Relaxed)),
                            (200, true) | (409, false) => {}
                            other => panic!("{other:?}: {}", answer.text),
                        }
                    }
                });
            });
        }
    });
    assert_eq!(first.into_inner(), ROUNDS);
    assert_eq!(service.coins().balance("aaron"), Ok(1_000 + 5 * ROUNDS as u128));
}

#[tokio::test]
async fn server_errors_are_not_stored() {
    let ledger = LedgerConfig { trail_bytes: 2 << 20, ..LedgerConfig::default() };
    let config = ServiceConfig { sessions: 1, ledger, ..ServiceConfig::default() };
    let service = Service::open(config, Users::demo(), || 1).expect("it can be opened");
    let router = router(service);
    let mut done = 0;
    while keyed(&router, ADD, &done.to_string(), "").await.status.as_u16() == 200 {
        done += 1;
        assert!(done < 20_000, "the trail is full in the end");
    }
    for _ in 0..2 {
        let full = keyed(&router, ADD, "again", "").await;
        assert_eq!((full.status.as_u16(), is_replayed(&full)), (503, false));
    }
    // Earlier responses are still stored.
    assert!(is_replayed(&keyed(&router, ADD, &(done - 1).to_string(), "").await));
}

/// A service whose keys have a memory budget.
fn with_budget(idempotency_bytes: usize) -> (Arc<Service>, Router) {
    let config = ServiceConfig { idempotency_bytes, ..ServiceConfig::default() };
    let service = Service::open(config, Users::demo(), || 1).expect("it can be opened");
    (Arc::clone(&service), router(service))
}

#[tokio::test]
async fn key_is_stored_however_many_follow() {
    let (service, router) = demo();
    keyed(&router, ADD, "first", "").await;
    for number in 0..1_100 {
        keyed(&router, ADD, &number.to_string(), "").await;
    }
    let balance = service.coins().balance("aaron");
    assert!(is_replayed(&keyed(&router, ADD, "first", "").await));
    assert_eq!(service.coins().balance("aaron"), balance);
}

#[tokio::test]
async fn key_without_room_is_rejected_before_anything_is_done() {
    let (service, router) = with_budget(64 << 10);
    let mut done = 0;
    let full = loop {
        let answer = keyed(&router, ADD, &done.to_string(), "").await;
        if answer.status.as_u16() != 200 {
            break answer;
        }
        done += 1;
    };
    assert_eq!((full.status.as_u16(), &full.body["code"]), (429, &json!("idempotency_share_full")));
    assert_eq!(full.header("retry-after"), "86400");
    assert!(done > 20, "{done}");
    assert_eq!(service.coins().balance("aaron"), Ok(1_000 + 5 * done));
    for key in 0..done {
        assert!(is_replayed(&keyed(&router, ADD, &key.to_string(), "").await), "{key}");
    }
    // Other users have a share of their own, and requests without a key are not affected.
    let headers = [("authorization", "2"), ("idempotency-key", "0")];
    let other = ask(&router, "POST", &ADD.replace("aaron", "bryan"), &headers).await;
    assert_eq!(other.status.as_u16(), 200);
    assert_eq!(ask(&router, "POST", ADD, &[("authorization", "1")]).await.status.as_u16(), 200);
}

#[tokio::test]
async fn results_of_a_large_batch_are_replayed_from_a_small_budget() {
    let (service, router) = with_budget(2 << 20);
    let [aaron, bryan] =
        ["aaron", "bryan"].map(|name| service.coins().id(name).expect("it is there") as u64);
    let event = |number: u64| {
        json!({ "id": if number.is_multiple_of(3) { json!("new") } else { json!((u128::from(number) << 70).to_string()) },
            "debit_account_id": aaron, "credit_account_id": bryan,
            "amount": number % 2, "ledger": 1, "code": 1 })
    };
    let events: Vec<_> = (1..=8_189).map(event).collect();
    let body = json!({ "events": events }).to_string();
    for key in ["one", "two", "three", "four", "five"] {
        let first = keyed(&router, "/v1/transfers", key, &body).await;
        assert_eq!((first.status.as_u16(), is_replayed(&first)), (200, false), "{}", first.text);
        let again = keyed(&router, "/v1/transfers", key, &body).await;
        assert!(is_replayed(&again));
        assert_eq!(again.text, first.text);
    }
}
