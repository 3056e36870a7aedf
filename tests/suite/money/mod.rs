//! The scenarios in which money leaves, rests in a hold, or is decided on what was read: real runs, whose figures are
//! computed again from the accounts and the trail, and not taken from the runs' own verdicts.

mod bank_run;
mod payments;
mod smallbank;

use std::cell::Cell;
use std::sync::Arc;

use crate::common::runs;
use ledgerlab::host::native::run_on_threads;
use ledgerlab::ledger::Clock;
use ledgerlab::scenarios::{Protocol, RequestError, Run};
use serde_json::{Value, json};

/// How many workers each scenario is tried with.
const WORKERS: [u64; 3] = [1, 2, 4];

/// Everybody who shares a ledger rightly, with as many workers.
fn everybody() -> impl Iterator<Item = (&'static str, u64)> {
    let correct = Protocol::ALL.into_iter().filter(|protocol| !protocol.is_flawed());
    correct.flat_map(|protocol| WORKERS.map(|workers| (protocol.name(), workers)))
}

fn try_prepare(scenario: &str, parameters: Value) -> Result<Arc<Run>, RequestError> {
    let mut request = runs::request(scenario, parameters);
    if let Some(preset) = request["parameters"].as_object_mut().and_then(|all| all.remove("preset"))
    {
        request["preset"] = preset;
    }
    runs::try_prepare(request)
}

fn prepare(scenario: &str, parameters: Value) -> Arc<Run> {
    try_prepare(scenario, parameters).unwrap_or_else(|error| panic!("{error}"))
}

/// These parameters, and what is the same for most runs here: a small trail, and no deadline that a busy machine could
/// pass.
fn quick(mut parameters: Value) -> Value {
    for (name, value) in [("trail_mib", 64), ("deadline_ms", 60_000), ("workers", 1)] {
        if parameters.get(name).is_none() {
            parameters[name] = value.into();
        }
    }
    parameters
}

/// A run on threads that is as sound as every run must be.
fn ran(scenario: &str, parameters: Value) -> (Arc<Run>, Value) {
    let run = prepare(scenario, quick(parameters));
    let report = runs::report_of(&run, |_| {});
    sound(&report);
    (run, report)
}

/// A run of one worker on this thread, by a clock of the test's own.
fn ran_by(scenario: &str, parameters: Value, clock: impl FnOnce(&Arc<Run>) -> Steps) -> Value {
    let run = prepare(scenario, quick(parameters));
    run.work(0, &clock(&run)).expect("it works");
    let report = serde_json::to_value(run.finish().expect("it is done"));
    let report = report.expect("a report serializes");
    sound(&report);
    report
}

/// A clock that moves on with every look at it, and may cancel a run at one of them.
struct Steps {
    step_ns: u64,
    looks: Cell<u64>,
    cancels: Option<(Arc<Run>, u64)>,
}

impl Steps {
    /// So many milliseconds between two looks.
    fn of_ms(step_ms: u64) -> Self {
        Self { step_ns: step_ms * 1_000_000, looks: Cell::new(0), cancels: None }
    }

    /// Cancels the run at the look of this number after it has begun, wherever that is.
    fn cancelling(run: &Arc<Run>, look: u64) -> Self {
        Self { step_ns: 1, looks: Cell::new(0), cancels: Some((Arc::clone(run), look)) }
    }
}

impl Clock for Steps {
    fn now_ns(&self) -> u64 {
        self.looks.set(self.looks.get() + 1);
        if let Some((run, look)) = &self.cancels
            && self.looks.get() == *look
        {
            run.counters().cancel();
        }
        self.looks.get() * self.step_ns
    }
}

