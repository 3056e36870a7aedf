//! What came of a run: the same report on every host.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

use super::events::Event;
use super::latency::Latency;
use super::parameters::Parameters;
use crate::ledger::Health;
use crate::model::AccountState;
use crate::model::amounts::{self, grouped};
use crate::trail::Digest;

/// The version of the report's form; it grows when a reader of the last one would be wrong about this one.
pub const REPORT_VERSION: u32 = 4;

/// The most accounts that a report lists.
pub const ROWS_MAX: usize = 10_000;

/// Where a run took place, as the host tells it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Environment {
    /// `native`, `chromium`, `node`, …
    pub host: String,
    /// Processors that the host offers.
    pub workers_available: u64,
    /// When the run was asked for, in milliseconds since 1970.
    #[serde(default)]
    pub started_at_ms: u64,
    /// What the browser calls itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
}

/// What ended a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// All operations were done.
    Operations,
    /// Its time was up.
    Duration,
    /// Somebody asked for it.
    Cancelled,
    /// The trail's memory was used up.
    TrailFull,
}

impl EndedBy {
    /// For people.
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

/// A figure in a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckValue {
    /// A number.
    Number(u128),
    /// Something else, or a number below zero.
    Text(String),
}

impl CheckValue {
    /// Any number.
    pub fn signed(number: i128) -> Self {
        u128::try_from(number).map_or_else(|_| Self::Text(number.to_string()), Self::Number)
    }
}

impl std::fmt::Display for CheckValue {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => formatter.write_str(&grouped(*number)),
            Self::Text(text) => formatter.write_str(text),
        }
    }
}

impl Serialize for CheckValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => amounts::serialize(number, serializer),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// Its name in reports.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What was looked at.
    pub description: &'static str,
    /// What should be.
    pub expected: CheckValue,
    /// What is.
    pub found: CheckValue,
    /// How many items were looked at.
    pub examined: u64,
    /// What the items are.
    pub unit: &'static str,
    /// Whether it holds.
    pub passed: bool,
}

