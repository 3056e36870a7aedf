//! Tests GoLedger's calls against the table in `tests/suite/common/goledger_calls.json`, which all
//! hosts share.

use ledgerlab::host::native::NativeClock;
use ledgerlab::ledger::Clock;
use serde_json::{Value, json};

use super::client::{ask, demo, send};

const CALLS: &str = include_str!("../common/goledger_calls.json");

#[tokio::test]
async fn every_call_matches_the_table() {
    let (service, router) = demo();
    let calls: Vec<Value> = serde_json::from_str(CALLS).expect("it is JSON");
    assert!(calls.len() > 40, "{} calls", calls.len());
    for call in &calls {
        let text = |name: &str| call[name].as_str().expect("it is text");
        let headers = call["headers"].as_object().expect("an object");
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str().expect("it is text")))
            .collect();
        let answer = ask(&router, text("method"), text("path"), &headers).await;
        assert_eq!(
            u64::from(answer.status.as_u16()),
            call["status"].as_u64().expect("a number"),
            "{call}"
        );
        assert_eq!(answer.body, call["body"], "{call}");
        assert_eq!(answer.header("content-type"), "application/json");
    }
    // Whatever was rejected, the ledger equals a serial run, and money is conserved.
    assert_eq!(service.coins().held(), service.coins().issued());
    let now_ns = NativeClock.now_ns();
    service.coins().ledger().verify_with(now_ns, |_| {}).expect("serial replay agrees");
}