/// What must be true of every run here, computed from the report's own figures.
fn sound(report: &Value) {
    let totals = &report["totals"];
    let sum: i128 =
        ["accepted", "refused", "interrupted"].iter().map(|part| number(&totals[part])).sum();
    assert_eq!(sum, number(&totals["attempts"]));
    let entries = number(&totals["setup_entries"]) + number(&totals["attempts"]);
    assert_eq!(entries, number(&totals["trail_entries"]));
    let operations: i128 =
        list(&report["workers"]).iter().map(|worker| number(&worker["operations"])).sum();
    assert_eq!(operations, number(&totals["operations"]));
    assert_eq!(report["accounts"]["complete"], true);
    for (debits, credits) in
        [("debits_posted", "credits_posted"), ("debits_pending", "credits_pending")]
    {
        let sum = |field: &str| -> i128 { rows(report).map(|row| number(&row[field])).sum() };
        assert_eq!(sum(debits), sum(credits), "{debits} and {credits}");
    }
    for check in list(&report["checks"]) {
        assert_eq!(check["passed"], true, "{check}");
    }
    assert_eq!(report["passed"], true);
}

fn rows(report: &Value) -> impl Iterator<Item = &Value> {
    list(&report["accounts"]["rows"]).iter()
}

/// Names and balances of all accounts whose name begins so.
fn balances<'a>(report: &'a Value, role: &'a str) -> impl Iterator<Item = (&'a str, i128)> {
    let named = rows(report).map(|row| (row["name"].as_str().expect("it is a name"), row));
    let theirs = named.filter(move |(name, _)| name.starts_with(role));
    theirs.map(|(name, row)| (name, number(&row["credits_posted"]) - number(&row["debits_posted"])))
}

/// What all accounts have together whose name begins so.
fn held(report: &Value, role: &str) -> i128 {
    balances(report, role).map(|(_, balance)| balance).sum()
}

/// Coins that rest in holds.
fn pending(report: &Value) -> i128 {
    rows(report).map(|row| number(&row["debits_pending"]) + number(&row["credits_pending"])).sum()
}

fn fact(report: &Value, name: &str) -> i128 {
    let found = list(&report["facts"]).iter().find(|fact| fact["name"] == name);
    number(&found.unwrap_or_else(|| panic!("there is no fact {name:?}"))["value"])
}

fn facts(report: &Value, names: &[&str]) -> i128 {
    names.iter().map(|name| fact(report, name)).sum()
}

/// How often something happened.
fn event(report: &Value, name: &str) -> i128 {
    let found = list(&report["events"]).iter().find(|event| event["name"] == name);
    found.map_or(0, |event| number(&event["count"]))
}

fn operations(report: &Value) -> i128 {
    number(&report["totals"]["operations"])
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list"))
}

/// A whole number, which is a string where JSON would round it or it is below zero.
fn number(value: &Value) -> i128 {
    match value {
        Value::String(digits) => digits.parse().expect("it is a number in digits"),
        other => other.as_i64().unwrap_or_else(|| panic!("{other} is no number")).into(),
    }
}

#[test]
fn same_seed_repeats_the_trail() {
    for scenario in ["bank-run", "payments", "smallbank"] {
        let hash = |seed: u64| {
            let parameters = json!({ "seed": seed, "operations": 3_000, "accounts": 500 });
            let (_, report) = ran(scenario, parameters);
            report["trail_hash"].clone()
        };
        assert_eq!(hash(7), hash(7), "{scenario}");
        assert_ne!(hash(7), hash(8), "{scenario}");
    }
}

/// What is wrong on purpose may fail its checks, but a report is made of it.
#[test]
fn incorrect_protocols_still_produce_a_report() {
    for scenario in ["bank-run", "payments", "smallbank"] {
        for protocol in Protocol::ALL.into_iter().filter(|protocol| protocol.is_flawed()) {
            let parameters = json!({
                "concurrency": protocol.name(), "workers": 4, "accounts": 4, "operations": 2_000,
                "deadline_ms": 20, "trail_mib": 64,
            });
            let run = prepare(scenario, parameters);
            let report = run_on_threads(&run, |_| {}).unwrap_or_else(|error| panic!("{error}"));
            let report = serde_json::to_value(report).expect("a report serializes");
            assert_eq!(report["ended_by"], "operations", "{scenario} {protocol:?}");
            assert_eq!(operations(&report), 2_000);
        }
    }
}
