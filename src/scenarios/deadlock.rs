//! Deadlock: all workers send coins around a ring of accounts at once.
//!
//! After GoLedger's `TestDeadlockPrevention`: two accounts that pay each other, ten times each way at once. In a ring of
//! `n` accounts each pays the next one. If every worker takes the payer's latch first and then the next account's, all
//! can wait for each other in a cycle. This happens under `unordered-locks`, and the report names the cycle. With latches
//! in ascending order it cannot happen.

use super::account_layout::{AccountLayout, Role};
use super::check_results::{CheckInput, CheckResults};
use super::codes;
use super::common::{self, coins};
use super::description::{Description, Preset};
use super::event_kind::DEADLOCK;
use super::operation_context::{OperationContext, coin_transfer};
use super::parameter::Parameter;
use super::parameters::Parameters;
use super::report::{Check, Fact};
use super::scenario::{Scenario, Workload};
use crate::ledger::LedgerError;
use crate::model::{CreateTransferStatus, Transfer};

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
        Parameter::number(
            "accounts",
            "Accounts in the ring",
            "",
            (2, 1_000_000),
            2,
            "Each account pays the next one, and the last one the first. A deadlock needs as many workers as accounts.",
        ),
        common::OPERATIONS.with_default(1_000_000),
        common::DURATION_S.with_default(5),
        common::RATE_PER_S,
        common::SEED,
        common::DEADLINE_MS,
        coins("amount", "Coins per transfer", 0, 100, "Coins of each transfer."),
        coins("account_coins", "Coins per account", 0, 1_000_000, "Initial coins of each account."),
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
        Box::new(RingTransfers {
            first: self.layout(parameters).id(0, 0),
            accounts: parameters.get("accounts"),
            amount: parameters.get("amount"),
            // Workers start at different accounts and advance by the number of workers, so that together they send from
            // all accounts equally.
            next: worker,
            step: parameters.get("workers"),
            transfers: Vec::with_capacity(parameters.get("batch") as usize),
        })
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
        }
    }
}

/// The transfers of one worker around the ring.
struct RingTransfers {
    first: u128,
    accounts: u64,
    amount: u64,
    next: u64,
    step: u64,
    /// The current batch. It is kept to reuse its memory.
    transfers: Vec<Transfer>,
}

impl Workload for RingTransfers {
    fn run_batch(
        &mut self,
        context: &mut OperationContext<'_>,
        operations: u64,
    ) -> Result<(), LedgerError> {
        self.transfers.clear();
        for _ in 0..operations {
            let from = self.next % self.accounts;
            let to = (from + 1) % self.accounts;
            let id = |number| self.first + u128::from(number);
            self.transfers.push(coin_transfer(id(from), id(to), self.amount, codes::TRANSFER));
            self.next = (self.next + self.step) % self.accounts;
        }
        context.transfer_each(&self.transfers)
    }
}
