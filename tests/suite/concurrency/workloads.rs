//! Workloads of different shapes. Attempts are random, so threads contend at unplanned places.

use std::ops::RangeInclusive;

use super::attempt;
use crate::common::{account, limited, transfer};
use ledgerlab::ledger::{Cancellation, Writer};
use ledgerlab::model::{Account, Transfer, TransferAttempt, TransferFlags as F};
use ledgerlab::scenarios::Random;

/// The unlimited account that funds the others.
pub(super) const WORLD: u128 = 1_000_000;

/// The state of one thread.
pub(super) struct Load<'a> {
    pub(super) writer: &'a mut Writer,
    pub(super) random: Random,
    /// The thread's number, and the number of threads.
    pub(super) number: u64,
    pub(super) threads: u64,
    /// The number of its attempts.
    pub(super) attempts: u64,
}

impl Load<'_> {
    fn below(&mut self, bound: u64) -> u128 {
        self.random.below(bound).into()
    }

    fn try_one(&mut self, transfer: &Transfer) {
        self.writer.create_transfer(transfer).expect("the trail has room");
        self.attempts += 1;
    }

    fn try_each(&mut self, transfers: &[Transfer]) {
        let on_result = |_| self.attempts += 1;
        self.writer
            .create_each(transfers, &Cancellation::never(), on_result)
            .expect("the trail has room");
    }

    fn try_batch(&mut self, batch: &[TransferAttempt]) {
        let outcomes = self.writer.create_transfers_with(batch, &Cancellation::never());
        self.attempts += outcomes.expect("the trail has room").len() as u64;
    }
}

/// A workload: the number of limited accounts, with ids from 1, and the function of one step.
pub(super) struct Shape {
    pub(super) name: &'static str,
    pub(super) accounts: RangeInclusive<u128>,
    /// Steps per thread.
    pub(super) steps: u64,
    pub(super) step: fn(&mut Load<'_>),
}

impl Shape {
    /// Returns the accounts to open, including the world's.
    pub(super) fn to_open(&self) -> Vec<Account> {
        self.accounts.clone().map(limited).chain([account(WORLD)]).collect()
    }
}

pub(super) const SHAPES: [Shape; 7] = [
    Shape { name: "two hot accounts", accounts: 1..=2, steps: 150, step: two_hot_accounts },
    Shape { name: "one hot account", accounts: 1..=9, steps: 1_500, step: one_hot_account },
    Shape { name: "a ring", accounts: 1..=4, steps: 1_500, step: ring },
    Shape { name: "1,000 accounts", accounts: 1..=1_000, steps: 150, step: many_accounts },
    Shape { name: "chains", accounts: 1..=4, steps: 400, step: chains },
    Shape { name: "two phases, and expiry", accounts: 1..=2, steps: 400, step: two_phases },
    Shape {
        name: "ids that all writers supply",
        accounts: 1..=2,
        steps: 1_000,
        step: supplied_ids,
    },
];

fn two_hot_accounts(load: &mut Load<'_>) {
    let mut group = [Transfer::default(); 20];
    for (index, one) in (load.number..).zip(&mut group) {
        let (from, to) = if index % 2 == 0 { (1, 2) } else { (2, 1) };
        *one = transfer(from, to, 1 + load.below(700));
    }
    load.try_each(&group);
}

fn one_hot_account(load: &mut Load<'_>) {
    let other = 2 + load.below(8);
    let (from, to) = if load.below(2) == 0 { (1, other) } else { (other, 1) };
    let amount = load.below(400);
    load.try_one(&transfer(from, to, amount));
}

fn ring(load: &mut Load<'_>) {
    let from = 1 + (u128::from(load.number) + load.below(2)) % 4;
    let amount = 1 + load.below(600);
    load.try_one(&transfer(from, from % 4 + 1, amount));
}

fn many_accounts(load: &mut Load<'_>) {
    let mut group = [Transfer::default(); 20];
    for one in &mut group {
        // Sometimes the same account twice, or one that does not exist.
        *one = transfer(1 + load.below(1_000), 1 + load.below(1_001), load.below(300));
    }
    load.try_each(&group);
}

/// Moves money in rings of linked transfers, and by plain transfers between the same accounts.
fn chains(load: &mut Load<'_>) {
    let mut unit = Vec::new();
    for step in 0..3 {
        let from = 1 + load.below(4);
        let to = 1 + (from + load.below(3)) % 4;
        let flags = if step < 2 { F::LINKED } else { F::empty() };
        let id = load.writer.new_id();
        unit.push(attempt(Transfer { id, flags, ..transfer(from, to, load.below(400)) }));
    }
    load.try_batch(&unit);
    load.try_one(&transfer(1, 2, 1));
    load.try_one(&transfer(2, 3, 1));
}

/// Every thread posts or voids what any thread made pending, unless it has expired.
fn two_phases(load: &mut Load<'_>) {
    let id = 1 + load.attempts * load.threads + load.number;
    let timeout = load.random.below(3) as u32;
    let hold = Transfer { id: id.into(), timeout, flags: F::PENDING, ..transfer(1, 2, 5) };
    load.try_one(&hold);
    let pending_id = 1 + load.below(id);
    let voids = load.below(2) == 0;
    let flags = if voids { F::VOID_PENDING_TRANSFER } else { F::POST_PENDING_TRANSFER };
    let amount = if voids { 0 } else { load.below(6) };
    load.try_one(&Transfer { id: 0, pending_id, flags, amount, ..Transfer::default() });
    load.try_one(&transfer(2, 1, 3));
    let now = load.writer.time() + load.random.below(4_000_000);
    load.writer.set_time(now).expect("the trail has room");
}

/// All threads supply the same ids, sometimes with different amounts.
fn supplied_ids(load: &mut Load<'_>) {
    let id = 1 + u128::from(load.attempts);
    let amount = 1 + load.below(10) / 9;
    let (from, to) = if load.below(20) == 0 { (2, 1) } else { (1, 2) };
    load.try_one(&Transfer { id, ..transfer(from, to, amount) });
}
