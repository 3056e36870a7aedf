//! One worker's transactions: drawn, then read and decided until what was read is still true.

use super::kinds::{AMALGAMATION, CHECK, COVER, LOOK, PENALTY};
use super::{CHECKING, COUNTS, Count, DECIDED_AGAIN, GAVE_UP, PENALTY_COINS, SAVINGS, TRIES_MAX};
use crate::ledger::LedgerError;
use crate::model::{AccountState, CreateTransferStatus, TransferAttempt, TransferFlags};
use crate::scenarios::{
    AccountDistribution, AccountLayout, Amounts, OperationContext, Parameters, Random,
    WorkerObservations, Workload, codes, of_coins,
};

/// A transaction that is asked for; customers are numbers from 0.
#[derive(Clone, Copy, Debug)]
enum Asked {
    Amalgamate { from: u64, to: u64 },
    Balance { of: u64 },
    Deposit { to: u64, coins: u64 },
    Send { from: u64, to: u64, coins: u64 },
    Save { to: u64, coins: u64 },
    Spend { from: u64, coins: u64 },
    Check { from: u64, coins: u64 },
}

/// What one try came to.
#[derive(Clone, Copy, Debug)]
enum Tried {
    Ended(Count),
    /// What was read had changed by the time it was decided on.
    Changed,
}

/// One worker's transactions.
pub(super) struct CustomerWorkload {
    random: Random,
    first_checking: u128,
    first_savings: u128,
    customers: AccountDistribution,
    amounts: Amounts,
    counts: [i128; COUNTS.len()],
}

impl CustomerWorkload {
    pub(super) fn new(parameters: &Parameters, layout: &AccountLayout, worker: u64) -> Self {
        let get = |name| parameters.get(name);
        Self {
            random: Random::new(get("seed"), worker),
            first_checking: layout.id(CHECKING, 0),
            first_savings: layout.id(SAVINGS, 0),
            customers: AccountDistribution::of(parameters, get("accounts")),
            amounts: Amounts::of(parameters),
            counts: [0; COUNTS.len()],
        }
    }

    fn checking(&self, customer: u64) -> u128 {
        self.first_checking + u128::from(customer)
    }

    fn savings(&self, customer: u64) -> u128 {
        self.first_savings + u128::from(customer)
    }

    fn count(&mut self, count: Count, more: u64) {
        self.counts[count as usize] += i128::from(more);
    }

    /// Always the same draws, whichever of them the kind needs.
    fn draw(&mut self) -> Asked {
        let kind = self.random.below(100);
        let (one, other) = self.customers.two(&mut self.random);
        let coins = self.amounts.one(&mut self.random);
        let is_taken = self.random.below(2) == 1;
        match kind {
            0..15 => Asked::Amalgamate { from: one, to: other },
            15..30 => Asked::Balance { of: one },
            30..45 => Asked::Deposit { to: one, coins },
            45..70 => Asked::Send { from: one, to: other, coins },
            70..85 if is_taken => Asked::Spend { from: one, coins },
            70..85 => Asked::Save { to: one, coins },
            _ => Asked::Check { from: one, coins },
        }
    }

    /// Tries until what was read is still true when it is decided on.
    fn transact(
        &mut self,
        context: &mut OperationContext<'_>,
        asked: Asked,
    ) -> Result<Count, LedgerError> {
        for _ in 0..TRIES_MAX {
            let tried = match asked {
                Asked::Amalgamate { from, to } => self.amalgamate(context, from, to)?,
                Asked::Balance { of } => self.balance(context, of),
                Asked::Deposit { to, coins } => self.deposit(context, to, coins)?,
                Asked::Send { from, to, coins } => self.send(context, from, to, coins)?,
                Asked::Save { to, coins } => self.save(context, to, coins)?,
                Asked::Spend { from, coins } => self.spend(context, from, coins)?,
                Asked::Check { from, coins } => self.check(context, from, coins)?,
            };
            if let Tried::Ended(end) = tried {
                return Ok(end);
            }
            self.count(asked.again(), 1);
            context.happened(DECIDED_AGAIN, || format!("{asked:?} had read what was changed."));
        }
        context.happened(GAVE_UP, || format!("{asked:?} was tried {TRIES_MAX} times."));
        Ok(Count::GaveUp)
    }

