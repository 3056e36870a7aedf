//! SmallBank's workload: transactions are drawn, then read and decided until no balance has changed in between.

use super::model::{
    AMALGAMATION, CHECK, CHECKING, COVER, Count, GAVE_UP, PENALTY, PENALTY_COINS, RETRIED, SAVINGS,
    SAVINGS_VERSION, TRIES_MAX,
};
use crate::ledger::LedgerError;
use crate::model::{AccountState, CreateTransferStatus, TransferAttempt, TransferFlags};
use crate::scenarios::counts::Counts;
use crate::scenarios::{
    AccountDistribution, AccountLayout, AmountDistribution, OperationContext, Parameters, Random,
    WorkerObservations, Workload, codes, coin_transfer,
};

/// A transaction to perform. Customers are numbered from 0.
#[derive(Clone, Copy, Debug)]
enum Transaction {
    Amalgamate { from: u64, to: u64 },
    Balance { customer: u64 },
    Deposit { to: u64, coins: u64 },
    Send { from: u64, to: u64, coins: u64 },
    Save { to: u64, coins: u64 },
    Spend { from: u64, coins: u64 },
    Check { from: u64, coins: u64 },
}

#[derive(Clone, Copy, Debug)]
enum TryResult {
    Done(Count),
    /// An account had changed since it was read.
    Conflict,
}

/// The transactions of one worker.
pub(super) struct TransactionWorkload {
    random: Random,
    first_checking: u128,
    first_savings: u128,
    customers: AccountDistribution,
    amounts: AmountDistribution,
    counts: Counts<Count>,
}

impl TransactionWorkload {
    pub(super) fn new(parameters: &Parameters, layout: &AccountLayout, worker: u64) -> Self {
        let get = |name| parameters.get(name);
        Self {
            random: Random::new(get("seed"), worker),
            first_checking: layout.id(CHECKING, 0),
            first_savings: layout.id(SAVINGS, 0),
            customers: AccountDistribution::of(parameters, get("accounts")),
            amounts: AmountDistribution::of(parameters),
            counts: Counts::new(),
        }
    }

    fn checking(&self, customer: u64) -> u128 {
        self.first_checking + u128::from(customer)
    }

    fn savings(&self, customer: u64) -> u128 {
        self.first_savings + u128::from(customer)
    }

    /// Draws a transaction. Every kind takes the same number of random numbers.
    fn draw(&mut self) -> Transaction {
        let kind = self.random.below(100);
        let (one, other) = self.customers.draw_pair(&mut self.random);
        let coins = self.amounts.draw(&mut self.random);
        let is_withdrawal = self.random.below(2) == 1;
        match kind {
            0..15 => Transaction::Amalgamate { from: one, to: other },
            15..30 => Transaction::Balance { customer: one },
            30..45 => Transaction::Deposit { to: one, coins },
            45..70 => Transaction::Send { from: one, to: other, coins },
            70..85 if is_withdrawal => Transaction::Spend { from: one, coins },
            70..85 => Transaction::Save { to: one, coins },
            _ => Transaction::Check { from: one, coins },
        }
    }

    /// Tries a transaction until no account has changed between its reads and its writes.
    fn transact(
        &mut self,
        context: &mut OperationContext<'_>,
        transaction: Transaction,
    ) -> Result<Count, LedgerError> {
        for _ in 0..TRIES_MAX {
            let result = match transaction {
                Transaction::Amalgamate { from, to } => self.amalgamate(context, from, to)?,
                Transaction::Balance { customer } => self.balance(context, customer),
                Transaction::Deposit { to, coins } => {
                    self.deposit(context, self.checking(to), coins, Count::Deposited)?
                }
                Transaction::Send { from, to, coins } => self.send(context, from, to, coins)?,
                Transaction::Save { to, coins } => {
                    self.deposit(context, self.savings(to), coins, Count::Saved)?
                }
                Transaction::Spend { from, coins } => self.spend(context, from, coins)?,
                Transaction::Check { from, coins } => self.check(context, from, coins)?,
            };
            if let TryResult::Done(outcome) = result {
                return Ok(outcome);
            }
            self.counts.add(transaction.retry_count(), 1);
            context.record_event(RETRIED, || format!("{transaction:?} had read an old balance."));
        }
        context.record_event(GAVE_UP, || format!("{transaction:?} was tried {TRIES_MAX} times."));
        Ok(Count::GaveUp)
    }