#[tokio::test]
async fn json_keys_are_in_goledgers_order() {
    let (_, router) = demo();
    use axum::body::Body;
    use http_body_util::BodyExt;
    use tower::ServiceExt;
    let request = axum::http::Request::get("/account/coins?username=aaron")
        .header("authorization", "1")
        .body(Body::empty())
        .expect("it is a request");
    let response = router.oneshot(request).await.expect("the router never fails");
    let bytes = response.into_body().collect().await.expect("it can be read").to_bytes();
    assert_eq!(&bytes[..], br#"{"Code":200,"Balance":1000,"Available":1000}"#);
}

#[tokio::test]
async fn health_is_public() {
    let (_, router) = demo();
    let before = ask(&router, "GET", "/system/health", &[]).await;
    assert_eq!((before.status.as_u16(), &before.body["status"]), (200, &"healthy".into()));
    for _ in 0..3 {
        let path = "/account/coins/add?username=aaron&amount=1";
        ask(&router, "POST", path, &[("authorization", "1")]).await;
    }
    let after = ask(&router, "GET", "/system/health/", &[]).await.body;
    let count = |health: &Value| health["operation_count"].as_u64().expect("a number");
    assert_eq!(count(&after), count(&before.body) + 3);
    let uptime = |health: &Value| health["uptime_seconds"].as_f64().expect("a number");
    assert!(uptime(&after) > uptime(&before.body));
    for component in ["database", "audit_log", "performance"] {
        assert_eq!(after["components"][component], true);
    }
}

#[tokio::test]
async fn misspelt_recipient_is_never_paid() {
    let (service, router) = demo();
    // Each name is mentioned once, then an operator creates accounts at the ids after the users'.
    let names = ["ghost", "bryan%20", "@world", "", "Bryan", "65541", "stranger"];
    let path = |to| format!("/account/coins/transfer?username=aaron&from=aaron&to={to}&amount=7");
    for to in names {
        ask(&router, "POST", &path(to), &[("authorization", "1")]).await;
    }
    let operator = [("authorization", "operator")];
    let account = |id| json!({ "id": id, "ledger": 1, "code": 10 });
    let create = async |ids: Vec<u32>| {
        let events: Vec<_> = ids.into_iter().map(account).collect();
        let body = json!({ "events": events }).to_string();
        send(&router, "POST", "/v1/accounts", &operator, body).await
    };
    assert_eq!(create((65_540..65_560).collect()).await.status.as_u16(), 200);
    for id in [32_768, 32_769] {
        let answer = create(vec![1_000, id]).await;
        assert_eq!((answer.status.as_u16(), &answer.body["code"]), (422, &json!("id_reserved")));
    }
    for to in names {
        let answer = ask(&router, "POST", &path(to), &[("authorization", "1")]).await;
        assert_eq!(answer.status.as_u16(), 404, "{to:?}: {}", answer.text);
    }
    assert_eq!(service.coins().balance("aaron"), Ok(1_000));
}

/// The largest whole number that JavaScript reads exactly from JSON.
const EXACT_MAX: u64 = (1 << 53) - 1;

#[tokio::test]
async fn coins_that_json_would_round_are_refused_and_exact_in_v1() {
    let (service, router) = demo();
    let aaron = service.coins().id("aaron").expect("he has an account");
    // Amounts above the limit of these calls come by `/v1/transfers` from an account without limits.
    let give = async |id: &str, amount: u128| {
        let account = json!({ "events": [{ "id": 1_000_000, "ledger": 1, "code": 10 }] });
        let operator = [("authorization", "operator")];
        send(&router, "POST", "/v1/accounts", &operator, account.to_string()).await;
        let event = json!({ "id": id, "debit_account_id": 1_000_000, "credit_account_id": aaron.to_string(),
            "amount": amount.to_string(), "ledger": 1, "code": 1 });
        let events = json!({ "events": [event] }).to_string();
        let answer = send(&router, "POST", "/v1/transfers", &operator, events).await;
        assert_eq!(answer.body["results"][0]["status"], "created", "{}", answer.text);
    };
    let call = async |user: &str, token: &str, method: &str, path: &str| {
        let path = format!("/account/coins{path}username={user}");
        ask(&router, method, &path, &[("authorization", token)]).await
    };
    let refused = async |user: &str, token: &str, method: &str, path: &str| {
        let before = service.coins().balance("aaron");
        let answer = call(user, token, method, path).await;
        assert_eq!(answer.status.as_u16(), 409, "{path}: {}", answer.text);
        let message = answer.body["Message"].as_str().expect("it is text");
        assert!(message.starts_with("coins_not_exact_in_json: "), "{path}: {message}");
        assert!(message.contains(&format!("GET /v1/accounts/{aaron}")), "{path}: {message}");
        assert_eq!(service.coins().balance("aaron"), before, "{path} changed nothing");
    };

    give("1", u128::from(EXACT_MAX) - 1_000).await;
    let told = call("aaron", "1", "GET", "?").await.body;
    assert_eq!((&told["Balance"], &told["Available"]), (&json!(EXACT_MAX), &json!(EXACT_MAX)));
    refused("aaron", "1", "POST", "/add?amount=1&").await;
    refused("bryan", "2", "POST", "/transfer?amount=1&from=bryan&to=aaron&").await;
    let moved = call("aaron", "1", "POST", "/transfer?amount=1&from=aaron&to=bryan&").await.body;
    assert_eq!(moved["FromBalance"], EXACT_MAX - 1);

    for (id, amount) in [("2", 3), ("3", 1 << 64)] {
        give(id, amount).await;
        refused("aaron", "1", "GET", "?").await;
        refused("aaron", "1", "POST", "/transfer?amount=1&from=aaron&to=bryan&").await;
    }
    refused("aaron", "1", "POST", "/withdraw?amount=1&").await;
    let coins = (1_u128 << 64) + u128::from(EXACT_MAX) + 2;
    assert_eq!(service.coins().balance("aaron"), Ok(coins), "it is not cut off at 2^63 - 1");
    let path = format!("/v1/accounts/{aaron}");
    let account = ask(&router, "GET", &path, &[("authorization", "1")]).await.body;
    assert_eq!(account["credits_posted"], (coins + 1).to_string());
    assert_eq!(account["debits_posted"], "1");
}

#[tokio::test]
async fn available_coins_exclude_pending_transfers() {
    let (service, router) = demo();
    let id = |name| service.coins().id(name).expect("there is an account").to_string();
    let token = [("authorization", "1")];
    let event = json!({ "id": 7, "debit_account_id": id("aaron"), "credit_account_id": id("bryan"), "amount": 600,
        "ledger": 1, "code": 1, "flags": ["pending"] });
    let events = json!({ "events": [event] }).to_string();
    let held = send(&router, "POST", "/v1/transfers", &token, events).await;
    assert_eq!(held.body["results"][0]["status"], "created", "{}", held.text);
    let told = ask(&router, "GET", "/account/coins?username=aaron", &token).await.body;
    assert_eq!(told, json!({ "Code": 200, "Balance": 1_000, "Available": 400 }));
    let withdraw = async |amount: u32| {
        let path = format!("/account/coins/withdraw?username=aaron&amount={amount}");
        ask(&router, "POST", &path, &token).await
    };
    assert_eq!(withdraw(401).await.status.as_u16(), 409);
    let rest = withdraw(400).await.body;
    assert_eq!((&rest["Balance"], &rest["Available"]), (&json!(600), &json!(0)));
}