impl Check {
    /// One that holds where what was found is what should be: its name, its name for people and its description; the
    /// figures; and how many of which items were looked at.
    pub fn equal(
        [name, title, description]: [&'static str; 3],
        expected: i128,
        found: i128,
        (examined, unit): (u64, &'static str),
    ) -> Self {
        let passed = expected == found;
        let (expected, found) = (CheckValue::signed(expected), CheckValue::signed(found));
        Self { name, title, description, expected, found, examined, unit, passed }
    }
}

/// Sums over a run. Attempts are the workers'; the set-up's entries are told apart.
#[derive(Clone, Debug, Serialize)]
pub struct Totals {
    /// Accepted, refused and interrupted together.
    pub attempts: u64,
    /// Attempts whose money has moved.
    pub accepted: u64,
    /// Attempts that a rule refused.
    pub refused: u64,
    /// Attempts that were cancelled or too late.
    pub interrupted: u64,
    /// What was asked for and is done. One operation can make several attempts, or none.
    pub operations: u64,
    /// Balances that were read; a read leaves no entry.
    pub reads: u64,
    /// Entries that opened the accounts and gave out the coins.
    pub setup_entries: u64,
    /// All entries in the trail.
    pub trail_entries: u64,
    /// Memory that they take.
    pub trail_bytes: u64,
    /// Attempts per second of the workers together, over the whole run.
    pub per_second: u64,
    /// Operations per second, likewise.
    pub operations_per_second: u64,
    /// Attempts by status.
    pub by_status: BTreeMap<&'static str, u64>,
}

/// What one worker did.
#[derive(Clone, Debug, Serialize)]
pub struct WorkerTotals {
    /// The worker, from 1: the number of its writer in the trail.
    pub worker: usize,
    /// Operations done.
    pub operations: u64,
    /// Balances read.
    pub reads: u64,
    /// Accepted, refused and interrupted together.
    pub attempts: u64,
    /// Attempts whose money has moved.
    pub accepted: u64,
    /// Attempts that a rule refused.
    pub refused: u64,
    /// Attempts that were cancelled or too late.
    pub interrupted: u64,
    /// Times it found a latch held by another worker.
    pub waits: u64,
    /// Times that an optimistic attempt of its found its accounts changed and was made again.
    pub conflicts: u64,
}

/// Attempts in each second of the run.
#[derive(Clone, Debug, Serialize)]
pub struct Series {
    /// Length of one interval: a second.
    pub interval_ns: u64,
    /// Accepted in each.
    pub accepted: Vec<u64>,
    /// Refused in each.
    pub refused: Vec<u64>,
    /// Interrupted in each.
    pub interrupted: Vec<u64>,
}

/// One account at the end.
#[derive(Clone, Debug, Serialize)]
pub struct AccountRow {
    /// Its id.
    #[serde(with = "amounts")]
    pub id: u128,
    /// What people call it.
    pub name: String,
    /// Whether money comes from it, so that it owes what the others have.
    pub issuer: bool,
    /// Debits held.
    #[serde(with = "amounts")]
    pub debits_pending: u128,
    /// Debits.
    #[serde(with = "amounts")]
    pub debits_posted: u128,
    /// Credits held.
    #[serde(with = "amounts")]
    pub credits_pending: u128,
    /// Credits.
    #[serde(with = "amounts")]
    pub credits_posted: u128,
}

/// The accounts at the end.
#[derive(Clone, Debug, Serialize)]
pub struct Accounts {
    /// How many there are.
    pub count: usize,
    /// Whether all are listed.
    pub complete: bool,
    /// BLAKE3 over all of them, listed or not, in the order of their numbers: id, debits pending and posted, credits
    /// pending and posted, 16 bytes each, little-endian.
    pub hash: Digest,
    /// The first of them, 10,000 at most.
    pub rows: Vec<AccountRow>,
}

impl Accounts {
    /// What their hash is over: the numbers of one of them.
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

    /// The hash over the numbers of all accounts, in the order of [`Accounts::hash`].
    pub fn hash_of(accounts: impl Iterator<Item = [u128; 5]>) -> Digest {
        let mut hasher = blake3::Hasher::new();
        for number in accounts.flatten() {
            hasher.update(&number.to_le_bytes());
        }
        Digest(*hasher.finalize().as_bytes())
    }
}

/// What came of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Version of the report's form.
    pub report: u32,
    /// Name of the scenario.
    pub scenario: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What was asked for: a number or the name of a choice for each.
    pub parameters: Parameters,
    /// For each choice that is wrong on purpose: what is expected of this run for its sake, in a description.
    pub flaws: Vec<&'static str>,
    /// Where it took place.
    pub environment: ReportEnvironment,
    /// When it was asked for, in milliseconds since 1970.
    pub started_at_ms: u64,
    /// From the first attempt to the end of the last.
    pub elapsed_ns: u64,
    /// What ended it.
    pub ended_by: EndedBy,
    /// The same for people.
    pub ended_because: &'static str,
    /// Sums over the run.
    pub totals: Totals,
    /// What each worker did.
    pub workers: Vec<WorkerTotals>,
    /// Attempts second by second.
    pub series: Series,
    /// How long operations took.
    pub latency: Latency,
    /// What happened on the way.
    pub events: Vec<Event>,
    /// What the scenario tells besides.
    pub facts: Vec<Fact>,
    /// What was looked at.
    pub checks: Vec<Check>,
    /// Whether all of it holds.
    pub passed: bool,
    /// How the ledger is, with serial replay's verdict; by it alone no run fails.
    pub health: Health,
    /// The hash of the whole trail as it was judged: one worker and one seed give the same on every host.
    pub trail_hash: Digest,
    /// The accounts at the end.
    pub accounts: Accounts,
}

/// Where a run took place.
#[derive(Clone, Debug, Serialize)]
pub struct ReportEnvironment {
    /// Version of this crate.
    pub ledgerlab: &'static str,
    /// What it was compiled for.
    pub target: String,
    /// As the host tells it.
    #[serde(flatten)]
    pub host: Environment,
}

/// A result of a run beyond those that all runs have.
#[derive(Clone, Debug, Serialize)]
pub struct Fact {
    /// The name in reports.
    pub name: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// The value.
    pub value: CheckValue,
    /// The unit; empty for a plain count.
    pub unit: &'static str,
}

impl Fact {
    /// A number.
    pub fn new(name: &'static str, title: &'static str, value: i128, unit: &'static str) -> Self {
        Self { name, title, value: CheckValue::signed(value), unit }
    }
}
