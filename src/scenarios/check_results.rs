//! What a scenario says of its own run: what its loads remember, what is checked, and what is told besides.

use std::collections::BTreeMap;

use super::report::{Check, CheckValue, EndedBy, Fact};
use super::{AccountLayout, Counters, Parameters, Tally};
use crate::ledger::Ledger;
use crate::model::{AccountState, CreateTransferStatus};

/// What a load remembers of what it did.
#[derive(Clone, Debug, Default)]
pub struct WorkerObservations {
    sums: BTreeMap<&'static str, i128>,
    /// What was accepted for each account of the load's, by the load's own numbers.
    pub changes: Vec<i128>,
    /// Attempts by name, to be found again.
    pub attempts: Vec<Remembered>,
}

/// An attempt that a load remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// Its id.
    pub id: u128,
    /// Who paid.
    pub debit_account_id: u128,
    /// Who was paid.
    pub credit_account_id: u128,
    /// How it ended.
    pub status: CreateTransferStatus,
}

impl WorkerObservations {
    /// What was accepted for each account, and nothing else so far.
    pub fn of_changes(changes: Vec<i128>) -> Self {
        Self { changes, ..Self::default() }
    }

    /// These attempts, and nothing else so far.
    pub fn of_attempts(attempts: Vec<Remembered>) -> Self {
        Self { attempts, ..Self::default() }
    }

    /// These sums, by name, and nothing else so far.
    pub fn of_sums(sums: impl IntoIterator<Item = (&'static str, i128)>) -> Self {
        let mut observations = Self::default();
        sums.into_iter().for_each(|(name, amount)| observations.add(name, amount));
        observations
    }

    /// Adds to the sum of this name.
    #[inline]
    pub fn add(&mut self, name: &'static str, amount: i128) {
        *self.sums.entry(name).or_default() += amount;
    }

    /// The sum of this name; 0 where nothing was added.
    pub fn sum(&self, name: &str) -> i128 {
        self.sums.get(name).copied().unwrap_or(0)
    }

    /// Adds what another load remembers.
    pub(super) fn merge(&mut self, other: &Self) {
        for (name, amount) in &other.sums {
            self.add(name, *amount);
        }
        if self.changes.len() < other.changes.len() {
            self.changes.resize(other.changes.len(), 0);
        }
        for (mine, others) in self.changes.iter_mut().zip(&other.changes) {
            *mine += others;
        }
        self.attempts.extend_from_slice(&other.attempts);
    }
}

/// What a run leaves behind to be judged by.
#[derive(Clone, Copy, Debug)]
pub struct CheckInput<'a> {
    /// The ledger, which nobody writes any more.
    pub ledger: &'a Ledger,
    /// What was asked for.
    pub parameters: &'a Parameters,
    /// Who took part.
    pub layout: &'a AccountLayout,
    /// What was counted, over all workers.
    pub tally: &'a Tally,
    /// What the loads remember, together.
    pub observations: &'a WorkerObservations,
    /// What ended it.
    pub ended_by: EndedBy,
    /// Coins that the set-up gave out.
    pub issued: i128,
    /// Entries of the set-up.
    pub setup_entries: u64,
    /// Entries that the trail has.
    pub entries: u64,
    /// When the last worker stopped.
    pub ended_ns: u64,
    pub(super) counters: &'a Counters,
}

impl CheckInput<'_> {
    /// How often the event at this place of the scenario's list has happened.
    pub fn happened(&self, place: usize) -> u64 {
        self.counters.event(place).map_or(0, |(_, count)| count)
    }

    /// What the account of this id has at the end; 0 where it was never opened.
    pub fn balance(&self, id: u128) -> i128 {
        self.ledger.account(id).as_ref().and_then(AccountState::balance).unwrap_or(0)
    }

    /// What all accounts of the role at `place` have at the end.
    pub fn sum(&self, place: usize) -> i128 {
        self.layout.ids(place).map(|id| self.balance(id)).sum()
    }

    /// What all accounts of the role at `place` have at the end, less what they began with.
    pub fn gained(&self, place: usize) -> i128 {
        self.sum(place) - self.layout.given(place)
    }
}

/// What was found, and where that is as expected but what goes with it is not, that as well.
pub(super) fn found_with(found: i128, others_agree: bool, otherwise: &str) -> CheckValue {
    match others_agree {
        true => CheckValue::signed(found),
        false => CheckValue::Text(format!("{found}, but {otherwise}")),
    }
}

/// What a scenario says of its own run.
#[derive(Clone, Debug, Default)]
pub struct CheckResults {
    /// What was checked, after what is checked of all.
    pub checks: Vec<Check>,
    /// What is told.
    pub facts: Vec<Fact>,
}