    fn amalgamate(
        &mut self,
        context: &mut OperationContext<'_>,
        from: u64,
        to: u64,
    ) -> Result<TryResult, LedgerError> {
        let ids = [self.savings(from), self.checking(from), self.checking(to)];
        let [Some(savings), Some(checking)] = [context.read(ids[0]), context.read(ids[1])] else {
            return Ok(TryResult::Done(Count::Failed));
        };
        let size = |account| balance_of(account).unsigned_abs() as u64;
        let is_overdrawn = balance_of(&checking) < 0;
        let from_savings = coin_transfer(ids[0], ids[2], size(&savings), AMALGAMATION);
        let from_checking = match is_overdrawn {
            true => coin_transfer(ids[2], ids[1], size(&checking), COVER),
            false => coin_transfer(ids[1], ids[2], size(&checking), AMALGAMATION),
        };
        let mut chain = [
            context.new_attempt(from_savings, TransferFlags::LINKED),
            context.new_attempt(from_checking, TransferFlags::empty()),
        ];
        chain[0].versions.debit = Some(savings.version);
        match is_overdrawn {
            true => chain[1].versions.credit = Some(checking.version),
            false => chain[1].versions.debit = Some(checking.version),
        }
        try_chain(context, &chain, Count::Amalgamated)
    }

    /// Reads both accounts as they are at one moment. The balances are not used.
    fn balance(&self, context: &mut OperationContext<'_>, customer: u64) -> TryResult {
        let before = context.read(self.savings(customer));
        let checking = context.read(self.checking(customer));
        let after = context.read(self.savings(customer));
        match (before, checking, after) {
            (Some(before), Some(_), Some(after)) if before.version == after.version => {
                TryResult::Done(Count::BalanceRead)
            }
            (Some(_), Some(_), Some(_)) => TryResult::Conflict,
            _ => TryResult::Done(Count::Failed),
        }
    }

    fn deposit(
        &mut self,
        context: &mut OperationContext<'_>,
        to: u128,
        coins: u64,
        outcome: Count,
    ) -> Result<TryResult, LedgerError> {
        let status = context.deposit(to, coins)?;
        Ok(self.after_transfer(status, outcome, Count::CoinsIn, coins))
    }

    /// Withdraws savings. The account itself refuses to be overdrawn, so nothing is read before.
    fn spend(
        &mut self,
        context: &mut OperationContext<'_>,
        from: u64,
        coins: u64,
    ) -> Result<TryResult, LedgerError> {
        let status = context.withdraw(self.savings(from), coins)?;
        if status == CreateTransferStatus::ExceedsCredits {
            return Ok(TryResult::Done(Count::SaveRefused));
        }
        Ok(self.after_transfer(status, Count::Saved, Count::CoinsOut, coins))
    }

    /// Counts a deposit or withdrawal.
    fn after_transfer(
        &mut self,
        status: CreateTransferStatus,
        outcome: Count,
        coins_count: Count,
        coins: u64,
    ) -> TryResult {
        if status == CreateTransferStatus::Created {
            self.counts.add(coins_count, coins);
        }
        done(status, outcome)
    }

