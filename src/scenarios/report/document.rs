//! The report of a run as a JSON document. The doc comments are the descriptions in its schema.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize, Serializer};

use crate::ledger::Health;
use crate::model::AccountState;
use crate::model::amounts::{JsonU128, grouped};
use crate::model::digits::{Digits, parse_digits};
use crate::scenarios::value::Value;
use crate::trail::Digest;

/// The version of the report format. It increases when a reader of the previous version would
/// misread a report.
pub const REPORT_VERSION: u32 = 5;

/// The maximum number of accounts that a report lists.
pub const ROWS_MAX: usize = 10_000;

/// Where a run took place, as described by the host.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Environment {
    /// `native`, `chromium`, `node`, ...
    pub host: String,
    /// The number of processors that the host offers.
    pub workers_available: u64,
    /// When the run was requested, in milliseconds since 1970.
    #[serde(default)]
    pub started_at_ms: u64,
    /// The browser's user agent string.
    #[serde(default)]
    pub user_agent: Option<String>,
}

/// The report of one run of a scenario. It has the same format on every host. Amounts are in coins.
#[serde_with::apply(u64 => #[serde(with = "Digits::<u64>")])]
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The version of the report format. It increases when a reader of the previous version would
    /// misread a report.
    #[cfg_attr(test, schemars(extend("const" = REPORT_VERSION)))]
    pub report: u32,
    /// The scenario's name.
    #[cfg_attr(test, schemars(regex(pattern = "^[a-z0-9][a-z0-9_-]*$")))]
    pub scenario: String,
    /// The scenario's title, for people.
    pub title: String,
    /// The parameters of the run.
    pub parameters: ReportParameters,
    /// For each parameter value that is incorrect on purpose, the expected consequence. Empty for a
    /// run that should pass.
    pub flaws: Vec<String>,
    /// Where the run took place.
    pub environment: ReportEnvironment,
    /// When the run was requested, in milliseconds since 1970.
    pub started_at_ms: u64,
    /// The time from the start of the first attempt to the end of the last, in nanoseconds.
    pub elapsed_ns: u64,
    /// Why the run ended.
    pub ended_by: EndedBy,
    /// Why the run ended, as a sentence.
    pub ended_because: String,
    /// The totals of the run.
    pub totals: Totals,
    /// The totals of each worker, ordered by worker number.
    pub workers: Vec<WorkerTotals>,
    /// The attempts in each second of the run.
    pub series: Series,
    /// The latency of operations.
    pub latency: Latency,
    /// The events of the run, by kind. Kinds that did not occur are left out.
    pub events: Vec<Event>,
    /// Further results of the scenario.
    pub facts: Vec<Fact>,
    /// The checks that were made after the run.
    pub checks: Vec<Check>,
    /// Whether all checks passed.
    pub passed: bool,
    /// The health of the ledger at the end, including the result of serial replay. It does not
    /// decide whether a run passed.
    pub health: Health,
    /// The hash of the whole trail, as in its seal. A run with one worker has the same hash on
    /// every host for the same seed.
    pub trail_hash: Digest,
    /// The accounts at the end.
    pub accounts: Accounts,
}

/// The parameters of a run: whole numbers in the unit that ends their name, or names of choices.
/// Scenarios add parameters of their own.
#[serde_with::apply(u64 => #[serde(with = "Digits::<u64>")])]
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ReportParameters {
    /// The number of threads that shared the ledger.
    pub workers: u64,
    /// The concurrency control.
    pub concurrency: String,
    /// The number of operations that all workers together were to perform.
    pub operations: u64,
    /// The time limit, in seconds.
    pub duration_s: u64,
    /// The number of operations requested per second. 0 means that each operation is requested when
    /// the previous one ends.
    pub rate_per_s: u64,
    /// The seed of the random number generators.
    pub seed: u64,
    /// How long an attempt could wait, in milliseconds.
    pub deadline_ms: u64,
    /// The maximum number of operations that a worker executed between two readings of the clock.
    pub batch: u64,
    /// The memory for the trail, in MiB.
    pub trail_mib: u64,
    /// The scenario's own parameters.
    #[serde(flatten)]
    pub own: BTreeMap<String, Value>,
}

