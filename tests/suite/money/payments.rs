//! Payments in two phases.

use std::sync::Arc;

use ledgerlab::model::{CreateTransferStatus, TransferFlags};
use ledgerlab::scenarios::Run;
use serde_json::{Value, json};

use super::{
    Steps, balances, event, fact, facts, held, operations, pending, protocols_and_workers, ran,
};
use super::{ran_by, try_prepare};

/// How a payment can end.
const ENDS: [&str; 7] =
    ["completed", "declined", "failed_before", "not_held", "failed_after", "late", "stuck"];

/// Checks every run: nothing is pending, and no limit is exceeded.
fn settled(report: &Value) {
    assert_eq!(pending(report), 0, "coins rest in a hold");
    assert_eq!(facts(report, &ENDS), operations(report));
    assert_eq!((fact(report, "stuck"), event(report, "stuck")), (0, 0));
    assert_eq!(fact(report, "voided"), facts(report, &["failed_after", "late"]));
    assert_eq!(event(report, "late"), fact(report, "late"));
    assert_eq!(held(report, "processor_"), fact(report, "fees"));
    for (name, balance) in balances(report, "").filter(|(name, _)| !name.starts_with("@world")) {
        assert!(balance >= 0, "{name} has {balance}");
    }
}

/// Returns the amount paid according to the posts in the trail, and the fees by the test's own
/// arithmetic.
fn by_trail(run: &Arc<Run>, basis_points: u128) -> (i128, i128) {
    let (mut paid, mut fees) = (0, 0);
    for recorded in run.ledger().trail().in_order() {
        let posts = TransferFlags::POST_PENDING_TRANSFER.bits() & recorded.entry.flags != 0;
        if posts && recorded.entry.transfer_status() == Some(CreateTransferStatus::Created) {
            paid += recorded.entry.amount;
            fees += recorded.entry.amount * basis_points / 10_000;
        }
    }
    (paid as i128, fees as i128)
}

#[test]
fn fees_are_exact_and_nothing_stays_pending() {
    for (concurrency, workers) in protocols_and_workers() {
        let (run, report) = ran(
            "payments",
            json!({
                "concurrency": concurrency, "workers": workers, "accounts": 20, "merchants": 5,
                "processors": 2, "fee_basis_points": 275, "failure_percent": 30,
                "customer_coins": 20_000, "operations": 2_000,
            }),
        );
        settled(&report);
        let (paid, fees) = by_trail(&run, 275);
        assert!(paid > 0 && fees > 0, "{concurrency}, {workers}");
        assert_eq!(held(&report, "processor_"), fees);
        assert_eq!(held(&report, "merchant_"), 5 * 50_000 + paid - fees);
        assert_eq!(held(&report, "customer_"), 20 * 20_000 - paid);
        for kind in ["completed", "declined", "failed_before", "failed_after", "late"] {
            assert!(fact(&report, kind) > 0, "{kind} did not occur: {concurrency}, {workers}");
        }
        assert_eq!(fact(&report, "not_held"), 0, "nothing was late by itself");
    }
}

#[test]
fn goledger_preset_keeps_115_000_coins() {
    for (concurrency, workers) in protocols_and_workers() {
        let (run, report) = ran(
            "payments",
            json!({ "preset": "goledger", "concurrency": concurrency, "workers": workers }),
        );
        settled(&report);
        let all = ["processor", "merchant_", "customer_"].map(|role| held(&report, role));
        assert_eq!(all.iter().sum::<i128>(), 115_000);
        assert_eq!(operations(&report), 30);
        assert_eq!(all[0], by_trail(&run, 100).1);
        assert!(fact(&report, "completed") > 0);
    }
}

#[test]
fn fees_of_0_and_100_percent_are_exact() {
    for basis_points in [0_u128, 10_000] {
        let (run, report) = ran(
            "payments",
            json!({ "fee_basis_points": basis_points as u64, "operations": 500, "amount_min": 0 }),
        );
        settled(&report);
        let (paid, fees) = by_trail(&run, basis_points);
        assert_eq!(fees, if basis_points == 0 { 0 } else { paid });
        assert_eq!(held(&report, "processor_"), fees);
    }
}

/// Cancels at each reading of the clock in turn, so also between a pending transfer and its post.
/// The void is made anyway.
#[test]
fn cancelled_run_voids_pending_transfers() {
    let (mut late, mut not_held) = (0, 0);
    for reading in 50..170 {
        let parameters = json!({ "accounts": 5, "merchants": 2, "operations": 60, "batch": 8 });
        let report = ran_by("payments", parameters, |run| Steps::cancelling(run, reading));
        settled(&report);
        late += fact(&report, "late");
        not_held += fact(&report, "not_held");
    }
    assert!(late > 10 && not_held > 10, "{late} posts and {not_held} holds were cancelled");
}

/// Each reading of the clock takes 10 ms of a deadline of 50 ms, so most of a batch of ten is late.
#[test]
fn missed_deadline_voids_pending_transfers() {
    let parameters = json!({
        "operations": 1_000, "deadline_ms": 50, "batch": 10, "duration_s": 3_600,
        "failure_percent": 0,
    });
    let report = ran_by("payments", parameters, |_| Steps::of_ms(10));
    settled(&report);
    for kind in ["completed", "late", "not_held"] {
        assert!(fact(&report, kind) >= 50, "{kind}: {}", fact(&report, kind));
    }
}

/// A payment begins only with room for its end in the trail.
#[test]
fn full_trail_leaves_nothing_pending() {
    for (workers, failure_percent) in [(1, 100), (4, 40)] {
        let (_, report) = ran(
            "payments",
            json!({
                "workers": workers, "failure_percent": failure_percent, "operations": 1_000_000,
                "trail_mib": 32,
            }),
        );
        assert_eq!(report["ended_by"], "trail_full");
        settled(&report);
    }
}

#[test]
fn crossed_amount_bounds_are_rejected_with_both_values() {
    let error = try_prepare("payments", json!({ "amount_min": 600 })).expect_err("they cross");
    assert_eq!(error.to_string(), "amount_min must be at most amount_max (549), not 600");
}
