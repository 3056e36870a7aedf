//! The traffic of the day: four transfers in turn, some of which must fail.

use crate::ledger::{Cancellation, LedgerError};
use crate::model::{Transfer, TransferAttempt};
use crate::scenarios::{
    AccountDistribution, AccountLayout, OperationContext, Parameters, Random, RecordedAttempt,
    WorkerObservations, Workload, codes, coin_transfer,
};
use crate::sync::AtomicU64;

/// Indexes of the roles in the account layout.
pub(super) const AUDITOR: usize = 0;
pub(super) const USER: usize = 1;

/// A day in nanoseconds of the ledger's time.
pub(super) const DAY_NS: u64 = 86_400_000_000_000;

/// Coins of the four transfers: auditor to first user, first user to second, second user to auditor, auditor to second.
const AMOUNTS: [u64; 4] = [1_000, 500, 200, 300];

/// The maximum number of attempts that one worker records. Later ones are in the trail but are not searched for one by one.
const RECORDED_MAX: usize = 1 << 20;

/// The attempts of one worker.
pub(super) struct TrafficWorkload {
    random: Random,
    auditor: u128,
    first_user: u128,
    users: AccountDistribution,
    /// Whether there are more than two users, so that two are drawn.
    has_many_users: bool,
    /// An id without an account.
    unknown_id: u128,
    faults_percent: u64,
    /// The number of the next operation, over all workers.
    next: u64,
    workers: u64,
    operations: u64,
    recorded: Vec<RecordedAttempt>,
}

impl TrafficWorkload {
    pub(super) fn new(parameters: &Parameters, layout: &AccountLayout, worker: u64) -> Self {
        let users = parameters.get("accounts");
        Self {
            random: Random::new(parameters.get("seed"), worker),
            auditor: layout.id(AUDITOR, 0),
            first_user: layout.id(USER, 0),
            users: AccountDistribution::of(parameters, users),
            has_many_users: users > 2,
            unknown_id: layout.id(USER, users),
            faults_percent: parameters.get("faults_percent"),
            next: worker,
            workers: parameters.get("workers"),
            operations: parameters.get("operations"),
            recorded: Vec::new(),
        }
    }

    /// Draws the next transfer, and whether its caller cancels it.
    fn draw(&mut self) -> (Transfer, bool) {
        let (one, other) = match self.has_many_users {
            true => self.users.draw_pair(&mut self.random),
            false => (0, 1),
        };
        let (one, other) = (self.first_user + u128::from(one), self.first_user + u128::from(other));
        let turn = (self.next % 4) as usize;
        let (from, to) =
            [(self.auditor, one), (one, other), (other, self.auditor), (self.auditor, other)][turn];
        let coins = AMOUNTS[turn];
        let is_faulty = self.faults_percent > 0 && self.random.below(100) < self.faults_percent;
        let (to, coins, is_cancelled) = match is_faulty.then(|| self.random.below(4)) {
            None => (to, coins, false),
            // More coins than there are.
            Some(0) => (to, u64::MAX, false),
            Some(1) => (from, coins, false),
            Some(2) => (self.unknown_id, coins, false),
            Some(_) => (to, coins, true),
        };
        self.next += self.workers;
        (coin_transfer(from, to, coins, codes::TRANSFER), is_cancelled)
    }

    fn attempt(
        &mut self,
        context: &mut OperationContext<'_>,
        raised_flag: &AtomicU64,
    ) -> Result<(), LedgerError> {
        let (mut transfer, is_cancelled) = self.draw();
        transfer.id = context.new_id();
        let attempt = [TransferAttempt { transfer, ..TransferAttempt::default() }];
        let cancellation = match is_cancelled {
            true => Cancellation::never().with_flag(raised_flag),
            false => context.cancellation(),
        };
        let outcomes = context.create_transfers_with(&attempt, &cancellation)?;
        if self.recorded.len() < RECORDED_MAX {
            self.recorded.push(RecordedAttempt {
                id: transfer.id,
                debit_account_id: transfer.debit_account_id,
                credit_account_id: transfer.credit_account_id,
                status: outcomes[0].status,
            });
        }
        Ok(())
    }
}

impl Workload for TrafficWorkload {
    fn run_batch(
        &mut self,
        context: &mut OperationContext<'_>,
        operations: u64,
    ) -> Result<(), LedgerError> {
        // The ledger's day advances with the operations, independent of the clock.
        let day_passed = u128::from(self.next.min(self.operations)) * u128::from(DAY_NS);
        context.writer().set_time((day_passed / u128::from(self.operations)) as u64)?;
        let raised_flag = AtomicU64::new(1);
        context.repeat(operations, |context| self.attempt(context, &raised_flag))
    }

    fn observations(self: Box<Self>) -> WorkerObservations {
        let mut observations = WorkerObservations::default();
        observations.attempts = self.recorded;
        observations
    }
}