    fn amalgamate(
        &mut self,
        context: &mut OperationContext<'_>,
        from: u64,
        to: u64,
    ) -> Result<Tried, LedgerError> {
        let ids = [self.savings(from), self.checking(from), self.checking(to)];
        let [Some(savings), Some(checking)] = [context.read(ids[0]), context.read(ids[1])] else {
            return Ok(Tried::Ended(Count::Failed));
        };
        let (all_saved, all) = (coins_of(&savings), coins_of(&checking));
        let size = all.unsigned_abs() as u64;
        let saved = of_coins(ids[0], ids[2], all_saved.unsigned_abs() as u64, AMALGAMATION);
        // What is overdrawn is made up for.
        let rest = match all < 0 {
            true => of_coins(ids[2], ids[1], size, COVER),
            false => of_coins(ids[1], ids[2], size, AMALGAMATION),
        };
        let mut chain =
            [context.leg(saved, TransferFlags::LINKED), context.leg(rest, TransferFlags::empty())];
        chain[0].versions.debit = Some(savings.version);
        match all < 0 {
            true => chain[1].versions.credit = Some(checking.version),
            false => chain[1].versions.debit = Some(checking.version),
        }
        unchanged(context, &chain, Count::Amalgamated)
    }

    /// Both accounts as they are at one moment. What they have is not used: who reads a balance only looks.
    fn balance(&self, context: &mut OperationContext<'_>, of: u64) -> Tried {
        let before = context.read(self.savings(of));
        let checking = context.read(self.checking(of));
        let after = context.read(self.savings(of));
        match (before, checking, after) {
            (Some(before), Some(_), Some(after)) if before.version == after.version => {
                Tried::Ended(Count::Looked)
            }
            (Some(_), Some(_), Some(_)) => Tried::Changed,
            _ => Tried::Ended(Count::Failed),
        }
    }

    fn deposit(
        &mut self,
        context: &mut OperationContext<'_>,
        to: u64,
        coins: u64,
    ) -> Result<Tried, LedgerError> {
        let status = context.deposit(self.checking(to), coins)?;
        Ok(self.moved(status, Count::Deposited, Count::CoinsIn, coins))
    }

    fn save(
        &mut self,
        context: &mut OperationContext<'_>,
        to: u64,
        coins: u64,
    ) -> Result<Tried, LedgerError> {
        let status = context.deposit(self.savings(to), coins)?;
        Ok(self.moved(status, Count::Saved, Count::CoinsIn, coins))
    }

    /// The account itself refuses to be overdrawn, so nothing needs to be read before.
    fn spend(
        &mut self,
        context: &mut OperationContext<'_>,
        from: u64,
        coins: u64,
    ) -> Result<Tried, LedgerError> {
        let status = context.withdraw(self.savings(from), coins)?;
        if status == CreateTransferStatus::ExceedsCredits {
            return Ok(Tried::Ended(Count::SaveRefused));
        }
        Ok(self.moved(status, Count::Saved, Count::CoinsOut, coins))
    }

    /// A plain transfer to or from outside.
    fn moved(&mut self, status: CreateTransferStatus, end: Count, way: Count, coins: u64) -> Tried {
        if status == CreateTransferStatus::Created {
            self.count(way, coins);
        }
        ended(status, end)
    }