/// Where a run took place.
#[serde_with::apply(u64 => #[serde(with = "Digits::<u64>")])]
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReportEnvironment {
    /// The version of ledgerlab.
    pub ledgerlab: String,
    /// The architecture and the operating system that ledgerlab was compiled for.
    pub target: String,
    /// `native`, `chromium`, `node`, or another host.
    pub host: String,
    /// The number of processors that the host offers.
    pub workers_available: u64,
    /// When the run was requested, in milliseconds since 1970.
    pub started_at_ms: u64,
    /// The browser's user agent string. Only browsers have one.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "not_null")]
    #[cfg_attr(test, schemars(with = "String"))]
    pub user_agent: Option<String>,
}

fn not_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(Some)
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// All operations were done.
    Operations,
    /// The time limit was reached.
    Duration,
    /// The run was cancelled.
    Cancelled,
    /// The memory for the trail was used up.
    TrailFull,
}

impl EndedBy {
    /// Returns a sentence for people.
    pub fn description(self) -> &'static str {
        match self {
            Self::Operations => "All operations were done.",
            Self::Duration => "The time limit was reached before all operations were done.",
            Self::Cancelled => "The run was cancelled; what was done until then was checked.",
            Self::TrailFull => {
                "The memory for the trail was used up; what was done until then was checked."
            }
        }
    }
}

/// The totals of a run. Attempts are those of the workers; the entries of the setup are counted
/// separately.
#[serde_with::apply(
    u64 => #[serde(with = "Digits::<u64>")],
    BTreeMap<String, u64> => #[serde(with = "Digits::<BTreeMap<String, u64>>")],
)]
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// Attempts to create a transfer: accepted, refused and interrupted together.
    pub attempts: u64,
    /// Attempts that moved or held coins.
    pub accepted: u64,
    /// Attempts that a rule refused.
    pub refused: u64,
    /// Attempts that were cancelled or reached their deadline.
    pub interrupted: u64,
    /// Completed operations. One operation makes several attempts, one, or none.
    pub operations: u64,
    /// Balances that were read. A read leaves no entry in the trail.
    pub reads: u64,
    /// Entries of the trail that created the accounts and issued the coins.
    pub setup_entries: u64,
    /// All entries of the trail.
    pub trail_entries: u64,
    /// The memory that the entries take, in bytes.
    pub trail_bytes: u64,
    /// Attempts per second of all workers over the whole run, rounded down.
    pub per_second: u64,
    /// Operations per second of all workers over the whole run, rounded down.
    pub operations_per_second: u64,
    /// Attempts by the name of their status. Statuses that did not occur are left out.
    pub by_status: BTreeMap<String, u64>,
}

/// The totals of one worker.
#[serde_with::apply(u64 => #[serde(with = "Digits::<u64>")])]
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WorkerTotals {
    /// The worker's number, from 1. Its writer has the same number in the trail.
    pub worker: u64,
    /// Completed operations.
    pub operations: u64,
    /// Balances that were read.
    pub reads: u64,
    /// Attempts to create a transfer: accepted, refused and interrupted together.
    pub attempts: u64,
    /// Attempts that moved or held coins.
    pub accepted: u64,
    /// Attempts that a rule refused.
    pub refused: u64,
    /// Attempts that were cancelled or reached their deadline.
    pub interrupted: u64,
    /// How often the worker waited for a latch that another worker held.
    pub waits: u64,
    /// How often an optimistic attempt was retried because its accounts had changed.
    pub conflicts: u64,
}

