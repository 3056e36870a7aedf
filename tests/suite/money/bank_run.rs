//! Bank runs.

use serde_json::{Value, json};

use super::{
    Steps, event, fact, facts, held, list, operations, pending, protocols_and_workers, ran, ran_by,
};

/// How a visit can end.
const ENDS: [&str; 6] =
    ["served", "refused_reserve", "refused_claim", "interrupted", "turned_away", "nothing_left"];

/// Checks all balances of a bank with this initial reserve and these claims.
fn paid(report: &Value, reserve: i128, claims: i128) -> i128 {
    let paid = reserve - held(report, "bank");
    assert!((0..=reserve).contains(&paid), "{paid} of {reserve}");
    assert_eq!(held(report, "claims"), paid, "settled");
    assert_eq!(held(report, "customer_"), claims - paid, "still owed");
    assert_eq!(held(report, "@world_"), paid, "out of the door");
    assert_eq!(fact(report, "paid_out"), paid);
    assert_eq!(fact(report, "reserve_at_end"), reserve - paid);
    assert_eq!(fact(report, "owed_at_end"), claims - paid);
    assert_eq!((fact(report, "in_turn_percent"), pending(report)), (100, 0));
    assert_eq!(facts(report, &ENDS), operations(report));
    assert_eq!(fact(report, "asked"), operations(report));
    for (name, balance) in super::balances(report, "customer_") {
        assert!(balance >= 0, "{name} has {balance}");
    }
    paid
}

/// 610 customers with 7,000 coins each and a reserve of 11 %: 67 are served in any order, and 700
/// coins remain.
#[test]
fn reserve_serves_customers_until_exhausted() {
    for (concurrency, workers) in protocols_and_workers() {
        let (_, report) = ran(
            "bank-run",
            json!({
                "concurrency": concurrency, "workers": workers, "accounts": 610, "customer_coins": 7_000,
                "reserve_percent": 11, "withdrawals_per_customer": 1, "operations": 1_220,
                "batch": 16,
            }),
        );
        assert_eq!(paid(&report, 469_700, 4_270_000), 469_000, "{concurrency}, {workers}");
        assert_eq!(fact(&report, "served"), 67);
        // Customers come again and own nothing, or come twice at once and get less than they ask
        // for.
        assert_eq!(facts(&report, &["nothing_left", "refused_claim"]), 67);
        assert_eq!(fact(&report, "refused_reserve"), 1_220 - 2 * 67);
        let dry = event(&report, "reserve_dry");
        assert!((1..=i128::from(workers)).contains(&dry), "{dry} workers saw it");
    }
}

#[test]
fn goledger_preset_serves_every_customer() {
    for (concurrency, workers) in protocols_and_workers() {
        let (_, report) = ran(
            "bank-run",
            json!({ "preset": "goledger", "concurrency": concurrency, "workers": workers }),
        );
        assert_eq!(paid(&report, 500_000, 50_000), 50_000);
        assert_eq!(held(&report, "customer_"), 0);
        assert_eq!(fact(&report, "served"), 5);
        assert_eq!(list(&report["events"]).len(), 0);
    }
}

#[test]
fn last_withdrawal_takes_the_remainder() {
    for (concurrency, workers) in protocols_and_workers() {
        let (_, report) = ran(
            "bank-run",
            json!({
                "concurrency": concurrency, "workers": workers, "accounts": 50, "customer_coins": 1_000,
                "withdrawals_per_customer": 3, "reserve_percent": 100, "operations": 150,
            }),
        );
        let paid = paid(&report, 50_000, 50_000);
        // Two concurrent visits of one customer may compete for the same coins; then some remain.
        if fact(&report, "refused_claim") == 0 {
            assert_eq!(paid, 50_000, "{concurrency}, {workers}");
        }
        if workers == 1 {
            assert_eq!(fact(&report, "served"), 150);
        }
    }
}

/// A reserve of 2,000 serves eleven visitors of 100 coins before it falls below one half. Then each
/// worker rejects thirty, independently of the others, and serves again what remains.
#[test]
fn withdrawals_are_suspended_once_and_resumed() {
    for (concurrency, workers) in protocols_and_workers() {
        let (_, report) = ran(
            "bank-run",
            json!({
                "concurrency": concurrency, "workers": workers, "accounts": 200, "customer_coins": 100,
                "reserve_percent": 10, "suspend_percent": 50, "suspend_operations": 30,
                "withdrawals_per_customer": 1, "operations": 200,
            }),
        );
        assert_eq!(paid(&report, 2_000, 20_000), 2_000);
        let halts = i128::from(workers);
        assert!(event(&report, "suspended") <= halts, "{concurrency}");
        if workers == 1 {
            assert_eq!(event(&report, "suspended"), 1);
            assert_eq!((fact(&report, "turned_away"), fact(&report, "served")), (30, 20));
            assert_eq!(fact(&report, "refused_reserve"), 150);
        }
        let turned_away = fact(&report, "turned_away");
        assert_eq!(turned_away, 30 * event(&report, "lifted"), "each halt was served to its end");
    }
    let (_, never) = ran("bank-run", json!({ "operations": 100, "accounts": 100 }));
    assert_eq!((fact(&never, "turned_away"), event(&never, "suspended")), (0, 0));
}

#[test]
fn empty_reserve_refuses_every_withdrawal() {
    let (_, report) = ran(
        "bank-run",
        json!({ "accounts": 20, "reserve_percent": 0, "operations": 40, "workers": 2 }),
    );
    assert_eq!(paid(&report, 0, 200_000), 0);
    assert_eq!(fact(&report, "refused_reserve"), 40);
}

#[test]
fn cancelled_bank_run_passes_its_checks() {
    let mut interrupted = 0;
    for reading in (30..330).step_by(30) {
        let parameters = json!({ "accounts": 100, "operations": 100, "reserve_percent": 50 });
        let report = ran_by("bank-run", parameters, |run| Steps::cancelling(run, reading));
        if report["ended_by"] == "cancelled" && held(&report, "customer_") > 0 {
            paid(&report, 500_000, 1_000_000);
        }
        interrupted += fact(&report, "interrupted");
    }
    assert!(interrupted > 0, "no look fell into a withdrawal");
}

#[test]
fn withdrawal_after_the_deadline_pays_nothing() {
    let parameters = json!({
        "accounts": 100, "operations": 100, "reserve_percent": 100, "deadline_ms": 50,
        "withdrawals_per_customer": 1,
    });
    let report = ran_by("bank-run", parameters, |_| Steps::of_ms(10));
    let paid = paid(&report, 1_000_000, 1_000_000);
    assert!(fact(&report, "interrupted") > 0, "nothing was late");
    assert_eq!(paid, fact(&report, "served") * 10_000);
}

#[test]
fn full_trail_ends_a_bank_run() {
    let (_, report) = ran(
        "bank-run",
        json!({
            "accounts": 1_000, "withdrawals_per_customer": 1_000, "reserve_percent": 100,
            "customer_coins": 1_000_000, "operations": 1_000_000, "trail_mib": 32, "workers": 2,
        }),
    );
    assert_eq!(report["ended_by"], "trail_full");
    paid(&report, 1_000_000_000, 1_000_000_000);
}
