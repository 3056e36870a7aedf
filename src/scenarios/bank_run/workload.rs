//! The bank run's workload: which customer comes, what the customer withdraws, and whether withdrawals are suspended.

use super::model::{
    BANK, CLAIM, CLAIMS, CUSTOMER, LIFTED, Outcome, PAID, RESERVE_DRY, SUSPENDED, initial_reserve,
};
use crate::ledger::LedgerError;
use crate::model::{AccountState, CreateTransferStatus, TransferFlags};
use crate::scenarios::counts::Counts;
use crate::scenarios::{
    AccountLayout, OperationContext, Parameters, Random, WorkerObservations, Workload, codes,
    coin_transfer,
};

/// The visits of one worker.
pub(super) struct CustomerWorkload {
    layout: AccountLayout,
    order: VisitOrder,
    /// The number of the next visit, over all workers.
    next_visit: u64,
    workers: u64,
    customers: u64,
    withdrawals_per_customer: u64,
    suspension: Suspension,
    has_seen_dry_reserve: bool,
    outcomes: Counts<Outcome>,
    paid: i128,
}

impl CustomerWorkload {
    pub(super) fn new(parameters: &Parameters, layout: AccountLayout, worker: u64) -> Self {
        let get = |name| parameters.get(name);
        let (reserve, percent) = (initial_reserve(parameters), get("suspend_percent"));
        Self {
            layout,
            order: VisitOrder::new(get("accounts"), get("seed")),
            next_visit: worker,
            workers: get("workers"),
            customers: get("accounts"),
            withdrawals_per_customer: get("withdrawals_per_customer"),
            suspension: Suspension {
                threshold: (u128::from(reserve) * u128::from(percent)).div_ceil(100),
                operations: get("suspend_operations"),
                operations_left: 0,
                is_over: percent == 0,
            },
            has_seen_dry_reserve: false,
            outcomes: Counts::new(),
            paid: 0,
        }
    }

    fn visit(
        &mut self,
        context: &mut OperationContext<'_>,
        visit: u64,
    ) -> Result<Outcome, LedgerError> {
        if self.suspension.applies(context, self.layout.id(BANK, 0)) {
            return Ok(Outcome::TurnedAway);
        }
        let customer = self.layout.id(CUSTOMER, self.order.customer(visit));
        // A customer reads the balance first, then withdraws a part of it.
        let claim = read_balance(context, customer);
        let round = visit / self.customers;
        let parts_left = self.withdrawals_per_customer.saturating_sub(round).max(1);
        let coins = claim.div_ceil(parts_left);
        if coins == 0 {
            return Ok(Outcome::NothingLeft);
        }
        let outcome = self.withdraw(context, customer, coins)?;
        if outcome == Outcome::NoReserve && !self.has_seen_dry_reserve {
            self.has_seen_dry_reserve = true;
            let reserve = read_balance(context, self.layout.id(BANK, 0));
            let name = self.layout.name_or_id(customer);
            context.record_event(RESERVE_DRY, || {
                format!("{name} requested {coins} coins, and the reserve had {reserve}.")
            });
        }
        Ok(outcome)
    }

    /// Settles the claim and pays the coins from the reserve, both or neither.
    fn withdraw(
        &mut self,
        context: &mut OperationContext<'_>,
        customer: u128,
        coins: u64,
    ) -> Result<Outcome, LedgerError> {
        let (bank, claims) = (self.layout.id(BANK, 0), self.layout.id(CLAIMS, 0));
        let settlement = coin_transfer(customer, claims, coins, CLAIM);
        let payout = coin_transfer(bank, context.world(), coins, codes::WITHDRAWAL);
        let chain = [
            context.new_attempt(settlement, TransferFlags::LINKED),
            context.new_attempt(payout, TransferFlags::empty()),
        ];
        let outcomes = context.create_transfers(&chain)?;
        Ok(match outcomes[0].status {
            CreateTransferStatus::Created => {
                self.paid += i128::from(coins);
                context.record_issued(-i128::from(coins));
                Outcome::Served
            }
            status if status.is_interruption() => Outcome::Interrupted,
            // The claim was sufficient, so the reserve broke the chain.
            CreateTransferStatus::LinkedEventFailed => Outcome::NoReserve,
            _ => Outcome::NoClaim,
        })
    }
}

