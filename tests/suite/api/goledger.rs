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
    assert_eq!(&bytes[..], br#"{"Code":200,"Balance":1000}"#);
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
