//! Scenario runs on the server's own threads.

use serde_json::Value;

use super::client::{Server, wait_for};
use crate::common::scenario_cases::number;

const OPERATOR: [(&str, &str); 1] = [("authorization", "Bearer operator")];
const FOR_A_SECOND: &str = r#"{"scenario":"hft","parameters":{"workers":2,"operations":100000000,"duration_s":1,"trail_mib":4096}}"#;
const FOR_A_MINUTE: &str = r#"{"scenario":"readers","parameters":{"workers":2,"operations":1000000000,"duration_s":60,"rate_per_s":1000}}"#;

fn begin(server: &Server, order: &str) -> String {
    let answer = server.connect().ask("POST", "/v1/runs", &OPERATOR, order.as_bytes());
    assert_eq!(answer.status, 202, "{}", answer.text());
    answer.header("location").to_owned()
}

/// Parses the names and data of a stream of events.
fn events(text: &str) -> Vec<(String, Value)> {
    let read = |event: &str| {
        let line = |name: &str| {
            event.lines().find_map(|line| line.strip_prefix(name)).expect("each has all lines")
        };
        (line("event: ").to_owned(), serde_json::from_str(line("data: ")).expect("it is JSON"))
    };
    text.split_terminator("\n\n").map(read).collect()
}

#[test]
fn run_streams_progress_and_returns_the_command_line_report() {
    let server = Server::demo(&[]);
    let place = begin(&server, FOR_A_SECOND);
    let watched = server.ask("GET", &format!("{place}/events"), &OPERATOR);
    assert_eq!(watched.header("content-type"), "text/event-stream");
    let events = events(watched.text());
    let (last, before) = events.split_last().expect("there are events");
    assert_eq!((last.0.as_str(), &last.1["passed"]), ("end", &Value::Bool(true)), "{last:?}");
    assert!(before.iter().all(|(name, _)| name == "progress"), "{before:?}");
    let operations = |(_, data): &(String, Value)| number(&data["operations"]);
    let moving = events.windows(2).filter(|two| operations(&two[0]) < operations(&two[1])).count();
    assert!(moving >= 2, "it was seen to go on: {events:?}");

    let report = server.ask("GET", &format!("{place}/report"), &OPERATOR).json();
    assert_eq!(report["environment"]["host"], "native");
    assert_eq!(number(&report["totals"]["operations"]), number(&last.1["operations"]));
    let schema = include_str!("../../../docs/report.schema.json");
    let schema = serde_json::from_str(schema).expect("it is JSON");
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    let wrong: Vec<String> = validator.iter_errors(&report).map(|it| it.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn server_answers_during_a_run_and_cancels_it() {
    let server = Server::demo(&[]);
    let place = begin(&server, FOR_A_MINUTE);
    let look = || server.ask("GET", &place, &OPERATOR).json();
    wait_for("the beginning", || (look()["state"] == "running").then_some(()));
    let paid = "/account/coins/transfer?username=aaron&from=aaron&to=bryan&amount=100";
    assert_eq!(server.ask("POST", paid, &[("authorization", "1")]).status, 200);
    let second = server.connect().ask("POST", "/v1/runs", &OPERATOR, FOR_A_SECOND.as_bytes());
    second.must_be_problem(409, "run_under_way");
    assert_eq!(server.ask("POST", &format!("{place}/cancel"), &OPERATOR).status, 202);
    wait_for("the end", || (look()["state"] == "finished").then_some(()));
    let report = server.ask("GET", &format!("{place}/report"), &OPERATOR).json();
    assert_eq!((&report["ended_by"], &report["passed"]), (&"cancelled".into(), &true.into()));
}

#[test]
fn shutdown_does_not_wait_for_a_long_run() {
    let mut server = Server::demo(&[]);
    let place = begin(&server, FOR_A_MINUTE);
    let mut watching = server.connect();
    let request =
        format!("GET {place}/events HTTP/1.1\r\nhost: ledger\r\nauthorization: operator\r\n\r\n");
    watching.send(request).expect("it is taken");
    let look = || server.ask("GET", &place, &OPERATOR).json();
    wait_for("the beginning", || (look()["state"] == "running").then_some(()));
    server.terminate();
    let watched = watching.answer_to("GET");
    let (name, last) = events(watched.text()).pop().expect("there are events");
    assert_eq!((name.as_str(), &last["cancelled"]), ("end", &Value::Bool(true)), "{last}");
    assert!(server.wait().success());
}

#[test]
fn run_that_needs_more_memory_than_is_left_is_refused() {
    let server = Server::demo(&[]);
    let order = r#"{"scenario":"hft","parameters":{"trail_mib":65536}}"#;
    let refused = server.connect().ask("POST", "/v1/runs", &OPERATOR, order.as_bytes());
    refused.must_be_problem(503, "run_memory_full");
    assert!(refused.text().contains("are left of the server's memory"), "{}", refused.text());
    // Its memory is free again after each run.
    for _ in 0..3 {
        let order =
            r#"{"scenario":"hft","parameters":{"workers":1,"operations":100,"trail_mib":4096}}"#;
        let place = begin(&server, order);
        wait_for("the end", || {
            let state = server.ask("GET", &place, &OPERATOR).json()["state"].clone();
            (state == "finished").then_some(())
        });
    }
}
