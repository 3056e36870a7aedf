//! The checks of payments: final balances against the fees that the workers computed, and outcomes against the trail.

use super::model::{CUSTOMER, FEES, MERCHANT, Outcome, PAID, PROCESSOR};
use crate::model::{CreateTransferStatus, TransferFlags};
use crate::scenarios::check_results::check_equal_and;
use crate::scenarios::counts::{self, CountKind, check_every_outcome};
use crate::scenarios::{Check, CheckInput, CheckResults, Fact};

pub(super) fn check(input: &CheckInput<'_>) -> CheckResults {
    let trail = TrailCounts::read(input);
    let paid = -input.role_gain(CUSTOMER);
    let completed = u64::try_from(Outcome::Completed.total(input)).unwrap_or(0);
    let checks = vec![
        no_pending_coins(input),
        fees_exact(input, completed),
        merchants_exact(input, paid, completed),
        every_payment_ended(input, &trail),
    ];
    let mut facts = counts::facts::<Outcome>(input);
    facts.push(Fact::new("voided", "Holds voided", trail.voided, ""));
    let balance_facts = vec![
        Fact::new("paid", "Paid by customers", paid, "coins"),
        Fact::new("fees", "Fees of processors", input.role_gain(PROCESSOR), "coins"),
    ];
    CheckResults { checks, facts, balance_facts }
}

/// Checks that every hold was posted or voided.
fn no_pending_coins(input: &CheckInput<'_>) -> Check {
    let (mut held, mut examined) = (0_u128, 0);
    for account in input.ledger.accounts() {
        examined += 1;
        held = held.saturating_add(account.debits_pending).saturating_add(account.credits_pending);
    }
    Check::equal(
        ["no_pending_coins", "No pending coins", "Coins that are still pending at the end."],
        0,
        i128::try_from(held).unwrap_or(i128::MAX),
        (examined, "accounts"),
    )
}

fn fees_exact(input: &CheckInput<'_>, completed: u64) -> Check {
    Check::equal(
        [
            "fees_exact",
            "Fees exact",
            "The coins that the processors gained should equal the fees of completed payments.",
        ],
        input.observations.sum(FEES),
        input.role_gain(PROCESSOR),
        (completed, "payments"),
    )
}

/// Checks that the merchants received what the customers paid except the fees.
fn merchants_exact(input: &CheckInput<'_>, customers_paid: i128, completed: u64) -> Check {
    let (paid, fees) = (input.observations.sum(PAID), input.observations.sum(FEES));
    check_equal_and(
        [
            "merchants_exact",
            "Merchants paid exactly",
            "The coins that the merchants gained should equal completed payments minus fees. Customers paid both.",
        ],
        (paid - fees, input.role_gain(MERCHANT)),
        (completed, "payments"),
        (customers_paid == paid, &format!("customers paid {customers_paid}")),
    )
}

/// The holds in the trail.
#[derive(Debug, Default)]
struct TrailCounts {
    declined: i128,
    not_held: i128,
    posted: i128,
    voided: i128,
}

impl TrailCounts {
    fn read(input: &CheckInput<'_>) -> Self {
        let mut counts = Self::default();
        for recorded in input.ledger.trail().in_order() {
            let Some(status) = recorded.entry.transfer_status() else { continue };
            let flags = TransferFlags::from_bits_retain(recorded.entry.flags);
            let is_created = i128::from(status == CreateTransferStatus::Created);
            if flags.contains(TransferFlags::POST_PENDING_TRANSFER) {
                counts.posted += is_created;
            } else if flags.contains(TransferFlags::VOID_PENDING_TRANSFER) {
                counts.voided += is_created;
            } else if flags.contains(TransferFlags::PENDING) && is_created == 0 {
                match status.is_interruption() {
                    true => counts.not_held += 1,
                    false => counts.declined += 1,
                }
            }
        }
        counts
    }
}

/// Checks that no payment was lost. The workers alone know the payments that did not reach the ledger.
fn every_payment_ended(input: &CheckInput<'_>, trail: &TrailCounts) -> Check {
    let in_trail = trail.posted + trail.voided + trail.declined + trail.not_held;
    let voided = Outcome::FailedAfter.total(input) + Outcome::Late.total(input);
    let workers_agree = trail.posted == Outcome::Completed.total(input)
        && trail.voided == voided
        && trail.declined == Outcome::Declined.total(input)
        && trail.not_held == Outcome::NotHeld.total(input);
    check_every_outcome(
        [
            "every_payment_ended",
            "Every payment has one outcome",
            "Payments posted, voided, declined and not held in the trail plus those that failed before the hold, against \
             all payments. The workers counted the same.",
        ],
        input,
        in_trail + Outcome::FailedBefore.total(input),
        "payments",
        workers_agree,
    )
}
