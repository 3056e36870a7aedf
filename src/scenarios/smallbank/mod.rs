//! SmallBank: six kinds of transaction on customers who each have a checking and a savings account.
//!
//! After Alomari, Cahill, Fekete and Röhm, "The Cost of Serializability on Platforms That Use Snapshot Isolation" (ICDE
//! 2008), in the mix of H-Store and OLTP-Bench: 15 % each, and 25 % payments.
//!
//! | kind | effect |
//! |---|---|
//! | amalgamate | the whole balance of one customer, savings and checking, goes to the checking account of another |
//! | balance | both accounts of a customer are read as they are at one moment |
//! | deposit | coins enter a checking account |
//! | send | coins go from one checking account to another; refused if the balance is too small |
//! | save | coins enter or leave a savings account; refused if the balance would be negative |
//! | check | coins leave a checking account, which may be overdrawn; one more coin as a penalty if the amount exceeds both balances |
//!
//! # How decisions stay valid
//! The check is the reason for the benchmark. It reads two accounts and writes one. Under snapshot isolation it can be
//! decided on savings that are being withdrawn: the customer is overdrawn and pays no penalty. Here every transaction
//! that decides on balances names the account versions that it has read
//! ([`ExpectedVersions`](crate::model::ExpectedVersions)), in one linked chain. The ledger refuses the chain if either
//! account has changed, and the transaction reads and decides again, [`TRIES_MAX`](model::TRIES_MAX) times at most. An
//! account that is only read is included in the chain through a transfer of 0 coins that names its version.
//!
//! A balance transaction writes no entry. It reads one account, then the other, then the first again. If the first has
//! the same version both times, it had that balance when the other one was read, so both are of one moment.
//!
//! # Checks
//! The checks read the trail in its order, follow both balances of each customer, and decide every check, payment and
//! amalgamation again: was the penalty due, was the payment covered, is nothing left? This detects the anomaly of the
//! paper.

mod checks;
mod model;
mod workload;

use self::model::{GAVE_UP, RETRIED};
use super::common::{self, amount_max, amount_min, coins};
use super::{
    AccountLayout, AmountDistribution, CheckInput, CheckResults, Description, Parameter,
    Parameters, Preset, RequestError, Role, Scenario, Workload,
};

/// The scenario `smallbank`.
#[derive(Debug)]
pub(super) struct SmallBank;

static DESCRIPTION: Description = Description {
    name: "smallbank",
    title: "SmallBank",
    description: "The SmallBank benchmark: checks, payments and savings, each decided on balances that must not change before it \
                  commits.",
    parameters: &[
        common::WORKERS,
        common::CONCURRENCY,
        Parameter::number("accounts", "Customers", "", (2, 500_000), 4_000)
            .describe("Customers of the bank, each with a checking and a savings account."),
        common::OPERATIONS.with_default(500_000),
        common::DURATION_S,
        common::RATE_PER_S,
        common::SEED,
        common::DEADLINE_MS,
        common::HOT_PERCENT.with_default(25),
        common::HOT_ACCOUNTS
            .with_default(100)
            .with_label("Hot customers")
            .describe("Number of hot customers, counted from the first customer."),
        amount_min("Smallest amount", 1, 1),
        amount_max("Largest amount", 1, 2_000),
        coins("checking_coins", "Coins in checking", 0, 10_000)
            .describe("Initial coins of each checking account."),
        coins("savings_coins", "Coins in savings", 0, 10_000)
            .describe("Initial coins of each savings account."),
        common::BATCH,
        common::TRAIL_MIB,
    ],
    presets: &[
        Preset::scale(
            "Four thousand customers and 500,000 transactions, a quarter of them on a hundred customers.",
            &[],
        ),
        Preset {
            name: "contention",
            title: "Ten hot customers",
            description: "Nine of ten draws hit the same ten customers, so that workers conflict and retry.",
            values: &[("hot_percent", 90), ("hot_accounts", 10)],
        },
    ],
    events: &[RETRIED, GAVE_UP],
};

impl Scenario for SmallBank {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn validate(&self, parameters: &Parameters) -> Result<(), RequestError> {
        AmountDistribution::validate(parameters)
    }

    fn layout(&self, parameters: &Parameters) -> AccountLayout {
        let get = |name| parameters.get(name);
        let role = |name, coins| Role::new(name, get("accounts"), get(coins));
        let checking = Role { overdraft: true, ..role("checking", "checking_coins") };
        AccountLayout::with_worlds(get("workers"), vec![checking, role("savings", "savings_coins")])
    }

    fn records_per_operation(&self) -> u64 {
        2
    }

    fn workload(&self, parameters: &Parameters, worker: u64) -> Box<dyn Workload> {
        Box::new(workload::TransactionWorkload::new(parameters, &self.layout(parameters), worker))
    }

    fn check(&self, input: &CheckInput<'_>) -> CheckResults {
        checks::check(input)
    }
}
