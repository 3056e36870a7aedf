//! The input and the results of a scenario's own checks.

use std::collections::BTreeMap;

use super::account_layout::AccountLayout;
use super::event_kind::EventKind;
use super::parameters::Parameters;
use super::report::{Check, CheckValue, EndedBy, Event, Fact};
use super::tally::Tally;
use crate::ledger::Ledger;
use crate::model::{AccountState, CreateTransferStatus};

/// What a workload observed.
#[derive(Clone, Debug, Default)]
pub struct WorkerObservations {
    sums: BTreeMap<&'static str, i128>,
    /// The accepted balance changes by account, numbered by the workload.
    pub changes: Vec<i128>,
    /// Attempts that the checks search for in the trail.
    pub attempts: Vec<RecordedAttempt>,
}

/// An attempt that a workload recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedAttempt {
    /// The id of the transfer.
    pub id: u128,
    /// The paying account.
    pub debit_account_id: u128,
    /// The receiving account.
    pub credit_account_id: u128,
    /// The status that the ledger returned.
    pub status: CreateTransferStatus,
}

impl WorkerObservations {
    /// Adds to the sum with this name.
    pub fn add(&mut self, name: &'static str, amount: i128) {
        *self.sums.entry(name).or_default() += amount;
    }

    /// Returns the sum with this name; 0 where nothing was added.
    pub fn sum(&self, name: &str) -> i128 {
        self.sums.get(name).copied().unwrap_or(0)
    }

    /// Adds the observations of another worker.
    pub(super) fn merge(&mut self, other: &Self) {
        for (name, amount) in &other.sums {
            self.add(name, *amount);
        }
        if self.changes.len() < other.changes.len() {
            self.changes.resize(other.changes.len(), 0);
        }
        for (sum, change) in self.changes.iter_mut().zip(&other.changes) {
            *sum += change;
        }
        self.attempts.extend_from_slice(&other.attempts);
    }
}

/// A finished run, as the checks see it.
#[derive(Clone, Copy, Debug)]
pub struct CheckInput<'a> {
    /// The ledger, which has no more writers.
    pub ledger: &'a Ledger,
    /// The parameters of the run.
    pub parameters: &'a Parameters,
    /// The accounts.
    pub layout: &'a AccountLayout,
    /// The counts of all workers together.
    pub tally: &'a Tally,
    /// The observations of all workers together.
    pub observations: &'a WorkerObservations,
    /// The events of all workers together.
    pub events: &'a [Event],
    /// What ended the run.
    pub ended_by: EndedBy,
    /// Coins that the setup issued.
    pub issued: i128,
    /// Trail entries of the setup.
    pub setup_entries: u64,
    /// All trail entries.
    pub entries: u64,
    /// The time at which the last worker stopped.
    pub ended_ns: u64,
}

impl CheckInput<'_> {
    /// Returns how often an event occurred.
    pub fn event_count(&self, kind: EventKind) -> u64 {
        let event = self.events.iter().find(|event| event.name == kind.name);
        event.map_or(0, |event| event.count)
    }

    /// Returns the final balance of an account; 0 where it does not exist.
    pub fn balance(&self, id: u128) -> i128 {
        self.ledger.account(id).as_ref().and_then(AccountState::balance).unwrap_or(0)
    }

    /// Returns the final balance of all accounts of a role.
    pub fn role_balance(&self, role: usize) -> i128 {
        self.layout.ids(role).map(|id| self.balance(id)).sum()
    }

    /// Returns the final balance of all accounts of a role minus their initial coins.
    pub fn role_gain(&self, role: usize) -> i128 {
        self.role_balance(role) - self.layout.initial_coins_of(role)
    }
}

/// Checks that two numbers are equal and that a related condition holds. `violation` describes where it does not.
pub(super) fn check_equal_and(
    texts: [&'static str; 3],
    (expected, found): (i128, i128),
    examined: (u64, &'static str),
    (holds, violation): (bool, &str),
) -> Check {
    let mut check = Check::equal(texts, expected, found, examined);
    if !holds {
        check.passed = false;
        check.found = CheckValue::Text(format!("{found}, but {violation}"));
    }
    check
}

/// Checks that there are no errors. The first one is shown.
pub(super) fn check_no_errors(
    texts: [&'static str; 3],
    examined: (u64, &'static str),
    errors: &[String],
) -> Check {
    let mut check = Check::equal(texts, 0, errors.len() as i128, examined);
    if let Some(first) = errors.first() {
        check.found = CheckValue::Text(format!("{}: {first}", errors.len()));
    }
    check
}

/// The results of a scenario's own checks.
#[derive(Clone, Debug, Default)]
pub struct CheckResults {
    /// The checks, which the report lists after the common ones.
    pub checks: Vec<Check>,
    /// Other results.
    pub facts: Vec<Fact>,
    /// Results that are computed from final balances. The report leaves them out when the balances
    /// are wrong.
    pub balance_facts: Vec<Fact>,
}
