//! Two-phase payments: a customer's coins are held for a processor, then posted, and all but a fee go on to a merchant.
//!
//! After GoLedger's `TestPaymentProcessingScenario`. There a customer pays a processor, the processor pays the merchant
//! what is not its fee, and if that fails the first payment is refunded: for a moment the customer has paid and the
//! merchant has nothing. Here that moment does not exist:
//! 1. The amount is held by a pending transfer from the customer to the processor. It cannot be spent meanwhile.
//! 2. The hold is posted and the rest goes to the merchant, as a linked chain: both or neither.
//! 3. If anything fails in between, the hold is voided, and the customer has all coins again. Neither the deadline nor
//!    a cancellation prevents that, and trail memory for all steps is reserved before the hold.
//!
//! The fee is a [`Fee`] in basis points, rounded down to whole coins.
//!
//! Failures are drawn from the seed, so that all three kinds occur: before the hold, when nothing reaches the ledger;
//! after the hold, when the processor gives up; and at the post, when the response is past the deadline.

mod checks;
mod model;
mod workload;

use self::model::{LATE, STUCK};
use super::account_layout::{AccountLayout, Role};
use super::check_results::{CheckInput, CheckResults};
use super::common::{self, coins};
use super::description::{Description, Preset};
use super::distribution::AmountDistribution;
use super::parameter::Parameter;
use super::parameters::Parameters;
use super::request_error::RequestError;
use super::scenario::{Scenario, Workload};
#[cfg(doc)]
use crate::coins::Fee;

/// The scenario `payments`.
#[derive(Debug)]
pub(super) struct Payments;

static DESCRIPTION: Description = Description {
    name: "payments",
    title: "Payments",
    description: "Customers pay merchants through processors, which hold the coins first and keep a fee. The hold of a failed \
                  payment is voided.",
    parameters: &[
        common::WORKERS,
        common::CONCURRENCY,
        Parameter::number(
            "accounts",
            "Customers",
            "",
            (1, 1_000_000),
            1_000,
            "Customers, each with one account.",
        ),
        Parameter::number(
            "merchants",
            "Merchants",
            "",
            (1, 100_000),
            100,
            "Merchants, each with one account.",
        ),
        Parameter::number(
            "processors",
            "Processors",
            "",
            (1, 10_000),
            16,
            "Every payment goes through one of these. With a single processor all workers contend for it.",
        ),
        Parameter::number(
            "fee_basis_points",
            "Fee",
            "basis points",
            (0, 10_000),
            100,
            "Part of each payment that the processor keeps, rounded down to whole coins.",
        ),
        Parameter::number(
            "failure_percent",
            "Failures",
            "%",
            (0, 100),
            10,
            "Share of payments with an injected failure: before the hold, after it, or by a response past the deadline.",
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
            "Least amount. Amounts are uniformly distributed.",
        ),
        coins(
            "amount_max",
            "Largest payment",
            0,
            549,
            "Greatest amount. Amounts are uniformly distributed.",
        ),
        coins("customer_coins", "Coins per customer", 0, 80_000, "Initial coins of each customer."),
        coins("merchant_coins", "Coins per merchant", 0, 50_000, "Initial coins of each merchant."),
        common::BATCH,
        common::TRAIL_MIB,
    ],
    presets: &[
        Preset::scale(
            "A thousand customers, a hundred merchants and 300,000 payments, of which a tenth fails.",
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
    events: &[LATE, STUCK],
};

impl Scenario for Payments {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn validate(&self, parameters: &Parameters) -> Result<(), RequestError> {
        AmountDistribution::validate(parameters)
    }

    fn layout(&self, parameters: &Parameters) -> AccountLayout {
        let get = |name| parameters.get(name);
        AccountLayout::new(vec![
            Role::new("processor", get("processors"), 0),
            Role::new("merchant", get("merchants"), get("merchant_coins")),
            Role::new("customer", get("accounts"), get("customer_coins")),
        ])
    }

    /// The hold, the post with its extension record, and the transfer to the merchant.
    fn records_per_operation(&self) -> u64 {
        4
    }

    fn workload(&self, parameters: &Parameters, worker: u64) -> Box<dyn Workload> {
        Box::new(workload::PaymentWorkload::new(parameters, self.layout(parameters), worker))
    }

    fn check(&self, input: &CheckInput<'_>) -> CheckResults {
        checks::check(input)
    }
}
