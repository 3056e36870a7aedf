//! Compliance: a day of mixed traffic, refused and cancelled attempts among it, and an auditor who looks for every one.
//!
//! After GoLedger's `TestAuditTrailCompliance`: an auditor and two users, four transfers at once, each of which must have
//! its history. At scale those four are made again and again between users that are chosen at random, with attempts in
//! between that must fail, while the ledger's time moves on by a day. RequestService attempt has an id that is remembered, so that
//! afterwards each can be looked for: by its id, by its account, by its status, by the hour. Then the trail is sealed and
//! verified, and in a copy of it one byte is changed, which must be found.

mod audit;

use super::common::{self, coins};
use super::{
    AccountDistribution, AccountLayout, CheckInput, CheckResults, Description, OperationContext,
    Parameter, Parameters, Preset, Workload,
};
use super::{Random, Remembered, Role, Scenario, WorkerObservations, codes, of_coins};
use crate::ledger::{Cancellation, LedgerError};
use crate::model::{Transfer, TransferAttempt};
use crate::sync::AtomicU64;

/// The scenario `compliance`.
#[derive(Debug)]
pub(super) struct Compliance;

/// A day, in nanoseconds of the ledger's time.
const DAY_NS: u64 = 86_400_000_000_000;

/// Coins of the four transfers: auditor to one, one to other, other to auditor, auditor to other.
const LEGS: [u64; 4] = [1_000, 500, 200, 300];

/// The most attempts that one worker remembers; those after it are in the trail, and are not looked for one by one.
const REMEMBERED_MAX: usize = 1 << 20;

static DESCRIPTION: Description = Description {
    name: "compliance",
    title: "Compliance",
    description: "A day of mixed traffic; afterwards every attempt, refused and cancelled ones too, is found in the trail, \
               and one changed byte is noticed.",
    parameters: &[
        common::WORKERS,
        common::CONCURRENCY,
        Parameter::number(
            "accounts",
            "Users",
            "",
            (2, 100_000),
            1_000,
            "Users who trade with the auditor and with each other.",
        ),
        common::OPERATIONS.with_default(200_000),
        common::DURATION_S,
        common::RATE_PER_S,
        common::SEED,
        common::DEADLINE_MS,
        Parameter::number(
            "faults_percent",
            "Faults",
            "%",
            (0, 100),
            20,
            "Share of attempts that must fail: too much, to oneself, to nobody, or cancelled by the caller.",
        ),
        common::HOT_PERCENT,
        common::HOT_ACCOUNTS,
        coins(
            "auditor_coins",
            "Coins of the auditor",
            0,
            1_000_000_000,
            "What the auditor starts with.",
        ),
        coins("user_coins", "Coins per user", 0, 5_000, "What every user starts with."),
        common::BATCH,
        common::TRAIL_MIB,
    ],
    presets: &[
        Preset::scale(
            "A day of 200,000 attempts by a thousand users, a fifth of which must fail.",
            &[],
        ),
        Preset::goledger(
            "An auditor, two users and four transfers at once; each is found in the trail.",
            &[
                ("accounts", 2),
                ("operations", 4),
                ("faults_percent", 0),
                ("auditor_coins", 10_000),
                ("trail_mib", 64),
            ],
        ),
    ],
    events: &[],
};

/// Places of the roles in the layout.
const AUDITOR: usize = 0;
const USER: usize = 1;

impl Scenario for Compliance {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn layout(&self, parameters: &Parameters) -> AccountLayout {
        AccountLayout::new(vec![
            Role::one("auditor", parameters.get("auditor_coins")),
            Role::new("user", parameters.get("accounts"), parameters.get("user_coins")),
        ])
    }

    fn workload(&self, parameters: &Parameters, worker: u64) -> Box<dyn Workload> {
        let layout = self.layout(parameters);
        let (operations, workers) = (parameters.get("operations"), parameters.get("workers"));
        Box::new(Traffic {
            random: Random::new(parameters.get("seed"), worker),
            auditor: layout.id(AUDITOR, 0),
            first_user: layout.id(USER, 0),
            users: AccountDistribution::of(parameters, parameters.get("accounts")),
            chosen: parameters.get("accounts") > 2,
            nobody: layout.id(USER, parameters.get("accounts")),
            faults_percent: parameters.get("faults_percent"),
            at: worker,
            step: workers,
            operations,
            remembered: Vec::new(),
        })
    }

    fn judge(&self, input: &CheckInput<'_>) -> CheckResults {
        audit::audit(input)
    }
}

/// One worker's part of the day.
struct Traffic {
    random: Random,
    auditor: u128,
    first_user: u128,
    users: AccountDistribution,
    /// Whether there are more than two users, so that they are chosen.
    chosen: bool,
    /// An id that no account has.
    nobody: u128,
    faults_percent: u64,
    at: u64,
    step: u64,
    operations: u64,
    remembered: Vec<Remembered>,
}

impl Traffic {
    /// What is asked for next, and whether the caller takes it back before it begins.
    fn next(&mut self) -> (Transfer, bool) {
        let (one, other) = match self.chosen {
            true => self.users.two(&mut self.random),
            false => (0, 1),
        };
        let (one, other) = (self.first_user + u128::from(one), self.first_user + u128::from(other));
        let leg = (self.at % 4) as usize;
        let (from, to) =
            [(self.auditor, one), (one, other), (other, self.auditor), (self.auditor, other)][leg];
        let coins = LEGS[leg];
        let faulty = self.faults_percent > 0 && self.random.below(100) < self.faults_percent;
        let (to, coins, cancelled) = match faulty.then(|| self.random.below(4)) {
            None => (to, coins, false),
            // More than all there is.
            Some(0) => (to, u64::MAX, false),
            Some(1) => (from, coins, false),
            Some(2) => (self.nobody, coins, false),
            Some(_) => (to, coins, true),
        };
        self.at += self.step;
        (of_coins(from, to, coins, codes::TRANSFER), cancelled)
    }
}

impl Workload for Traffic {
    fn batch(
        &mut self,
        context: &mut OperationContext<'_>,
        operations: u64,
    ) -> Result<(), LedgerError> {
        // The day goes on as the operations do, whatever the clock says.
        let passed = u128::from(self.at.min(self.operations)) * u128::from(DAY_NS);
        context.writer().set_time((passed / u128::from(self.operations)) as u64)?;
        let raised = AtomicU64::new(1);
        for _ in 0..operations {
            let (mut transfer, cancelled) = self.next();
            transfer.id = context.new_id();
            let attempt = [TransferAttempt { transfer, ..TransferAttempt::default() }];
            let outcomes = match cancelled {
                true => {
                    context.attempt_until(&attempt, &Cancellation::never().with_flag(&raised))?
                }
                false => context.attempt(&attempt)?,
            };
            if self.remembered.len() < REMEMBERED_MAX {
                self.remembered.push(Remembered {
                    id: transfer.id,
                    debit_account_id: transfer.debit_account_id,
                    credit_account_id: transfer.credit_account_id,
                    status: outcomes[0].status,
                });
            }
            context.done();
        }
        Ok(())
    }

    fn observations(self: Box<Self>) -> WorkerObservations {
        WorkerObservations::of_attempts(self.remembered)
    }
}
