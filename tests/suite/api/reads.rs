//! Long reads: their limits, their cancellation, and what they do not stop.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use ledgerlab::api::{ReadHost, ReadTask, Service};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tower::ServiceExt;

use super::client::{Answer, ask, demo, send};

const QUERY: &str = "/v1/accounts/transfers";
const USERS: [&str; 4] = ["1", "2", "auditor", "operator"];

/// A host whose threads do nothing until they are told to.
#[derive(Clone)]
struct Blocked {
    reads_max: usize,
    tasks: Arc<Mutex<Vec<ReadTask>>>,
}

impl ReadHost for Blocked {
    fn reads_max(&self) -> usize {
        self.reads_max
    }

    fn execute(&self, _user: &str, task: ReadTask) {
        self.tasks.lock().expect("no test panics with it").push(task);
    }
}

impl Blocked {
    fn waiting(&self) -> usize {
        self.tasks.lock().expect("no test panics with it").len()
    }

    /// Executes what waits, and what that adds.
    fn run(&self) {
        loop {
            let tasks = std::mem::take(&mut *self.tasks.lock().expect("no test panics with it"));
            if tasks.is_empty() {
                return;
            }
            tasks.into_iter().for_each(|task| task());
        }
    }

    /// Waits until this many tasks wait.
    async fn until_waiting(&self, count: usize) {
        while self.waiting() < count {
            tokio::task::yield_now().await;
        }
    }
}

fn blocked() -> (Arc<Service>, Router, Blocked) {
    blocked_with(4)
}

fn blocked_with(reads_max: usize) -> (Arc<Service>, Router, Blocked) {
    let (service, router) = demo();
    let host = Blocked { reads_max, tasks: Arc::default() };
    service.set_read_host(Box::new(host.clone()));
    (service, router, host)
}

fn query_of(service: &Service, token: &str) -> String {
    let name = if token == "1" { "aaron" } else { "bryan" };
    let id = service.coins().id(name).expect("the user has an account");
    format!(r#"{{"filter":{{"account_id":"{id}","limit":1,"flags":["debits","reversed"]}}}}"#)
}

async fn query(service: &Service, router: &Router, token: &str) -> Answer {
    send(router, "POST", QUERY, &[("authorization", token)], query_of(service, token)).await
}

/// Starts a query of each user. None of them ends before the host runs.
async fn start_all(
    service: &Arc<Service>,
    router: &Router,
    host: &Blocked,
) -> Vec<tokio::task::JoinHandle<Answer>> {
    let mut started = Vec::new();
    for token in USERS {
        let (service, router) = (Arc::clone(service), router.clone());
        started.push(tokio::spawn(async move { query(&service, &router, token).await }));
        host.until_waiting(started.len()).await;
    }
    started
}

fn must_be_refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
    assert_eq!((answer.body["code"].as_str(), answer.header("retry-after")), (Some(code), "1"));
}

#[tokio::test]
async fn reads_beyond_the_limits_are_refused() {
    let (service, router, host) = blocked();
    let first = {
        let (service, router) = (Arc::clone(&service), router.clone());
        tokio::spawn(async move { query(&service, &router, "1").await })
    };
    host.until_waiting(1).await;
    let second = query(&service, &router, "1").await;
    must_be_refused(&second, 429, "too_many_reads_of_user");
    host.run();
    assert_eq!(first.await.expect("it does not panic").status, 200);

    let started = start_all(&service, &router, &host).await;
    let next = query(&service, &router, "1").await;
    must_be_refused(&next, 503, "too_many_reads");
    assert!(next.text.contains("limit of 4 long reads"), "{}", next.text);
    host.run();
    for answer in started {
        assert_eq!(answer.await.expect("it does not panic").status, 200);
    }
}

