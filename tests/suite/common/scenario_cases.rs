//! Scenario runs and what must hold of their reports. Native threads and web workers run the same
//! cases.

use serde_json::{Value, json};

/// A run: its request, when it is cancelled, and what must hold of its report.
pub struct Case {
    pub scenario: &'static str,
    pub preset: Option<&'static str>,
    pub parameters: Value,
    /// Cancel the run after this many attempts.
    pub cancel_after: Option<u64>,
    pub holds: fn(&Value),
    /// What must hold besides when several workers run.
    pub holds_of_several: fn(&Value),
}

impl Case {
    /// Returns the request as a host sends it.
    pub fn request(&self, host: &str) -> Value {
        let environment = json!({ "host": host, "workers_available": 2 });
        let mut request = json!({
            "scenario": self.scenario,
            "parameters": self.parameters,
            "environment": environment,
        });
        // On a slow machine the default would end the run early.
        request["parameters"]["duration_s"] = 3_600.into();
        if let Some(preset) = self.preset {
            request["preset"] = preset.into();
        }
        request
    }

    /// The number of workers of the run.
    pub fn workers(&self) -> usize {
        self.parameters["workers"].as_u64().expect("every case says how many workers") as usize
    }

    /// Returns the same case for a host without threads.
    pub fn on_one_worker(mut self) -> Self {
        self.parameters["workers"] = 1.into();
        self
    }

    /// Checks the run's report.
    pub fn check(&self, report: &Value) {
        assert_eq!(list(&report["workers"]).len(), self.workers(), "workers in the report");
        (self.holds)(report);
        if self.workers() > 1 {
            (self.holds_of_several)(report);
        }
    }
}

/// Two workers and 200,000 trades: each attempt is one entry, and no worker does all of the work.
pub fn every_attempt_is_recorded() -> Case {
    Case {
        scenario: "hft",
        preset: None,
        parameters: json!({ "workers": 2, "operations": 200_000, "seed": 7 }),
        cancel_after: None,
        holds: |report| {
            assert_consistent(report);
            assert_eq!(report["ended_by"], "operations");
            assert_eq!(number(&report["totals"]["attempts"]), 200_000);
            let entries = number(&report["totals"]["trail_entries"]);
            assert_eq!(entries, number(&report["totals"]["setup_entries"]) + 200_000);
            for worker in list(&report["workers"]) {
                assert!(number(&worker["attempts"]) > 20_000, "{worker}");
            }
            assert!(number(&report["totals"]["refused"]) > 0, "no attempt was refused");
        },
        holds_of_several: |_| {},
    }
}

/// Four workers at one exchange: nearly every trade waits for another, so a lost update would be
/// found.
pub fn contended_account_loses_no_update() -> Case {
    Case {
        scenario: "hft",
        preset: None,
        parameters: json!({
            "workers": 4, "accounts": 3, "exchanges": 1, "operations": 1_000_000, "batch": 8_189,
        }),
        cancel_after: None,
        holds: |report| {
            assert_consistent(report);
            assert_eq!(number(&report["totals"]["attempts"]), 1_000_000);
        },
        holds_of_several: |report| {
            let waits: i128 = list(&report["workers"]).iter().map(|w| number(&w["waits"])).sum();
            assert!(waits > 0, "no worker waited");
        },
    }
}

/// GoLedger's own numbers: 1,300,000 coins before and after, and some trades succeed.
pub fn goledger_trading_floor_conserves_money() -> Case {
    Case {
        scenario: "hft",
        preset: Some("goledger"),
        parameters: json!({ "workers": 2 }),
        cancel_after: None,
        holds: |report| {
            assert_consistent(report);
            assert_eq!(number(&report["totals"]["attempts"]), 50);
            assert!(number(&report["totals"]["accepted"]) > 0);
            assert_eq!(held(report), 1_300_000);
        },
        holds_of_several: |_| {},
    }
}

/// The trail's memory runs out: the run ends for that reason, and what was recorded is complete.
pub fn full_trail_ends_the_run_without_loss() -> Case {
    Case {
        scenario: "hft",
        preset: None,
        parameters: json!({ "workers": 2, "operations": 1_000_000, "trail_mib": 32 }),
        cancel_after: None,
        holds: |report| {
            assert_consistent(report);
            assert_eq!(report["ended_by"], "trail_full");
            assert!(number(&report["totals"]["attempts"]) < 1_000_000);
            assert!(number(&report["totals"]["trail_bytes"]) <= 32 << 20);
        },
        holds_of_several: |_| {},
    }
}

/// A run that is cancelled midway passes the same checks.
pub fn cancelled_run_is_checked() -> Case {
    Case {
        scenario: "hft",
        preset: None,
        parameters: json!({ "workers": 2, "operations": 1_000_000_000, "duration_s": 60 }),
        cancel_after: Some(10_000),
        holds: |report| {
            assert_consistent(report);
            assert_eq!(report["ended_by"], "cancelled");
            let attempts = number(&report["totals"]["attempts"]);
            assert!((10_000..1_000_000_000).contains(&attempts), "{attempts} attempts");
        },
        holds_of_several: |_| {},
    }
}

