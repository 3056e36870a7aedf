//! What is said of a bank run: counted again from the trail, in the order in which it happened.

use super::{BANK, CLAIMS, CUSTOMER, ENDS, End};
use crate::model::CreateTransferStatus;
use crate::scenarios::check_results::found_with;
use crate::scenarios::{Check, CheckInput, CheckResults, CheckValue, Fact};

/// What the trail says of the withdrawals.
#[derive(Debug, Default)]
struct Told {
    served: i128,
    refused_reserve: i128,
    refused_claim: i128,
    interrupted: i128,
    /// Served although the reserve had too little, or refused although it had enough.
    out_of_turn: i128,
}

impl Told {
    /// Follows the reserve from one withdrawal to the next.
    fn by(input: &CheckInput<'_>) -> Self {
        let bank = input.layout.id(BANK, 0);
        let mut told = Self::default();
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
            let is_enough = reserve >= entry.amount;
            match status {
                CreateTransferStatus::Created => {
                    told.served += 1;
                    told.out_of_turn += i128::from(!is_enough);
                    reserve = reserve.saturating_sub(entry.amount);
                }
                CreateTransferStatus::ExceedsCredits => {
                    told.refused_reserve += 1;
                    told.out_of_turn += i128::from(is_enough);
                }
                status if status.is_interruption() => told.interrupted += 1,
                // The other transfer of its chain, the claim's, was refused.
                _ => told.refused_claim += 1,
            }
        }
        told
    }

    fn decided(&self) -> i128 {
        self.served + self.refused_reserve
    }
}

pub(super) fn check_results(input: &CheckInput<'_>) -> CheckResults {
    let told = Told::by(input);
    let bank = input.layout.id(BANK, 0);
    let reserve = input.balance(bank);
    let paid = -input.gained(BANK);
    let checks = vec![
        every_visit_ended(input, &told),
        nobody_negative(input),
        paid_and_settled(input, paid),
        in_turn(&told),
    ];
    let mut facts =
        vec![Fact::new("asked", "CustomerWorkload", input.tally.operations().into(), "")];
    let ends = ENDS.iter().map(|(name, title)| (*name, *title, input.observations.sum(name)));
    facts.extend(ends.map(|(name, title, count)| Fact::new(name, title, count, "")));
    let in_turn = told.decided() - told.out_of_turn;
    let in_turn_percent = (in_turn * 100).checked_div(told.decided()).unwrap_or(100);
    facts.extend([
        Fact::new("paid_out", "Paid out", paid, "coins"),
        Fact::new("reserve_at_end", "Reserve at the end", reserve, "coins"),
        Fact::new("owed_at_end", "Still owed at the end", input.sum(CUSTOMER), "coins"),
        Fact::new("in_turn_percent", "Outcome in turn", in_turn_percent, "%"),
    ]);
    CheckResults { checks, facts }
}

/// No visit was lost: those that reached the ledger are counted from the trail, the others are the loads' own.
fn every_visit_ended(input: &CheckInput<'_>, told: &Told) -> Check {
    let remembered = |end: End| input.observations.sum(ENDS[end as usize].0);
    let in_trail = told.decided() + told.refused_claim + told.interrupted;
    let found = in_trail + remembered(End::TurnedAway) + remembered(End::NothingLeft);
    let asked = input.tally.operations();
    let same = told.served == remembered(End::Served)
        && told.refused_reserve == remembered(End::NoReserve)
        && told.refused_claim == remembered(End::NoClaim)
        && told.interrupted == remembered(End::Interrupted);
    Check::new(
        [
            "every_visit_ended",
            "RequestService visit ended one way",
            "Withdrawals served, refused and interrupted by the trail, and visitors turned away or without a claim, \
                   against the visits; the workers counted the same.",
        ],
        [
            CheckValue::Number(asked.into()),
            found_with(found, same, "the workers counted otherwise"),
        ],
        (asked, "visits"),
        same && found == i128::from(asked),
    )
}

/// The reserve, the settled claims and every customer have 0 or more.
fn nobody_negative(input: &CheckInput<'_>) -> Check {
    let mut examined = 0;
    let ids = [BANK, CLAIMS, CUSTOMER].into_iter().flat_map(|place| input.layout.ids(place));
    let below = ids.inspect(|_| examined += 1).filter(|id| input.balance(*id) < 0).count() as i128;
    Check::equal(
        [
            "nobody_negative",
            "Nobody below zero",
            "Customers, or the bank, with less than nothing at the end.",
        ],
        0,
        below,
        (examined, "accounts"),
    )
}

/// RequestService coin that left the reserve has settled a claim, and has gone out of the door.
fn paid_and_settled(input: &CheckInput<'_>, paid: i128) -> Check {
    let settled = input.balance(input.layout.id(CLAIMS, 0));
    let owed_less = -input.gained(CUSTOMER);
    let workers = 0..input.parameters.get("workers");
    let out: i128 = workers.map(|worker| input.balance(input.layout.world(worker))).sum();
    let by_loads = input.observations.sum("paid");
    let differs = [settled, owed_less, out, by_loads].into_iter().find(|coins| *coins != paid);
    Check::equal(
        [
            "paid_out_is_settled",
            "Paid out and settled",
            "Coins that left the reserve, against the claims that were settled; customers own less by as much, and \
                   as much went outside.",
        ],
        paid,
        differs.unwrap_or(settled),
        (input.layout.size(), "accounts"),
    )
}

/// The reserve serves whoever comes while it has enough, and from then on nobody who asks for more than is left.
fn in_turn(told: &Told) -> Check {
    Check::equal(
        [
            "served_in_turn",
            "Served in turn",
            "Withdrawals, in the order of the trail, that were served from too little or refused while there was \
                   enough.",
        ],
        0,
        told.out_of_turn,
        (u64::try_from(told.decided()).unwrap_or(0), "withdrawals"),
    )
}
