//! Bank run: customers come for what they own, and the bank holds less than it owes.
//!
//! After GoLedger's scenario in which customers of one bank read their balances and withdraw all of them at once.
//!
//! # How the bank is kept
//! What the bank owes and what it has are different things, so they are different accounts:
//! - a `customer` account holds the customer's claim: the coins that the bank owes him. It cannot be overdrawn.
//! - `bank` is the reserve: the coins that are there to be paid out. It cannot be overdrawn either, and that alone is what
//!   refuses a withdrawal when the reserve is dry.
//! - `claims` takes the claims that were settled: what it has is what the bank owes no more.
//!
//! A withdrawal is a chain of two transfers, both or neither: the claim goes from the customer to `claims`, and as many
//! coins go from `bank` to the worker's `@world`, which is out of the door. So the reserve and the claims shrink by the
//! same, and whoever is refused still owns his claim.
//!
//! At the start `@world` gives out the claims and the reserve alike: what it owes for claims beyond the reserve stands for
//! the coins that the bank has lent, which do not come back while the run goes on.
//!
//! # Who comes when
//! CustomerWorkload are numbered through, and shared out in turn: visit `n` is the one of worker `n mod workers`. All customers come
//! once, in an order that the seed draws, then all come again, and so on. On each but the last of his withdrawals a
//! customer takes an even part of what is left to him; from the last on he takes all.

mod checks;
mod workload;

use super::common::{self, coins};
use super::{
    AccountLayout, CheckInput, CheckResults, Description, EventKind, Parameter, Parameters,
    Workload,
};
use super::{Preset, Role, Scenario};

/// The scenario `bank-run`.
#[derive(Debug)]
pub(super) struct BankRun;

static DESCRIPTION: Description = Description {
    name: "bank-run",
    title: "Bank run",
    description: "Customers withdraw what they own from a bank that holds less than it owes; once its reserve is dry, \
               whoever comes is refused.",
    parameters: &[
        common::WORKERS,
        common::CONCURRENCY,
        Parameter::number(
            "accounts",
            "Customers",
            "",
            (1, 1_000_000),
            10_000,
            "Customers of the bank. All of them come once, then all come again.",
        ),
        Parameter::number(
            "reserve_percent",
            "Reserve",
            "%",
            (0, 10_000),
            10,
            "What the bank holds, as a share of what it owes. From 100 on everybody can be served.",
        ),
        Parameter::number(
            "withdrawals_per_customer",
            "Withdrawals each",
            "",
            (1, 1_000),
            1,
            "In how many parts a customer takes what he owns. From the last on he asks for all that is left to him.",
        ),
        Parameter::number(
            "suspend_percent",
            "Suspend below",
            "%",
            (0, 100),
            0,
            "Once the reserve is below this share of what it was at first, each worker halts withdrawals for a while, \
             once; 0 never does.",
        ),
        Parameter::number(
            "suspend_operations",
            "Suspended for",
            "operations",
            (1, 1_000_000),
            1_000,
            "How many visitors each worker turns away while withdrawals are suspended.",
        ),
        common::OPERATIONS,
        common::DURATION_S,
        common::RATE_PER_S,
        common::SEED,
        common::DEADLINE_MS,
        coins(
            "customer_coins",
            "Coins per customer",
            1,
            10_000,
            "What the bank owes each customer at first.",
        ),
        common::BATCH,
        common::TRAIL_MIB,
    ],
    presets: &[
        Preset::scale(
            "Ten thousand customers come twenty times each; the bank holds a tenth of what it owes.",
            &[("withdrawals_per_customer", 20), ("operations", 200_000)],
        ),
        Preset::goledger(
            "Five customers with 10,000 coins each, and a bank that has 500,000: everybody is served.",
            &[("accounts", 5), ("reserve_percent", 1_000), ("operations", 5), ("trail_mib", 64)],
        ),
    ],
    events: &[
        EventKind { name: "reserve_dry", title: "Reserve dry" },
        EventKind { name: "suspended", title: "Withdrawals suspended" },
        EventKind { name: "lifted", title: "Suspension lifted" },
    ],
};

/// Places of the events in the description.
const RESERVE_DRY: usize = 0;
const SUSPENDED: usize = 1;
const LIFTED: usize = 2;

/// Places of the roles in the layout.
const BANK: usize = 0;
const CLAIMS: usize = 1;
const CUSTOMER: usize = 2;

/// A claim on the bank is settled.
const CLAIM: u16 = 32;

/// How a visit ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The customer has his coins.
    Served,
    /// The reserve had less than was asked for.
    NoReserve,
    /// The customer owned less than he asked for: he was served elsewhere since he read his balance.
    NoClaim,
    /// It was cancelled, or too late.
    Interrupted,
    /// Withdrawals were suspended.
    TurnedAway,
    /// The customer owned nothing any more, and asked for nothing.
    NothingLeft,
}

/// Names of the ends, in their order, and what people read.
const ENDS: [(&str, &str); 6] = [
    ("served", "Withdrawals served"),
    ("refused_reserve", "Refused, the reserve had too little"),
    ("refused_claim", "Refused, the customer owned too little"),
    ("interrupted", "Cancelled or too late"),
    ("turned_away", "Turned away while suspended"),
    ("nothing_left", "CustomerWorkload of customers who owned nothing"),
];

/// The coins of the bank's reserve at first. At most 10^19: a million customers with a billion coins each, a hundred times.
fn reserve(parameters: &Parameters) -> u64 {
    let claims = parameters.get("accounts") * parameters.get("customer_coins");
    claims * parameters.get("reserve_percent") / 100
}

impl Scenario for BankRun {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn layout(&self, parameters: &Parameters) -> AccountLayout {
        let (accounts, coins) = (parameters.get("accounts"), parameters.get("customer_coins"));
        let roles = vec![
            Role::one("bank", reserve(parameters)),
            Role::one("claims", 0),
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

    fn judge(&self, input: &CheckInput<'_>) -> CheckResults {
        checks::check_results(input)
    }
}
