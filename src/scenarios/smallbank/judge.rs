//! What is said of a run of SmallBank: every decision made again on the balances that the trail had at that point.

use super::kinds::{AMALGAMATION, CHECK, COVER, LOOK, PENALTY};
use super::{CHECKING, COUNTS, Count, PENALTY_COINS, SAVINGS};
use crate::scenarios::findings::found_with;
use crate::scenarios::{Check, Evidence, Fact, Figure, Findings, codes};
use crate::trail::Entry;

pub(super) fn findings(evidence: &Evidence<'_>) -> Findings {
    let told = Told::by(evidence);
    let checks = vec![
        decisions(&told),
        savings(evidence, &told),
        every_coin(evidence),
        every_transaction(evidence, &told),
    ];
    let facts = COUNTS
        .iter()
        .map(|(name, title, unit)| Fact::new(name, title, evidence.witness.sum(name), unit));
    Findings { checks, facts: facts.collect() }
}

/// What the trail says, read in its order.
struct Told {
    /// What each account had, by its place among the ids.
    balances: Vec<i128>,
    /// Whether the check of each writer that is being read must pay a penalty.
    due: Vec<Option<bool>>,
    first_savings: u128,
    customers: u128,
    decided: u64,
    wrong: u64,
    /// Times that savings were below zero.
    below: u64,
    created: Created,
}

/// Transfers that were carried out, by kind.
#[derive(Debug, Default)]
struct Created {
    amalgamations: i128,
    deposits: i128,
    sends: i128,
    withdrawals: i128,
    checks: i128,
    penalties: i128,
}

impl Told {
    fn by(evidence: &Evidence<'_>) -> Self {
        let cast = evidence.cast;
        let mut told = Self {
            balances: vec![0; cast.size() as usize + 1],
            due: vec![None; evidence.book.trail().segments().len()],
            first_savings: cast.id(SAVINGS, 0),
            customers: evidence.parameters.get("accounts").into(),
            decided: 0,
            wrong: 0,
            below: 0,
            created: Created::default(),
        };
        for recorded in evidence.book.trail().in_order() {
            if recorded.entry.is_created_transfer() {
                told.read(recorded.writer, recorded.entry);
            }
        }
        told
    }

    fn balance(&mut self, id: u128) -> &mut i128 {
        &mut self.balances[id as usize]
    }

    /// Decides again what an entry was decided on, and lays it on the balances.
    fn read(&mut self, writer: usize, entry: &Entry) {
        let (from, to) = (entry.debit_account_id, entry.credit_account_id);
        let amount = i128::try_from(entry.amount).unwrap_or(i128::MAX);
        let checking = *self.balance(from);
        match entry.code {
            CHECK => {
                let savings = *self.balance(from + self.customers);
                self.due[writer] = Some(checking + savings < amount);
                self.created.checks += 1;
            }
            PENALTY => {
                let was_due = self.due[writer].take();
                self.decide(was_due == Some(true) && amount == i128::from(PENALTY_COINS));
                self.created.penalties += 1;
            }
            // Where a penalty was taken it has been decided.
            LOOK => {
                if let Some(was_due) = self.due[writer].take() {
                    self.decide(!was_due);
                }
            }
            codes::TRANSFER => {
                self.decide(checking >= amount);
                self.created.sends += 1;
            }
            codes::DEPOSIT => self.created.deposits += 1,
            codes::WITHDRAWAL => self.created.withdrawals += 1,
            _ => {}
        }
        *self.balance(from) -= amount;
        *self.balance(to) += amount;
        match entry.code {
            AMALGAMATION | COVER => {
                let emptied = if entry.code == COVER { to } else { from };
                let left = *self.balance(emptied);
                self.decide(left == 0);
                // The savings' transfer stands for the chain.
                self.created.amalgamations += i128::from(emptied >= self.first_savings);
            }
            _ => {}
        }
        let savings = self.first_savings..self.first_savings + self.customers;
        self.below += u64::from(savings.contains(&from) && *self.balance(from) < 0);
    }

    fn decide(&mut self, is_right: bool) {
        self.decided += 1;
        self.wrong += u64::from(!is_right);
    }
}

/// The anomaly of the paper: a decision on a balance that was not there any more.
fn decisions(told: &Told) -> Check {
    Check::equal(
        [
            "decisions_hold",
            "Decisions hold",
            "Checks, payments and amalgamations decided otherwise than the balances say at their place in the trail.",
        ],
        0,
        told.wrong.into(),
        (told.decided, "decisions"),
    )
}

/// Savings have 0 or more at the end, and had all along.
fn savings(evidence: &Evidence<'_>, told: &Told) -> Check {
    let ids = evidence.cast.ids(SAVINGS);
    let at_end = ids.filter(|id| evidence.balance(*id) < 0).count() as u64;
    Check::equal(
        [
            "savings_never_negative",
            "Savings never below zero",
            "Times that a savings account had less than nothing, by the trail, and accounts that have at the end.",
        ],
        0,
        (told.below + at_end).into(),
        (evidence.entries, "entries"),
    )
}

/// What the customers have is what they had, what came, and not what went; and the outside has seen the same.
fn every_coin(evidence: &Evidence<'_>) -> Check {
    let sum = |count: Count| evidence.witness.sum(count.name());
    let penalties = sum(Count::Penalties) * i128::from(PENALTY_COINS);
    let (came, went) = (sum(Count::CoinsIn), sum(Count::CoinsOut) + penalties);
    let expected = evidence.issued + came - went;
    let found = evidence.sum(CHECKING) + evidence.sum(SAVINGS);
    let workers = 0..evidence.parameters.get("workers");
    let worlds = workers.filter_map(|worker| evidence.book.account(evidence.cast.world(worker)));
    let (mut gave, mut took) = (0_u128, 0_u128);
    for world in worlds {
        gave = gave.saturating_add(world.debits_posted);
        took = took.saturating_add(world.credits_posted);
    }
    let outside = i128::try_from(gave) == Ok(came) && i128::try_from(took) == Ok(went);
    Check {
        name: "every_coin",
        title: "Every coin is accounted for",
        sentence: "What all customers have, against what they began with, deposits and savings, less checks and \
                   penalties; as much came from outside and went there.",
        expected: Figure::signed(expected),
        found: found_with(found, outside, "the outside has seen other sums"),
        looked_at: evidence.cast.size(),
        unit: "accounts",
        passed: found == expected && outside,
    }
}

/// No transaction was lost: each ended one way, and those that moved coins are in the trail.
fn every_transaction(evidence: &Evidence<'_>, told: &Told) -> Check {
    let sum = |count: Count| evidence.witness.sum(count.name());
    let found: i128 = Count::ENDS.iter().map(|end| sum(*end)).sum();
    let asked = evidence.tally.operations();
    let created = &told.created;
    let same = created.amalgamations == sum(Count::Amalgamated)
        && created.deposits + created.withdrawals == sum(Count::Deposited) + sum(Count::Saved)
        && created.sends == sum(Count::Sent)
        && created.checks == sum(Count::Checked)
        && created.penalties == sum(Count::Penalties);
    Check {
        name: "every_transaction_ended",
        title: "Every transaction ended one way",
        sentence: "Transactions carried out, refused, given up and interrupted, against all that were asked for; the \
                   trail has as many of each kind.",
        expected: Figure::Number(asked.into()),
        found: found_with(found, same, "the trail has other numbers of some kinds"),
        looked_at: asked,
        unit: "transactions",
        passed: same && found == i128::from(asked),
    }
}
