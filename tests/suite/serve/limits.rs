//! Limits on size, number and time.

use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant};

use super::client::{Connection, Server, wait_for};

/// The maximum size of a body.
const BODY_BYTES_MAX: usize = 8 << 20;

/// Returns a connection with a request whose body does not arrive, after the server began to wait
/// for it.
fn waiting(server: &Server) -> Connection {
    let mut connection = server.connect();
    let head = "POST /v1/accounts HTTP/1.1\r\nhost: ledger\r\nauthorization: operator\r\ncontent-length: 9\r\n\
        expect: 100-continue\r\n\r\n";
    connection.send(head).expect("the head is taken");
    assert_eq!(connection.line(), "HTTP/1.1 100 Continue");
    assert_eq!(connection.line(), "");
    connection
}

#[test]
fn slow_headers_time_out() {
    let server = Server::demo(&["--header-timeout-s", "1"]);
    let mut slow = server.connect();
    slow.send("GET /system/health HTTP/1.1\r\nhost: ledger\r\nx-slow: ").expect("they are taken");
    let wait = Duration::from_millis(50);
    slow.0.get_mut().set_read_timeout(Some(wait)).expect("it can be set");
    let began = Instant::now();
    wait_for("the end of a slow connection", || {
        if slow.send("a").is_err() {
            return Some(());
        }
        match slow.0.read(&mut [0; 64]) {
            Ok(0) => Some(()),
            Ok(_) => None,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                None
            }
            Err(_) => Some(()),
        }
    });
    // Without the option a connection would time out after 10 s; without any limit of ours, after
    // 30 s.
    assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
    assert_eq!(server.ask("GET", "/system/health", &[]).status, 200);
}

#[test]
fn connection_limit_rejects_and_recovers() {
    let server = Server::demo(&["--connections", "2"]);
    let mut first = server.connect();
    let mut second = server.connect();
    // A connection without a token would make way.
    for (connection, token) in [(&mut first, "1"), (&mut second, "2")] {
        let token = [("authorization", token)];
        assert_eq!(connection.ask("GET", "/v1/me", &token, b"").status, 200);
    }
    let third = server.ask("GET", "/system/health", &[]);
    third.must_be_problem(503, "too_many_connections");
    assert_eq!((third.header("retry-after"), third.header("connection")), ("1", "close"));
    drop(first);
    wait_for("a free place", || {
        (server.ask("GET", "/system/health", &[]).status == 200).then_some(())
    });
    assert_eq!(second.ask("GET", "/system/health", &[], b"").status, 200, "it was never closed");
}

#[test]
fn request_limit_rejects() {
    let server = Server::demo(&["--requests", "1"]);
    let busy = waiting(&server);
    let refused = server.ask("GET", "/openapi.json", &[]);
    refused.must_be_problem(503, "too_many_requests_at_once");
    assert_eq!(refused.header("retry-after"), "1");
    refused.must_be_guarded();
    // Health and metrics are not behind the limit.
    for path in ["/system/health", "/system/health/", "/metrics"] {
        assert_eq!(server.ask("GET", path, &[]).status, 200, "{path}");
    }
    drop(busy);
    wait_for("the request to be given up", || {
        (server.ask("GET", "/openapi.json", &[]).status == 200).then_some(())
    });
}

#[test]
fn last_sixteenth_of_the_requests_is_for_operators() {
    // Users who let their bodies arrive slowly kept operators out, who could not even remove them.
    let server = Server::demo(&["--requests", "16", "--requests-per-user", "16"]);
    let ask = |token: &str| server.ask("GET", "/v1/me", &[("authorization", token)]);
    let busy: Vec<_> = (0..15)
        .map(|_| {
            let mut connection = server.connect();
            let head = "POST /v1/transfers HTTP/1.1\r\nhost: ledger\r\nauthorization: 1\r\n\
                content-length: 9\r\nexpect: 100-continue\r\n\r\n";
            connection.send(head).expect("the head is taken");
            assert_eq!(connection.line(), "HTTP/1.1 100 Continue");
            connection
        })
        .collect();
    ask("2").must_be_problem(503, "too_many_requests_at_once");
    ask("auditor").must_be_problem(503, "too_many_requests_at_once");
    assert_eq!(ask("operator").status, 200);
    drop(busy);
    wait_for("the requests to be given up", || (ask("2").status == 200).then_some(()));
}

#[test]
fn slow_request_gets_408() {
    let server = Server::demo(&["--request-timeout-s", "1"]);
    let late = waiting(&server).answer_to("POST");
    late.must_be_problem(408, "request_timeout");
    late.must_be_guarded();
    assert!(late.text().contains("1 s"), "{}", late.text());
}

#[test]
fn oversized_headers_are_rejected() {
    let server = Server::demo(&[]);
    let long = "a".repeat(17_000);
    for head in [
        format!("GET /system/health HTTP/1.1\r\nhost: ledger\r\nx-long: {long}\r\n\r\n"),
        format!("GET /{long} HTTP/1.1\r\nhost: ledger\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nhost: ledger\r\n{}\r\n", "a: b\r\n".repeat(200)),
    ] {
        let mut connection = server.connect();
        let _ = connection.send(head);
        let line = connection.line();
        assert_eq!(line, "HTTP/1.1 431 Request Header Fields Too Large");
    }
}

#[test]
fn oversized_body_is_rejected_early_and_while_streaming() {
    let server = Server::demo(&[]);
    let head = "POST /v1/transfers HTTP/1.1\r\nhost: ledger\r\nauthorization: operator\r\n";
    let mut connection = server.connect();
    let announced = format!("{head}content-length: {}\r\n\r\n", BODY_BYTES_MAX + 1);
    connection.send(announced).expect("the head is taken");
    let refused = connection.answer_to("POST");
    refused.must_be_problem(413, "body_too_large");
    refused.must_be_guarded();
    assert!(refused.text().contains("at most 8388608 bytes"), "{}", refused.text());

    let mut connection = server.connect();
    connection.send(format!("{head}transfer-encoding: chunked\r\n\r\n")).expect("it is taken");
    let chunk = [b"100000\r\n", &vec![b' '; 1 << 20][..], b"\r\n"].concat();
    for _ in 0..9 {
        // The server may have closed it by then.
        if connection.send(&chunk).is_err() {
            break;
        }
    }
    connection.answer_to("POST").must_be_problem(413, "body_too_large");
}
