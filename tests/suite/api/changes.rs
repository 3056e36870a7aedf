//! `/v1/changes`: every transfer once, in order, however many write.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::client::{Answer, ask, demo, send};

const OPERATOR: (&str, &str) = ("authorization", "operator");

async fn feed(router: &Router, query: &str) -> Answer {
    ask(router, "GET", &format!("/v1/changes{query}"), &[OPERATOR]).await
}

fn lines(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let line = |line: &str| serde_json::from_str(line).expect("a line is JSON");
    answer.text.lines().map(line).collect()
}

fn timestamps(lines: &[Value]) -> Vec<u64> {
    let timestamp = |line: &Value| line["timestamp"].as_str().expect("digits").parse();
    lines.iter().map(|line| timestamp(line).expect("a number")).collect()
}

async fn transfer(router: &Router, token: &str, from: &str, to: &str) {
    let path = format!("/account/coins/transfer?username={from}&from={from}&to={to}&amount=1");
    let answer = ask(router, "POST", &path, &[("authorization", token)]).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
}

#[tokio::test]
async fn feed_is_continued_from_any_timestamp() {
    let (_, router) = demo();
    for _ in 0..4 {
        transfer(&router, "1", "aaron", "bryan").await;
    }
    let all = lines(&feed(&router, "").await);
    // Two of them are the first deposits.
    assert_eq!(all.len(), 6);
    let times = timestamps(&all);
    assert!(times.is_sorted_by(|a, b| a < b), "{times:?}");
    let rest = lines(&feed(&router, &format!("?after={}", times[2])).await);
    assert_eq!(rest, all[3..]);
    assert_eq!(lines(&feed(&router, "?limit=2").await), all[..2]);
    assert_eq!(lines(&feed(&router, "?limit=0").await), [] as [Value; 0]);
    assert_eq!(feed(&router, &format!("?after={}", times[5])).await.text, "");
    transfer(&router, "2", "bryan", "aaron").await;
    assert_eq!(lines(&feed(&router, &format!("?after={}", times[5])).await).len(), 1);
}

