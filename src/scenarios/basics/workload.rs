//! The workload of a mix.

use crate::ledger::LedgerError;
use crate::model::{AccountState, CreateTransferStatus};
use crate::scenarios::{
    AccountDistribution, OperationContext, Parameters, Random, WorkerObservations, Workload, codes,
    coin_transfer,
};

/// The name of the sum of negative balances that a worker read.
pub(super) const NEGATIVE_READS: &str = "below_zero";

/// An account of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Account {
    First,
    Second,
}

/// One operation of a mix, with its coins.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Deposit(Account, u64),
    Withdraw(Account, u64),
    /// Transfers coins from an account to the other one of the pair.
    Transfer(Account, u64),
    Read(Account),
    ReadBoth,
    /// Transfers coins between any two accounts.
    TransferAny(u64),
    /// Reads any account.
    ReadAny,
}

/// The operations of one worker.
pub(super) struct MixWorkload {
    mix: &'static [Step],
    random: Random,
    /// The id of the first account of the first pair; all other accounts follow it.
    first: u128,
    /// The id of the second account of the first pair.
    second: u128,
    pairs: AccountDistribution,
    all: AccountDistribution,
    /// Whether an operation draws a pair and which of its accounts is the first.
    has_many_pairs: bool,
    /// The number of the next operation, over all workers.
    next: u64,
    workers: u64,
    /// The accepted changes by account: the first accounts of all pairs, then the second ones.
    changes: Vec<i128>,
    negative_reads: u64,
}

impl MixWorkload {
    pub(super) fn new(
        mix: &'static [Step],
        parameters: &Parameters,
        [first, second]: [u128; 2],
        worker: u64,
    ) -> Self {
        let accounts = parameters.get("accounts");
        Self {
            mix,
            random: Random::new(parameters.get("seed"), worker),
            first,
            second,
            pairs: AccountDistribution::of(parameters, accounts / 2),
            all: AccountDistribution::of(parameters, accounts),
            has_many_pairs: accounts > 3,
            next: worker,
            workers: parameters.get("workers"),
            changes: vec![0; accounts as usize],
            negative_reads: 0,
        }
    }

    fn id(&self, number: u64) -> u128 {
        self.first + u128::from(number)
    }

    fn record_change(&mut self, id: u128, coins: i128) {
        let number = (id - self.first) as usize;
        self.changes[number] += coins;
    }

    fn read(&mut self, context: &mut OperationContext<'_>, id: u128) {
        let balance = context.read(id).as_ref().and_then(AccountState::balance);
        self.negative_reads += u64::from(balance.is_none_or(|balance| balance < 0));
    }

    fn transfer(
        &mut self,
        context: &mut OperationContext<'_>,
        from: u128,
        to: u128,
        coins: u64,
    ) -> Result<(), LedgerError> {
        let status = context.transfer(&coin_transfer(from, to, coins, codes::TRANSFER))?;
        if status == CreateTransferStatus::Created {
            self.record_change(from, -i128::from(coins));
            self.record_change(to, i128::from(coins));
        }
        Ok(())
    }

    fn perform(
        &mut self,
        context: &mut OperationContext<'_>,
        step: Step,
    ) -> Result<(), LedgerError> {
        let mut ids = [self.first, self.second];
        if self.has_many_pairs && !matches!(step, Step::TransferAny(_) | Step::ReadAny) {
            let pair = self.pairs.draw(&mut self.random);
            ids = ids.map(|id| id + u128::from(pair));
            if self.random.below(2) == 1 {
                ids.swap(0, 1);
            }
        }
        match step {
            Step::Deposit(account, coins) => {
                let to = ids[account as usize];
                if context.deposit(to, coins)? == CreateTransferStatus::Created {
                    self.record_change(to, i128::from(coins));
                }
            }
            Step::Withdraw(account, coins) => {
                let from = ids[account as usize];
                if context.withdraw(from, coins)? == CreateTransferStatus::Created {
                    self.record_change(from, -i128::from(coins));
                }
            }
            Step::Transfer(account, coins) => {
                let from = account as usize;
                self.transfer(context, ids[from], ids[1 - from], coins)?;
            }
            Step::Read(account) => self.read(context, ids[account as usize]),
            Step::ReadBoth => ids.into_iter().for_each(|id| self.read(context, id)),
            Step::TransferAny(coins) => {
                let (from, to) = self.all.draw_pair(&mut self.random);
                self.transfer(context, self.id(from), self.id(to), coins)?;
            }
            Step::ReadAny => {
                let number = self.all.draw(&mut self.random);
                self.read(context, self.id(number));
            }
        }
        Ok(())
    }
}

impl Workload for MixWorkload {
    fn run_batch(
        &mut self,
        context: &mut OperationContext<'_>,
        operations: u64,
    ) -> Result<(), LedgerError> {
        let steps = self.mix.len() as u64;
        context.repeat(operations, |context| {
            self.perform(context, self.mix[(self.next % steps) as usize])?;
            self.next += self.workers;
            Ok(())
        })
    }

    fn observations(self: Box<Self>) -> WorkerObservations {
        let mut observations = WorkerObservations::default();
        observations.changes = self.changes;
        observations.add(NEGATIVE_READS, self.negative_reads.into());
        observations
    }
}
