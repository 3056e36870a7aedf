//! GoLedger's eleven scenarios with its own numbers, and what must hold of each report.
//!
//! Source: the public tests of GoLedger; the table is in `docs/TESTING.md`.

use super::scenario_cases::{assert_consistent, balance_of, held, list, number};
use serde_json::Value;

/// One of GoLedger's scenarios.
pub struct Goledger {
    /// The scenario's name; its preset is `goledger`.
    pub scenario: &'static str,
    /// Checks the report beyond what must hold of every run.
    pub holds: fn(&Value),
}

/// All scenarios.
pub const ALL: &[Goledger] = &[
    Goledger {
        scenario: "deposits",
        holds: |report| {
            all_created(report, 3);
            assert_eq!(balance_of(report, "first_1"), 130);
        },
    },
    Goledger {
        scenario: "mixed",
        holds: |report| {
            all_created(report, 5);
            assert_eq!(balance_of(report, "first_1"), 200);
        },
    },
    Goledger {
        scenario: "transfers",
        holds: |report| {
            all_created(report, 4);
            assert_eq!(balance_of(report, "first_1"), 250);
            assert_eq!(balance_of(report, "second_1"), 250);
        },
    },
    Goledger {
        scenario: "readers",
        holds: |report| {
            all_created(report, 4);
            assert_eq!(number(&report["totals"]["reads"]), 10);
            assert_eq!(balance_of(report, "first_1"), 140);
            assert_eq!(balance_of(report, "second_1"), 190);
        },
    },
    Goledger {
        scenario: "performance",
        holds: |report| {
            all_created(report, 30);
            assert_eq!(number(&report["totals"]["operations"]), 40);
            assert_eq!(number(&report["totals"]["reads"]), 10);
            assert_eq!(held(report), 2_000);
        },
    },
    Goledger {
        scenario: "hft",
        holds: |report| {
            assert_eq!(number(&report["totals"]["attempts"]), 50);
            assert!(number(&report["totals"]["accepted"]) > 0, "no trade succeeded");
            assert_eq!(held(report), 1_300_000);
        },
    },
    Goledger {
        scenario: "bank-run",
        holds: |report| {
            assert!(number(&report["totals"]["accepted"]) > 0, "nothing was accepted");
            for row in list(&report["accounts"]["rows"]) {
                let issuer = row["issuer"] == true;
                let name = row["name"].as_str().expect("it has a name");
                assert!(issuer || balance_of(report, name) >= 0, "{row}");
            }
        },
    },
    Goledger {
        scenario: "payments",
        holds: |report| {
            assert_eq!(number(&report["totals"]["operations"]), 30);
            assert!(balance_of(report, "processor_1") >= 0);
            assert_eq!(held(report), 115_000);
        },
    },
    Goledger {
        scenario: "deadlock",
        holds: |report| {
            assert_eq!(number(&report["totals"]["attempts"]), 20);
            assert_eq!(held(report), 20_000);
            let seconds = number(&report["elapsed_ns"]) / 1_000_000_000;
            assert!(seconds < 5, "{seconds} s");
        },
    },
    Goledger {
        scenario: "compliance",
        holds: |report| {
            all_created(report, 4);
            assert_eq!(balance_of(report, "auditor"), 8_900);
            assert_eq!(balance_of(report, "user_1"), 5_500);
            assert_eq!(balance_of(report, "user_2"), 5_600);
            assert_eq!(report["health"]["status"], "healthy");
        },
    },
    Goledger {
        scenario: "high-volume",
        holds: |report| {
            all_created(report, 20);
            assert_eq!(number(&report["totals"]["operations"]), 100);
            assert_eq!(number(&report["totals"]["reads"]), 80);
            assert_eq!(held(report), 5_000);
        },
    },
];

/// Checks the report of a run of one of them.
pub fn must_hold(goledger: &Goledger, report: &Value) {
    assert_consistent(report);
    assert_eq!(report["ended_by"], "operations");
    (goledger.holds)(report);
}

fn all_created(report: &Value, attempts: i128) {
    assert_eq!(number(&report["totals"]["attempts"]), attempts);
    assert_eq!(number(&report["totals"]["accepted"]), attempts, "{}", report["totals"]);
}