#[tokio::test]
async fn feed_refuses_users_and_invalid_parameters() {
    let (_, router) = demo();
    let refused = ask(&router, "GET", "/v1/changes", &[("authorization", "1")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    for (query, field) in [
        ("?after=x", "after"),
        ("?after=-1", "after"),
        ("?after=9223372036854775808", "after"),
        ("?limit=", "limit"),
        ("?from=1", "from"),
    ] {
        let refused = feed(&router, query).await;
        assert!(refused.status.is_client_error(), "{query}: {refused:?}");
        assert_eq!(refused.body["field"], field, "{query}");
    }
}

/// Returns the next event that is not a comment.
async fn next_event(body: &mut Body, rest: &mut String) -> Vec<(String, String)> {
    loop {
        if let Some((event, later)) = rest.split_once("\n\n") {
            let pairs = event.lines().filter_map(|line| line.split_once(": "));
            let event: Vec<_> =
                pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            *rest = later.to_owned();
            if event.iter().any(|(name, _)| name == "data") {
                return event;
            }
            continue;
        }
        let frame = tokio::time::timeout(Duration::from_secs(20), body.frame()).await;
        let frame = frame.expect("an event comes").expect("the feed goes on").expect("it is read");
        *rest += std::str::from_utf8(frame.data_ref().expect("it is data")).expect("it is UTF-8");
    }
}

#[tokio::test]
async fn events_wait_for_new_transfers_and_resume() {
    let (_, router) = demo();
    let open = async |last: Option<&str>| {
        let mut request = Request::get("/v1/changes")
            .header(OPERATOR.0, OPERATOR.1)
            .header("accept", "text/event-stream");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let request = request.body(Body::empty()).expect("it is a request");
        let response = router.clone().oneshot(request).await.expect("the router never fails");
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        response.into_body()
    };
    let (mut body, mut rest) = (open(None).await, String::new());
    let first = next_event(&mut body, &mut rest).await;
    next_event(&mut body, &mut rest).await;
    // There is none now, and the feed waits.
    let waiting =
        tokio::time::timeout(Duration::from_millis(300), next_event(&mut body, &mut rest));
    assert!(waiting.await.is_err(), "there are two transfers");
    transfer(&router, "1", "aaron", "bryan").await;
    let third = next_event(&mut body, &mut rest).await;
    let value = |event: &[(String, String)], name: &str| {
        event.iter().find(|(found, _)| found == name).expect("it is there").1.clone()
    };
    assert_eq!(value(&third, "event"), "transfer");
    let data: Value = serde_json::from_str(&value(&third, "data")).expect("it is JSON");
    assert_eq!((&data["amount"], &data["timestamp"]), (&json!("1"), &json!(value(&third, "id"))));
    drop(body);
    let (mut body, mut rest) = (open(Some(&value(&first, "id"))).await, String::new());
    next_event(&mut body, &mut rest).await;
    assert_eq!(next_event(&mut body, &mut rest).await, third);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn feed_misses_nothing_while_many_write() {
    const WRITERS: usize = 3;
    const BATCHES: usize = 150;
    let (_, router) = demo();
    let headers = [OPERATOR, ("content-type", "application/json")];
    let accounts: Vec<Value> = (1..=2 * WRITERS)
        .map(|number| json!({"id": 1000 + number, "ledger": 7, "code": 1}))
        .collect();
    let created =
        send(&router, "POST", "/v1/accounts", &headers, json!({"events": accounts}).to_string());
    assert_eq!(created.await.status, StatusCode::OK);
    let is_done = std::sync::Arc::new(AtomicBool::new(false));
    let reader = {
        let (router, is_done) = (router.clone(), std::sync::Arc::clone(&is_done));
        tokio::spawn(async move {
            let (mut seen, mut after) = (Vec::new(), 0);
            loop {
                let was_done = is_done.load(Ordering::Acquire);
                let page = lines(&feed(&router, &format!("?after={after}")).await);
                let times = timestamps(&page);
                seen.extend(page.iter().map(|line| line["id"].clone()));
                match times.last() {
                    Some(last) => after = *last,
                    None if was_done => return seen,
                    None => tokio::task::yield_now().await,
                }
            }
        })
    };
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let router = router.clone();
            tokio::spawn(async move {
                // Accounts of its own, so that no timestamp depends on another writer's.
                let (from, to) = (1001 + 2 * writer, 1002 + 2 * writer);
                let event = json!({"id": "new", "debit_account_id": from, "credit_account_id": to, "amount": 1, "ledger": 7, "code": 1});
                let batch = json!({"events": vec![event; 20]}).to_string();
                for _ in 0..BATCHES {
                    let headers = [OPERATOR, ("content-type", "application/json")];
                    let answer = send(&router, "POST", "/v1/transfers", &headers, batch.clone()).await;
                    assert_eq!(answer.status, StatusCode::OK);
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.expect("a writer ends");
    }
    is_done.store(true, Ordering::Release);
    let seen = reader.await.expect("the reader ends");
    assert_eq!(seen.len(), 2 + WRITERS * BATCHES * 20, "each is delivered once");
}

#[tokio::test]
async fn feed_ends_with_its_user_and_a_user_has_few() {
    let (service, router) = demo();
    let open = async || {
        let request = Request::get("/v1/changes")
            .header("authorization", "auditor")
            .header("accept", "text/event-stream")
            .body(Body::empty())
            .expect("it is a request");
        router.clone().oneshot(request).await.expect("the router never fails")
    };
    let mut feeds = Vec::new();
    for _ in 0..16 {
        let response = open().await;
        assert_eq!(response.status(), StatusCode::OK);
        feeds.push(response.into_body());
    }
    let refused = open().await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    feeds.truncate(1);
    assert_eq!(open().await.status(), StatusCode::OK, "closed feeds do not count");
    service.remove_user("auditor").expect("the demo has one");
    transfer(&router, "1", "aaron", "bryan").await;
    let rest = tokio::time::timeout(Duration::from_secs(20), feeds.remove(0).collect()).await;
    let rest = rest.expect("the feed ends").expect("it is read").to_bytes();
    let text = std::str::from_utf8(&rest).expect("it is UTF-8");
    assert_eq!(text.matches("event: transfer").count(), 2, "nothing after the removal: {text}");
}
