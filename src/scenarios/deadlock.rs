//! Deadlock: all workers send coins around a ring of accounts at once.
//!
//! After GoLedger's `TestDeadlockPrevention`: two accounts that pay each other, ten times each way at once. In a ring
//! of `n` accounts each pays the next one. If every worker takes the payer's latch first and then the next account's,
//! all can wait for each other in a cycle. This happens under `unordered-locks`, and the report names the cycle. With
//! latches in ascending order it cannot happen.

use super::common::{self, coins};
use super::event_kind::DEADLOCK;
use super::transfer_workload::TransferWorkload;
use super::{
    AccountLayout, Check, CheckInput, CheckResults, Description, Fact, Parameter, Parameters,
    Preset, Role, Scenario, Workload, codes, coin_transfer,
};
use crate::model::CreateTransferStatus;

/// The scenario `deadlock`.
#[derive(Debug)]
pub(super) struct Deadlock;

static DESCRIPTION: Description = Description {
    name: "deadlock",
    title: "Deadlock",
    description: "All workers send coins around a ring of accounts at once. With unordered locks they deadlock, and the report \
                  names the accounts and workers.",
    parameters: &[
        common::WORKERS,
        common::CONCURRENCY,
        Parameter::number("accounts", "Accounts in the ring", "", (2, 1_000_000), 2).describe(
            "Each account pays the next one, and the last one the first. A deadlock needs as \
             many workers as accounts.",
        ),
        common::OPERATIONS.with_default(1_000_000),
        common::DURATION_S.with_default(5),
        common::RATE_PER_S,
        common::SEED,
        common::DEADLINE_MS,
        coins("amount", "Coins per transfer", 0, 100).describe("Coins of each transfer."),
        coins("account_coins", "Coins per account", 0, 1_000_000)
            .describe("Initial coins of each account."),
        common::BATCH,
        common::TRAIL_MIB,
    ],
    presets: &[
        Preset::scale(
            "Two accounts pay each other on all processors: a million transfers or five seconds.",
            &[],
        ),
        Preset::goledger(
            "Two accounts pay each other ten times each at once: 20,000 coins in total, finished within 5 s.",
            &[("operations", 20), ("account_coins", 10_000), ("trail_mib", 64)],
        ),
    ],
    events: &[],
};

impl Scenario for Deadlock {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn layout(&self, parameters: &Parameters) -> AccountLayout {
        let (accounts, coins) = (parameters.get("accounts"), parameters.get("account_coins"));
        AccountLayout::new(vec![Role::new("account", accounts, coins)])
    }

    fn workload(&self, parameters: &Parameters, worker: u64) -> Box<dyn Workload> {
        let first = self.layout(parameters).id(0, 0);
        let [accounts, amount, workers] =
            ["accounts", "amount", "workers"].map(|name| parameters.get(name));
        // Workers start at different accounts and advance by the number of workers, so that together they send from all
        // accounts equally.
        let mut next = worker;
        Box::new(TransferWorkload::new(parameters, move || {
            let from = next % accounts;
            let to = (from + 1) % accounts;
            next = (next + workers) % accounts;
            coin_transfer(first + u128::from(from), first + u128::from(to), amount, codes::TRANSFER)
        }))
    }

    fn check(&self, input: &CheckInput<'_>) -> CheckResults {
        let late = input.tally.count(CreateTransferStatus::DeadlineExceeded);
        let deadlocks = input.event_count(DEADLOCK);
        CheckResults {
            checks: vec![Check::equal(
                [
                    "no_deadlock",
                    "No deadlock",
                    "How often workers waited for each other in a cycle until the deadline.",
                ],
                0,
                deadlocks.into(),
                (input.tally.attempts(), "attempts"),
            )],
            facts: vec![Fact::new("late", "Transfers past their deadline", late.into(), "")],
            ..CheckResults::default()
        }
    }
}
