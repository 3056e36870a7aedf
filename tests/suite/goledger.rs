//! Repeats GoLedger's scenarios under every correct protocol.
//!
//! `cargo test --release --test suite goledger -- --ignored` runs each a thousand times; every test
//! run has a shorter form.

use std::time::Instant;

use crate::common::goledger::{self, Goledger};
use crate::common::runs::{prepare, report_of, request};
use ledgerlab::scenarios::{ALL, Protocol};
use serde_json::json;

/// Runs of each scenario under each protocol.
const RUNS: u64 = 1_000;
const RUNS_IN_SHORT: u64 = 40;

fn run(goledger: &Goledger, protocol: Protocol, seed: u64) {
    // Two workers, and more workers than processors.
    let parameters =
        json!({ "concurrency": protocol.name(), "seed": seed, "workers": 2 + seed % 3 });
    let mut request = request(goledger.scenario, parameters);
    request["preset"] = "goledger".into();
    let report = report_of(&prepare(request), |_| {});
    goledger::must_hold(goledger, &report);
}

fn run_all(runs: u64) {
    for protocol in Protocol::ALL.into_iter().filter(|protocol| !protocol.is_flawed()) {
        for goledger in goledger::ALL {
            let began = Instant::now();
            for seed in 0..runs {
                run(goledger, protocol, seed);
            }
            let seconds = began.elapsed().as_secs_f64();
            println!(
                "{runs} runs of {} under {}: {seconds:.1} s",
                goledger.scenario,
                protocol.name()
            );
        }
    }
}

#[test]
fn goledger_requirements_hold_under_every_correct_protocol() {
    run_all(RUNS_IN_SHORT);
}

#[test]
#[ignore = "it takes minutes; see the top of the file"]
fn goledger_requirements_hold_a_thousand_times() {
    run_all(RUNS);
}

#[test]
fn every_goledger_preset_has_requirements() {
    for scenario in ALL {
        let description = scenario.description();
        let has_preset = description.presets.iter().any(|preset| preset.name == "goledger");
        let known = goledger::ALL.iter().filter(|case| case.scenario == description.name).count();
        assert_eq!(known, usize::from(has_preset), "{}", description.name);
    }
}
