//! Live inspection: a sample of a run's ledger while its workers write it.

use serde::Serialize;

use super::state::{Run, balance, lock};
use crate::ledger::Snapshot;
use crate::model::AccountState;
use crate::model::amounts::JsonU64;
use crate::scenarios::latency::Histogram;
use crate::scenarios::{AccountLayout, CheckValue, LatencySample};

/// The latches that a worker holds and waits for, as positions of accounts in the layout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waits {
    /// The worker, from 1.
    pub worker: usize,
    /// The accounts whose latches it holds.
    pub holds: Vec<u64>,
    /// The account whose latch it waits for.
    pub wants: Option<u64>,
}

/// A consistent sample of a run's ledger.
#[derive(Clone, Debug, Serialize)]
pub struct Sample {
    /// The timestamp of the sample in the trail.
    pub timestamp: JsonU64,
    /// Coins in all accounts except the `@world` accounts.
    pub held: CheckValue,
    /// Coins that the `@world` accounts owe.
    pub issued: CheckValue,
    /// Coins held minus coins issued: 0 unless money was created or lost.
    pub difference: CheckValue,
    /// Coins in pending transfers.
    pub pending: CheckValue,
    /// The number of accounts.
    pub accounts: usize,
    /// The number of consecutive accounts in each cell.
    pub accounts_each: usize,
    /// Coins of each cell.
    #[serde(skip)]
    pub balances: Vec<f64>,
    /// Coins of each cell in pending transfers.
    #[serde(skip)]
    pub held_pending: Vec<f64>,
    /// The number of changes to the accounts of each cell.
    #[serde(skip)]
    pub changes: Vec<f64>,
    /// Which worker waits for which latch. Only the `unordered-locks` protocol reports it.
    pub waiting: Vec<Waits>,
    /// The latency since the previous sample.
    pub latency: LatencySample,
}

impl Run {
    /// Samples the ledger in at most `cells_max` cells, at least one. It stops no worker but waits for latches that are
    /// held. It takes about 100 ns per account.
    pub fn sample(&self, cells_max: usize) -> Sample {
        // Before the snapshot, which waits for held latches and thus for the end of a deadlock.
        let waiting = self.waiting();
        let Snapshot { timestamp, accounts } = self.ledger.snapshot();
        let (mut held, mut issued, mut pending) = (0_i128, 0_i128, 0_i128);
        for account in &accounts {
            match self.layout.is_world(account.id) {
                true => issued = issued.saturating_sub(balance(account)),
                false => held = held.saturating_add(balance(account)),
            }
            let on_hold = i128::try_from(account.debits_pending).unwrap_or(i128::MAX);
            pending = pending.saturating_add(on_hold);
        }
        let accounts_each = accounts.len().div_ceil(cells_max.max(1)).max(1);
        let sum = |value: fn(&AccountState) -> f64| {
            let cells = accounts.chunks(accounts_each);
            cells.map(|cell| cell.iter().map(value).sum()).collect()
        };
        Sample {
            timestamp: JsonU64(timestamp),
            held: CheckValue::signed(held),
            issued: CheckValue::signed(issued),
            difference: CheckValue::signed(held - issued),
            pending: CheckValue::signed(pending),
            accounts: accounts.len(),
            accounts_each,
            balances: sum(|account| balance(account) as f64),
            held_pending: sum(|account| account.debits_pending as f64),
            changes: sum(|account| account.version as f64),
            waiting,
            latency: self.latency(),
        }
    }

    fn waiting(&self) -> Vec<Waits> {
        let position = |id: u128| {
            id.checked_sub(AccountLayout::WORLD_ID).and_then(|id| u64::try_from(id).ok())
        };
        let waiting = self.ledger.waiting().into_iter().map(|(worker, holds, wants)| Waits {
            worker,
            holds: holds.into_iter().filter_map(position).collect(),
            wants: position(wants),
        });
        waiting.collect()
    }

    fn latency(&self) -> LatencySample {
        let mut sum = Histogram::new();
        for published in &self.published_times {
            published.add_to(&mut sum);
        }
        let mut before = lock(&self.sampled_times);
        let latency = LatencySample::since(&before, &sum);
        *before = sum;
        latency
    }
}
