//! Whom the server admits when there are too many, and by which names it may be called.

use super::client::{Connection, Server, wait_for};

const AARON: (&str, &str) = ("authorization", "1");
const BRYAN: (&str, &str) = ("authorization", "2");
const OPERATOR: (&str, &str) = ("authorization", "operator");

/// No timeout ends a connection in a test with these options.
const PATIENT: [&str; 4] = ["--stall-timeout-s", "3600", "--header-timeout-s", "3600"];

/// Asks for more than the buffers of a connection take, and reads none of it.
fn never_reads(server: &Server, headers: &str) -> Connection {
    let mut connection = server.connect();
    let request = format!("GET /reference HTTP/1.1\r\nhost: ledger\r\n{headers}\r\n");
    connection.send(request.repeat(300)).expect("the requests are taken");
    connection
}

/// Sends the head of a request whose body does not arrive, and waits until the server reads it.
fn begin(server: &Server, headers: &[(&str, &str)]) -> Connection {
    let mut connection = server.connect();
    let mut head = "POST /v1/accounts HTTP/1.1\r\nhost: ledger\r\ncontent-length: 9\r\n".to_owned();
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    connection.send(head + "expect: 100-continue\r\n\r\n").expect("the head is taken");
    assert_eq!(connection.line(), "HTTP/1.1 100 Continue");
    assert_eq!(connection.line(), "");
    connection
}

#[test]
fn slow_readers_without_token_make_way() {
    let server = Server::demo(&[&["--connections", "8"], &PATIENT[..]].concat());
    let readers: Vec<_> = (0..8).map(|_| never_reads(&server, "")).collect();
    let mut admitted = wait_for("a place for a user", || {
        let mut connection = server.connect();
        (connection.ask("GET", "/v1/me", &[AARON], b"").status == 200).then_some(connection)
    });
    // They come again, as fast as they can. The user stays.
    let again: Vec<_> = (0..8).map(|_| never_reads(&server, "")).collect();
    assert_eq!(admitted.ask("GET", "/v1/me", &[AARON], b"").status, 200);
    drop((readers, again));
}

#[test]
fn slow_reader_with_token_is_closed() {
    let server = Server::demo(&["--connections", "1", "--stall-timeout-s", "1"]);
    let reader = never_reads(&server, "authorization: 1\r\n");
    wait_for("the end of a slow reader", || {
        let answer = server.ask("GET", "/v1/me", &[BRYAN]);
        (answer.status == 200).then_some(())
    });
    drop(reader);
}

#[test]
fn slow_body_gets_408() {
    let server = Server::demo(&["--stall-timeout-s", "1"]);
    let late = begin(&server, &[OPERATOR]).answer_to("POST");
    late.must_be_problem(408, "body_too_slow");
    late.must_be_guarded();
}

#[test]
fn address_has_a_limit_of_connections() {
    let server = Server::demo(&["--connections-per-peer", "2"]);
    let mut open: Vec<_> = (0..2).map(|_| server.connect()).collect();
    for (connection, user) in open.iter_mut().zip([AARON, BRYAN]) {
        assert_eq!(connection.ask("GET", "/v1/me", &[user], b"").status, 200);
    }
    let third = server.ask("GET", "/v1/me", &[AARON]);
    third.must_be_problem(429, "too_many_connections_of_peer");
    assert_eq!(third.header("retry-after"), "1");
    drop(open.pop());
    wait_for("a free place", || {
        (server.ask("GET", "/v1/me", &[AARON]).status == 200).then_some(())
    });
}

#[test]
fn user_has_a_limit_of_requests() {
    let server = Server::demo(&["--requests", "4", "--requests-per-user", "1"]);
    let busy = begin(&server, &[OPERATOR]);
    let second = server.ask("GET", "/v1/me", &[OPERATOR]);
    second.must_be_problem(429, "too_many_requests_of_user");
    assert_eq!(second.header("retry-after"), "1");
    assert_eq!(server.ask("GET", "/v1/me", &[AARON]).status, 200);
    for probe in ["/system/health", "/metrics", "/livez", "/readyz"] {
        assert_eq!(server.ask("GET", probe, &[OPERATOR]).status, 200, "{probe}");
    }
    drop(busy);
    wait_for("the request to be given up", || {
        (server.ask("GET", "/v1/me", &[OPERATOR]).status == 200).then_some(())
    });
}