    /// A checking account may be overdrawn, but not by a payment: so that is decided here, on the version that was read.
    fn send(
        &mut self,
        context: &mut OperationContext<'_>,
        from: u64,
        to: u64,
        coins: u64,
    ) -> Result<Tried, LedgerError> {
        let Some(checking) = context.read(self.checking(from)) else {
            return Ok(Tried::Ended(Count::Failed));
        };
        if coins_of(&checking) < i128::from(coins) {
            return Ok(Tried::Ended(Count::SendRefused));
        }
        let payment = of_coins(checking.id, self.checking(to), coins, codes::TRANSFER);
        let mut payment = context.leg(payment, TransferFlags::empty());
        payment.versions.debit = Some(checking.version);
        unchanged(context, &[payment], Count::Sent)
    }

    fn check(
        &mut self,
        context: &mut OperationContext<'_>,
        from: u64,
        coins: u64,
    ) -> Result<Tried, LedgerError> {
        let read = [self.savings(from), self.checking(from)].map(|id| context.read(id));
        let [Some(savings), Some(checking)] = read else {
            return Ok(Tried::Ended(Count::Failed));
        };
        let (world, linked) = (context.world(), TransferFlags::LINKED);
        let is_too_much = coins_of(&savings) + coins_of(&checking) < i128::from(coins);
        let mut chain = vec![context.leg(of_coins(checking.id, world, coins, CHECK), linked)];
        chain[0].versions.debit = Some(checking.version);
        let mut penalty = 0;
        if is_too_much {
            penalty = PENALTY_COINS;
            chain.push(context.leg(of_coins(checking.id, world, penalty, PENALTY), linked));
        }
        let mut look = context.leg(of_coins(savings.id, world, 0, LOOK), TransferFlags::empty());
        look.versions.debit = Some(savings.version);
        chain.push(look);
        let tried = unchanged(context, &chain, Count::Checked)?;
        if let Tried::Ended(Count::Checked) = tried {
            self.count(Count::CoinsOut, coins);
            self.count(Count::Penalties, penalty / PENALTY_COINS);
            context.brought(-i128::from(coins + penalty));
        }
        Ok(tried)
    }
}

impl Asked {
    /// What counts that it is decided again.
    fn again(self) -> Count {
        match self {
            Self::Amalgamate { .. } => Count::AmalgamatedAgain,
            Self::Balance { .. } => Count::LookedAgain,
            Self::Check { .. } => Count::CheckedAgain,
            // Of the others only payments name a version.
            _ => Count::SentAgain,
        }
    }
}

fn coins_of(account: &AccountState) -> i128 {
    account.balance().unwrap_or(0)
}

/// Makes attempts that name versions, all or none.
fn unchanged(
    context: &mut OperationContext<'_>,
    chain: &[TransferAttempt],
    end: Count,
) -> Result<Tried, LedgerError> {
    use CreateTransferStatus::{CreditAccountVersionMismatch, DebitAccountVersionMismatch};
    let outcomes = context.attempt(chain)?;
    let changed = outcomes.iter().any(|one| {
        matches!(one.status, DebitAccountVersionMismatch | CreditAccountVersionMismatch)
    });
    Ok(if changed { Tried::Changed } else { ended(outcomes[0].status, end) })
}

fn ended(status: CreateTransferStatus, end: Count) -> Tried {
    Tried::Ended(match status {
        CreateTransferStatus::Created => end,
        status if status.is_interruption() => Count::Interrupted,
        _ => Count::Failed,
    })
}

impl Workload for CustomerWorkload {
    fn batch(
        &mut self,
        context: &mut OperationContext<'_>,
        operations: u64,
    ) -> Result<(), LedgerError> {
        for _ in 0..operations {
            let asked = self.draw();
            let end = self.transact(context, asked)?;
            self.count(end, 1);
            context.done();
        }
        Ok(())
    }

    fn observations(self: Box<Self>) -> WorkerObservations {
        WorkerObservations::of_sums(
            COUNTS.iter().zip(self.counts).map(|((name, ..), count)| (*name, count)),
        )
    }
}
