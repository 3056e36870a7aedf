//! What holds for every scenario, including future ones.

use crate::common::runs::{prepare, report_of, request};
use crate::common::scenario_cases::{assert_consistent, list, number};
use ledgerlab::scenarios::{ALL, PerWorker, Protocol, Scenario};
use serde_json::{Value, json};

/// Executes a scenario with its first preset, and cancels it after this many operations.
fn run(scenario: &dyn Scenario, parameters: Value, cancel_after: Option<u64>) -> Value {
    let run = prepare(request(scenario.description().name, parameters));
    report_of(&run, |counters| {
        if cancel_after.is_some_and(|after| counters.sum(PerWorker::Operations) >= after) {
            counters.cancel();
        }
    })
}

/// Checks a run with many accounts as well, of which the report lists only the first.
fn passes(report: &Value) {
    match report["accounts"]["complete"] == true {
        true => assert_consistent(report),
        false => assert_eq!(report["passed"], true, "{}", report["checks"]),
    }
}

fn replay(report: &Value) -> &Value {
    let checks = list(&report["checks"]);
    checks.iter().find(|check| check["name"] == "replay").expect("every run has a replay")
}

#[test]
fn all_operations_complete_under_every_correct_protocol() {
    for &scenario in ALL {
        for protocol in Protocol::ALL.into_iter().filter(|protocol| !protocol.is_flawed()) {
            let parameters = json!({
                "workers": 3, "operations": 20_000, "concurrency": protocol.name(), "duration_s": 600,
            });
            let report = run(scenario, parameters, None);
            passes(&report);
            assert_eq!(report["ended_by"], "operations");
            assert_eq!(number(&report["totals"]["operations"]), 20_000);
            let workers = list(&report["workers"]);
            let by_worker: i128 =
                workers.iter().map(|of_writer| number(&of_writer["operations"])).sum();
            assert_eq!(by_worker, 20_000, "{}", scenario.description().name);
            let counted = number(&report["latency"]["count"]);
            assert!((3..=20_000).contains(&counted), "{counted} times");
            assert!(number(&report["latency"]["p50_ns"]) <= number(&report["latency"]["max_ns"]));
        }
    }
}

#[test]
fn run_cancelled_at_any_moment_is_checked() {
    for &scenario in ALL {
        for cancel_after in [0, 1, 5_000] {
            let parameters =
                json!({ "workers": 2, "operations": 1_000_000_000, "duration_s": 600 });
            let report = run(scenario, parameters, Some(cancel_after));
            passes(&report);
            // The trail can be full before the first sample.
            let ended_by = report["ended_by"].as_str().expect("it is text");
            let name = scenario.description().name;
            assert!(["cancelled", "trail_full"].contains(&ended_by), "{name}: {ended_by}");
        }
    }
}

#[test]
fn full_trail_ends_a_run_gracefully() {
    for &scenario in ALL {
        // 34 MiB are enough for the setup of some thousands of accounts.
        let parameters = json!({
            "workers": 2, "operations": 1_000_000_000, "duration_s": 600, "trail_mib": 34,
            "accounts": 100,
        });
        let report = run(scenario, parameters, None);
        passes(&report);
        assert_eq!(report["ended_by"], "trail_full", "{}", scenario.description().name);
    }
}

#[test]
fn same_seed_writes_the_same_trail_twice() {
    for &scenario in ALL {
        let name = scenario.description().name;
        let hash = |seed: u64| {
            let parameters = json!({
                "workers": 1, "operations": 3_000, "seed": seed, "deadline_ms": 60_000,
                "duration_s": 600,
            });
            let report = run(scenario, parameters, None);
            passes(&report);
            report["trail_hash"].as_str().expect("it is text").to_owned()
        };
        assert_eq!(hash(5), hash(5), "{name}");
        // Its ids contain the seed, so the trail differs even if nothing else is random.
        assert_ne!(hash(5), hash(6), "{name}");
    }
}

/// Executes a contended scenario until `found` returns true, at most 20 times.
fn until(scenario: &dyn Scenario, mut parameters: Value, found: impl Fn(&Value) -> bool) -> bool {
    let described = scenario.description().parameters;
    if described.iter().any(|parameter| parameter.name == "hot_percent") {
        parameters["hot_percent"] = 90.into();
        parameters["hot_accounts"] = 2.into();
    }
    (0..20).any(|seed| {
        parameters["seed"] = seed.into();
        found(&run(scenario, parameters.clone(), None))
    })
}

#[test]
fn replay_finds_lost_updates_in_every_contended_scenario() {
    for &scenario in ALL {
        let parameters = json!({
            "workers": 2, "operations": 200_000, "concurrency": Protocol::NoLocks.name(),
            "duration_s": 600,
        });
        let found = until(scenario, parameters, |report| {
            let flagged = report["flaws"].as_array().is_some_and(|flaws| flaws.len() == 1);
            assert!(flagged, "{}", report["flaws"]);
            let divergence = &replay(report)["found"];
            // The message names the entry, what is recorded and what a serial run gives.
            let sentence = divergence.as_str().is_some_and(|text| text.contains("serial run"));
            assert_eq!(sentence, replay(report)["passed"] == false, "{divergence}");
            assert_entries_before(divergence.as_str(), number(&replay(report)["examined"]));
            sentence && report["passed"] == false
        });
        assert!(found, "{}: no update was lost in 20 runs", scenario.description().name);
    }
}

