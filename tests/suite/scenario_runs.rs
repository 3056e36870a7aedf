//! Scenarios on native threads: the cases that every host runs, and what only a native test can
//! arrange.

use std::cell::Cell;

use crate::common::runs::{prepare, report_of, request, try_prepare};
use crate::common::scenario_cases::{self, Case};
use ledgerlab::host::native::NativeClock;
use ledgerlab::ledger::Clock;
use ledgerlab::scenarios::{EndedBy, PerWorker, Request, WorkError};
use serde_json::{Value, json};

fn run(case: Case) {
    let run = prepare(case.request("native"));
    assert_eq!(run.workers(), case.workers());
    let report = report_of(&run, |counters| {
        if case.cancel_after.is_some_and(|after| counters.sum(PerWorker::Attempts) >= after) {
            counters.cancel();
        }
    });
    case.check(&report);
}

#[test]
fn every_attempt_is_recorded() {
    run(scenario_cases::every_attempt_is_recorded());
}

#[test]
fn contended_account_loses_no_update() {
    run(scenario_cases::contended_account_loses_no_update());
}

#[test]
fn goledger_trading_floor_conserves_money() {
    run(scenario_cases::goledger_trading_floor_conserves_money());
}

#[test]
fn full_trail_ends_the_run_without_loss() {
    run(scenario_cases::full_trail_ends_the_run_without_loss());
}

#[test]
fn cancelled_run_is_checked() {
    run(scenario_cases::cancelled_run_is_checked());
}

#[test]
fn same_seed_writes_the_same_trail_on_every_host() {
    run(scenario_cases::same_seed_writes_the_same_trail_on_every_host());
}

fn hft(parameters: Value) -> Value {
    request("hft", parameters)
}

/// A clock that advances by 10 ms per reading.
#[derive(Default)]
struct Ticking(Cell<u64>);

impl Clock for Ticking {
    fn now_ns(&self) -> u64 {
        self.0.replace(self.0.get() + 10_000_000)
    }
}

#[test]
fn duration_limit_ends_a_run_with_a_series_per_second() {
    let parameters = json!({ "workers": 1, "operations": 1_000_000, "duration_s": 2, "batch": 10 });
    let run = prepare(hft(parameters));
    run.work(0, &Ticking::default()).expect("it works");
    let report = run.finish().expect("it is done");
    assert_eq!(report.ended_by, EndedBy::Duration);
    // Each batch of 10 reads the clock twice, for the run and for its deadline, so about 50 fit
    // into a second.
    let seconds: Vec<u64> =
        report.series.accepted.iter().zip(&report.series.refused).map(|(a, r)| a + r).collect();
    assert_eq!(seconds.len(), 2);
    assert!(seconds.iter().all(|attempts| (480..=500).contains(attempts)), "{seconds:?}");
    scenario_cases::assert_consistent(&serde_json::to_value(report).expect("a report serializes"));
}

#[test]
fn same_seed_repeats_the_trail() {
    // A long deadline, so that a busy machine makes no attempt late.
    let parameters =
        json!({ "workers": 1, "operations": 20_000, "seed": 3, "deadline_ms": 60_000 });
    let entries = |parameters| {
        let run = prepare(hft(parameters));
        run.work(0, &NativeClock).expect("it works");
        run.ledger().trail().in_order().map(|recorded| *recorded.entry).collect::<Vec<_>>()
    };
    let first = entries(parameters.clone());
    assert_eq!(first.len(), 20_000 + 2_033);
    assert!(first == entries(parameters), "the second run wrote other entries");
    let other = json!({ "workers": 1, "operations": 20_000, "seed": 4, "deadline_ms": 60_000 });
    assert!(first != entries(other), "another seed wrote the same entries");
}

#[test]
fn invalid_request_names_the_value_and_the_limit() {
    let scenario = |name: &str| json!({ "scenario": name, "environment": { "host": "native", "workers_available": 2 } });
    let mut preset = scenario("hft");
    preset["preset"] = "tiny".into();
    for (request, sentence) in [
        (
            scenario("poker"),
            "there is no scenario \"poker\"; known scenarios: hft, bank-run, payments, deadlock, compliance, \
             smallbank, deposits, mixed, transfers, readers, performance, high-volume",
        ),
        (preset, "there is no preset \"tiny\"; known presets: scale, watch, goledger"),
        (hft(json!({ "workers": 65 })), "workers must be 1 to 64, not 65"),
        (hft(json!({ "workers": "two" })), "workers must be 1 to 64, not \"two\""),
        (
            hft(json!({ "concurrency": "fast" })),
            "concurrency must be one of ordered-locks, global-lock, optimistic, unordered-locks, \
             no-locks, not \"fast\"",
        ),
        (
            hft(json!({ "concurrency": 1 })),
            "concurrency must be one of ordered-locks, global-lock, optimistic, unordered-locks, \
             no-locks, not 1",
        ),
        (hft(json!({ "operations": 0 })), "operations must be 1 to 1000000000, not 0"),
        (
            hft(json!({ "amount_min": 2_000 })),
            "amount_min must be at most amount_max (1099), not 2000",
        ),
        (
            hft(json!({ "accounts": 1_000_000, "trail_mib": 100 })),
            "trail_mib must be at least 246 for 1000017 accounts and 2 workers, not 100",
        ),
    ] {
        let error = try_prepare(request).expect_err("it must be refused");
        assert_eq!(error.to_string(), sentence);
    }
    let misspelt = try_prepare(hft(json!({ "wrokers": 2 })));
    let error = misspelt.expect_err("it must be refused").to_string();
    assert!(
        error.starts_with("there is no parameter \"wrokers\"; known parameters: workers, "),
        "{error}"
    );
    for parameters in [json!({ "workers": -1 }), json!({ "concurrency": null })] {
        let error = serde_json::from_value::<Request>(hft(parameters)).expect_err("it is no value");
        let sentence = "expected a whole number or the name of a choice";
        assert!(error.to_string().contains(sentence), "{error}");
    }
}

#[test]
fn worker_runs_once_and_run_finishes_after_all_workers() {
    let run = prepare(hft(json!({ "workers": 1, "operations": 100 })));
    assert_eq!(
        run.finish().expect_err("no worker has run"),
        WorkError::Unfinished { done: 0, workers: 1 }
    );
    run.work(0, &NativeClock).expect("it works");
    run.finish().expect("it is done");
    let missing = |worker| WorkError::WorkerUnavailable { worker, workers: 1 };
    assert_eq!(run.work(1, &NativeClock), Err(missing(1)));
    assert_eq!(run.work(0, &NativeClock), Err(missing(0)));
}

#[test]
fn missing_worker_ends_the_run_with_an_error() {
    let run = prepare(hft(json!({ "workers": 2, "operations": 100 })));
    // By this clock ten seconds are a thousand readings.
    let error = run.work(0, &Ticking::default()).expect_err("the other one is missing");
    assert_eq!(error, WorkError::Missing { arrived: 1, workers: 2 });
    assert_eq!(error.to_string(), "only 1 of 2 workers started within 10 s");
    assert_eq!(run.work(1, &NativeClock), Err(WorkError::NotStarted));
}
