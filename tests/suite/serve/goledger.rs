//! GoLedger's calls, through a socket.

use serde_json::Value;

use super::client::Server;

const CALLS: &str = include_str!("../common/goledger_calls.json");

#[test]
fn every_call_matches_the_table() {
    let server = Server::demo(&[]);
    let mut connection = server.connect();
    let calls: Vec<Value> = serde_json::from_str(CALLS).expect("it is JSON");
    assert!(calls.len() > 40, "{} calls", calls.len());
    for call in &calls {
        let text = |name: &str| call[name].as_str().expect("it is text");
        let headers = call["headers"].as_object().expect("an object").iter();
        let headers: Vec<_> = headers
            .map(|(name, value)| (name.as_str(), value.as_str().expect("it is text")))
            .collect();
        let answer = connection.ask(text("method"), text("path"), &headers, b"");
        assert_eq!(u64::from(answer.status), call["status"].as_u64().expect("a number"), "{call}");
        assert_eq!(answer.json(), call["body"], "{call}");
        assert_eq!(answer.header("content-type"), "application/json", "{call}");
        answer.must_be_guarded();
    }
    let result = server.ask("POST", "/v1/verify", &[("authorization", "Bearer operator")]);
    assert_eq!(result.json()["identical"], true);
}

#[test]
fn documented_calls_return_goledgers_bytes() {
    let server = Server::demo(&[]);
    let token = [("authorization", "1")];
    let balance = server.ask("GET", "/account/coins?username=aaron", &token);
    assert_eq!(balance.text(), r#"{"Code":200,"Balance":1000,"Available":1000}"#);
    let path = "/account/coins/transfer?username=aaron&from=aaron&to=bryan&amount=100";
    let moved = server.ask("POST", path, &token);
    assert_eq!(
        moved.text(),
        r#"{"Code":200,"Message":"You have successfully transferred 100 to bryan. Your current balance is 900","FromBalance":900,"ToBalance":1100}"#
    );
}