/// The attempts in each interval of a run. Each list adds up to its total.
#[serde_with::apply(u64 => #[serde(with = "Digits::<u64>")], Vec<u64> => #[serde(with = "Digits::<Vec<u64>>")])]
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// The length of an interval in nanoseconds: one second.
    pub interval_ns: u64,
    /// Accepted attempts in each interval.
    pub accepted: Vec<u64>,
    /// Refused attempts in each interval.
    pub refused: Vec<u64>,
    /// Interrupted attempts in each interval.
    pub interrupted: Vec<u64>,
}

/// The latency of operations, over all workers.
#[serde_with::apply(u64 => #[serde(with = "Digits::<u64>")])]
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Latency {
    /// What was timed, as a sentence.
    pub description: String,
    /// The maximum number of operations in one measurement.
    pub operations_each: u64,
    /// Whether latency is measured from the intended start of an operation, which includes the time
    /// it waited for earlier ones. Otherwise it is measured from the actual start.
    pub from_intended_start: bool,
    /// The smallest observed step of the host's clock in nanoseconds; 0 if the clock did not move.
    pub clock_step_ns: u64,
    /// The number of measurements.
    pub count: u64,
    /// The 50th percentile, in nanoseconds.
    pub p50_ns: u64,
    /// The 90th percentile, in nanoseconds.
    pub p90_ns: u64,
    /// The 99th percentile, in nanoseconds.
    pub p99_ns: u64,
    /// The 99.9th percentile, in nanoseconds.
    pub p999_ns: u64,
    /// The maximum, in nanoseconds.
    pub max_ns: u64,
}

/// The events of one kind.
#[serde_with::apply(u64 => #[serde(with = "Digits::<u64>")])]
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// The name of the kind.
    #[cfg_attr(test, schemars(regex(pattern = "^[a-z0-9][a-z0-9_-]*$")))]
    pub name: String,
    /// The title of the kind, for people.
    pub title: String,
    /// How often the event occurred.
    pub count: u64,
    /// When the event first occurred, in nanoseconds since the run began.
    pub first_at_ns: u64,
    /// Sentences about the first occurrences.
    pub messages: Vec<String>,
}

/// A further result of a scenario.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// The name of the fact.
    #[cfg_attr(test, schemars(regex(pattern = "^[a-z0-9][a-z0-9_-]*$")))]
    pub name: String,
    /// The title of the fact, for people.
    pub title: String,
    /// The value, in its unit.
    pub value: CheckValue,
    /// The unit; empty for a plain count.
    pub unit: String,
}

impl Fact {
    /// Returns a fact whose value is a number.
    pub fn new(name: &str, title: &str, value: i128, unit: &str) -> Self {
        let [name, title, unit] = [name, title, unit].map(str::to_owned);
        Self { name, title, value: CheckValue::signed(value), unit }
    }
}

/// A value of a check or a fact: a number, a text, or a negative number. In JSON it is a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckValue {
    /// A number.
    Number(u128),
    /// A text, or a negative number.
    Text(String),
}

impl CheckValue {
    /// Returns the value for a number that may be negative.
    pub fn signed(number: i128) -> Self {
        u128::try_from(number).map_or_else(|_| Self::Text(number.to_string()), Self::Number)
    }

    /// Returns the number, which may be negative; none for a text and for a number of 2^127 or
    /// more.
    pub fn number(&self) -> Option<i128> {
        match self {
            Self::Number(number) => i128::try_from(*number).ok(),
            Self::Text(text) => text.parse().ok(),
        }
    }
}

impl fmt::Display for CheckValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => formatter.write_str(&grouped(*number)),
            Self::Text(text) => formatter.write_str(text),
        }
    }
}

impl Serialize for CheckValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => JsonU128(*number).serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for CheckValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(text) => {
                Ok(parse_digits(&text).map_or(Self::Text(text), Self::Number))
            }
            value => match value.as_u64() {
                Some(number) => Ok(Self::Number(number.into())),
                None => {
                    let allowed = "a string, or a whole number below 2^64";
                    Err(D::Error::custom(format_args!("{value} is not {allowed}")))
                }
            },
        }
    }
}

