//! Results to JSON.

use serde::{Serialize, Serializer};

use super::rows::{AccountRow, BalancesRow, EventRow, TransferRow, wide};
use crate::model::{Account, AccountBalances, Transfer};

/// What a ledger answers to an operation: one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Response {
    /// To the creation of a batch: one for each event, in order.
    Results(Vec<CreatedEvent>),
    /// Accounts that were found.
    Accounts(Vec<LookedUpAccount>),
    /// Transfers that were found.
    #[serde(serialize_with = "transfers")]
    Transfers(Vec<Transfer>),
    /// Balances over time.
    #[serde(serialize_with = "balances")]
    Balances(Vec<AccountBalances>),
    /// To a tick: where the ledger is in time, in nanoseconds.
    #[serde(serialize_with = "exact")]
    Time(u64),
}

/// What became of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreatedEvent {
    /// Its status under its public name.
    pub status: &'static str,
    /// When it was created; for `exists` when the first one was; else its place in time.
    pub timestamp: u64,
    /// Its id, where the event asked for one.
    pub id: Option<u128>,
}

/// An account, and how often it has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookedUpAccount {
    /// The account.
    pub account: Account,
    /// What `expected_debit_version` and `expected_credit_version` are compared with.
    pub version: u64,
}

impl Serialize for CreatedEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        EventRow::from(self).serialize(serializer)
    }
}

impl Serialize for LookedUpAccount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        AccountRow::from(self).serialize(serializer)
    }
}

fn transfers<S: Serializer>(transfers: &[Transfer], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(transfers.iter().map(TransferRow::from))
}

fn balances<S: Serializer>(balances: &[AccountBalances], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(balances.iter().map(BalancesRow::from))
}

fn exact<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    wide(*number).serialize(serializer)
}
