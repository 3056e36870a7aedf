//! Real runs of the scenarios with withdrawals, pending transfers and decisions from reads. All
//! figures are recomputed from the accounts and the trail, without the runs' own check results.

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

/// The numbers of workers for each scenario.
const WORKERS: [u64; 3] = [1, 2, 4];

/// Every correct protocol with every number of workers.
fn protocols_and_workers() -> impl Iterator<Item = (&'static str, u64)> {
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

/// Adds the parameters that most runs here share: a small trail, and a deadline that a busy machine
/// does not miss.
fn quick(mut parameters: Value) -> Value {
    for (name, value) in [("trail_mib", 64), ("deadline_ms", 60_000), ("workers", 1)] {
        if parameters.get(name).is_none() {
            parameters[name] = value.into();
        }
    }
    parameters
}

/// Executes a run on threads, which must pass all checks.
fn ran(scenario: &str, parameters: Value) -> (Arc<Run>, Value) {
    let run = prepare(scenario, quick(parameters));
    let report = runs::report_of(&run, |_| {});
    assert_consistent(&report);
    (run, report)
}

/// Executes a run of one worker on this thread, with a clock of the test's own.
fn ran_by(scenario: &str, parameters: Value, clock: impl FnOnce(&Arc<Run>) -> Steps) -> Value {
    let run = prepare(scenario, quick(parameters));
    run.work(0, &clock(&run)).expect("it works");
    let report = serde_json::to_value(run.finish().expect("it is done"));
    let report = report.expect("a report serializes");
    assert_consistent(&report);
    report
}

/// A clock that advances with each reading, and may cancel the run at one of them.
struct Steps {
    step_ns: u64,
    readings: Cell<u64>,
    cancels: Option<(Arc<Run>, u64)>,
}

impl Steps {
    /// Advances this many milliseconds per reading.
    fn of_ms(step_ms: u64) -> Self {
        Self { step_ns: step_ms * 1_000_000, readings: Cell::new(0), cancels: None }
    }

    /// Cancels the run at this reading after its start.
    fn cancelling(run: &Arc<Run>, reading: u64) -> Self {
        Self { step_ns: 1, readings: Cell::new(0), cancels: Some((Arc::clone(run), reading)) }
    }
}

impl Clock for Steps {
    fn now_ns(&self) -> u64 {
        self.readings.set(self.readings.get() + 1);
        if let Some((run, reading)) = &self.cancels
            && self.readings.get() == *reading
        {
            run.counters().cancel();
        }
        self.readings.get() * self.step_ns
    }
}

/// Checks every run here from the report's own figures.
fn assert_consistent(report: &Value) {
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

/// Returns names and balances of the accounts whose name has this prefix.
fn balances<'a>(report: &'a Value, role: &'a str) -> impl Iterator<Item = (&'a str, i128)> {
    let named = rows(report).map(|row| (row["name"].as_str().expect("it is a name"), row));
    let of_role = named.filter(move |(name, _)| name.starts_with(role));
    of_role
        .map(|(name, row)| (name, number(&row["credits_posted"]) - number(&row["debits_posted"])))
}

/// Returns the sum of the balances of these accounts.
fn held(report: &Value, role: &str) -> i128 {
    balances(report, role).map(|(_, balance)| balance).sum()
}

/// Returns the coins in pending transfers.
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

/// Returns how often an event happened.
fn event(report: &Value, name: &str) -> i128 {
    let found = list(&report["events"]).iter().find(|event| event["name"] == name);
    found.map_or(0, |event| number(&event["count"]))
}

fn operations(report: &Value) -> i128 {
    number(&report["totals"]["operations"])
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("{value} is not a list"))
}

/// Returns an integer, which is a string where JSON would round it or it is negative.
fn number(value: &Value) -> i128 {
    match value {
        Value::String(digits) => digits.parse().expect("it is a number in digits"),
        other => other.as_i64().unwrap_or_else(|| panic!("{other} is not a number")).into(),
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

/// An incorrect protocol may fail its checks, but still produces a report.
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
