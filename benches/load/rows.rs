//! The measurements, and the checks on them.

use ledgerlab::ledger::BATCH_MAX;

use crate::client::Server;
use crate::idle;
use crate::wrk::{Load, LoadResult};

/// How much is measured.
pub(crate) struct Plan {
    pub(crate) seconds: u64,
    pub(crate) rounds: usize,
    /// The transfers in the ledger before hostile callers arrive.
    pub(crate) filled: u64,
}

impl Plan {
    pub(crate) const FULL: Self = Self { seconds: 5, rounds: 5, filled: 10_000_000 };
    /// Enough to check that everything runs. The figures mean little.
    pub(crate) const QUICK: Self = Self { seconds: 1, rounds: 1, filled: 100_000 };
}

/// Options for users without quotas.
pub(crate) const NO_QUOTAS: [&str; 4] = ["--attempts-per-second", "0", "--trail-share", "100"];

/// Starts a server with enough memory for these loads.
pub(crate) fn server() -> Server {
    Server::demo(&[&["--trail-mib", "8192", "--log-level", "warn"], &NO_QUOTAS[..]].concat())
}

pub(crate) const TRANSFER: &str = r#"
wrk.method = "POST"
wrk.path = "/account/coins/transfer?username=aaron&from=aaron&to=bryan&amount=1"
wrk.headers["Authorization"] = "1"
"#;

/// Deposits coins for many transfers.
pub(crate) fn deposit_coins(server: &Server) {
    let path = "/account/coins/add?username=aaron&amount=1000000000000";
    assert_eq!(server.ask("POST", path, &[("authorization", "1")]).status, 200);
}

pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// Compares transfers with a handler that does nothing, in turns under the same load.
pub(crate) fn compare_with_idle(plan: &Plan) {
    let (server, idle) = (server(), idle::start());
    deposit_coins(&server);
    let address = server.address().to_string();
    let run = |address: &str| {
        let load = Load { address, connections: 64, seconds: plan.seconds, script: TRANSFER };
        let found = load.run();
        assert_eq!(found.failed, 0, "every request is answered: {found:?}");
        found
    };
    let rounds: Vec<[LoadResult; 2]> =
        (0..plan.rounds).map(|_| [run(&idle), run(&address)]).collect();
    let of = |figure: fn(&[LoadResult; 2]) -> f64| median(rounds.iter().map(figure).collect());
    let ratio = of(|[idle, server]| server.per_second() / idle.per_second());
    println!(
        "\nOne transfer a request, 64 connections, medians of {} rounds in turn",
        rounds.len()
    );
    println!("  a handler that does nothing {:>9.0} requests/s", of(|[idle, _]| idle.per_second()));
    println!(
        "  POST /account/coins/transfer {:>8.0} requests/s",
        of(|[_, server]| server.per_second())
    );
    println!("  ratio {ratio:.2}; at least 0.80 is required");
    let (idle, server) = (of(|[idle, _]| idle.p99_us), of(|[_, server]| server.p99_us));
    println!("  99th percentile of latency {server:.0} us, against {idle:.0} us");
}

pub(crate) const OPERATOR: [(&str, &str); 1] = [("authorization", "Bearer operator")];

/// Verifies the ledger. Returns the entries of its trail and the coins of both users.
pub(crate) fn state(server: &Server) -> (u64, i64) {
    let result = server.ask("POST", "/v1/verify", &OPERATOR).json();
    assert_eq!(result["identical"], true, "{result}");
    let coins = |name: &str, token: &str| {
        let path = format!("/account/coins?username={name}");
        let response = server.ask("GET", &path, &[("authorization", token)]).json();
        response["Balance"].as_i64().expect("it is a number")
    };
    let entries = result["entries"].to_string().trim_matches('"').parse().expect("a number");
    (entries, coins("aaron", "1") + coins("bryan", "2"))
}

/// Returns the account of the user with this token.
pub(crate) fn account_id(server: &Server, token: &str) -> u128 {
    let me = server.ask("GET", "/v1/me", &[("authorization", token)]).json();
    me["account_id"].to_string().trim_matches('"').parse().expect("it is a number")
}

/// Creates at least this many transfers between both users, in batches of an operator.
pub(crate) fn fill(server: &Server, transfers: u64) {
    let body = body(account_id(server, "1"), account_id(server, "2"));
    let mut connection = server.connect();
    for _ in 0..transfers.div_ceil(BATCH_MAX as u64) {
        let answer = connection.ask("POST", "/v1/transfers", &OPERATOR, body.as_bytes());
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

/// Deposits and transfers in turn, in both directions.
const MIXED: &str = r#"
local calls = {
  { "/account/coins/add?username=aaron&amount=3", "1" },
  { "/account/coins/transfer?username=aaron&from=aaron&to=bryan&amount=2", "1" },
  { "/account/coins/add?username=bryan&amount=3", "2" },
  { "/account/coins/transfer?username=bryan&from=bryan&to=aaron&amount=2", "2" },
}
local turn = 0
function request()
  turn = turn % #calls + 1
  return wrk.format("POST", calls[turn][1], { ["Authorization"] = calls[turn][2] })
end
"#;

/// Runs deposits and transfers at the same time, and checks that all answered requests, and no others,
/// have an effect.
pub(crate) fn conservation(plan: &Plan) {
    for connections in [64, 1_000] {
        let server = server();
        let address = server.address().to_string();
        let (entries, coins) = state(&server);
        let load = Load { address: &address, connections, seconds: plan.seconds, script: MIXED };
        let found = load.run();
        assert_eq!(found.failed, 0, "every request is answered: {found:?}");
        let (entries_after, coins_after) = state(&server);
        let (entries, coins) = (entries_after - entries, coins_after - coins);
        // Requests in flight when the load ended were executed, but their responses were not
        // counted.
        let uncounted = entries - found.requests;
        assert!(uncounted <= connections as u64, "{uncounted} of {entries} were not counted");
        let deposits = coins / 3;
        assert_eq!(coins % 3, 0, "only whole deposits");
        assert!(deposits.abs_diff(entries as i64 / 2) <= connections as u64, "half are deposits");
        println!("\nDeposits and transfers in turn, {connections} connections");
        println!(
            "  {:>9.0} requests/s, 99th percentile {:.0} us",
            found.per_second(),
            found.p99_us
        );
        println!(
            "  {} answered, {entries} in the trail ({uncounted} in flight at the end), none lost; serial replay agrees",
            found.requests
        );
    }
}

/// Returns a body with the most transfers of a batch, between two accounts.
fn body(debit: u128, credit: u128) -> String {
    let event = format!(
        r#"{{"id":"new","debit_account_id":{debit},"credit_account_id":{credit},"amount":1,"ledger":1,"code":1}}"#
    );
    format!(r#"{{"events":[{}]}}"#, vec![event; BATCH_MAX].join(","))
}
