//! The memory budget of bodies and responses.

#[cfg(target_os = "linux")]
use std::io::Read;

use super::client::{Connection, Server, wait_for};

/// Announces a body of the maximum size, and waits until the server begins to read it, or refuses it.
fn begin(server: &Server, token: &str) -> (Connection, String) {
    let mut connection = server.connect();
    let head = format!(
        "POST /v1/accounts/transfers HTTP/1.1\r\nhost: ledger\r\nauthorization: {token}\r\n\
         content-length: {}\r\nexpect: 100-continue\r\n\r\n",
        8 << 20
    );
    connection.send(head).expect("the head is taken");
    let line = connection.line();
    (connection, line)
}

#[test]
fn bodies_have_a_budget_and_users_a_share() {
    // A body counts twice, so a user's share has room for one.
    let server = Server::demo(&["--body-mib", "64"]);
    let users = ["1", "2", "auditor", "operator"];
    let (mut open, line) = begin(&server, users[0]);
    assert_eq!(line, "HTTP/1.1 100 Continue");
    let (_, line) = begin(&server, users[0]);
    assert_eq!(line, "HTTP/1.1 429 Too Many Requests");
    let others: Vec<_> = users[1..].iter().map(|user| begin(&server, user)).collect();
    for (_, line) in &others {
        assert_eq!(line, "HTTP/1.1 100 Continue");
    }
    let query = b"{\"filter\":{\"account_id\":1,\"limit\":1}}";
    let ask = || {
        let token = [("authorization", "operator")];
        server.connect().ask("POST", "/v1/accounts/transfers", &token, query)
    };
    let full = ask();
    full.must_be_problem(503, "body_memory_full");
    assert_eq!(full.header("retry-after"), "1");
    full.must_be_guarded();
    assert_eq!(server.ask("GET", "/v1/me", &[("authorization", "1")]).status, 200);
    // Whoever has no token takes no memory.
    let refused = server.connect().ask("POST", "/v1/accounts/transfers", &[], query);
    refused.must_be_problem(401, "unauthorized");
    assert_eq!(open.line(), "", "the first request is still read");
    drop((open, others));
    wait_for("the memory", || (ask().status == 200).then_some(()));
}

#[cfg(target_os = "linux")]
#[test]
fn static_content_that_nobody_reads_takes_no_memory_for_each_client() {
    // Each connection had a copy of the document, 270 KB, that no budget counted: anyone could abort a server whose
    // memory was limited to what `--memory-mib` says.
    let server = Server::demo(&["--unauthenticated-per-second", "0"]);
    assert_eq!(server.ask("GET", "/openapi.json", &[]).status, 200);
    let before = server.peak_memory_mib();
    let mut open: Vec<_> = (0..200).map(|_| server.connect()).collect();
    for connection in &mut open {
        let head = "GET /openapi.json HTTP/1.1\r\nhost: ledger\r\n\r\n";
        connection.send(head).expect("the head is taken");
    }
    for connection in &mut open {
        // The response has begun.
        connection.0.get_mut().read_exact(&mut [0]).expect("it is answered");
    }
    let taken = server.peak_memory_mib() - before;
    assert!(taken < 20, "{taken} MiB, where copies are 54 MiB");
}
