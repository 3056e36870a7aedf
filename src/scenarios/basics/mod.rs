//! The basics: deposits, withdrawals, transfers and reads by many workers at once, in six mixes.
//!
//! A mix is a short list of steps. Operation `i` of the run does step `i` modulo the list's length, whatever the number
//! of workers, so that GoLedger's fixed loads, each of which is one round of its list, end with exactly its balances.
//! Steps speak of a first and a second account: of the only two, or of a pair that is chosen at random among many.

mod mixes;

use super::common::{self, coins};
use super::report::{Check, CheckValue};
use super::{
    AccountDistribution, AccountLayout, CheckInput, CheckResults, Description, Fact,
    OperationContext, Parameter, Parameters, Workload,
};
use super::{Random, Role, Scenario, WorkerObservations, codes, of_coins};
use crate::ledger::LedgerError;
use crate::model::{AccountState, CreateTransferStatus};

pub(super) use mixes::{DEPOSITS, HIGH_VOLUME, MIXED, PERFORMANCE, READERS, TRANSFERS};

/// One of the six scenarios.
#[derive(Debug)]
pub(super) struct Basics {
    description: &'static Description,
    mix: &'static [Step],
}

/// An account that a step speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    First,
    Second,
}

/// One operation of a mix.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Coins come from outside.
    Deposit(Who, u64),
    /// Coins go outside.
    Withdraw(Who, u64),
    /// Coins go from one account of the pair to the other.
    Transfer(Who, u64),
    /// One account is read.
    Read(Who),
    /// Both are.
    ReadBoth,
    /// Coins go from any account to any other one.
    TransferAny(u64),
    /// Any account is read.
    ReadAny,
}

/// The most accounts: what every account was told is kept for each worker.
const ACCOUNTS: Parameter = Parameter::number(
    "accounts",
    "Accounts",
    "",
    (2, 100_000),
    1_000,
    "Accounts, in pairs of a first and a second one. Each operation chooses a pair.",
);

const FIRST_COINS: Parameter = coins(
    "first_coins",
    "Coins of the first",
    0,
    1_000,
    "What the first account of each pair starts with.",
);

const SECOND_COINS: Parameter = coins(
    "second_coins",
    "Coins of the second",
    0,
    1_000,
    "What the second account of each pair starts with.",
);

/// What all six can be asked for.
const PARAMETERS: &[Parameter] = &[
    common::WORKERS,
    common::CONCURRENCY,
    ACCOUNTS,
    common::OPERATIONS,
    common::DURATION_S,
    common::RATE_PER_S,
    common::SEED,
    common::DEADLINE_MS,
    common::HOT_PERCENT,
    common::HOT_ACCOUNTS.called(
        "Hot pairs",
        "How many of the pairs, or of the accounts where any is chosen, are the hot ones, counted from the first.",
    ),
    FIRST_COINS,
    SECOND_COINS,
    common::BATCH,
    common::TRAIL_MIB,
];

/// Names of what the loads remember.
const BELOW_ZERO: &str = "below_zero";

/// The roles of the two accounts of a pair.
const FIRST: usize = 0;
const SECOND: usize = 1;

impl Scenario for Basics {
    fn description(&self) -> &'static Description {
        self.description
    }

    fn layout(&self, parameters: &Parameters) -> AccountLayout {
        let accounts = parameters.get("accounts");
        // Of an odd number the last one is a first one.
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
        let (layout, accounts) = (self.layout(parameters), parameters.get("accounts"));
        Box::new(Steps {
            mix: self.mix,
            random: Random::new(parameters.get("seed"), worker),
            first: layout.id(FIRST, 0),
            second: layout.id(SECOND, 0),
            pairs: AccountDistribution::of(parameters, accounts / 2),
            all: AccountDistribution::of(parameters, accounts),
            chosen: accounts > 3,
            at: worker,
            step: parameters.get("workers"),
            told: vec![0; accounts as usize],
            below_zero: 0,
        })
    }

    fn judge(&self, input: &CheckInput<'_>) -> CheckResults {
        let mut checks = vec![balances(input)];
        if input.tally.reads() > 0 {
            checks.push(reads(input));
        }
        let status = |status| i128::from(input.tally.of(status));
        let facts = vec![
            Fact::new("reads", "Balances read", input.tally.reads().into(), ""),
            Fact::new(
                "out_of_coins",
                "Refused for lack of coins",
                status(CreateTransferStatus::ExceedsCredits),
                "",
            ),
            Fact::new(
                "issued",
                "Coins that came, less those that went",
                input.tally.issued(),
                "coins",
            ),
        ];
        CheckResults { checks, facts }
    }
}

