//! Deadlock: all workers send coins around a ring of accounts at once.
//!
//! After GoLedger's `TestDeadlockPrevention`: two accounts that pay each other, ten times each way at once. On a ring of
//! `n` accounts each pays the next one. Whoever takes the payer's latch first and then the next one's can meet others
//! that do the same all around the ring, and then everybody waits for everybody: `unordered-locks` does, and the
//! report names who waited for whom. In ascending order nobody can.

use super::common::{self, coins};
use super::events::DEADLOCK;
use super::report::Check;
use super::{
    AccountLayout, CheckInput, CheckResults, Description, Fact, OperationContext, Parameter,
    Parameters, Preset, Workload,
};
use super::{Role, Scenario, codes, of_coins};
use crate::ledger::LedgerError;
use crate::model::{CreateTransferStatus, Transfer};

/// The scenario `deadlock`.
#[derive(Debug)]
pub(super) struct Ring;

static DESCRIPTION: Description = Description {
    name: "deadlock",
    title: "Deadlock",
    description: "All workers send coins around a ring of accounts at once. With latches in order none waits for ever; \
               without, the report names who waited for whom.",
    parameters: &[
        common::WORKERS,
        common::CONCURRENCY,
        Parameter::number(
            "accounts",
            "Accounts in the ring",
            "",
            (2, 1_000_000),
            2,
            "Each pays the next one, and the last one the first. For all to wait for each other there must be as many \
             workers as accounts.",
        ),
        common::OPERATIONS.with_default(1_000_000),
        common::DURATION_S.with_default(5),
        common::RATE_PER_S,
        common::SEED,
        common::DEADLINE_MS,
        coins("amount", "Coins a time", 0, 100, "What is sent each time."),
        coins(
            "account_coins",
            "Coins per account",
            0,
            1_000_000,
            "What every account starts with.",
        ),
        common::BATCH,
        common::TRAIL_MIB,
    ],
    presets: &[
        Preset::scale(
            "Two accounts pay each other, a million transfers or five seconds, on all processors.",
            &[],
        ),
        Preset::goledger(
            "Two accounts pay each other ten times each at once: 20,000 coins in all, done within 5 s.",
            &[("operations", 20), ("account_coins", 10_000), ("trail_mib", 64)],
        ),
    ],
    events: &[],
};

impl Scenario for Ring {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn layout(&self, parameters: &Parameters) -> AccountLayout {
        let (accounts, coins) = (parameters.get("accounts"), parameters.get("account_coins"));
        AccountLayout::new(vec![Role::new("account", accounts, coins)])
    }

    fn workload(&self, parameters: &Parameters, worker: u64) -> Box<dyn Workload> {
        Box::new(Round {
            first: self.layout(parameters).id(0, 0),
            accounts: parameters.get("accounts"),
            amount: parameters.get("amount"),
            // Workers start at accounts of their own and go on by as many as there are workers, so that together they
            // send from every account alike.
            at: worker,
            step: parameters.get("workers"),
            asked: Vec::with_capacity(parameters.get("batch") as usize),
        })
    }

    fn judge(&self, input: &CheckInput<'_>) -> CheckResults {
        let late = input.tally.of(CreateTransferStatus::DeadlineExceeded);
        let circles = input.happened(DEADLOCK);
        CheckResults {
            checks: vec![Check::equal(
                [
                    "no_deadlock",
                    "No deadlock",
                    "Times that workers were found waiting for each other in a circle until the deadline.",
                ],
                0,
                circles.into(),
                (input.tally.attempts(), "attempts"),
            )],
            facts: vec![Fact::new(
                "late",
                "Transfers that came to their deadline",
                late.into(),
                "",
            )],
        }
    }
}

/// One worker's way around the ring.
struct Round {
    first: u128,
    accounts: u64,
    amount: u64,
    at: u64,
    step: u64,
    asked: Vec<Transfer>,
}

impl Workload for Round {
    fn batch(
        &mut self,
        context: &mut OperationContext<'_>,
        operations: u64,
    ) -> Result<(), LedgerError> {
        self.asked.clear();
        for _ in 0..operations {
            let from = self.at % self.accounts;
            let to = (from + 1) % self.accounts;
            let id = |place| self.first + u128::from(place);
            self.asked.push(of_coins(id(from), id(to), self.amount, codes::TRANSFER));
            self.at = (self.at + self.step) % self.accounts;
        }
        context.transfer_each(&self.asked)
    }
}
