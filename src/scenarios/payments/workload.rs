//! The payments' workload: each payment is held, then posted and passed on, or voided.

use super::model::{CUSTOMER, FEES, LATE, MERCHANT, Outcome, PAID, PROCESSOR, STUCK};
use crate::coins::Fee;
use crate::ledger::{Cancellation, LedgerError};
use crate::model::{CreateTransferStatus, Transfer, TransferFlags};
use crate::scenarios::counts::Counts;
use crate::scenarios::{
    AccountDistribution, AccountLayout, AmountDistribution, OperationContext, Parameters, Random,
    WorkerObservations, Workload, codes, coin_transfer,
};

/// The maximum number of attempts to void a hold. One is enough except under a protocol that ends attempts in a deadlock.
const VOIDS_MAX: u64 = 16;

/// The maximum number of records of one payment: the hold, the chain and the voids, each with its extension record.
const RECORDS_MAX: u64 = 2 * (1 + 2 + VOIDS_MAX);

/// The step at which a failure is injected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    Before,
    After,
    Late,
}

/// A payment to make.
#[derive(Clone, Copy, Debug)]
struct Payment {
    customer: u128,
    processor: u128,
    merchant: u128,
    amount: u64,
    failure: Option<Failure>,
}

/// The payments of one worker.
pub(super) struct PaymentWorkload {
    random: Random,
    layout: AccountLayout,
    customers: AccountDistribution,
    merchants: u64,
    processors: u64,
    amounts: AmountDistribution,
    failure_percent: u64,
    fee: Fee,
    outcomes: Counts<Outcome>,
    paid: i128,
    fees: i128,
}

impl PaymentWorkload {
    pub(super) fn new(parameters: &Parameters, layout: AccountLayout, worker: u64) -> Self {
        let get = |name| parameters.get(name);
        let basis_points = u16::try_from(get("fee_basis_points")).unwrap_or(u16::MAX);
        Self {
            random: Random::new(get("seed"), worker),
            layout,
            customers: AccountDistribution::of(parameters, get("accounts")),
            merchants: get("merchants"),
            processors: get("processors"),
            amounts: AmountDistribution::of(parameters),
            failure_percent: get("failure_percent"),
            fee: Fee::basis_points(basis_points).expect("the parameter is at most 10,000"),
            outcomes: Counts::new(),
            paid: 0,
            fees: 0,
        }
    }

    fn draw(&mut self) -> Payment {
        let random = &mut self.random;
        let customer = self.customers.draw(random);
        let processor = random.below(self.processors);
        let merchant = random.below(self.merchants);
        let amount = self.amounts.draw(random);
        let fails = random.below(100) < self.failure_percent;
        let failure = fails.then(|| match random.below(3) {
            0 => Failure::Before,
            1 => Failure::After,
            _ => Failure::Late,
        });
        Payment {
            customer: self.layout.id(CUSTOMER, customer),
            processor: self.layout.id(PROCESSOR, processor),
            merchant: self.layout.id(MERCHANT, merchant),
            amount,
            failure,
        }
    }

    fn pay(
        &mut self,
        context: &mut OperationContext<'_>,
        payment: &Payment,
    ) -> Result<Outcome, LedgerError> {
        if payment.failure == Some(Failure::Before) {
            return Ok(Outcome::FailedBefore);
        }
        context.reserve(RECORDS_MAX)?;
        let &Payment { customer, processor, amount, .. } = payment;
        let transfer = coin_transfer(customer, processor, amount, codes::PAYMENT);
        let hold = context.new_attempt(transfer, TransferFlags::PENDING);
        match context.create_transfers(&[hold])?[0].status {
            CreateTransferStatus::Created => {}
            status if status.is_interruption() => return Ok(Outcome::NotHeld),
            _ => return Ok(Outcome::Declined),
        }
        let outcome = match payment.failure {
            Some(Failure::After) => Outcome::FailedAfter,
            failure => self.post(context, payment, &hold.transfer, failure)?,
        };
        match outcome {
            Outcome::Completed => Ok(outcome),
            _ if void(context, &hold.transfer)? => Ok(outcome),
            _ => {
                let name = self.layout.name_or_id(customer);
                context.record_event(STUCK, || format!("{amount} coins of {name} stay on hold."));
                Ok(Outcome::Stuck)
            }
        }
    }

    /// Posts the hold and passes the rest after the fee on to the merchant, both or neither.
    fn post(
        &mut self,
        context: &mut OperationContext<'_>,
        payment: &Payment,
        held: &Transfer,
        failure: Option<Failure>,
    ) -> Result<Outcome, LedgerError> {
        let &Payment { customer, processor, merchant, amount, .. } = payment;
        let fee = self.fee.of(amount);
        let rest = coin_transfer(processor, merchant, amount - fee, codes::SETTLEMENT);
        let post = TransferFlags::POST_PENDING_TRANSFER | TransferFlags::LINKED;
        let chain = [
            context.new_attempt(resolution(held), post),
            context.new_attempt(rest, TransferFlags::empty()),
        ];
        let cancellation = match failure {
            Some(Failure::Late) => context.expired_cancellation(),
            _ => context.cancellation(),
        };
        let status = context.create_transfers_with(&chain, &cancellation)?[0].status;
        if status == CreateTransferStatus::Created {
            self.paid += i128::from(amount);
            self.fees += i128::from(fee);
            return Ok(Outcome::Completed);
        }
        if !status.is_interruption() {
            return Ok(Outcome::FailedAfter);
        }
        let name = self.layout.name_or_id(customer);
        context.record_event(LATE, || format!("{amount} coins of {name} were held; {status}."));
        Ok(Outcome::Late)
    }
}

/// Returns the transfer that posts or voids a whole hold.
fn resolution(held: &Transfer) -> Transfer {
    Transfer { pending_id: held.id, ..*held }
}

/// Voids a hold even when the run is cancelled. Returns whether it was voided.
fn void(context: &mut OperationContext<'_>, held: &Transfer) -> Result<bool, LedgerError> {
    let void = context.new_attempt(resolution(held), TransferFlags::VOID_PENDING_TRANSFER);
    for _ in 0..VOIDS_MAX {
        let status = context.create_transfers_with(&[void], &Cancellation::never())?[0].status;
        if !status.is_interruption() {
            return Ok(status == CreateTransferStatus::Created);
        }
    }
    Ok(false)
}

impl Workload for PaymentWorkload {
    fn run_batch(
        &mut self,
        context: &mut OperationContext<'_>,
        operations: u64,
    ) -> Result<(), LedgerError> {
        context.repeat(operations, |context| {
            let payment = self.draw();
            let outcome = self.pay(context, &payment)?;
            self.outcomes.add(outcome, 1);
            Ok(())
        })
    }

    fn observations(self: Box<Self>) -> WorkerObservations {
        let mut observations = self.outcomes.into_observations();
        observations.add(PAID, self.paid);
        observations.add(FEES, self.fees);
        observations
    }
}
