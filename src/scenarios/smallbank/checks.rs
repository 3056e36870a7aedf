//! The checks of SmallBank: every decision is repeated on the balances at its position in the trail.

use super::model::{
    AMALGAMATION, CHECK, CHECKING, COVER, Count, PENALTY, PENALTY_COINS, SAVINGS, SAVINGS_VERSION,
};
use crate::scenarios::check_results::check_equal_and;
use crate::scenarios::counts::{self, CountKind, check_every_outcome};
use crate::scenarios::{Check, CheckInput, CheckResults, codes};
use crate::trail::Entry;

pub(super) fn check(input: &CheckInput<'_>) -> CheckResults {
    let audit = TrailAudit::run(input);
    let checks = vec![
        decisions_hold(&audit),
        savings_never_negative(input, &audit),
        every_coin(input),
        every_transaction_ended(input, &audit),
    ];
    CheckResults { checks, facts: counts::facts::<Count>(input), ..CheckResults::default() }
}

/// The result of reading the trail in its order.
struct TrailAudit {
    /// The balance of each account, by id.
    balances: Vec<i128>,
    /// For each writer, whether the check that is being read must pay a penalty.
    penalty_due: Vec<Option<bool>>,
    first_savings: u128,
    customers: u128,
    decisions: u64,
    wrong_decisions: u64,
    /// How often a savings account was negative.
    negative_savings: u64,
    created: Created,
}

/// Created transfers by kind.
#[derive(Debug, Default)]
struct Created {
    amalgamations: i128,
    deposits: i128,
    sends: i128,
    withdrawals: i128,
    checks: i128,
    penalties: i128,
}

impl TrailAudit {
    fn run(input: &CheckInput<'_>) -> Self {
        let (layout, trail) = (input.layout, input.ledger.trail());
        let mut audit = Self {
            balances: vec![0; layout.account_count() as usize + 1],
            penalty_due: vec![None; trail.segments().len()],
            first_savings: layout.id(SAVINGS, 0),
            customers: input.parameters.get("accounts").into(),
            decisions: 0,
            wrong_decisions: 0,
            negative_savings: 0,
            created: Created::default(),
        };
        for recorded in trail.in_order() {
            if recorded.entry.is_created_transfer() {
                audit.apply(recorded.writer, recorded.entry);
            }
        }
        audit
    }

    fn balance(&mut self, id: u128) -> &mut i128 {
        &mut self.balances[id as usize]
    }

    /// Repeats the decision behind an entry, and applies the entry to the balances.
    fn apply(&mut self, writer: usize, entry: &Entry) {
        let (from, to) = (entry.debit_account_id, entry.credit_account_id);
        let amount = i128::try_from(entry.amount).unwrap_or(i128::MAX);
        let checking = *self.balance(from);
        match entry.code {
            CHECK => {
                let savings = *self.balance(from + self.customers);
                self.penalty_due[writer] = Some(checking + savings < amount);
                self.created.checks += 1;
            }
            PENALTY => {
                let was_due = self.penalty_due[writer].take();
                self.count_decision(was_due == Some(true) && amount == i128::from(PENALTY_COINS));
                self.created.penalties += 1;
            }
            // With a penalty the decision was checked already.
            SAVINGS_VERSION => {
                if let Some(was_due) = self.penalty_due[writer].take() {
                    self.count_decision(!was_due);
                }
            }
            codes::TRANSFER => {
                self.count_decision(checking >= amount);
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
                self.count_decision(left == 0);
                // The transfer from the savings account stands for the chain.
                self.created.amalgamations += i128::from(emptied >= self.first_savings);
            }
            _ => {}
        }
        let savings = self.first_savings..self.first_savings + self.customers;
        self.negative_savings += u64::from(savings.contains(&from) && *self.balance(from) < 0);
    }

    fn count_decision(&mut self, is_correct: bool) {
        self.decisions += 1;
        self.wrong_decisions += u64::from(!is_correct);
    }
}

/// Checks for the anomaly of the paper: a decision on an outdated balance.
fn decisions_hold(audit: &TrailAudit) -> Check {
    Check::equal(
        [
            "decisions_hold",
            "Decisions are valid",
            "Checks, payments and amalgamations whose decision contradicts the balances at their position in the trail.",
        ],
        0,
        audit.wrong_decisions.into(),
        (audit.decisions, "decisions"),
    )
}

fn savings_never_negative(input: &CheckInput<'_>, audit: &TrailAudit) -> Check {
    let ids = input.layout.ids(SAVINGS);
    let at_end = ids.filter(|id| input.balance(*id) < 0).count() as u64;
    Check::equal(
        [
            "savings_never_negative",
            "Savings never negative",
            "How often a savings account was negative in the trail, plus accounts that are negative at the end.",
        ],
        0,
        (audit.negative_savings + at_end).into(),
        (input.entries, "entries"),
    )
}

/// Checks that the customers hold their initial coins plus deposits minus withdrawals, and that the `@world` accounts
/// agree.
fn every_coin(input: &CheckInput<'_>) -> Check {
    let penalties = Count::Penalties.total(input) * i128::from(PENALTY_COINS);
    let coins_in = Count::CoinsIn.total(input);
    let coins_out = Count::CoinsOut.total(input) + penalties;
    let workers = 0..input.parameters.get("workers");
    let worlds = workers.filter_map(|worker| input.ledger.account(input.layout.world(worker)));
    let (mut issued, mut returned) = (0_u128, 0_u128);
    for world in worlds {
        issued = issued.saturating_add(world.debits_posted);
        returned = returned.saturating_add(world.credits_posted);
    }
    let worlds_agree =
        i128::try_from(issued) == Ok(coins_in) && i128::try_from(returned) == Ok(coins_out);
    check_equal_and(
        [
            "every_coin",
            "Every coin is accounted for",
            "All customers' coins should equal the initial coins plus deposits, minus checks, withdrawals and penalties. The net amount issued by the @world accounts should match.",
        ],
        (
            input.issued + coins_in - coins_out,
            input.role_balance(CHECKING) + input.role_balance(SAVINGS),
        ),
        (input.layout.account_count(), "accounts"),
        (worlds_agree, "the @world accounts have other sums"),
    )
}

/// Checks that no transaction was lost, and that the trail has those that moved coins.
fn every_transaction_ended(input: &CheckInput<'_>, audit: &TrailAudit) -> Check {
    let total = |count: Count| count.total(input);
    let created = &audit.created;
    let workers_agree = created.amalgamations == total(Count::Amalgamated)
        && created.deposits + created.withdrawals == total(Count::Deposited) + total(Count::Saved)
        && created.sends == total(Count::Sent)
        && created.checks == total(Count::Checked)
        && created.penalties == total(Count::Penalties);
    check_every_outcome(
        [
            "every_transaction_ended",
            "Every transaction has one outcome",
            "The outcomes should add up to all transactions, and the trail should have the same number of each kind.",
        ],
        input,
        Count::OUTCOMES.iter().map(|outcome| total(*outcome)).sum(),
        "transactions",
        workers_agree,
    )
}
