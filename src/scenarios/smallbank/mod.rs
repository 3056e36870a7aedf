//! SmallBank: six kinds of transaction on customers who each have a checking and a savings account.
//!
//! After Alomari, Cahill, Fekete and Röhm, "The Cost of Serializability on Platforms That Use Snapshot ConcurrencyControl" (ICDE
//! 2008), in the mix that H-Store and OLTP-Bench have: 15 % each, and 25 % payments.
//!
//! | kind | what it does |
//! |---|---|
//! | amalgamate | all that one customer has, savings and checking, goes to another one's checking account |
//! | balance | both accounts of a customer are read as they are at one moment |
//! | deposit | coins come from outside to a checking account |
//! | send | coins go from one checking account to another; refused when the first has too little |
//! | save | coins come from outside to a savings account, or go there; refused when it would have less than nothing |
//! | check | coins go outside from a checking account, which may be overdrawn; one more as a penalty where the amount is more than both accounts have |
//!
//! # How what is decided stays true
//! A check is the reason why the benchmark exists. It reads two accounts and writes one, so under snapshot concurrency it can
//! be decided on savings that are being taken away: the customer is overdrawn and pays no penalty. Here every transaction
//! that decides on what it has read names the versions that it has read
//! ([`ExpectedVersions`](crate::model::ExpectedVersions)), in one chain, so the ledger refuses all of it when either account
//! has changed; then it is read and decided again, [`TRIES_MAX`] times at most. An account that is only read takes part by
//! a transfer of no coins, which is what names its version.
//!
//! A balance needs no entry. It reads the one account, then the other, then the first again: where its version is the same
//! both times it had that balance when the other one was read, and the two are of one moment.
//!
//! # What is checked of it
//! The trail is read in its order with two balances for each customer, and every check, payment and amalgamation is decided
//! again: was the penalty due, was the payment covered, is nothing left. That is the anomaly of the paper, looked for.

mod checks;
mod workload;

use super::common::{self, coins};
use super::{
    AccountLayout, Amounts, CheckInput, CheckResults, Description, EventKind, Parameter,
    Parameters, Workload,
};
use super::{Preset, RequestError, Role, Scenario};

/// The scenario `smallbank`.
#[derive(Debug)]
pub(super) struct SmallBank;

static DESCRIPTION: Description = Description {
    name: "smallbank",
    title: "SmallBank",
    description: "The SmallBank benchmark: checks, payments and savings, each decided on balances that must not change \
               meanwhile.",
    parameters: &[
        common::WORKERS,
        common::CONCURRENCY,
        Parameter::number(
            "accounts",
            "Customers",
            "",
            (2, 500_000),
            4_000,
            "Customers of the bank, each with a checking and a savings account.",
        ),
        common::OPERATIONS.with_default(500_000),
        common::DURATION_S,
        common::RATE_PER_S,
        common::SEED,
        common::DEADLINE_MS,
        common::HOT_PERCENT.with_default(25),
        common::HOT_ACCOUNTS.with_default(100).called(
            "Hot customers",
            "How many of the customers, counted from the first, are the hot ones.",
        ),
        coins("amount_min", "Smallest amount", 1, 1, "Amounts are drawn evenly from this one on."),
        coins("amount_max", "Largest amount", 1, 2_000, "Amounts are drawn evenly up to this one."),
        coins(
            "checking_coins",
            "Coins in checking",
            0,
            10_000,
            "What every checking account starts with.",
        ),
        coins(
            "savings_coins",
            "Coins in savings",
            0,
            10_000,
            "What every savings account starts with.",
        ),
        common::BATCH,
        common::TRAIL_MIB,
    ],
    presets: &[
        Preset::scale(
            "Four thousand customers, half a million transactions, a quarter of them on a hundred customers.",
            &[],
        ),
        Preset {
            name: "contention",
            title: "Ten hot customers",
            description: "Nine of ten choices fall on ten customers, so that workers meet and decide again.",
            values: &[("hot_percent", 90), ("hot_accounts", 10)],
        },
    ],
    events: &[
        EventKind { name: "decided_again", title: "Balances changed meanwhile, decided again" },
        EventKind { name: "gave_up", title: "Given up after too many changes" },
    ],
};

