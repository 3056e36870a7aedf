//! Pages of other origins may call the server only if an option allows their origin.

use std::collections::BTreeSet;

use serde_json::Value;

use super::client::Server;

const ORIGIN: &str = "https://example.org";

#[test]
fn other_origins_are_not_allowed_by_default() {
    let server = Server::demo(&[]);
    let answer = server.ask("GET", "/v1/me", &[("authorization", "1"), ("origin", ORIGIN)]);
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, ""));
    let preflight = [("origin", ORIGIN), ("access-control-request-method", "POST")];
    let answer = server.ask("OPTIONS", "/v1/transfers", &preflight);
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (405, ""));
}

#[test]
fn allowed_origin_may_call_and_read() {
    let server = Server::demo(&["--cors-origin", ORIGIN, "--cors-origin", "http://localhost:5173"]);
    for (origin, allowed) in [
        (ORIGIN, ORIGIN),
        ("http://localhost:5173", "http://localhost:5173"),
        ("http://localhost:5174", ""),
        ("https://example.org.evil.example", ""),
        ("null", ""),
    ] {
        let preflight = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "authorization,idempotency-key"),
        ];
        let answer = server.ask("OPTIONS", "/v1/transfers", &preflight);
        assert_eq!(answer.status, 200, "{origin}");
        assert_eq!(answer.header("access-control-allow-origin"), allowed, "{origin}");
        assert!(answer.header("access-control-allow-headers").contains("authorization"));
        assert_eq!(answer.header("access-control-allow-credentials"), "", "there are no cookies");
        // A refusal can be read, too.
        for token in ["1", "unknown"] {
            let answer =
                server.ask("GET", "/v1/me", &[("authorization", token), ("origin", origin)]);
            assert_eq!(answer.header("access-control-allow-origin"), allowed, "{origin}");
            assert!(answer.header("access-control-expose-headers").contains("www-authenticate"));
        }
    }
}

#[test]
fn headers_of_the_contract_can_be_sent_and_read() {
    let text = std::fs::read_to_string("docs/openapi.json").expect("it is part of the repository");
    let document: Value = serde_json::from_str(&text).expect("it is JSON");
    let (mut sent, mut received) = (BTreeSet::new(), BTreeSet::new());
    let paths = document["paths"].as_object().expect("there are paths");
    for operation in
        paths.values().flat_map(|item| item.as_object().expect("it is an object").values())
    {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let headers = parameters.filter(|parameter| parameter["in"] == "header");
        sent.extend(headers.map(|parameter| parameter["name"].as_str().expect("a name")));
        let responses = operation["responses"].as_object().expect("there are responses");
        let headers = responses.values().filter_map(|response| response["headers"].as_object());
        received.extend(headers.flat_map(|headers| headers.keys().map(String::as_str)));
    }
    assert!(
        sent.contains("Prefer") && received.contains("Preference-Applied"),
        "{sent:?} {received:?}"
    );
    let server = Server::demo(&["--cors-origin", ORIGIN]);
    let preflight = [("origin", ORIGIN), ("access-control-request-method", "POST")];
    let allowed = server.ask("OPTIONS", "/v1/transfers", &preflight);
    let answered = server.ask("GET", "/v1/me", &[("authorization", "1"), ("origin", ORIGIN)]);
    for (header, names, list) in [
        ("access-control-allow-headers", sent, &allowed),
        ("access-control-expose-headers", received, &answered),
    ] {
        let list: Vec<_> = list.header(header).split(',').map(str::trim).collect();
        let missing: Vec<_> = names
            .iter()
            .filter(|name| !list.iter().any(|one| one.eq_ignore_ascii_case(name)))
            .collect();
        assert!(missing.is_empty(), "{header} lacks {missing:?}");
    }
}

#[test]
fn ticket_opens_one_event_stream() {
    let server = Server::demo(&["--cors-origin", ORIGIN]);
    let operator = ("authorization", "operator");
    let mut connection = server.connect();
    let order = br#"{"scenario":"hft","parameters":{"operations":1000,"trail_mib":64}}"#;
    let run = connection.ask("POST", "/v1/runs", &[operator], order);
    assert_eq!(run.status, 202, "{run:?}");
    let mut ask = |path: &str, headers: &[_]| connection.ask("GET", path, headers, b"");
    let issue = || {
        let issued = server.ask("POST", "/v1/tickets", &[operator]);
        assert_eq!((issued.status, &issued.json()["expires_in_s"]), (201, &30.into()));
        issued.json()["ticket"].as_str().expect("it is text").to_owned()
    };
    // What a browser's `EventSource` sends.
    let headers = [("origin", ORIGIN), ("accept", "text/event-stream")];
    let events = format!("/v1/runs/1/events?ticket={}", issue());
    let stream = ask(&events, &headers);
    assert_eq!((stream.status, stream.header("content-type")), (200, "text/event-stream"));
    assert_eq!(stream.header("access-control-allow-origin"), ORIGIN);
    assert!(stream.text().contains("event: end\n"), "{}", stream.text());
    ask(&events, &headers).must_be_problem(401, "unauthorized");
    // It is for event streams only, and another token counts more.
    let ticket = issue();
    for path in ["/v1/runs/1", "/v1/runs/1/report", "/v1/me", "/v1/runs/1/x/events"] {
        let answer = ask(&format!("{path}?ticket={ticket}"), &[]);
        assert!(matches!(answer.status, 401 | 404), "{path}: {answer:?}");
    }
    let events = format!("/v1/runs/1/events?ticket={ticket}");
    ask(&events, &[("authorization", "wrong")]).must_be_problem(401, "unauthorized");
    ask(&events, &[("authorization", "1")]).must_be_problem(403, "forbidden");
    assert_eq!(ask(&events, &[]).status, 200, "it was not used by them");
    server.ask("POST", "/v1/tickets", &[("authorization", "1")]).must_be_problem(403, "forbidden");
}

#[test]
fn there_are_no_tickets_by_default() {
    let server = Server::demo(&[]);
    let answer = server.ask("POST", "/v1/tickets", &[("authorization", "operator")]);
    answer.must_be_problem(501, "no_tickets_here");
}