    /// Sends coins to another customer. A checking account may be overdrawn, but not by a payment, so the payment is
    /// decided here, on the version that was read.
    fn send(
        &mut self,
        context: &mut OperationContext<'_>,
        from: u64,
        to: u64,
        coins: u64,
    ) -> Result<TryResult, LedgerError> {
        let Some(checking) = context.read(self.checking(from)) else {
            return Ok(TryResult::Done(Count::Failed));
        };
        if balance_of(&checking) < i128::from(coins) {
            return Ok(TryResult::Done(Count::SendRefused));
        }
        let payment = coin_transfer(checking.id, self.checking(to), coins, codes::TRANSFER);
        let mut payment = context.new_attempt(payment, TransferFlags::empty());
        payment.versions.debit = Some(checking.version);
        try_chain(context, &[payment], Count::Sent)
    }

    fn check(
        &mut self,
        context: &mut OperationContext<'_>,
        from: u64,
        coins: u64,
    ) -> Result<TryResult, LedgerError> {
        let read = [self.savings(from), self.checking(from)].map(|id| context.read(id));
        let [Some(savings), Some(checking)] = read else {
            return Ok(TryResult::Done(Count::Failed));
        };
        let (world, linked) = (context.world(), TransferFlags::LINKED);
        let is_uncovered = balance_of(&savings) + balance_of(&checking) < i128::from(coins);
        let check = coin_transfer(checking.id, world, coins, CHECK);
        let mut chain = vec![context.new_attempt(check, linked)];
        chain[0].versions.debit = Some(checking.version);
        let penalty = if is_uncovered { PENALTY_COINS } else { 0 };
        if is_uncovered {
            let transfer = coin_transfer(checking.id, world, penalty, PENALTY);
            chain.push(context.new_attempt(transfer, linked));
        }
        let version = coin_transfer(savings.id, world, 0, SAVINGS_VERSION);
        let mut version = context.new_attempt(version, TransferFlags::empty());
        version.versions.debit = Some(savings.version);
        chain.push(version);
        let result = try_chain(context, &chain, Count::Checked)?;
        if let TryResult::Done(Count::Checked) = result {
            self.counts.add(Count::CoinsOut, coins);
            self.counts.add(Count::Penalties, is_uncovered.into());
            context.record_issued(-i128::from(coins + penalty));
        }
        Ok(result)
    }
}

impl Transaction {
    /// The count of its retries.
    fn retry_count(self) -> Count {
        match self {
            Self::Amalgamate { .. } => Count::AmalgamateRetried,
            Self::Balance { .. } => Count::BalanceRetried,
            Self::Check { .. } => Count::CheckRetried,
            // Of the other kinds only payments name a version.
            _ => Count::SendRetried,
        }
    }
}

fn balance_of(account: &AccountState) -> i128 {
    account.balance().unwrap_or(0)
}

/// Attempts a chain of transfers that name versions.
fn try_chain(
    context: &mut OperationContext<'_>,
    chain: &[TransferAttempt],
    outcome: Count,
) -> Result<TryResult, LedgerError> {
    use CreateTransferStatus::{CreditAccountVersionMismatch, DebitAccountVersionMismatch};
    let outcomes = context.create_transfers(chain)?;
    let has_conflict = outcomes.iter().any(|outcome| {
        matches!(outcome.status, DebitAccountVersionMismatch | CreditAccountVersionMismatch)
    });
    Ok(if has_conflict { TryResult::Conflict } else { done(outcomes[0].status, outcome) })
}

fn done(status: CreateTransferStatus, outcome: Count) -> TryResult {
    TryResult::Done(match status {
        CreateTransferStatus::Created => outcome,
        status if status.is_interruption() => Count::Interrupted,
        _ => Count::Failed,
    })
}

impl Workload for TransactionWorkload {
    fn run_batch(
        &mut self,
        context: &mut OperationContext<'_>,
        operations: u64,
    ) -> Result<(), LedgerError> {
        context.repeat(operations, |context| {
            let transaction = self.draw();
            let outcome = self.transact(context, transaction)?;
            self.counts.add(outcome, 1);
            Ok(())
        })
    }

    fn observations(self: Box<Self>) -> WorkerObservations {
        self.counts.into_observations()
    }
}