/// Places of the events in the description.
const DECIDED_AGAIN: usize = 0;
const GAVE_UP: usize = 1;

/// How often a transaction reads and decides before it gives up.
const TRIES_MAX: u64 = 64;

/// What a check costs that is more than the customer has, in coins.
const PENALTY_COINS: u64 = 1;

/// Places of the roles in the layout.
const CHECKING: usize = 0;
const SAVINGS: usize = 1;

/// Kinds of transfer.
mod kinds {
    /// A check is paid.
    pub(super) const CHECK: u16 = 33;
    /// The penalty of the check before it.
    pub(super) const PENALTY: u16 = 34;
    /// No coins: it names the version of the savings that the check before it was decided on.
    pub(super) const LOOK: u16 = 35;
    /// All that an account has goes to somebody else.
    pub(super) const AMALGAMATION: u16 = 36;
    /// Somebody else makes up for all that an account lacks.
    pub(super) const COVER: u16 = 37;
}

/// What is counted, by place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Count {
    Amalgamated,
    AmalgamatedAgain,
    Looked,
    LookedAgain,
    Deposited,
    Sent,
    SendRefused,
    SentAgain,
    Saved,
    SaveRefused,
    Checked,
    CheckedAgain,
    Penalties,
    GaveUp,
    Interrupted,
    Failed,
    /// Coins from here on: what came from outside and what went there, without the penalties.
    CoinsIn,
    CoinsOut,
}

/// Names of the counts, in their order, what people read, and the unit.
const COUNTS: [(&str, &str, &str); 18] = [
    ("amalgamate", "Amalgamations", ""),
    ("amalgamate_again", "Amalgamations decided again", ""),
    ("balance", "Balances read", ""),
    ("balance_again", "Balances read again", ""),
    ("deposit", "Deposits", ""),
    ("send", "Payments sent", ""),
    ("send_refused", "Payments refused", ""),
    ("send_again", "Payments decided again", ""),
    ("save", "Changes of savings", ""),
    ("save_refused", "Changes of savings refused", ""),
    ("check", "Checks paid", ""),
    ("check_again", "Checks decided again", ""),
    ("penalties", "Penalties", ""),
    ("gave_up", "Given up after too many changes", ""),
    ("interrupted", "Cancelled or too late", ""),
    ("failed", "Refused for another reason", ""),
    ("coins_in", "Coins from outside", "coins"),
    ("coins_out", "Coins that went outside, penalties apart", "coins"),
];

impl Count {
    /// Those that are an end of an operation.
    const ENDS: [Self; 11] = [
        Self::Amalgamated,
        Self::Looked,
        Self::Deposited,
        Self::Sent,
        Self::SendRefused,
        Self::Saved,
        Self::SaveRefused,
        Self::Checked,
        Self::GaveUp,
        Self::Interrupted,
        Self::Failed,
    ];

    fn name(self) -> &'static str {
        COUNTS[self as usize].0
    }
}

impl Scenario for SmallBank {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn accept(&self, parameters: &Parameters) -> Result<(), RequestError> {
        Amounts::accept(parameters)
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
        Box::new(workload::CustomerWorkload::new(parameters, &self.layout(parameters), worker))
    }

    fn judge(&self, input: &CheckInput<'_>) -> CheckResults {
        checks::check_results(input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_has_its_name() {
        assert_eq!(Count::CoinsOut as usize + 1, COUNTS.len());
        assert_eq!((Count::Checked.name(), Count::GaveUp.name()), ("check", "gave_up"));
        assert_eq!((Count::Penalties.name(), Count::CoinsIn.name()), ("penalties", "coins_in"));
    }
}
