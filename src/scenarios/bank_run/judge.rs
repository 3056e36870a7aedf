//! What is said of a bank run: counted again from the trail, in the order in which it happened.

use super::{BANK, CLAIMS, CUSTOMER, ENDS, End};
use crate::model::CreateTransferStatus;
use crate::scenarios::findings::found_with;
use crate::scenarios::{Check, Evidence, Fact, Figure, Findings};

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
    fn by(evidence: &Evidence<'_>) -> Self {
        let bank = evidence.cast.id(BANK, 0);
        let mut told = Self::default();
        let mut reserve = 0_u128;
        for recorded in evidence.book.trail().in_order() {
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

pub(super) fn findings(evidence: &Evidence<'_>) -> Findings {
    let told = Told::by(evidence);
    let bank = evidence.cast.id(BANK, 0);
    let reserve = evidence.balance(bank);
    let paid = -evidence.gained(BANK);
    let checks = vec![
        every_visit_ended(evidence, &told),
        nobody_negative(evidence),
        paid_and_settled(evidence, paid),
        in_turn(&told),
    ];
    let mut facts = vec![Fact::new("asked", "Visits", evidence.tally.operations().into(), "")];
    let ends = ENDS.iter().map(|(name, title)| (*name, *title, evidence.witness.sum(name)));
    facts.extend(ends.map(|(name, title, count)| Fact::new(name, title, count, "")));
    let in_turn = told.decided() - told.out_of_turn;
    let in_turn_percent = (in_turn * 100).checked_div(told.decided()).unwrap_or(100);
    facts.extend([
        Fact::new("paid_out", "Paid out", paid, "coins"),
        Fact::new("reserve_at_end", "Reserve at the end", reserve, "coins"),
        Fact::new("owed_at_end", "Still owed at the end", evidence.sum(CUSTOMER), "coins"),
        Fact::new("in_turn_percent", "Decided in turn", in_turn_percent, "%"),
    ]);
    Findings { checks, facts }
}

/// No visit was lost: those that reached the book are counted from the trail, the others are the loads' own.
fn every_visit_ended(evidence: &Evidence<'_>, told: &Told) -> Check {
    let remembered = |end: End| evidence.witness.sum(ENDS[end as usize].0);
    let in_trail = told.decided() + told.refused_claim + told.interrupted;
    let found = in_trail + remembered(End::TurnedAway) + remembered(End::NothingLeft);
    let asked = evidence.tally.operations();
    let same = told.served == remembered(End::Served)
        && told.refused_reserve == remembered(End::NoReserve)
        && told.refused_claim == remembered(End::NoClaim)
        && told.interrupted == remembered(End::Interrupted);
    Check {
        name: "every_visit_ended",
        title: "Every visit ended one way",
        sentence: "Withdrawals served, refused and interrupted by the trail, and visitors turned away or without a claim, \
                   against the visits; the workers counted the same.",
        expected: Figure::Number(asked.into()),
        found: found_with(found, same, "the workers counted otherwise"),
        looked_at: asked,
        unit: "visits",
        passed: same && found == i128::from(asked),
    }
}

/// The reserve, the settled claims and every customer have 0 or more.
fn nobody_negative(evidence: &Evidence<'_>) -> Check {
    let mut looked_at = 0;
    let ids = [BANK, CLAIMS, CUSTOMER].into_iter().flat_map(|place| evidence.cast.ids(place));
    let below =
        ids.inspect(|_| looked_at += 1).filter(|id| evidence.balance(*id) < 0).count() as i128;
    Check::equal(
        [
            "nobody_negative",
            "Nobody below zero",
            "Customers, or the bank, with less than nothing at the end.",
        ],
        0,
        below,
        (looked_at, "accounts"),
    )
}

/// Every coin that left the reserve has settled a claim, and has gone out of the door.
fn paid_and_settled(evidence: &Evidence<'_>, paid: i128) -> Check {
    let settled = evidence.balance(evidence.cast.id(CLAIMS, 0));
    let owed_less = -evidence.gained(CUSTOMER);
    let workers = 0..evidence.parameters.get("workers");
    let out: i128 = workers.map(|worker| evidence.balance(evidence.cast.world(worker))).sum();
    let by_loads = evidence.witness.sum("paid");
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
        (evidence.cast.size(), "accounts"),
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