/// Each account holds what it began with and what the workers were told has come and gone.
fn balances(input: &CheckInput<'_>) -> Check {
    let (layout, parameters) = (input.layout, input.parameters);
    let accounts = parameters.get("accounts");
    let firsts = accounts.div_ceil(2);
    let mut others = 0;
    let mut first = None;
    for number in 0..accounts {
        let (role, place, coins) = match number < firsts {
            true => (FIRST, number, "first_coins"),
            false => (SECOND, number - firsts, "second_coins"),
        };
        let told = input.observations.changes.get(number as usize).copied().unwrap_or(0);
        let expected = i128::from(parameters.get(coins)) + told;
        let id = layout.id(role, place);
        let found = input.balance(id);
        if found != expected {
            others += 1;
            first.get_or_insert_with(|| {
                format!("{} holds {found}, not {expected}", layout.call(id))
            });
        }
    }
    let found = match first {
        Some(first) => CheckValue::Text(format!("{others}: {first}")),
        None => CheckValue::Number(0),
    };
    Check::new(
        [
            "balances_as_told",
            "Balances as the workers were told",
            "Accounts whose balance is not what they began with and what was accepted since.",
        ],
        [CheckValue::Number(0), found],
        (accounts, "accounts"),
        others == 0,
    )
}

/// No reader has seen what never was.
fn reads(input: &CheckInput<'_>) -> Check {
    let below = input.observations.sum(BELOW_ZERO);
    Check::equal(
        [
            "no_read_below_zero",
            "No read below zero",
            "Balances below zero that a reader saw while others wrote.",
        ],
        0,
        below,
        (input.tally.reads(), "reads"),
    )
}

/// One worker's operations.
struct Steps {
    mix: &'static [Step],
    random: Random,
    first: u128,
    second: u128,
    pairs: AccountDistribution,
    all: AccountDistribution,
    /// Whether there is more than one pair, so that it is chosen, and which of the two is the first.
    chosen: bool,
    at: u64,
    step: u64,
    /// By account, what was accepted for it; the first ones of all pairs, then the second ones.
    told: Vec<i128>,
    below_zero: u64,
}

impl Steps {
    /// The place of an account among all, from its id.
    fn place(&self, id: u128) -> usize {
        (id - self.first) as usize
    }

    fn any(&self, place: u64) -> u128 {
        self.first + u128::from(place)
    }

    fn tell(&mut self, id: u128, coins: i128) {
        let place = self.place(id);
        self.told[place] += coins;
    }

    fn read(&mut self, context: &mut OperationContext<'_>, id: u128) {
        let balance = context.read(id).as_ref().and_then(AccountState::balance);
        self.below_zero += u64::from(balance.is_none_or(|balance| balance < 0));
    }

    fn transfer(
        &mut self,
        context: &mut OperationContext<'_>,
        from: u128,
        to: u128,
        coins: u64,
    ) -> Result<(), LedgerError> {
        let status = context.transfer(&of_coins(from, to, coins, codes::TRANSFER))?;
        if status == CreateTransferStatus::Created {
            self.tell(from, -i128::from(coins));
            self.tell(to, i128::from(coins));
        }
        Ok(())
    }

    fn operate(
        &mut self,
        context: &mut OperationContext<'_>,
        step: Step,
    ) -> Result<(), LedgerError> {
        let (mut pair, mut turned) = (0, false);
        if self.chosen && !matches!(step, Step::TransferAny(_) | Step::ReadAny) {
            (pair, turned) = (self.pairs.one(&mut self.random), self.random.below(2) == 1);
        }
        let id = |steps: &Self, who| {
            let base = if (who == Who::First) != turned { steps.first } else { steps.second };
            base + u128::from(pair)
        };
        match step {
            Step::Deposit(who, coins) => {
                let to = id(self, who);
                if context.deposit(to, coins)? == CreateTransferStatus::Created {
                    self.tell(to, i128::from(coins));
                }
            }
            Step::Withdraw(who, coins) => {
                let from = id(self, who);
                if context.withdraw(from, coins)? == CreateTransferStatus::Created {
                    self.tell(from, -i128::from(coins));
                }
            }
            Step::Transfer(who, coins) => {
                let other = if who == Who::First { Who::Second } else { Who::First };
                let (from, to) = (id(self, who), id(self, other));
                self.transfer(context, from, to, coins)?;
            }
            Step::Read(who) => self.read(context, id(self, who)),
            Step::ReadBoth => {
                self.read(context, id(self, Who::First));
                self.read(context, id(self, Who::Second));
            }
            Step::TransferAny(coins) => {
                let (from, to) = self.all.two(&mut self.random);
                self.transfer(context, self.any(from), self.any(to), coins)?;
            }
            Step::ReadAny => {
                let place = self.all.one(&mut self.random);
                self.read(context, self.any(place));
            }
        }
        context.done();
        Ok(())
    }
}

impl Workload for Steps {
    fn batch(
        &mut self,
        context: &mut OperationContext<'_>,
        operations: u64,
    ) -> Result<(), LedgerError> {
        let steps = self.mix.len() as u64;
        for _ in 0..operations {
            self.operate(context, self.mix[(self.at % steps) as usize])?;
            self.at += self.step;
        }
        Ok(())
    }

    fn observations(self: Box<Self>) -> WorkerObservations {
        let mut observations = WorkerObservations::of_changes(self.told);
        observations.add(BELOW_ZERO, self.below_zero.into());
        observations
    }
}
