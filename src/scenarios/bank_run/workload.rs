//! One worker's visitors: who comes, what he asks for, and whether withdrawals are suspended.

use super::{BANK, CLAIM, CLAIMS, CUSTOMER, ENDS, End, LIFTED, RESERVE_DRY, SUSPENDED, reserve};
use crate::ledger::LedgerError;
use crate::model::{AccountState, CreateTransferStatus, TransferFlags};
use crate::scenarios::{
    AccountLayout, OperationContext, Parameters, Random, WorkerObservations, Workload, codes,
    of_coins,
};

/// One worker's visits.
pub(super) struct CustomerWorkload {
    layout: AccountLayout,
    order: Order,
    /// The number of the next visit, over all workers.
    next: u64,
    workers: u64,
    customers: u64,
    withdrawals: u64,
    suspension: Suspension,
    has_seen_it_dry: bool,
    ends: [u64; ENDS.len()],
    paid: i128,
}

impl CustomerWorkload {
    pub(super) fn new(parameters: &Parameters, layout: AccountLayout, worker: u64) -> Self {
        let get = |name| parameters.get(name);
        let share = u128::from(reserve(parameters)) * u128::from(get("suspend_percent"));
        Self {
            layout,
            order: Order::of(get("accounts"), get("seed")),
            next: worker,
            workers: get("workers"),
            customers: get("accounts"),
            withdrawals: get("withdrawals_per_customer"),
            suspension: Suspension {
                mark: share.div_ceil(100),
                operations: get("suspend_operations"),
                left: 0,
                is_over: get("suspend_percent") == 0,
            },
            has_seen_it_dry: false,
            ends: [0; ENDS.len()],
            paid: 0,
        }
    }

    fn visit(
        &mut self,
        context: &mut OperationContext<'_>,
        visit: u64,
    ) -> Result<End, LedgerError> {
        if self.suspension.holds(context, self.layout.id(BANK, 0)) {
            return Ok(End::TurnedAway);
        }
        let customer = self.layout.id(CUSTOMER, self.order.customer(visit));
        // As a customer does: look first, then ask for what is there.
        let owned = balance(context.read(customer));
        let parts = self.withdrawals.saturating_sub(visit / self.customers).max(1);
        let coins = owned.div_ceil(parts);
        if coins == 0 {
            return Ok(End::NothingLeft);
        }
        let end = self.withdraw(context, customer, coins)?;
        if end == End::NoReserve && !self.has_seen_it_dry {
            self.has_seen_it_dry = true;
            let left = balance(context.read(self.layout.id(BANK, 0)));
            let name = self.layout.name(customer).unwrap_or_default();
            context.happened(RESERVE_DRY, || {
                format!("{name} asked for {coins} coins, and the reserve had {left}.")
            });
        }
        Ok(end)
    }

    /// The claim is settled and the coins leave the reserve, both or neither.
    fn withdraw(
        &mut self,
        context: &mut OperationContext<'_>,
        customer: u128,
        coins: u64,
    ) -> Result<End, LedgerError> {
        let (bank, claims) = (self.layout.id(BANK, 0), self.layout.id(CLAIMS, 0));
        let world = context.world();
        let chain = [
            context.leg(of_coins(customer, claims, coins, CLAIM), TransferFlags::LINKED),
            context.leg(of_coins(bank, world, coins, codes::WITHDRAWAL), TransferFlags::empty()),
        ];
        let outcomes = context.attempt(&chain)?;
        Ok(match outcomes[0].status {
            CreateTransferStatus::Created => {
                self.paid += i128::from(coins);
                context.brought(-i128::from(coins));
                End::Served
            }
            status if status.is_interruption() => End::Interrupted,
            // The claim was there; what broke the chain is the reserve.
            CreateTransferStatus::LinkedEventFailed => End::NoReserve,
            _ => End::NoClaim,
        })
    }
}

impl Workload for CustomerWorkload {
    fn batch(
        &mut self,
        context: &mut OperationContext<'_>,
        operations: u64,
    ) -> Result<(), LedgerError> {
        for _ in 0..operations {
            let end = self.visit(context, self.next)?;
            self.next += self.workers;
            self.ends[end as usize] += 1;
            context.done();
        }
        Ok(())
    }

    fn observations(self: Box<Self>) -> WorkerObservations {
        let ends = ENDS.iter().zip(self.ends).map(|((name, _), count)| (*name, count.into()));
        WorkerObservations::of_sums(ends.chain([("paid", self.paid)]))
    }
}

fn balance(account: Option<AccountState>) -> u64 {
    let coins = account.as_ref().and_then(AccountState::balance).unwrap_or(0);
    u64::try_from(coins).unwrap_or(0)
}

/// One worker's suspension of withdrawals. The reserve only ever falls, so it falls below the mark once.
#[derive(Debug)]
struct Suspension {
    /// The reserve below which withdrawals are suspended.
    mark: u128,
    /// For how many operations.
    operations: u64,
    /// How many of them are left; 0 while withdrawals are not suspended.
    left: u64,
    /// It will not begin any more.
    is_over: bool,
}

impl Suspension {
    /// Whether this visitor is turned away.
    fn holds(&mut self, context: &mut OperationContext<'_>, bank: u128) -> bool {
        if !self.is_over {
            let reserve = balance(context.read(bank));
            if u128::from(reserve) < self.mark {
                self.is_over = true;
                self.left = self.operations;
                let mark = self.mark;
                context.happened(SUSPENDED, || {
                    format!("The reserve had {reserve} coins, less than {mark}.")
                });
            }
        }
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        if self.left == 0 {
            let turned_away = self.operations;
            context.happened(LIFTED, || format!("{turned_away} visitors had been turned away."));
        }
        true
    }
}

/// In which order the customers come: all of them, each once, round after round.
#[derive(Clone, Copy, Debug)]
struct Order {
    customers: u64,
    first: u64,
    /// From one customer to the next; it has no divisor in common with their number, so no one is left out.
    step: u64,
}

impl Order {
    fn of(customers: u64, seed: u64) -> Self {
        let mut random = Random::new(seed, 0);
        let first = random.below(customers);
        let mut step = 1 + random.below(customers);
        while greatest_common_divisor(step, customers) != 1 {
            step += 1;
        }
        Self { customers, first, step }
    }

    /// The customer, from 0, who comes on this visit.
    fn customer(self, visit: u64) -> u64 {
        // Below 2^53 each, or a million at most, so nothing overflows.
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
    fn every_customer_comes_once_a_round_in_an_order_that_the_seed_draws() {
        for customers in [1, 2, 5, 12, 1_000] {
            for seed in 0..20 {
                let order = Order::of(customers, seed);
                for round in 0..2 {
                    let round = round * customers..(round + 1) * customers;
                    let mut seen: Vec<_> = round.map(|visit| order.customer(visit)).collect();
                    seen.sort_unstable();
                    assert_eq!(seen, (0..customers).collect::<Vec<_>>(), "seed {seed}");
                }
            }
        }
        let orders = |seed| {
            let order = Order::of(1_000, seed);
            (0..10).map(|visit| order.customer(visit)).collect::<Vec<_>>()
        };
        assert_ne!(orders(1), orders(2));
    }
}
