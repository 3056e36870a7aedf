//! Graceful shutdown.

use super::client::{Server, wait_for};

const OPERATOR: &str = "authorization: Bearer operator\r\n";
const ACCOUNT: &[u8] = br#"{"events":[{"id":77,"ledger":1,"code":1}]}"#;

#[test]
fn shutdown_finishes_requests_and_rejects_new_ones() {
    let mut server = Server::demo(&[]);
    let mut idle = server.connect();
    assert_eq!(idle.ask("GET", "/system/health", &[], b"").status, 200);
    let mut busy = server.connect();
    let length = ACCOUNT.len();
    let head = format!(
        "POST /v1/accounts HTTP/1.1\r\nhost: ledger\r\n{OPERATOR}content-length: {length}\r\nexpect: 100-continue\r\n\r\n"
    );
    busy.send(head).expect("the head is taken");
    // The server sends this when it waits for the body: the request is in flight.
    assert_eq!(busy.line(), "HTTP/1.1 100 Continue");
    assert_eq!(busy.line(), "");
    let (half, rest) = ACCOUNT.split_at(length / 2);
    busy.send(half).expect("half of the body is taken");
    server.terminate();
    wait_for("the door to close", || server.try_connect().err());
    idle.must_be_closed();
    busy.send(rest).expect("the rest of the body is taken");
    let answer = busy.answer_to("POST");
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["results"][0]["status"], "created");
    busy.must_be_closed();
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn shutdown_is_immediate_when_idle_and_bounded_when_busy() {
    let mut server = Server::demo(&[]);
    server.terminate();
    assert_eq!(server.wait().code(), Some(0));
    let mut server = Server::demo(&["--ending-timeout-s", "1"]);
    let mut busy = server.connect();
    busy.send(format!(
        "POST /v1/accounts HTTP/1.1\r\nhost: ledger\r\n{OPERATOR}content-length: 9\r\nexpect: 100-continue\r\n\r\n"
    ))
    .expect("the head is taken");
    assert_eq!(busy.line(), "HTTP/1.1 100 Continue");
    server.terminate();
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn open_change_feed_does_not_delay_shutdown() {
    let mut server = Server::demo(&["--ending-timeout-s", "3600"]);
    let mut feed = server.connect();
    feed.send(format!(
        "GET /v1/changes HTTP/1.1\r\nhost: ledger\r\n{OPERATOR}accept: text/event-stream\r\n\r\n"
    ))
    .expect("the request is taken");
    assert_eq!(feed.line(), "HTTP/1.1 200 OK");
    server.terminate();
    assert_eq!(server.wait().code(), Some(0));
}
