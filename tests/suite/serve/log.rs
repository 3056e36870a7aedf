//! A log that nothing reads does not stop the server.

use std::io::{Read, pipe};

use super::client::{Server, wait_for};

/// More requests than a pipe has room for their lines.
const REQUESTS: usize = 2_000;

fn ask_many(server: &Server) {
    let mut connection = server.connect();
    for number in 0..REQUESTS {
        let answer =
            connection.ask("GET", "/account/coins?username=aaron", &[("authorization", "1")], b"");
        assert_eq!(answer.status, 200, "request {number}");
    }
}

#[test]
fn stalled_log_blocks_no_request() {
    let (mut reader, writer) = pipe().expect("a pipe");
    let mut server = Server::start_logging_to(writer, &["--demo", "--log-level", "debug"]);
    ask_many(&server);
    server.terminate();
    assert!(server.wait().success());
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("the log is text");
    assert!(text.contains("request"), "{text}");
    assert!(!text.contains('\u{1b}'), "a pipe gets no colours");
}

#[test]
fn closed_log_stops_no_request() {
    let (reader, writer) = pipe().expect("a pipe");
    drop(reader);
    let mut server = Server::start_logging_to(writer, &["--demo", "--log-level", "debug"]);
    ask_many(&server);
    server.terminate();
    assert!(server.wait().success());
}

#[test]
fn dropped_log_lines_are_a_metric() {
    let (_reader, writer) = pipe().expect("a pipe");
    let server = Server::start_logging_to(writer, &["--demo", "--log-level", "debug"]);
    let mut connection = server.connect();
    wait_for("a dropped line", || {
        for _ in 0..500 {
            connection.ask("GET", "/v1/me", &[("authorization", "1")], b"");
        }
        let metrics = connection.ask("GET", "/metrics", &[("authorization", "1")], b"");
        let name = "ledgerlab_log_lines_dropped_total ";
        let dropped = metrics.text().lines().find_map(|line| line.strip_prefix(name));
        (dropped.expect("it is a metric") != "0").then_some(())
    });
}

#[test]
fn refusals_are_logged_with_caller_and_client_but_not_each() {
    let (mut reader, writer) = pipe().expect("a pipe");
    let options = ["--demo", "--trusted-proxy", "127.0.0.1", "--unauthenticated-per-second", "0"];
    let mut server = Server::start_logging_to(writer, &options);
    let mut connection = server.connect();
    let client = ("x-forwarded-for", "192.0.2.1");
    for _ in 0..REQUESTS {
        let unknown = connection.ask("GET", "/v1/me", &[client], b"");
        assert_eq!(unknown.status, 401);
        let forbidden =
            connection.ask("GET", "/v1/snapshot", &[client, ("authorization", "1")], b"");
        assert_eq!(forbidden.status, 403);
    }
    server.terminate();
    assert!(server.wait().success());
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("the log is text");
    let refusals: Vec<&str> = text.lines().filter(|line| line.contains("refused")).collect();
    assert!(refusals.len() < 20, "{} lines", refusals.len());
    for parts in [["401", "\"\""], ["403", "aaron"]] {
        let lines = refusals.iter().filter(|line| parts.iter().all(|part| line.contains(part)));
        let lines: Vec<_> = lines.filter(|line| line.contains("192.0.2.1")).collect();
        let counted = lines.iter().map(|line| {
            let count = line.split("count=").nth(1);
            let count = count.and_then(|rest| rest.split(' ').next()?.parse::<usize>().ok());
            count.unwrap_or(1)
        });
        assert_eq!(counted.sum::<usize>(), REQUESTS, "{parts:?}: {text}");
    }
}