#[tokio::test]
async fn last_sixteenth_of_the_reads_is_for_operators() {
    // Four users with a quarter each kept operators from reading anything.
    let (service, router, host) = blocked_with(16);
    let new = json!({ "name": "carla", "role": "auditor" }).to_string();
    let added = send(&router, "POST", "/v1/users", &[("authorization", "operator")], new).await;
    let carla = added.body["token"].as_str().expect("a token").to_owned();
    let start = |token: &str| {
        let (service, router, token) = (Arc::clone(&service), router.clone(), token.to_owned());
        tokio::spawn(async move { query(&service, &router, &token).await })
    };
    let mut started = Vec::new();
    for token in ["1", "2", "auditor", &carla] {
        for _ in 0..if token == carla { 3 } else { 4 } {
            started.push(start(token));
            host.until_waiting(started.len()).await;
        }
    }
    let refused = tokio::select! {
        refused = query(&service, &router, &carla) => refused,
        () = host.until_waiting(16) => panic!("the last one is for an operator"),
    };
    must_be_refused(&refused, 503, "too_many_reads");
    started.push(start("operator"));
    host.until_waiting(16).await;
    host.run();
    for answer in started {
        assert_eq!(answer.await.expect("it does not panic").status, 200);
    }
}

#[tokio::test]
async fn history_is_a_long_read() {
    let (_, router, host) = blocked();
    let history = async || {
        let path = "/account/coins/history?username=aaron";
        ask(&router, "GET", path, &[("authorization", "1")]).await
    };
    let (first, second) = tokio::join!(history(), async {
        host.until_waiting(1).await;
        let second = history().await;
        host.run();
        second
    });
    assert_eq!(first.status, 200, "{}", first.text);
    assert_eq!((second.status.as_u16(), second.header("retry-after")), (429, "1"));
}

#[tokio::test]
async fn blocked_reads_stop_neither_health_nor_payments() {
    let (service, router, host) = blocked();
    let started = start_all(&service, &router, &host).await;
    for path in ["/system/health", "/metrics"] {
        assert_eq!(ask(&router, "GET", path, &[]).await.status, 200, "{path}");
    }
    let aaron = [("authorization", "1")];
    let balance = ask(&router, "GET", "/account/coins?username=aaron", &aaron).await;
    assert_eq!(balance.status, 200);
    let paid = "/account/coins/transfer?username=aaron&from=aaron&to=bryan&amount=1";
    assert_eq!(ask(&router, "POST", paid, &aaron).await.status, 200);
    assert_eq!(host.waiting(), started.len(), "no query has run");
    host.run();
}

#[tokio::test]
async fn abandoned_read_does_not_run_and_frees_its_place() {
    let (service, router, host) = blocked();
    let started = start_all(&service, &router, &host).await;
    for query in &started {
        query.abort();
    }
    for query in started {
        assert!(query.await.is_err_and(|error| error.is_cancelled()));
    }
    let entries = service.coins().ledger().trail().entries();
    host.run();
    assert_eq!(service.coins().ledger().trail().entries(), entries);
    let started = start_all(&service, &router, &host).await;
    host.run();
    for answer in started {
        assert_eq!(answer.await.expect("it does not panic").status, 200);
    }
}