/// The result of one check.
#[serde_with::apply(u64 => #[serde(with = "Digits::<u64>")])]
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The name of the check.
    #[cfg_attr(test, schemars(regex(pattern = "^[a-z0-9][a-z0-9_-]*$")))]
    pub name: String,
    /// The title of the check, for people.
    pub title: String,
    /// What the check compares.
    pub description: String,
    /// The expected value.
    pub expected: CheckValue,
    /// The value that was found.
    pub found: CheckValue,
    /// The number of items that were examined.
    pub examined: u64,
    /// What the items are.
    pub unit: String,
    /// Whether the check passed.
    pub passed: bool,
}

impl Check {
    /// Returns a check with this name, title and description, the expected value and the one that
    /// was found, the number and the kind of the items that were examined, and its result.
    pub fn new(
        [name, title, description]: [&str; 3],
        [expected, found]: [CheckValue; 2],
        (examined, unit): (u64, &str),
        passed: bool,
    ) -> Self {
        let [name, title, description, unit] = [name, title, description, unit].map(str::to_owned);
        Self { name, title, description, expected, found, examined, unit, passed }
    }

    /// Returns a check that passes if the number found is the expected one.
    pub fn equal(names: [&str; 3], expected: i128, found: i128, examined: (u64, &str)) -> Self {
        Self::new(names, [expected, found].map(CheckValue::signed), examined, expected == found)
    }
}

/// The accounts at the end of a run.
#[serde_with::apply(u64 => #[serde(with = "Digits::<u64>")])]
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Accounts {
    /// The number of accounts.
    pub count: u64,
    /// Whether all accounts are listed.
    pub complete: bool,
    /// The BLAKE3 hash of all accounts, listed or not, ordered by account number: id, debits
    /// pending, debits posted, credits pending and credits posted, 16 bytes each, little-endian.
    pub hash: Digest,
    /// The accounts with the lowest numbers, at most 10,000.
    #[cfg_attr(test, schemars(length(max = ROWS_MAX)))]
    pub rows: Vec<AccountRow>,
}

impl Accounts {
    /// Returns the numbers of an account that enter the hash of all accounts.
    pub fn numbers(state: &AccountState) -> [u128; 5] {
        let &AccountState {
            id,
            debits_pending,
            debits_posted,
            credits_pending,
            credits_posted,
            ..
        } = state;
        [id, debits_pending, debits_posted, credits_pending, credits_posted]
    }

    /// Returns the hash of all accounts, given in the order of their numbers.
    pub fn hash_of(accounts: impl Iterator<Item = [u128; 5]>) -> Digest {
        let mut hasher = blake3::Hasher::new();
        for number in accounts.flatten() {
            hasher.update(&number.to_le_bytes());
        }
        Digest(*hasher.finalize().as_bytes())
    }
}

/// One account at the end of a run. Amounts are in coins.
#[serde_with::apply(u128 => #[serde(with = "Digits::<u128>")])]
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AccountRow {
    /// The account's id.
    pub id: u128,
    /// The account's name, for people.
    pub name: String,
    /// Whether the account issues coins, so that it owes what the others have.
    pub issuer: bool,
    /// Pending debits.
    pub debits_pending: u128,
    /// Posted debits.
    pub debits_posted: u128,
    /// Pending credits.
    pub credits_pending: u128,
    /// Posted credits.
    pub credits_posted: u128,
}

impl AccountRow {
    /// Returns this account's numbers, which go into the hash of all accounts.
    pub fn numbers(&self) -> [u128; 5] {
        let &Self { id, debits_pending, debits_posted, credits_pending, credits_posted, .. } = self;
        [id, debits_pending, debits_posted, credits_pending, credits_posted]
    }
}