/// A failed replay has replayed the entries before the one that it names.
fn assert_entries_before(divergence: Option<&str>, replayed: i128) {
    let named = divergence.and_then(|text| text.strip_prefix("entry "));
    let Some((number, _)) = named.and_then(|rest| rest.split_once(" (")) else { return };
    let number: i128 = number.replace(',', "").parse().expect("an entry has a number");
    assert_eq!(replayed, number - 1, "{divergence:?}");
}

#[test]
fn figures_of_wrong_balances_are_left_out() {
    let bank_run = ledgerlab::scenarios::find("bank-run").expect("there is one");
    let has_fact =
        |report: &Value, name: &str| list(&report["facts"]).iter().any(|fact| fact["name"] == name);
    let correct = run(bank_run, json!({ "workers": 2, "operations": 2_000 }), None);
    assert!(has_fact(&correct, "paid_out") && !has_fact(&correct, "left_out"));
    let parameters = json!({
        "workers": 2, "operations": 200_000, "concurrency": Protocol::NoLocks.name(),
        "duration_s": 600,
    });
    let found = until(bank_run, parameters, |report| {
        let is_wrong = replay(report)["passed"] == false;
        assert_eq!(has_fact(report, "left_out"), is_wrong, "{}", report["facts"]);
        assert_eq!(has_fact(report, "paid_out"), !is_wrong, "{}", report["facts"]);
        is_wrong
    });
    assert!(found, "no update was lost in 20 runs");
}

#[test]
fn unordered_locks_deadlock_and_the_report_names_the_cycle() {
    let deadlock = ledgerlab::scenarios::find("deadlock").expect("there is one");
    let parameters = json!({
        "workers": 2, "concurrency": Protocol::UnorderedLocks.name(), "duration_s": 5, "deadline_ms": 10,
    });
    let found = until(deadlock, parameters, |report| {
        assert!(number(&report["elapsed_ns"]) < 6_000_000_000, "{}", report["elapsed_ns"]);
        // Only time is lost: the executed transfers are correct.
        assert_eq!(replay(report)["passed"], true);
        let events = list(&report["events"]);
        let Some(event) = events.iter().find(|event| event["name"] == "deadlock") else {
            return false;
        };
        assert!(number(&event["count"]) > 0);
        let sentences = list(&event["messages"]);
        assert!(!sentences.is_empty());
        for sentence in sentences {
            let one = "worker 1 held account_1 and waited for account_2, \
                       which worker 2 held while it waited for account_1";
            let other = "worker 2 held account_2 and waited for account_1, \
                         which worker 1 held while it waited for account_2";
            // Either account can be the debtor.
            let turned = |text: &str| {
                text.replace("account_1", "x")
                    .replace("account_2", "account_1")
                    .replace('x', "account_2")
            };
            let known = [one.to_owned(), other.to_owned(), turned(one), turned(other)];
            assert!(
                known.contains(&sentence.as_str().expect("it is text").to_owned()),
                "{sentence}"
            );
        }
        let check = list(&report["checks"]).iter().find(|check| check["name"] == "no_deadlock");
        assert_eq!(check.expect("the scenario checks it")["passed"], false);
        true
    });
    assert!(found, "no wait cycle in 20 runs");
}

#[test]
fn correct_protocol_never_misses_a_deadline_on_a_ring() {
    let deadlock = ledgerlab::scenarios::find("deadlock").expect("there is one");
    for protocol in Protocol::ALL.into_iter().filter(|protocol| !protocol.is_flawed()) {
        for accounts in [2, 3, 5] {
            let parameters = json!({
                "workers": 4, "operations": 50_000, "accounts": accounts, "duration_s": 600,
                "concurrency": protocol.name(), "deadline_ms": 60_000,
            });
            let report = run(deadlock, parameters, None);
            assert_consistent(&report);
            assert_eq!(number(&report["totals"]["interrupted"]), 0);
            assert_eq!(report["events"], json!([]));
        }
    }
}

#[test]
fn same_seed_repeats_the_requests_of_several_workers() {
    // Scenarios whose workload does not depend on the ledger's results.
    let names = ["hft", "deadlock", "deposits", "mixed", "transfers", "readers", "compliance"];
    for name in names {
        let statuses = |seed: u64| {
            let parameters = json!({
                "workers": 3, "operations": 3_000, "seed": seed, "deadline_ms": 60_000,
            });
            let run = prepare(request(name, parameters));
            report_of(&run, |_| {});
            let of_writer = |writer: usize| -> Vec<_> {
                let all = run.ledger().trail().in_order();
                let of_writer = all.filter(|recorded| recorded.writer == writer);
                let describe = |recorded: ledgerlab::trail::EntryRef<'_>| {
                    let entry = recorded.entry;
                    (entry.debit_account_id, entry.credit_account_id, entry.amount, entry.code)
                };
                of_writer.map(describe).collect()
            };
            [1, 2, 3].map(of_writer)
        };
        let first = statuses(5);
        assert!(first.iter().all(|requests| requests.len() >= 333), "{name}: each asks for some");
        assert!(first == statuses(5), "{name}: the same seed asked for something else");
    }
}