/// The parameters of the runs whose trails are the same on every host. They are JSON because the
/// test in Node reads this line and the next from this file.
pub const ONE_WORKER: &str =
    r#"{ "workers": 1, "operations": 20000, "seed": 7, "deadline_ms": 60000 }"#;

/// The hash of that trail on every host.
pub const TRAIL_HASH: &str = "ffc24c037aa93f060e1b549573f89b9568d0accfcebce9450333568531c240b2";

/// One worker and one seed write an identical trail on native threads, in Node and in a browser.
pub fn same_seed_writes_the_same_trail_on_every_host() -> Case {
    Case {
        scenario: "hft",
        preset: None,
        parameters: serde_json::from_str(ONE_WORKER).expect("it is JSON"),
        cancel_after: None,
        holds: |report| {
            assert_consistent(report);
            assert_eq!(number(&report["totals"]["attempts"]), 20_000);
            assert_eq!(report["trail_hash"], TRAIL_HASH);
        },
        holds_of_several: |_| {},
    }
}

/// Checks every run from the report's own figures, without its check results.
pub fn assert_consistent(report: &Value) {
    let totals = &report["totals"];
    let parts = ["accepted", "refused", "interrupted"];
    let sum: i128 = parts.iter().map(|part| number(&totals[part])).sum();
    assert_eq!(sum, number(&totals["attempts"]));
    for part in parts {
        let by_workers: i128 = list(&report["workers"]).iter().map(|w| number(&w[part])).sum();
        assert_eq!(by_workers, number(&totals[part]), "{part} by worker");
        let by_second: i128 = list(&report["series"][part]).iter().map(number).sum();
        assert_eq!(by_second, number(&totals[part]), "{part} by second");
    }

    let rows = list(&report["accounts"]["rows"]);
    assert_eq!(report["accounts"]["complete"], true);
    assert_eq!(rows.len() as i128, number(&report["accounts"]["count"]));
    let debits: i128 = rows.iter().map(|row| number(&row["debits_posted"])).sum();
    let credits: i128 = rows.iter().map(|row| number(&row["credits_posted"])).sum();
    assert_eq!(debits, credits, "debits and credits");
    // Only SmallBank has accounts that may be overdrawn.
    for row in rows.iter().filter(|row| row["issuer"] == false && report["scenario"] != "smallbank")
    {
        assert!(balance(row) >= 0, "{row} is below zero");
    }
    assert_eq!(report["flaws"], json!([]), "no flawed choice was requested");
    let issued = number(&report["checks"][0]["expected"]);
    assert_eq!(held(report), issued, "coins held and coins issued");

    let names: Vec<_> = list(&report["checks"]).iter().map(|check| &check["name"]).collect();
    let all = ["conservation", "no_account_below_its_limit", "one_entry_per_attempt", "replay"];
    // The scenario's own checks follow.
    assert_eq!(names[..4], all);
    for (index, check) in list(&report["checks"]).iter().enumerate() {
        assert_eq!(check["passed"], true, "{check}");
        // A cancelled run may have nothing for a scenario's own check.
        let may_be_empty = index > 3 && report["ended_by"] == "cancelled";
        assert!(number(&check["examined"]) > 0 || may_be_empty, "{check}");
    }
    let replayed = number(&report["checks"][3]["examined"]);
    assert_eq!(replayed, number(&totals["trail_entries"]));
    assert_eq!(report["passed"], true);
}

/// Returns the coins of all accounts but the issuers.
pub fn held(report: &Value) -> i128 {
    let rows = list(&report["accounts"]["rows"]).iter();
    rows.filter(|row| row["issuer"] == false).map(balance).sum()
}

/// Returns the balance of the account of this name.
pub fn balance_of(report: &Value, name: &str) -> i128 {
    let mut rows = list(&report["accounts"]["rows"]).iter().filter(|row| row["name"] == name);
    balance(rows.next().unwrap_or_else(|| panic!("there is no account {name}")))
}

fn balance(row: &Value) -> i128 {
    number(&row["credits_posted"]) - number(&row["debits_posted"])
}

pub fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("{value} is not a list"))
}

/// Returns an integer, which is a string where JSON would round it.
pub fn number(value: &Value) -> i128 {
    match value {
        Value::String(digits) => digits.parse().expect("it is a number in digits"),
        // Numbers from JavaScript may have been doubles.
        other => other
            .as_i64()
            .map(i128::from)
            .or_else(|| other.as_f64().map(|double| double as i128))
            .unwrap_or_else(|| panic!("{other} is not a number")),
    }
}
