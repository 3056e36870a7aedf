//! Bank run: customers withdraw their claims from a bank that holds less than it owes.
//!
//! After GoLedger's scenario in which customers of one bank read their balances and withdraw all of them at once.
//!
//! # Accounts
//! What the bank owes and what it holds are different things, so they are different accounts:
//! - A `customer` account holds the customer's claim: the coins that the bank owes. It cannot be overdrawn.
//! - `bank` is the reserve: the coins that can be paid out. It cannot be overdrawn, and that alone refuses a withdrawal
//!   when the reserve is dry.
//! - `claims` receives the settled claims: the coins that the bank no longer owes.
//!
//! A withdrawal is a linked chain of two transfers: the claim moves from the customer to `claims`, and as many coins
//! move from `bank` to the worker's `@world`. So the reserve and the claims shrink by the same amount, and a refused
//! customer keeps the claim.
//!
//! At the start `@world` issues both the claims and the reserve. The claims beyond the reserve stand for coins that the
//! bank has given as loans. They do not come back during the run.
//!
//! # Order of visits
//! The visits are numbered, and visit `n` belongs to worker `n mod workers`. All customers come once, in an order drawn
//! from the seed, then all come again, and so on. On all but the last withdrawal a customer takes an equal part of the
//! remaining claim; from the last one on, all of it.

mod checks;
mod model;
mod workload;

use self::model::{LIFTED, RESERVE_DRY, SUSPENDED, initial_reserve};
use super::common::{self, coins};
use super::{
    AccountLayout, CheckInput, CheckResults, Description, Parameter, Parameters, Preset, Role,
    Scenario, Workload,
};

/// The scenario `bank-run`.
#[derive(Debug)]
pub(super) struct BankRun;

static DESCRIPTION: Description = Description {
    name: "bank-run",
    title: "Bank run",
    description: "Customers withdraw from a bank that holds less than it owes. Once the reserve is dry, every further \
                  withdrawal is refused.",
    parameters: &[
        common::WORKERS,
        common::CONCURRENCY,
        Parameter::number("accounts", "Customers", "", (1, 1_000_000), 10_000)
            .describe("Customers of the bank. All of them come once, then all come again."),
        Parameter::number("reserve_percent", "Reserve", "%", (0, 10_000), 10).describe(
            "Coins that the bank holds, as a share of what it owes. From 100 on every \
             customer can be served.",
        ),
        Parameter::number("withdrawals_per_customer", "Withdrawals each", "", (1, 1_000), 1)
            .describe("Number of equal parts in which a customer withdraws the claim."),
        Parameter::number("suspend_percent", "Suspend below", "%", (0, 100), 0).describe(
            "Share of the initial reserve below which each worker suspends withdrawals, once. \
             With 0 there is no suspension.",
        ),
        Parameter::number(
            "suspend_operations",
            "Suspended for",
            "operations",
            (1, 1_000_000),
            1_000,
        )
        .describe("Number of visits that each worker turns away while withdrawals are suspended."),
        common::OPERATIONS,
        common::DURATION_S,
        common::RATE_PER_S,
        common::SEED,
        common::DEADLINE_MS,
        coins("customer_coins", "Coins per customer", 1, 10_000)
            .describe("Initial claim of each customer on the bank."),
        common::BATCH,
        common::TRAIL_MIB,
    ],
    presets: &[
        Preset::scale(
            "Ten thousand customers come twenty times each; the bank holds a tenth of what it owes.",
            &[("withdrawals_per_customer", 20), ("operations", 200_000)],
        ),
        Preset::watch(
            "Ten thousand customers and 8,000 withdrawals per second: the reserve is dry after two or three seconds.",
            &[("withdrawals_per_customer", 20), ("operations", 60_000), ("rate_per_s", 8_000)],
        ),
        Preset::goledger(
            "Five customers with 10,000 coins each and a bank with 500,000: every customer is served.",
            &[("accounts", 5), ("reserve_percent", 1_000), ("operations", 5), ("trail_mib", 64)],
        ),
    ],
    events: &[RESERVE_DRY, SUSPENDED, LIFTED],
};

impl Scenario for BankRun {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn layout(&self, parameters: &Parameters) -> AccountLayout {
        let (accounts, coins) = (parameters.get("accounts"), parameters.get("customer_coins"));
        let roles = vec![
            Role::single("bank", initial_reserve(parameters)),
            Role::single("claims", 0),
            Role::new("customer", accounts, coins),
        ];
        AccountLayout::with_worlds(parameters.get("workers"), roles)
    }

    fn records_per_operation(&self) -> u64 {
        2
    }

    fn workload(&self, parameters: &Parameters, worker: u64) -> Box<dyn Workload> {
        Box::new(workload::CustomerWorkload::new(parameters, self.layout(parameters), worker))
    }

    fn check(&self, input: &CheckInput<'_>) -> CheckResults {
        checks::check(input)
    }
}
