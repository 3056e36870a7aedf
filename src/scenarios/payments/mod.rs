//! Payments in two phases: a customer's coins are held for a processor, then posted, and all but a fee goes on to a merchant.
//!
//! After GoLedger's `TestPaymentProcessingScenario`, where a customer pays a processor, the processor pays the merchant what
//! is not its fee, and when that fails the first payment is paid back: for a moment the customer has paid and the merchant
//! has nothing. Here that moment does not exist:
//! 1. The amount is held, by a pending transfer from the customer to the processor. Nobody can spend it meanwhile.
//! 2. The hold is posted and the rest is passed on to the merchant, a chain: both or neither.
//! 3. Whatever goes wrong in between, the hold is voided, and the customer has what he had. Neither the deadline nor the
//!    end of the run stops that: [`OperationContext::settle`](super::OperationContext::settle). And no payment is begun without room in the trail
//!    to end it.
//!
//! The fee is the rule of [`Fee`], in basis points, rounded down to whole coins.
//!
//! Failures are injected by the seed, so that each of the three ways to fail is seen: before the hold, when nothing reaches
//! the ledger; after the hold, when the processor gives up; and at the post, when the answer comes after the deadline.

mod checks;
mod workload;

use super::common::{self, coins};
use super::{
    AccountLayout, Amounts, CheckInput, CheckResults, Description, EventKind, Parameter,
    Parameters, Workload,
};
use super::{Preset, RequestError, Role, Scenario};
use crate::coins::Fee;

/// The scenario `payments`.
#[derive(Debug)]
pub(super) struct Payments;

static DESCRIPTION: Description = Description {
    name: "payments",
    title: "Payments",
    description: "Customers pay merchants by way of processors, who hold the coins first and keep a fee; what fails midway is \
               given back.",
    parameters: &[
        common::WORKERS,
        common::CONCURRENCY,
        Parameter::number(
            "accounts",
            "Customers",
            "",
            (1, 1_000_000),
            1_000,
            "Customers who pay, each with an account.",
        ),
        Parameter::number("merchants", "Merchants", "", (1, 100_000), 100, "Who is paid."),
        Parameter::number(
            "processors",
            "Processors",
            "",
            (1, 10_000),
            16,
            "RequestService payment goes by way of one of these. With one processor all workers wait for it.",
        ),
        Parameter::number(
            "fee_basis_points",
            "Fee",
            "basis points",
            (0, 10_000),
            100,
            "Hundredths of a percent of each payment that the processor keeps, rounded down to whole coins.",
        ),
        Parameter::number(
            "failure_percent",
            "Failures",
            "%",
            (0, 100),
            10,
            "Share of payments that are made to fail: before the hold, after it, or by an answer after the deadline.",
        ),
        common::OPERATIONS.with_default(300_000),
        common::DURATION_S,
        common::RATE_PER_S,
        common::SEED,
        common::DEADLINE_MS,
        common::HOT_PERCENT,
        common::HOT_ACCOUNTS,
        coins(
            "amount_min",
            "Smallest payment",
            0,
            50,
            "Amounts are drawn evenly from this one on.",
        ),
        coins("amount_max", "Largest payment", 0, 549, "Amounts are drawn evenly up to this one."),
        coins(
            "customer_coins",
            "Coins per customer",
            0,
            80_000,
            "What every customer starts with.",
        ),
        coins(
            "merchant_coins",
            "Coins per merchant",
            0,
            50_000,
            "What every merchant starts with.",
        ),
        common::BATCH,
        common::TRAIL_MIB,
    ],
    presets: &[
        Preset::scale(
            "A thousand customers pay a hundred merchants three hundred thousand times; one payment in ten fails.",
            &[],
        ),
        Preset::goledger(
            "Three customers, two merchants, one processor, thirty payments: 115,000 coins in all.",
            &[
                ("accounts", 3),
                ("merchants", 2),
                ("processors", 1),
                ("failure_percent", 0),
                ("operations", 30),
                ("deadline_ms", 50),
                ("customer_coins", 5_000),
                ("trail_mib", 64),
            ],
        ),
    ],
    events: &[
        EventKind { name: "late", title: "Post after the deadline" },
        EventKind { name: "stuck", title: "Hold that could not be voided" },
    ],
};

/// Places of the events in the description.
const LATE: usize = 0;
const STUCK: usize = 1;

/// Places of the roles in the layout.
const PROCESSOR: usize = 0;
const MERCHANT: usize = 1;
const CUSTOMER: usize = 2;

/// How a payment ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The merchant has the coins, the processor its fee.
    Completed,
    /// The customer had too little; nothing was held.
    Declined,
    /// It failed before the hold; nothing reached the ledger.
    FailedBefore,
    /// The hold itself was cancelled or too late; nothing was held.
    NotHeld,
    /// It failed after the hold, which was voided.
    FailedAfter,
    /// The post was cancelled or too late, and the hold was voided.
    Late,
    /// The hold could not be voided: only where a protocol that is wrong on purpose ends every attempt to.
    Stuck,
}

/// Names of the ends, in their order, and what people read.
const ENDS: [(&str, &str); 7] = [
    ("completed", "Payments completed"),
    ("declined", "Declined, the customer had too little"),
    ("failed_before", "Failed before the hold"),
    ("not_held", "Cancelled or too late to be held"),
    ("failed_after", "Failed after the hold, given back"),
    ("late", "Posted too late, given back"),
    ("stuck", "Holds that could not be voided"),
];

/// Names of sums over completed payments: what the customers paid, and the part of it that is the fee by the rule.
const PAID: &str = "paid";
const FEES: &str = "fees";

/// The fee that the parameters ask for.
fn fee_of(parameters: &Parameters) -> Fee {
    let basis_points = u16::try_from(parameters.get("fee_basis_points")).unwrap_or(u16::MAX);
    Fee::basis_points(basis_points).expect("the parameter is at most all of the amount")
}

impl Scenario for Payments {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn accept(&self, parameters: &Parameters) -> Result<(), RequestError> {
        Amounts::accept(parameters)
    }

    fn layout(&self, parameters: &Parameters) -> AccountLayout {
        let get = |name| parameters.get(name);
        AccountLayout::new(vec![
            Role::new("processor", get("processors"), 0),
            Role::new("merchant", get("merchants"), get("merchant_coins")),
            Role::new("customer", get("accounts"), get("customer_coins")),
        ])
    }

    /// The hold, the post with its extension, and the transfer to the merchant.
    fn records_per_operation(&self) -> u64 {
        4
    }

    fn workload(&self, parameters: &Parameters, worker: u64) -> Box<dyn Workload> {
        Box::new(workload::PaymentWorkload::new(parameters, self.layout(parameters), worker))
    }

    fn judge(&self, input: &CheckInput<'_>) -> CheckResults {
        checks::check_results(input)
    }
}
