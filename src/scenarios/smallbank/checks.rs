//! What is said of a run of SmallBank: every decision made again on the balances that the trail had at that point.

use super::kinds::{AMALGAMATION, CHECK, COVER, LOOK, PENALTY};
use super::{CHECKING, COUNTS, Count, PENALTY_COINS, SAVINGS};
use crate::scenarios::check_results::found_with;
use crate::scenarios::{Check, CheckInput, CheckResults, CheckValue, Fact, codes};
use crate::trail::Entry;

pub(super) fn check_results(input: &CheckInput<'_>) -> CheckResults {
    let told = Told::by(input);
    let checks = vec![
        decisions(&told),
        savings(input, &told),
        every_coin(input),
        every_transaction(input, &told),
    ];
    let facts = COUNTS
        .iter()
        .map(|(name, title, unit)| Fact::new(name, title, input.observations.sum(name), unit));
    CheckResults { checks, facts: facts.collect() }
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
    fn by(input: &CheckInput<'_>) -> Self {
        let layout = input.layout;
        let mut told = Self {
            balances: vec![0; layout.size() as usize + 1],
            due: vec![None; input.ledger.trail().segments().len()],
            first_savings: layout.id(SAVINGS, 0),
            customers: input.parameters.get("accounts").into(),
            decided: 0,
            wrong: 0,
            below: 0,
            created: Created::default(),
        };
        for recorded in input.ledger.trail().in_order() {
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
fn savings(input: &CheckInput<'_>, told: &Told) -> Check {
    let ids = input.layout.ids(SAVINGS);
    let at_end = ids.filter(|id| input.balance(*id) < 0).count() as u64;
    Check::equal(
        [
            "savings_never_negative",
            "Savings never below zero",
            "Times that a savings account had less than nothing, by the trail, and accounts that have at the end.",
        ],
        0,
        (told.below + at_end).into(),
        (input.entries, "entries"),
    )
}

/// What the customers have is what they had, what came, and not what went; and the outside has seen the same.
fn every_coin(input: &CheckInput<'_>) -> Check {
    let sum = |count: Count| input.observations.sum(count.name());
    let penalties = sum(Count::Penalties) * i128::from(PENALTY_COINS);
    let (came, went) = (sum(Count::CoinsIn), sum(Count::CoinsOut) + penalties);
    let expected = input.issued + came - went;
    let found = input.sum(CHECKING) + input.sum(SAVINGS);
    let workers = 0..input.parameters.get("workers");
    let worlds = workers.filter_map(|worker| input.ledger.account(input.layout.world(worker)));
    let (mut gave, mut took) = (0_u128, 0_u128);
    for world in worlds {
        gave = gave.saturating_add(world.debits_posted);
        took = took.saturating_add(world.credits_posted);
    }
    let outside = i128::try_from(gave) == Ok(came) && i128::try_from(took) == Ok(went);
    Check::new(
        [
            "every_coin",
            "RequestService coin is accounted for",
            "What all customers have, against what they began with, deposits and savings, less checks and \
                   penalties; as much came from outside and went there.",
        ],
        [
            CheckValue::signed(expected),
            found_with(found, outside, "the outside has seen other sums"),
        ],
        (input.layout.size(), "accounts"),
        found == expected && outside,
    )
}

/// No transaction was lost: each ended one way, and those that moved coins are in the trail.
fn every_transaction(input: &CheckInput<'_>, told: &Told) -> Check {
    let sum = |count: Count| input.observations.sum(count.name());
    let found: i128 = Count::ENDS.iter().map(|end| sum(*end)).sum();
    let asked = input.tally.operations();
    let created = &told.created;
    let same = created.amalgamations == sum(Count::Amalgamated)
        && created.deposits + created.withdrawals == sum(Count::Deposited) + sum(Count::Saved)
        && created.sends == sum(Count::Sent)
        && created.checks == sum(Count::Checked)
        && created.penalties == sum(Count::Penalties);
    Check::new(
        [
            "every_transaction_ended",
            "RequestService transaction ended one way",
            "Transactions carried out, refused, given up and interrupted, against all that were asked for; the \
                   trail has as many of each kind.",
        ],
        [
            CheckValue::Number(asked.into()),
            found_with(found, same, "the trail has other numbers of some kinds"),
        ],
        (asked, "transactions"),
        same && found == i128::from(asked),
    )
}