#[test]
fn clients_of_a_trusted_proxy_have_their_own_limits() {
    let options = ["--trusted-proxy", "127.0.0.1", "--connections-per-peer", "1"];
    let server = Server::demo(&options);
    let client = |address| ("x-forwarded-for", address);
    let busy = begin(&server, &[OPERATOR, client("203.0.113.1, 192.0.2.1")]);
    let ask = |address| server.ask("GET", "/v1/me", &[AARON, client(address)]);
    ask("192.0.2.1").must_be_problem(429, "too_many_requests_of_peer");
    assert_eq!(ask("192.0.2.2").status, 200);
    drop(busy);
    wait_for("the request to be given up", || (ask("192.0.2.1").status == 200).then_some(()));
}

#[test]
fn requests_without_token_have_a_rate() {
    let options = ["--trusted-proxy", "127.0.0.1", "--unauthenticated-per-second", "1"];
    let server = Server::demo(&options);
    let mut connection = server.connect();
    let mut ask = |path, headers: &[_]| connection.ask("GET", path, headers, b"");
    let client = ("x-forwarded-for", "192.0.2.1");
    // Ten at once, and one for each second that the test takes. A wrong token counts as none.
    let wrong = [client, ("authorization", "wrong")];
    let refused = wait_for("the first refusal", || {
        Some(ask("/v1/me", &wrong)).filter(|answer| answer.status != 401)
    });
    refused.must_be_problem(429, "too_many_unauthenticated_requests");
    assert_eq!(refused.header("retry-after"), "1");
    refused.must_be_guarded();
    for probe in ["/system/health", "/livez", "/readyz"] {
        assert_eq!(ask(probe, &wrong).status, 200, "{probe}");
    }
    assert_eq!(ask("/v1/me", &[client, AARON]).status, 200, "users are not concerned");
    assert_eq!(ask("/", &[("x-forwarded-for", "192.0.2.2")]).status, 200, "nor others");
}

#[test]
fn page_of_the_demo_can_be_used_at_the_default_rate() {
    let server = Server::demo(&[]);
    let mut connection = server.connect();
    for _ in 0..1_000 {
        assert_eq!(connection.ask("GET", "/reference/style.css", &[], b"").status, 200);
    }
}

#[test]
fn reader_who_takes_nothing_gets_few_responses() {
    let server = Server::demo(&["--stall-timeout-s", "1"]);
    let reader = never_reads(&server, "");
    let metric = |name: &str| {
        let metrics = server.ask("GET", "/metrics", &[]);
        let line = metrics.text().lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        line.unwrap_or("0").parse::<u64>().expect("it is a number")
    };
    let answered =
        || metric(r#"ledgerlab_http_requests_total{route="/reference",method="GET",status="200"}"#);
    wait_for("the first response", || (answered() > 0).then_some(()));
    // Only the connection that asks is left.
    wait_for("the end of the reader", || (metric("ledgerlab_connections") == 1).then_some(()));
    // The page has 200 KB. Without a limit on the buffer, the system takes 4 MB of them.
    assert!(answered() <= 8, "{}", answered());
    drop(reader);
}

#[test]
fn only_names_of_the_server_are_answered() {
    let server = Server::demo(&[]);
    let status = |hosts: &[&str]| {
        let hosts: String = hosts.iter().map(|host| format!("host: {host}\r\n")).collect();
        let mut connection = server.connect();
        let request = format!("GET /system/health HTTP/1.1\r\n{hosts}\r\n");
        connection.send(request).expect("the request is taken");
        connection.answer_to("GET")
    };
    for host in ["localhost", "localhost:80", "127.0.0.1:3000", "[::1]:3000", "ledger"] {
        assert_eq!(status(&[host]).status, 200, "{host}");
    }
    let other = status(&["evil.example"]);
    other.must_be_problem(421, "host_not_allowed");
    other.must_be_guarded();
    status(&[]).must_be_problem(400, "bad_host");
    status(&["localhost", "localhost"]).must_be_problem(400, "bad_host");
}
