//! Many concurrent connections lose nothing.

use std::sync::Barrier;
use std::thread;

use serde_json::Value;

use super::client::{Connection, Server};
use crate::common::scenario_cases::number;

fn coins(connection: &mut Connection, call: &str) -> Value {
    let name = if call.contains("username=aaron") { "1" } else { "2" };
    let method = if call.starts_with('?') { "GET" } else { "POST" };
    let path = format!("/account/coins{call}");
    let answer = connection.ask(method, &path, &[("authorization", name)], b"");
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

#[test]
fn sixty_four_connections_lose_nothing() {
    lose_nothing(64, 8);
}

#[test]
fn thousand_connections_lose_nothing() {
    lose_nothing(1_000, 1);
}

/// All connections are open at the same time. In each round each of them deposits 3 coins to each
/// of two users, moves 2 in one direction and 1 back, and reads the balance.
fn lose_nothing(connections: usize, rounds: i64) {
    let server = Server::demo(&[]);
    let all_are_open = Barrier::new(connections);
    thread::scope(|scope| {
        for _ in 0..connections {
            scope.spawn(|| {
                let mut connection = server.connect();
                all_are_open.wait();
                for _ in 0..rounds {
                    for call in [
                        "/add?username=aaron&amount=3",
                        "/add?username=bryan&amount=3",
                        "/transfer?username=aaron&from=aaron&to=bryan&amount=2",
                        "/transfer?username=bryan&from=bryan&to=aaron&amount=1",
                        "?username=aaron",
                    ] {
                        coins(&mut connection, call);
                    }
                }
            });
        }
    });
    let mut connection = server.connect();
    let all = connections as i64 * rounds;
    let aaron = coins(&mut connection, "?username=aaron")["Balance"].as_i64();
    let bryan = coins(&mut connection, "?username=bryan")["Balance"].as_i64();
    assert_eq!((aaron, bryan), (Some(1_000 + 2 * all), Some(1_000 + 4 * all)));
    let operator = [("authorization", "Bearer operator")];
    let result = connection.ask("POST", "/v1/verify", &operator, b"").json();
    assert_eq!(result["identical"], true, "{result}");
    // The trail has every request, and the setup of the accounts.
    assert!(number(&result["entries"]) > (4 * all).into(), "{result}");
}
