//! A look at a run's ledger while its workers are at work: the money at one moment, and how it is spread.

use serde::Serialize;

use super::{Run, balance, lock};
use crate::ledger::Snapshot;
use crate::model::AccountState;
use crate::model::amounts::JsonU128;
use crate::scenarios::latency::{LatencySample, Times};
use crate::scenarios::{AccountLayout, CheckValue};

/// What a worker holds and what it waits for, as places of accounts in the layout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waits {
    /// The worker, from 1.
    pub worker: usize,
    /// The accounts that it holds.
    pub holds: Vec<u64>,
    /// The account that it waits for.
    pub wants: Option<u64>,
}

/// A run's ledger as it was at one moment, exactly.
#[derive(Clone, Debug, Serialize)]
pub struct Sample {
    /// The moment, in the order of the trail.
    pub timestamp: JsonU128,
    /// Coins in all accounts but `@world`'s.
    pub held: CheckValue,
    /// Coins that `@world` owes.
    pub issued: CheckValue,
    /// What is held less what was issued: 0, unless money was made or lost.
    pub difference: CheckValue,
    /// Coins that pending transfers hold.
    pub pending: CheckValue,
    /// How many accounts there were.
    pub accounts: usize,
    /// How many neighbouring accounts one cell stands for.
    pub accounts_each: usize,
    /// Coins of each cell.
    #[serde(skip)]
    pub balances: Vec<f64>,
    /// Coins of each cell that pending transfers hold.
    #[serde(skip)]
    pub held_pending: Vec<f64>,
    /// How often the accounts of each cell have changed.
    #[serde(skip)]
    pub changes: Vec<f64>,
    /// Who waits for what. Only unordered latches tell.
    pub waiting: Vec<Waits>,
    /// How long operations took since the look before.
    pub latency: LatencySample,
}

impl Run {
    /// Looks at the ledger, in at most `cells_max` cells, at least one. It stops no worker, and waits for latches
    /// that are held; it takes some 100 ns an account.
    pub fn sample(&self, cells_max: usize) -> Sample {
        // First: a snapshot waits for latches that are held, and so for the end of a deadlock.
        let waiting = self.waiting();
        let Snapshot { timestamp, accounts } = self.ledger.snapshot();
        let mut money = Money::default();
        for account in &accounts {
            money.add(account, self.layout.is_world(account.id));
        }
        let accounts_each = accounts.len().div_ceil(cells_max.max(1)).max(1);
        let sum = |value: fn(&AccountState) -> f64| {
            let cells = accounts.chunks(accounts_each);
            cells.map(|cell| cell.iter().map(value).sum()).collect()
        };
        Sample {
            timestamp: JsonU128(timestamp.into()),
            held: CheckValue::signed(money.held),
            issued: CheckValue::signed(money.issued),
            difference: CheckValue::signed(money.held - money.issued),
            pending: CheckValue::signed(money.pending),
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
        let place = |id: u128| {
            id.checked_sub(AccountLayout::WORLD_ID).and_then(|id| u64::try_from(id).ok())
        };
        let waiting = self.ledger.waiting().into_iter().map(|(worker, holds, wants)| Waits {
            worker,
            holds: holds.into_iter().filter_map(place).collect(),
            wants: place(wants),
        });
        waiting.collect()
    }

    fn latency(&self) -> LatencySample {
        let mut sum = Times::new();
        for shown in &self.times {
            shown.add_to(&mut sum);
        }
        let mut looked = lock(&self.looked);
        let latency = LatencySample::since(&looked, &sum);
        *looked = sum;
        latency
    }
}

/// Sums over all accounts.
#[derive(Default)]
struct Money {
    held: i128,
    issued: i128,
    pending: i128,
}

impl Money {
    fn add(&mut self, account: &AccountState, is_world: bool) {
        match is_world {
            true => self.issued = self.issued.saturating_sub(balance(account)),
            false => self.held = self.held.saturating_add(balance(account)),
        }
        let pending = i128::try_from(account.debits_pending).unwrap_or(i128::MAX);
        self.pending = self.pending.saturating_add(pending);
    }
}
