//! One worker's payments: each is held, posted and passed on, or given back.

use super::{CUSTOMER, ENDS, End, FEES, LATE, MERCHANT, PAID, PROCESSOR, STUCK, fee_of};
use crate::book::BookError;
use crate::coins::Fee;
use crate::model::{CreateTransferStatus, Transfer, TransferAttempt, TransferFlags};
use crate::scenarios::{
    Amounts, Cast, Desk, Load, Parameters, Pick, Random, Witness, codes, of_coins,
};

/// How often a void is tried. One is enough, but for strategies that end by themselves what waits in a circle.
const VOIDS_MAX: u64 = 16;

/// Records that one payment writes at most: the hold, the chain, and the voids, each with its annex.
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
pub(super) struct Till {
    random: Random,
    cast: Cast,
    customers: Pick,
    merchants: u64,
    processors: u64,
    amounts: Amounts,
    failure_percent: u64,
    fee: Fee,
    ends: [u64; ENDS.len()],
    paid: i128,
    fees: i128,
}

impl Till {
    pub(super) fn new(parameters: &Parameters, cast: Cast, worker: u64) -> Self {
        let get = |name| parameters.get(name);
        Self {
            random: Random::new(get("seed"), worker),
            cast,
            customers: Pick::of(parameters, get("accounts")),
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
            customer: self.cast.id(CUSTOMER, customer),
            processor: self.cast.id(PROCESSOR, processor),
            merchant: self.cast.id(MERCHANT, merchant),
            amount,
            failure,
        }
    }

    fn pay(&mut self, desk: &mut Desk<'_>, payment: &Payment) -> Result<End, BookError> {
        if payment.failure == Some(Failure::Before) {
            return Ok(End::FailedBefore);
        }
        desk.room(RECORDS_MAX)?;
        let &Payment { customer, processor, amount, .. } = payment;
        let asked = of_coins(customer, processor, amount, codes::PAYMENT);
        let hold = desk.leg(asked, TransferFlags::PENDING);
        match desk.attempt(&[hold])?[0].status {
            CreateTransferStatus::Created => {}
            status if status.is_interruption() => return Ok(End::NotHeld),
            _ => return Ok(End::Declined),
        }
        let end = match payment.failure {
            Some(Failure::After) => End::FailedAfter,
            failure => self.post(desk, payment, &hold.transfer, failure)?,
        };
        match end {
            End::Completed => Ok(end),
            _ if void(desk, &hold.transfer)? => Ok(end),
            _ => {
                let name = self.cast.name(customer).unwrap_or_default();
                desk.happened(STUCK, || format!("{amount} coins of {name} rest in a hold."));
                Ok(End::Stuck)
            }
        }
    }

    /// What was held is posted, and what is not the fee passed on: both, or neither.
    fn post(
        &mut self,
        desk: &mut Desk<'_>,
        payment: &Payment,
        held: &Transfer,
        failure: Option<Failure>,
    ) -> Result<End, BookError> {
        let &Payment { customer, processor, merchant, amount, .. } = payment;
        let fee = self.fee.of(amount);
        let rest = of_coins(processor, merchant, amount - fee, codes::SETTLEMENT);
        let post = TransferFlags::POST_PENDING_TRANSFER | TransferFlags::LINKED;
        let chain = [desk.leg(resolution(held), post), desk.leg(rest, TransferFlags::empty())];
        let interrupt = match failure {
            Some(Failure::Late) => desk.late(),
            _ => desk.interrupt(),
        };
        let status = desk.attempt_until(&chain, &interrupt)?[0].status;
        if status == CreateTransferStatus::Created {
            self.paid += i128::from(amount);
            self.fees += i128::from(fee);
            return Ok(End::Completed);
        }
        if !status.is_interruption() {
            return Ok(End::FailedAfter);
        }
        let name = self.cast.name(customer).unwrap_or_default();
        desk.happened(LATE, || format!("{amount} coins of {name} were held; {status}."));
        Ok(End::Late)
    }
}

/// What posts or voids all that is held.
fn resolution(held: &Transfer) -> Transfer {
    Transfer { pending_id: held.id, ..*held }
}

/// Lets go of what is held, whatever else has ended. Whether that was done.
fn void(desk: &mut Desk<'_>, held: &Transfer) -> Result<bool, BookError> {
    let void: TransferAttempt = desk.leg(resolution(held), TransferFlags::VOID_PENDING_TRANSFER);
    for _ in 0..VOIDS_MAX {
        let status = desk.settle(&[void])?[0].status;
        if !status.is_interruption() {
            return Ok(status == CreateTransferStatus::Created);
        }
    }
    Ok(false)
}

impl Load for Till {
    fn batch(&mut self, desk: &mut Desk<'_>, operations: u64) -> Result<(), BookError> {
        for _ in 0..operations {
            let payment = self.draw();
            let end = self.pay(desk, &payment)?;
            self.ends[end as usize] += 1;
            desk.done();
        }
        Ok(())
    }

    fn witness(self: Box<Self>) -> Witness {
        let ends = ENDS.iter().zip(self.ends).map(|((name, _), count)| (*name, count.into()));
        Witness::of_sums(ends.chain([(PAID, self.paid), (FEES, self.fees)]))
    }
}
