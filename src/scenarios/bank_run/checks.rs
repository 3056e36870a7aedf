//! The checks of a bank run, computed from the trail in its order.

use super::model::{BANK, CLAIMS, CUSTOMER, Outcome, PAID};
use crate::model::CreateTransferStatus;
use crate::scenarios::counts::{self, CountKind, check_every_outcome};
use crate::scenarios::{Check, CheckInput, CheckResults, Fact};

pub(super) fn check(input: &CheckInput<'_>) -> CheckResults {
    let trail = TrailCounts::read(input);
    let paid = -input.role_gain(BANK);
    let checks = vec![
        every_visit_ended(input, &trail),
        no_negative_balance(input),
        paid_out_is_settled(input, paid),
        served_in_turn(&trail),
    ];
    let in_turn = trail.decided() - trail.out_of_turn;
    let in_turn_percent = (in_turn * 100).checked_div(trail.decided()).unwrap_or(100);
    let mut facts = vec![Fact::new("asked", "Customer visits", input.tally.operations.into(), "")];
    facts.extend(counts::facts::<Outcome>(input));
    facts.push(Fact::new("in_turn_percent", "Finished in order", in_turn_percent, "%"));
    let balance_facts = vec![
        Fact::new("paid_out", "Paid out", paid, "coins"),
        Fact::new("reserve_at_end", "Final reserve", input.role_balance(BANK), "coins"),
        Fact::new("owed_at_end", "Final claims", input.role_balance(CUSTOMER), "coins"),
    ];
    CheckResults { checks, facts, balance_facts }
}

/// The withdrawals in the trail.
#[derive(Debug, Default)]
struct TrailCounts {
    served: i128,
    refused_reserve: i128,
    refused_claim: i128,
    interrupted: i128,
    /// Served although the reserve was too small, or refused although it was sufficient.
    out_of_turn: i128,
}

impl TrailCounts {
    /// Follows the reserve through all withdrawals.
    fn read(input: &CheckInput<'_>) -> Self {
        let bank = input.layout.id(BANK, 0);
        let mut counts = Self::default();
        let mut reserve = 0_u128;
        for recorded in input.ledger.trail().in_order() {
            let entry = recorded.entry;
            let Some(status) = entry.transfer_status() else { continue };
            if entry.credit_account_id == bank && status == CreateTransferStatus::Created {
                reserve = reserve.saturating_add(entry.amount);
            }
            if entry.debit_account_id != bank {
                continue;
            }
            let is_sufficient = reserve >= entry.amount;
            match status {
                CreateTransferStatus::Created => {
                    counts.served += 1;
                    counts.out_of_turn += i128::from(!is_sufficient);
                    reserve = reserve.saturating_sub(entry.amount);
                }
                CreateTransferStatus::ExceedsCredits => {
                    counts.refused_reserve += 1;
                    counts.out_of_turn += i128::from(is_sufficient);
                }
                status if status.is_interruption() => counts.interrupted += 1,
                // The transfer of the claim, the other one of the chain, was refused.
                _ => counts.refused_claim += 1,
            }
        }
        counts
    }

    /// Withdrawals that the size of the reserve decided.
    fn decided(&self) -> i128 {
        self.served + self.refused_reserve
    }
}

/// Checks that no visit was lost. The workers alone know the visits that did not reach the ledger.
fn every_visit_ended(input: &CheckInput<'_>, trail: &TrailCounts) -> Check {
    let in_trail = trail.decided() + trail.refused_claim + trail.interrupted;
    let workers_agree = trail.served == Outcome::Served.total(input)
        && trail.refused_reserve == Outcome::NoReserve.total(input)
        && trail.refused_claim == Outcome::NoClaim.total(input)
        && trail.interrupted == Outcome::Interrupted.total(input);
    check_every_outcome(
        [
            "every_visit_ended",
            "Every visit has one outcome",
            "Withdrawals in the trail plus visits that were turned away or had no claim, against all visits. The workers \
             counted the same.",
        ],
        input,
        in_trail + Outcome::TurnedAway.total(input) + Outcome::NothingLeft.total(input),
        "visits",
        workers_agree,
    )
}

fn no_negative_balance(input: &CheckInput<'_>) -> Check {
    let ids = [BANK, CLAIMS, CUSTOMER].into_iter().flat_map(|role| input.layout.ids(role));
    let (mut examined, mut negative) = (0, 0);
    for id in ids {
        examined += 1;
        negative += i128::from(input.balance(id) < 0);
    }
    Check::equal(
        [
            "nobody_negative",
            "No negative balance",
            "Accounts of the bank and its customers with a negative final balance.",
        ],
        0,
        negative,
        (examined, "accounts"),
    )
}

/// Checks that every coin that left the reserve settled a claim and left the system.
fn paid_out_is_settled(input: &CheckInput<'_>, paid: i128) -> Check {
    let settled = input.role_balance(CLAIMS);
    let claims_less = -input.role_gain(CUSTOMER);
    let workers = 0..input.parameters.get("workers");
    let withdrawn: i128 = workers.map(|worker| input.balance(input.layout.world(worker))).sum();
    let by_workers = input.observations.sum(PAID);
    let sums = [settled, claims_less, withdrawn, by_workers];
    let differing = sums.into_iter().find(|coins| *coins != paid);
    Check::equal(
        [
            "paid_out_is_settled",
            "Payouts equal settled claims",
            "The coins that left the reserve should equal the settled claims, the decrease of customers' claims, and the coins \
             that left the system.",
        ],
        paid,
        differing.unwrap_or(settled),
        (input.layout.account_count(), "accounts"),
    )
}

/// Checks that a withdrawal was served exactly if the reserve was sufficient.
fn served_in_turn(trail: &TrailCounts) -> Check {
    Check::equal(
        [
            "served_in_turn",
            "Served in order",
            "Withdrawals, in the order of the trail, that were served although the reserve was too small, or refused although \
             it was sufficient.",
        ],
        0,
        trail.out_of_turn,
        (u64::try_from(trail.decided()).unwrap_or(0), "withdrawals"),
    )
}
