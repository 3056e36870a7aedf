//! One worker's payments: each is held, posted and passed on, or given back.

use super::{CUSTOMER, ENDS, End, FEES, LATE, MERCHANT, PAID, PROCESSOR, STUCK, fee_of};
use crate::coins::Fee;
use crate::ledger::LedgerError;
use crate::model::{CreateTransferStatus, Transfer, TransferAttempt, TransferFlags};
use crate::scenarios::{
    AccountDistribution, AccountLayout, Amounts, OperationContext, Parameters, Random,
    WorkerObservations, Workload, codes, of_coins,
};

/// How often a void is tried. One is enough, but for protocols that end by themselves what waits in a circle.
const VOIDS_MAX: u64 = 16;

/// Records that one payment writes at most: the hold, the chain, and the voids, each with its extension.
const RECORDS_MAX: u64 = 2 * (1 + 2 + VOIDS_MAX);

/// Where a payment is made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    Before,
    After,
    Late,
}

/// A payment that is asked for.
#[derive(Clone, Copy, Debug)]
struct Payment {
    customer: u128,
    processor: u128,
    merchant: u128,
    amount: u64,
    failure: Option<Failure>,
}

/// One worker's payments.
pub(super) struct PaymentWorkload {
    random: Random,
    layout: AccountLayout,
    customers: AccountDistribution,
    merchants: u64,
    processors: u64,
    amounts: Amounts,
    failure_percent: u64,
    fee: Fee,
    ends: [u64; ENDS.len()],
    paid: i128,
    fees: i128,
}

impl PaymentWorkload {
    pub(super) fn new(parameters: &Parameters, layout: AccountLayout, worker: u64) -> Self {
        let get = |name| parameters.get(name);
        Self {
            random: Random::new(get("seed"), worker),
            layout,
            customers: AccountDistribution::of(parameters, get("accounts")),
            merchants: get("merchants"),
            processors: get("processors"),
            amounts: Amounts::of(parameters),
            failure_percent: get("failure_percent"),
            fee: fee_of(parameters),
            ends: [0; ENDS.len()],
            paid: 0,
            fees: 0,
        }
    }

    fn draw(&mut self) -> Payment {
        let random = &mut self.random;
        let customer = self.customers.one(random);
        let processor = random.below(self.processors);
        let merchant = random.below(self.merchants);
        let amount = self.amounts.one(random);
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
    ) -> Result<End, LedgerError> {
        if payment.failure == Some(Failure::Before) {
            return Ok(End::FailedBefore);
        }
        context.room(RECORDS_MAX)?;
        let &Payment { customer, processor, amount, .. } = payment;
        let asked = of_coins(customer, processor, amount, codes::PAYMENT);
        let hold = context.leg(asked, TransferFlags::PENDING);
        match context.attempt(&[hold])?[0].status {
            CreateTransferStatus::Created => {}
            status if status.is_interruption() => return Ok(End::NotHeld),
            _ => return Ok(End::Declined),
        }
        let end = match payment.failure {
            Some(Failure::After) => End::FailedAfter,
            failure => self.post(context, payment, &hold.transfer, failure)?,
        };
        match end {
            End::Completed => Ok(end),
            _ if void(context, &hold.transfer)? => Ok(end),
            _ => {
                let name = self.layout.name(customer).unwrap_or_default();
                context.happened(STUCK, || format!("{amount} coins of {name} rest in a hold."));
                Ok(End::Stuck)
            }
        }
    }

    /// What was held is posted, and what is not the fee passed on: both, or neither.
    fn post(
        &mut self,
        context: &mut OperationContext<'_>,
        payment: &Payment,
        held: &Transfer,
        failure: Option<Failure>,
    ) -> Result<End, LedgerError> {
        let &Payment { customer, processor, merchant, amount, .. } = payment;
        let fee = self.fee.of(amount);
        let rest = of_coins(processor, merchant, amount - fee, codes::SETTLEMENT);
        let post = TransferFlags::POST_PENDING_TRANSFER | TransferFlags::LINKED;
        let chain =
            [context.leg(resolution(held), post), context.leg(rest, TransferFlags::empty())];
        let cancellation = match failure {
            Some(Failure::Late) => context.late(),
            _ => context.cancellation(),
        };
        let status = context.attempt_until(&chain, &cancellation)?[0].status;
        if status == CreateTransferStatus::Created {
            self.paid += i128::from(amount);
            self.fees += i128::from(fee);
            return Ok(End::Completed);
        }
        if !status.is_interruption() {
            return Ok(End::FailedAfter);
        }
        let name = self.layout.name(customer).unwrap_or_default();
        context.happened(LATE, || format!("{amount} coins of {name} were held; {status}."));
        Ok(End::Late)
    }
}

/// What posts or voids all that is held.
fn resolution(held: &Transfer) -> Transfer {
    Transfer { pending_id: held.id, ..*held }
}

/// Lets go of what is held, whatever else has ended. Whether that was done.
fn void(context: &mut OperationContext<'_>, held: &Transfer) -> Result<bool, LedgerError> {
    let void: TransferAttempt = context.leg(resolution(held), TransferFlags::VOID_PENDING_TRANSFER);
    for _ in 0..VOIDS_MAX {
        let status = context.settle(&[void])?[0].status;
        if !status.is_interruption() {
            return Ok(status == CreateTransferStatus::Created);
        }
    }
    Ok(false)
}

impl Workload for PaymentWorkload {
    fn batch(
        &mut self,
        context: &mut OperationContext<'_>,
        operations: u64,
    ) -> Result<(), LedgerError> {
        for _ in 0..operations {
            let payment = self.draw();
            let end = self.pay(context, &payment)?;
            self.ends[end as usize] += 1;
            context.done();
        }
        Ok(())
    }

    fn observations(self: Box<Self>) -> WorkerObservations {
        let ends = ENDS.iter().zip(self.ends).map(|((name, _), count)| (*name, count.into()));
        WorkerObservations::of_sums(ends.chain([(PAID, self.paid), (FEES, self.fees)]))
    }
}