impl Workload for CustomerWorkload {
    fn run_batch(
        &mut self,
        context: &mut OperationContext<'_>,
        operations: u64,
    ) -> Result<(), LedgerError> {
        context.repeat(operations, |context| {
            let outcome = self.visit(context, self.next_visit)?;
            self.next_visit += self.workers;
            self.outcomes.add(outcome, 1);
            Ok(())
        })
    }

    fn observations(self: Box<Self>) -> WorkerObservations {
        let mut observations = self.outcomes.into_observations();
        observations.add(PAID, self.paid);
        observations
    }
}

fn read_balance(context: &mut OperationContext<'_>, id: u128) -> u64 {
    let account = context.read(id);
    let coins = account.as_ref().and_then(AccountState::balance).unwrap_or(0);
    u64::try_from(coins).unwrap_or(0)
}

/// One worker's suspension of withdrawals. The reserve only falls, so it crosses the threshold once.
#[derive(Debug)]
struct Suspension {
    /// The reserve below which withdrawals are suspended.
    threshold: u128,
    /// The number of visits that are turned away.
    operations: u64,
    /// The visits that remain to be turned away; 0 while withdrawals are not suspended.
    operations_left: u64,
    /// Whether no suspension will start any more.
    is_over: bool,
}

impl Suspension {
    /// Returns whether the next visit is turned away.
    fn applies(&mut self, context: &mut OperationContext<'_>, bank: u128) -> bool {
        if !self.is_over {
            let (reserve, threshold) = (read_balance(context, bank), self.threshold);
            if u128::from(reserve) < threshold {
                self.is_over = true;
                self.operations_left = self.operations;
                context.record_event(SUSPENDED, || {
                    format!("The reserve had {reserve} coins, less than {threshold}.")
                });
            }
        }
        if self.operations_left == 0 {
            return false;
        }
        self.operations_left -= 1;
        if self.operations_left == 0 {
            let turned_away = self.operations;
            context.record_event(LIFTED, || format!("{turned_away} visits were turned away."));
        }
        true
    }
}

/// The order in which customers come: each once per round.
#[derive(Clone, Copy, Debug)]
struct VisitOrder {
    customers: u64,
    first: u64,
    /// The distance from one customer to the next. It is coprime to the number of customers, so none is left out.
    step: u64,
}

impl VisitOrder {
    fn new(customers: u64, seed: u64) -> Self {
        let mut random = Random::new(seed, 0);
        let first = random.below(customers);
        let mut step = 1 + random.below(customers);
        while greatest_common_divisor(step, customers) != 1 {
            step += 1;
        }
        Self { customers, first, step }
    }

    fn customer(self, visit: u64) -> u64 {
        // The factors are below 2^20 and the sum is below 2^41, so nothing overflows.
        (self.first + visit % self.customers * self.step) % self.customers
    }
}

fn greatest_common_divisor(mut one: u64, mut other: u64) -> u64 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_customer_comes_once_per_round_in_an_order_drawn_from_the_seed() {
        for customers in [1, 2, 5, 12, 1_000] {
            for seed in 0..20 {
                let order = VisitOrder::new(customers, seed);
                for round in 0..2 {
                    let round = round * customers..(round + 1) * customers;
                    let mut seen: Vec<_> = round.map(|visit| order.customer(visit)).collect();
                    seen.sort_unstable();
                    assert_eq!(seen, (0..customers).collect::<Vec<_>>(), "seed {seed}");
                }
            }
        }
        let orders = |seed| {
            let order = VisitOrder::new(1_000, seed);
            (0..10).map(|visit| order.customer(visit)).collect::<Vec<_>>()
        };
        assert_ne!(orders(1), orders(2));
    }
}
