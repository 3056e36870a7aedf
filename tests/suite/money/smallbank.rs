//! SmallBank.

use serde_json::{Value, json};

use super::try_prepare;
use super::{
    Steps, balances, fact, facts, held, operations, pending, protocols_and_workers, ran, ran_by,
};

/// How a transaction can end.
const ENDS: [&str; 11] = [
    "amalgamate",
    "balance",
    "deposit",
    "send",
    "send_refused",
    "save",
    "save_refused",
    "check",
    "gave_up",
    "interrupted",
    "failed",
];

/// How often something was decided again.
const AGAIN: [&str; 4] = ["amalgamate_again", "balance_again", "send_again", "check_again"];

/// Checks that the balances add up to this initial total.
fn accounted(report: &Value, coins: i128) {
    let customers = held(report, "checking_") + held(report, "savings_");
    let went = facts(report, &["coins_out", "penalties"]);
    assert_eq!(customers, coins + fact(report, "coins_in") - went);
    assert_eq!(held(report, "@world_"), went - fact(report, "coins_in"));
    for (name, balance) in balances(report, "savings_") {
        assert!(balance >= 0, "{name} has {balance}");
    }
    assert_eq!(facts(report, &ENDS), operations(report));
    assert_eq!((fact(report, "failed"), pending(report)), (0, 0));
}

/// Few customers with few coins, so that workers contend, payments are rejected and checks incur a
/// penalty.
#[test]
fn every_decision_holds_and_money_is_conserved() {
    for (concurrency, workers) in protocols_and_workers() {
        let (_, report) = ran(
            "smallbank",
            json!({
                "concurrency": concurrency, "workers": workers, "accounts": 20, "hot_accounts": 3,
                "checking_coins": 2_000, "savings_coins": 3_000, "operations": 3_000,
            }),
        );
        accounted(&report, 100_000);
        for kind in ["amalgamate", "balance", "deposit", "send", "save", "check"] {
            assert!(fact(&report, kind) > 100, "{kind}: {concurrency}, {workers}");
        }
        for kind in ["send_refused", "save_refused", "penalties"] {
            assert!(fact(&report, kind) > 0, "{kind}: {concurrency}, {workers}");
        }
        if workers == 1 {
            assert_eq!(facts(&report, &AGAIN), 0, "no other worker ran");
        }
        assert_eq!(super::event(&report, "decided_again"), facts(&report, &AGAIN));
    }
}

/// Four workers and two customers: reads become stale and are repeated.
#[test]
fn stale_reads_are_decided_again() {
    let mut again = 0;
    for (concurrency, workers) in protocols_and_workers().filter(|(_, workers)| *workers == 4) {
        let (_, report) = ran(
            "smallbank",
            json!({
                "concurrency": concurrency, "workers": workers, "accounts": 2, "operations": 20_000,
            }),
        );
        accounted(&report, 40_000);
        again += facts(&report, &AGAIN);
    }
    assert!(again > 0, "no worker waited");
}

/// With a single hot customer, the payee is still another customer.
#[test]
fn one_hot_customer_pays_another() {
    let (_, report) = ran(
        "smallbank",
        json!({ "accounts": 3, "hot_percent": 100, "hot_accounts": 1, "operations": 500 }),
    );
    accounted(&report, 60_000);
    assert!(facts(&report, &["send", "amalgamate"]) > 50);
}

#[test]
fn cancelled_run_passes_its_checks() {
    let mut interrupted = 0;
    for reading in (60..260).step_by(10) {
        let parameters = json!({ "accounts": 5, "operations": 200, "batch": 50 });
        let report = ran_by("smallbank", parameters, |run| Steps::cancelling(run, reading));
        accounted(&report, 100_000);
        interrupted += fact(&report, "interrupted");
    }
    assert!(interrupted > 0, "no look fell into a transaction");
}

#[test]
fn late_operations_change_nothing() {
    let parameters = json!({ "accounts": 5, "operations": 500, "batch": 10, "deadline_ms": 50, "duration_s": 3_600 });
    let report = ran_by("smallbank", parameters, |_| Steps::of_ms(10));
    accounted(&report, 100_000);
    assert!(fact(&report, "interrupted") > 50, "nothing was late");
}

#[test]
fn full_trail_ends_the_run() {
    let (_, report) =
        ran("smallbank", json!({ "workers": 2, "operations": 1_000_000, "trail_mib": 32 }));
    assert_eq!(report["ended_by"], "trail_full");
    accounted(&report, 80_000_000);
}

#[test]
fn crossed_amount_bounds_are_rejected_with_both_values() {
    let error = try_prepare("smallbank", json!({ "amount_min": 3_000 })).expect_err("they cross");
    assert_eq!(error.to_string(), "amount_min must be at most amount_max (2000), not 3000");
}
