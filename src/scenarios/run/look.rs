//! A look at a run's book while its workers are at work: the money at one moment, and how it is spread.

use serde::Serialize;

use super::{Run, balance, lock};
use crate::book::Snapshot;
use crate::model::AccountState;
use crate::model::amounts::Exact;
use crate::scenarios::latency::{LatencyLook, Times};
use crate::scenarios::{Cast, Figure};

/// What a worker holds and what it waits for, as places of accounts in the cast.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waits {
    /// The worker, from 1.
    pub worker: usize,
    /// The accounts that it holds.
    pub holds: Vec<u64>,
    /// The account that it waits for.
    pub wants: Option<u64>,
}

/// A run's book as it was at one moment, exactly.
#[derive(Clone, Debug, Serialize)]
pub struct Look {
    /// The moment, in the order of the trail.
    pub timestamp: Exact,
    /// Coins in all accounts but `@world`'s.
    pub held: Figure,
    /// Coins that `@world` owes.
    pub issued: Figure,
    /// What is held less what was issued: 0, unless money was made or lost.
    pub difference: Figure,
    /// Coins that pending transfers hold.
    pub pending: Figure,
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
    pub latency: LatencyLook,
}

impl Run {
    /// Looks at the book, in at most `cells_max` cells, at least one. It stops no worker, and waits for latches
    /// that are held; it takes some 100 ns an account.
    pub fn look(&self, cells_max: usize) -> Look {
        // First: a snapshot waits for latches that are held, and so for the end of a deadlock.
        let waiting = self.waiting();
        let Snapshot { timestamp, accounts } = self.book.snapshot();
        let mut money = Money::default();
        for account in &accounts {
            money.add(account, self.cast.is_world(account.id));
        }
        let accounts_each = accounts.len().div_ceil(cells_max.max(1)).max(1);
        let sum = |value: fn(&AccountState) -> f64| {
            let cells = accounts.chunks(accounts_each);
            cells.map(|cell| cell.iter().map(value).sum()).collect()
        };
        Look {
            timestamp: Exact(timestamp.into()),
            held: Figure::signed(money.held),
            issued: Figure::signed(money.issued),
            difference: Figure::signed(money.held - money.issued),
            pending: Figure::signed(money.pending),
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
        let place = |id: u128| id.checked_sub(Cast::WORLD_ID).and_then(|id| u64::try_from(id).ok());
        let waiting = self.book.waiting().into_iter().map(|(worker, holds, wants)| Waits {
            worker,
            holds: holds.into_iter().filter_map(place).collect(),
            wants: place(wants),
        });
        waiting.collect()
    }

    fn latency(&self) -> LatencyLook {
        let mut sum = Times::new();
        for shown in &self.times {
            shown.add_to(&mut sum);
        }
        let mut looked = lock(&self.looked);
        let latency = LatencyLook::since(&looked, &sum);
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
