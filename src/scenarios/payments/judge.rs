//! What is said of a run of payments: what the accounts have, against what the loads expect by the rule of the fee.

use super::{CUSTOMER, ENDS, End, FEES, MERCHANT, PAID, PROCESSOR};
use crate::model::{CreateTransferStatus, TransferFlags};
use crate::scenarios::findings::found_with;
use crate::scenarios::{Check, Evidence, Fact, Figure, Findings};

pub(super) fn findings(evidence: &Evidence<'_>) -> Findings {
    let told = Told::by(evidence);
    let checks = vec![
        nothing_held(evidence),
        fees(evidence),
        merchants(evidence),
        every_payment_ended(evidence, &told),
    ];
    let ends = ENDS.iter().map(|(name, title)| (*name, *title, evidence.witness.sum(name)));
    let mut facts: Vec<_> =
        ends.map(|(name, title, count)| Fact::new(name, title, count, "")).collect();
    facts.extend([
        Fact::new("voided", "Holds voided", told.voided, ""),
        Fact::new("paid", "Paid by customers", lost(evidence), "coins"),
        Fact::new("fees", "Kept by processors", evidence.gained(PROCESSOR), "coins"),
    ]);
    Findings { checks, facts }
}

/// What the customers have less.
fn lost(evidence: &Evidence<'_>) -> i128 {
    -evidence.gained(CUSTOMER)
}

/// Whatever was held has been posted or voided.
fn nothing_held(evidence: &Evidence<'_>) -> Check {
    let (mut held, mut looked_at) = (0_u128, 0);
    for account in evidence.book.accounts() {
        looked_at += 1;
        held = held.saturating_add(account.debits_pending).saturating_add(account.credits_pending);
    }
    let held = i128::try_from(held).unwrap_or(i128::MAX);
    Check::equal(
        [
            "nothing_rests_in_a_hold",
            "Nothing rests in a hold",
            "Coins that are pending on any account when all is done.",
        ],
        0,
        held,
        (looked_at, "accounts"),
    )
}

/// The processors have the fees, to the coin.
fn fees(evidence: &Evidence<'_>) -> Check {
    Check::equal(
        [
            "fees_exact",
            "Fees exact",
            "What the processors have, against the sum of the fees of completed payments by the rule.",
        ],
        evidence.witness.sum(FEES),
        evidence.gained(PROCESSOR),
        (completed(evidence), "payments"),
    )
}

/// The merchants have all that the customers paid but the fees.
fn merchants(evidence: &Evidence<'_>) -> Check {
    let (paid, fees) = (evidence.witness.sum(PAID), evidence.witness.sum(FEES));
    let (expected, found) = (paid - fees, evidence.gained(MERCHANT));
    let lost = lost(evidence);
    Check {
        name: "merchants_exact",
        title: "Merchants paid exactly",
        sentence: "What the merchants gained, against completed payments less their fees; customers paid as much as that \
                   and the fees.",
        expected: Figure::signed(expected),
        found: found_with(found, lost == paid, &format!("customers paid {lost}")),
        looked_at: completed(evidence),
        unit: "payments",
        passed: expected == found && lost == paid,
    }
}

fn completed(evidence: &Evidence<'_>) -> u64 {
    u64::try_from(evidence.witness.sum(ENDS[End::Completed as usize].0)).unwrap_or(0)
}

/// What the trail says of the holds.
#[derive(Debug, Default)]
struct Told {
    declined: i128,
    not_held: i128,
    posted: i128,
    voided: i128,
}

impl Told {
    fn by(evidence: &Evidence<'_>) -> Self {
        let mut told = Self::default();
        for recorded in evidence.book.trail().in_order() {
            let Some(status) = recorded.entry.transfer_status() else { continue };
            let flags = TransferFlags::from_bits_retain(recorded.entry.flags);
            let is_created = i128::from(status == CreateTransferStatus::Created);
            if flags.contains(TransferFlags::POST_PENDING_TRANSFER) {
                told.posted += is_created;
            } else if flags.contains(TransferFlags::VOID_PENDING_TRANSFER) {
                told.voided += is_created;
            } else if flags.contains(TransferFlags::PENDING) && is_created == 0 {
                match status.is_interruption() {
                    true => told.not_held += 1,
                    false => told.declined += 1,
                }
            }
        }
        told
    }
}

/// No payment was lost: those that reached the book are counted from the trail.
fn every_payment_ended(evidence: &Evidence<'_>, told: &Told) -> Check {
    let remembered = |end: End| evidence.witness.sum(ENDS[end as usize].0);
    let in_trail = told.posted + told.voided + told.declined + told.not_held;
    let found = in_trail + remembered(End::FailedBefore);
    let asked = evidence.tally.operations();
    let same = told.posted == remembered(End::Completed)
        && told.voided == remembered(End::FailedAfter) + remembered(End::Late)
        && told.declined == remembered(End::Declined)
        && told.not_held == remembered(End::NotHeld);
    Check {
        name: "every_payment_ended",
        title: "Every payment ended one way",
        sentence: "Payments posted, voided, declined and not held by the trail, and those that failed before the hold, \
                   against all that were asked for; the workers counted the same.",
        expected: Figure::Number(asked.into()),
        found: found_with(found, same, "the workers counted otherwise"),
        looked_at: asked,
        unit: "payments",
        passed: same && found == i128::from(asked),
    }
}
