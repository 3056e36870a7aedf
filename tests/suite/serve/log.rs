//! A log that nothing reads does not stop the server.

use std::io::{Read, pipe};

use super::client::Server;

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
