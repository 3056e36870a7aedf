//! A basic scenario: a mix with its parameters and checks.

use super::workload::{MixWorkload, NEGATIVE_READS, Step};
use crate::model::CreateTransferStatus;
use crate::scenarios::check_results::check_no_errors;
use crate::scenarios::common::{self, coins};
use crate::scenarios::{
    AccountLayout, Check, CheckInput, CheckResults, Description, Fact, Parameter, Parameters, Role,
    Scenario, Workload,
};

/// One of the six scenarios.
#[derive(Debug)]
pub(in crate::scenarios) struct Basics {
    pub(super) description: &'static Description,
    pub(super) mix: &'static [Step],
}

/// Each worker keeps the accepted changes of all accounts, so their number is limited.
const ACCOUNTS: Parameter = Parameter::number("accounts", "Accounts", "", (2, 100_000), 1_000)
    .describe("Accounts, in pairs of a first and a second one. Each operation draws a pair.");

const FIRST_COINS: Parameter = coins("first_coins", "Coins of first accounts", 0, 1_000)
    .describe("Initial coins of the first account of each pair.");

const SECOND_COINS: Parameter = coins("second_coins", "Coins of second accounts", 0, 1_000)
    .describe("Initial coins of the second account of each pair.");

/// The parameters of all six scenarios.
pub(super) const PARAMETERS: &[Parameter] = &[
    common::WORKERS,
    common::CONCURRENCY,
    ACCOUNTS,
    common::OPERATIONS,
    common::DURATION_S,
    common::RATE_PER_S,
    common::SEED,
    common::DEADLINE_MS,
    common::HOT_PERCENT,
    common::HOT_ACCOUNTS.with_label("Hot pairs").describe(
        "Number of hot pairs, counted from the first; where an operation draws any account, \
         of hot accounts.",
    ),
    FIRST_COINS,
    SECOND_COINS,
    common::BATCH,
    common::TRAIL_MIB,
];

/// Roles of the layout: the two accounts of a pair.
const FIRST: usize = 0;
const SECOND: usize = 1;

impl Scenario for Basics {
    fn description(&self) -> &'static Description {
        self.description
    }

    fn layout(&self, parameters: &Parameters) -> AccountLayout {
        let accounts = parameters.get("accounts");
        // If the number is odd, the last account is a first one.
        let role = |name, count, coins| Role::new(name, count, parameters.get(coins));
        AccountLayout::with_worlds(
            parameters.get("workers"),
            vec![
                role("first", accounts.div_ceil(2), "first_coins"),
                role("second", accounts / 2, "second_coins"),
            ],
        )
    }

    fn workload(&self, parameters: &Parameters, worker: u64) -> Box<dyn Workload> {
        let layout = self.layout(parameters);
        let first_ids = [layout.id(FIRST, 0), layout.id(SECOND, 0)];
        Box::new(MixWorkload::new(self.mix, parameters, first_ids, worker))
    }

    fn check(&self, input: &CheckInput<'_>) -> CheckResults {
        let mut checks = vec![expected_balances(input)];
        if input.tally.reads > 0 {
            checks.push(no_read_below_zero(input));
        }
        let tally = input.tally;
        let refused = tally.count(CreateTransferStatus::ExceedsCredits);
        let facts = vec![
            Fact::new("reads", "Balances read", tally.reads.into(), ""),
            Fact::new("out_of_coins", "Not withdrawn: balance too small", refused.into(), ""),
            Fact::new("issued", "Coins deposited minus coins withdrawn", tally.issued, "coins"),
        ];
        CheckResults { checks, facts, ..CheckResults::default() }
    }
}

/// Checks that each account holds its initial coins plus the changes that the workers saw accepted.
fn expected_balances(input: &CheckInput<'_>) -> Check {
    let (layout, parameters) = (input.layout, input.parameters);
    let roles = [(FIRST, "first_coins"), (SECOND, "second_coins")];
    let ids = roles.into_iter().flat_map(|(role, coins)| {
        let initial = i128::from(parameters.get(coins));
        layout.ids(role).map(move |id| (id, initial))
    });
    let mut errors = Vec::new();
    for (number, (id, initial)) in ids.enumerate() {
        let change = input.observations.changes.get(number).copied().unwrap_or(0);
        let (expected, found) = (initial + change, input.balance(id));
        if found != expected {
            errors.push(format!("{} holds {found}, not {expected}", layout.name_or_id(id)));
        }
    }
    check_no_errors(
        [
            "expected_balances",
            "Expected balances",
            "Accounts whose balance differs from their initial coins plus accepted changes.",
        ],
        (parameters.get("accounts"), "accounts"),
        &errors,
    )
}

/// Checks that no reader saw a balance that never existed.
fn no_read_below_zero(input: &CheckInput<'_>) -> Check {
    Check::equal(
        [
            "no_read_below_zero",
            "No negative read",
            "Negative balances that readers saw during the run.",
        ],
        0,
        input.observations.sum(NEGATIVE_READS),
        (input.tally.reads, "reads"),
    )
}
