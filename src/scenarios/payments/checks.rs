//! What is said of a run of payments: what the accounts have, against what the loads expect by the rule of the fee.

use super::{CUSTOMER, ENDS, End, FEES, MERCHANT, PAID, PROCESSOR};
use crate::model::{CreateTransferStatus, TransferFlags};
use crate::scenarios::check_results::found_with;
use crate::scenarios::{Check, CheckInput, CheckResults, CheckValue, Fact};

pub(super) fn check_results(input: &CheckInput<'_>) -> CheckResults {
    let told = Told::by(input);
    let checks =
        vec![nothing_held(input), fees(input), merchants(input), every_payment_ended(input, &told)];
    let ends = ENDS.iter().map(|(name, title)| (*name, *title, input.observations.sum(name)));
    let mut facts: Vec<_> =
        ends.map(|(name, title, count)| Fact::new(name, title, count, "")).collect();
    facts.extend([
        Fact::new("voided", "Holds voided", told.voided, ""),
        Fact::new("paid", "Paid by customers", lost(input), "coins"),
        Fact::new("fees", "Kept by processors", input.gained(PROCESSOR), "coins"),
    ]);
    CheckResults { checks, facts }
}

/// What the customers have less.
fn lost(input: &CheckInput<'_>) -> i128 {
    -input.gained(CUSTOMER)
}

/// Whatever was held has been posted or voided.
fn nothing_held(input: &CheckInput<'_>) -> Check {
    let (mut held, mut examined) = (0_u128, 0);
    for account in input.ledger.accounts() {
        examined += 1;
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
        (examined, "accounts"),
    )
}

/// The processors have the fees, to the coin.
fn fees(input: &CheckInput<'_>) -> Check {
    Check::equal(
        [
            "fees_exact",
            "Fees exact",
            "What the processors have, against the sum of the fees of completed payments by the rule.",
        ],
        input.observations.sum(FEES),
        input.gained(PROCESSOR),
        (completed(input), "payments"),
    )
}

/// The merchants have all that the customers paid but the fees.
fn merchants(input: &CheckInput<'_>) -> Check {
    let (paid, fees) = (input.observations.sum(PAID), input.observations.sum(FEES));
    let (expected, found) = (paid - fees, input.gained(MERCHANT));
    let lost = lost(input);
    Check::new(
        [
            "merchants_exact",
            "Merchants paid exactly",
            "What the merchants gained, against completed payments less their fees; customers paid as much as that \
                   and the fees.",
        ],
        [
            CheckValue::signed(expected),
            found_with(found, lost == paid, &format!("customers paid {lost}")),
        ],
        (completed(input), "payments"),
        expected == found && lost == paid,
    )
}

fn completed(input: &CheckInput<'_>) -> u64 {
    u64::try_from(input.observations.sum(ENDS[End::Completed as usize].0)).unwrap_or(0)
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
    fn by(input: &CheckInput<'_>) -> Self {
        let mut told = Self::default();
        for recorded in input.ledger.trail().in_order() {
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

/// No payment was lost: those that reached the ledger are counted from the trail.
fn every_payment_ended(input: &CheckInput<'_>, told: &Told) -> Check {
    let remembered = |end: End| input.observations.sum(ENDS[end as usize].0);
    let in_trail = told.posted + told.voided + told.declined + told.not_held;
    let found = in_trail + remembered(End::FailedBefore);
    let asked = input.tally.operations();
    let same = told.posted == remembered(End::Completed)
        && told.voided == remembered(End::FailedAfter) + remembered(End::Late)
        && told.declined == remembered(End::Declined)
        && told.not_held == remembered(End::NotHeld);
    Check::new(
        [
            "every_payment_ended",
            "RequestService payment ended one way",
            "Payments posted, voided, declined and not held by the trail, and those that failed before the hold, \
                   against all that were asked for; the workers counted the same.",
        ],
        [
            CheckValue::Number(asked.into()),
            found_with(found, same, "the workers counted otherwise"),
        ],
        (asked, "payments"),
        same && found == i128::from(asked),
    )
}