#[tokio::test]
async fn gone_client_cancels_its_read() {
    let (service, router, host) = blocked();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it has an address");
    let mut client = tokio::net::TcpStream::connect(address).await.expect("it listens");
    let (stream, _) = listener.accept().await.expect("a client connects");
    let served = TowerToHyperService::new(router.clone());
    let connection = hyper::server::conn::http1::Builder::new();
    let connection = tokio::spawn(connection.serve_connection(TokioIo::new(stream), served));
    let body = query_of(&service, "1");
    let head = format!(
        "POST {QUERY} HTTP/1.1\r\nhost: ledger\r\nauthorization: 1\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    client.write_all((head + &body).as_bytes()).await.expect("it is taken");
    host.until_waiting(1).await;
    drop(client);
    let _ = connection.await.expect("it does not panic");
    must_be_refused(&query(&service, &router, "1").await, 429, "too_many_reads_of_user");
    // The task finds that it was cancelled, and gives its place back.
    host.run();
    let (again, ()) = tokio::join!(query(&service, &router, "1"), async {
        host.until_waiting(1).await;
        host.run();
    });
    assert_eq!(again.status, 200);
}

#[tokio::test]
async fn one_read_of_the_whole_ledger_at_a_time() {
    let (_, router, host) = blocked();
    let auditor = [("authorization", "auditor")];
    let first = {
        let router = router.clone();
        tokio::spawn(async move { ask(&router, "POST", "/v1/verify", &auditor).await })
    };
    host.until_waiting(1).await;
    for (method, path) in [("POST", "/v1/verify"), ("GET", "/v1/snapshot")] {
        let second = ask(&router, method, path, &[("authorization", "operator")]).await;
        must_be_refused(&second, 503, "whole_read_in_progress");
    }
    host.run();
    let verified = first.await.expect("it does not panic");
    assert_eq!((verified.status.as_u16(), &verified.body["identical"]), (200, &true.into()));
}

#[tokio::test]
async fn export_and_snapshot_read_a_page_at_a_time() {
    let (service, router, host) = blocked();
    let operator = [("authorization", "operator"), ("content-type", "application/json")];
    let event = |_| r#"{"id":"new","ledger":1,"code":1}"#;
    let events: Vec<_> = (0..8_189).map(event).collect();
    let body = format!(r#"{{"events":[{}]}}"#, events.join(","));
    for _ in 0..2 {
        let created = send(&router, "POST", "/v1/accounts", &operator, body.clone()).await;
        assert_eq!(created.status, 200);
    }
    for (path, pages) in [("/v1/trail", 3), ("/v1/snapshot", 3)] {
        let request = Request::get(path).header("authorization", "operator");
        let request = request.body(Body::empty()).expect("it is a request");
        let (response, ()) = tokio::join!(router.clone().oneshot(request), async {
            host.until_waiting(1).await;
            assert_eq!(host.waiting(), 1);
            host.run();
        });
        let mut body = response.expect("the router never fails").into_body().into_data_stream();
        let mut text = Vec::new();
        let mut read = 0;
        loop {
            let next = std::future::poll_fn(|context| {
                futures_core::Stream::poll_next(std::pin::Pin::new(&mut body), context)
            });
            let (page, ()) = tokio::join!(next, async {
                tokio::task::yield_now().await;
                host.run();
            });
            let Some(page) = page else { break };
            text.extend_from_slice(&page.expect("it is not interrupted"));
            read += 1;
        }
        assert_eq!(read, pages, "{path}");
        let accounts = service.coins().ledger().accounts().count();
        if path == "/v1/snapshot" {
            let snapshot: serde_json::Value = serde_json::from_slice(&text).expect("it is JSON");
            assert_eq!(snapshot["accounts"].as_array().map(Vec::len), Some(accounts));
        } else {
            let lines = text.split(|byte| *byte == b'\n').count() - 1;
            assert_eq!(lines as u64, service.coins().ledger().trail().entries());
        }
    }
}

#[tokio::test]
async fn metrics_leave_a_long_trail_to_the_host() {
    let (service, router, _) = blocked();
    let operator = [("authorization", "operator"), ("content-type", "application/json")];
    let event =
        r#"{"id":"new","debit_account_id":7,"credit_account_id":8,"amount":1,"ledger":1,"code":1}"#;
    let body = format!(r#"{{"events":[{}]}}"#, [event; 8_189].join(","));
    assert_eq!(send(&router, "POST", "/v1/transfers", &operator, body).await.status, 200);
    let line = r#"attempts_total{kind="transfer",status="debit_account_not_found"} "#;
    let counted = async || {
        let text = ask(&router, "GET", "/metrics", &[]).await.text;
        let count = text.lines().find_map(|found| found.split(line).nth(1)?.parse::<u64>().ok());
        count.expect("it is a number")
    };
    assert!(counted().await < 8_189, "one request counts a part");
    service.count_attempts();
    assert_eq!(counted().await, 8_189);
}
