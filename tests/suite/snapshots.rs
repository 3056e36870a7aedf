//! Snapshots while writers run: each is the serial run at the snapshot's timestamp.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Scope, ScopedJoinHandle};

use crate::common::trail_prefix::{until, verify};
use crate::common::{self, account, limited, open, pay, transfer};
use ledgerlab::ledger::{Cancellation, Ledger, LedgerConfig, Snapshot, Verification, Writer};
use ledgerlab::model::{
    AccountBalances, AccountFlags, Transfer, TransferAttempt, TransferFlags as F,
};
use ledgerlab::scenarios::{Protocol, Random, open_ledger};
use ledgerlab::trail::Seal;

const WRITERS: usize = 3;
const ACCOUNTS: u128 = 24;

/// Executes plain transfers, chains, pending transfers that are posted, voided or expire, balancing
/// transfers and new accounts.
fn mixed(number: u64, writer: &mut Writer, stop: &AtomicBool) {
    let mut random = Random::new(5, number);
    let mut round = 0_u64;
    while !stop.load(Ordering::Relaxed) && round < 40_000 {
        round += 1;
        let from = 1 + u128::from(random.below(ACCOUNTS as u64));
        let to = 1 + (from + u128::from(random.below(ACCOUNTS as u64 - 1))) % ACCOUNTS;
        let plain = transfer(from, to, u128::from(random.below(9)));
        let mut unit = |events: Vec<Transfer>| {
            let attempt = |transfer| TransferAttempt { transfer, ..TransferAttempt::default() };
            let unit: Vec<_> = events.into_iter().map(attempt).collect();
            writer
                .create_transfers_with(&unit, &Cancellation::never())
                .expect("the trail has room");
        };
        let id = u128::from(number) << 64 | u128::from(round) << 8;
        let ends = |flags| Transfer {
            id: id + 1,
            pending_id: id,
            amount: if flags == F::POST_PENDING_TRANSFER { u128::MAX } else { 0 },
            flags,
            ..Transfer::default()
        };
        match random.below(40) {
            0 => unit(vec![
                Transfer { id, flags: F::LINKED, ..plain },
                Transfer { id: id + 1, ..transfer(to, from, 3) },
            ]),
            1 => unit(vec![
                Transfer { id, flags: F::PENDING, ..plain },
                ends(F::POST_PENDING_TRANSFER),
            ]),
            2 => unit(vec![
                Transfer { id, flags: F::PENDING, ..plain },
                ends(F::VOID_PENDING_TRANSFER),
            ]),
            3 => unit(vec![Transfer { id, timeout: 1, flags: F::PENDING, ..plain }]),
            4 => unit(vec![Transfer { id, flags: F::BALANCING_DEBIT, ..plain }]),
            5 => drop(writer.create_account(&account(1_000 + id)).expect("the trail has room")),
            6 => writer.set_time(round * 500_000).expect("the trail has room"),
            _ => drop(writer.create_transfer(&plain).expect("the trail has room")),
        }
    }
}

/// Starts [`mixed`] on all writers but the last.
fn start<'scope>(
    scope: &'scope Scope<'scope, '_>,
    writers: &'scope mut [Writer],
    stop: &'scope AtomicBool,
) -> Vec<ScopedJoinHandle<'scope, ()>> {
    let writers = writers[..WRITERS].iter_mut().enumerate();
    let started =
        writers.map(|(number, writer)| scope.spawn(move || mixed(number as u64, writer, stop)));
    started.collect()
}

/// Waits until a writer has recorded something after this timestamp, or all have ended.
fn wait_for_entries(ledger: &Ledger, timestamp: u64, writers: &[ScopedJoinHandle<'_, ()>]) {
    while ledger.trail().last_timestamp() == timestamp
        && !writers.iter().all(ScopedJoinHandle::is_finished)
    {
        std::thread::yield_now();
    }
}

fn snapshots_beside_writers(protocol: Protocol, snapshots: usize) {
    let config = LedgerConfig { writers: WRITERS + 1, ..LedgerConfig::default() };
    let (ledger, mut writers) = open_ledger(&config, protocol).expect("the configuration is sound");
    let setup = &mut writers[WRITERS];
    open(setup, &[account(9_999)]);
    for id in 1..=ACCOUNTS {
        open(setup, &[limited(id)]);
        pay(setup, 9_999, id, 1_000);
    }
    let stop = AtomicBool::new(false);
    let mut verified = Vec::new();
    let taken: Vec<Snapshot> = std::thread::scope(|scope| {
        let started = start(scope, &mut writers, &stop);
        let taken = (0..snapshots).map(|number| {
            wait_for_entries(&ledger, ledger.trail().last_timestamp(), &started);
            if number % 5 == 1 {
                let verification = ledger.verify_beside_writers(1, &Cancellation::never());
                verified.push(verification.expect("it is not cancelled"));
            }
            ledger.snapshot()
        });
        let taken = taken.collect();
        stop.store(true, Ordering::Relaxed);
        taken
    });
    let last = ledger.snapshot();
    for Verification { timestamp, result, .. } in verified {
        let prefix = until(ledger.trail(), timestamp);
        assert_eq!(result, Ok(prefix.count_entries()), "at {timestamp}");
    }
    let whole = ledger.verify_beside_writers(2, &Cancellation::never()).expect("not cancelled");
    assert_eq!(whole.result, Ok(ledger.trail().count_entries()));
    assert_eq!(whole.trail_hash, Seal::of(ledger.trail()).trail_hash());
    assert!(taken.is_sorted_by(|one, next| one.timestamp <= next.timestamp));
    assert!(taken[snapshots - 1].timestamp > taken[0].timestamp, "nothing happened meanwhile");
    for snapshot in taken.iter().chain([&last]) {
        verify(&ledger, snapshot);
    }
    assert_eq!(last.accounts, ledger.accounts().collect::<Vec<_>>());
}

#[test]
fn snapshot_is_a_serial_prefix_with_ordered_locks() {
    snapshots_beside_writers(Protocol::OrderedLocks, 40);
}

#[test]
fn snapshot_is_a_serial_prefix_with_global_lock() {
    snapshots_beside_writers(Protocol::GlobalLock, 15);
}

#[test]
fn snapshot_is_a_serial_prefix_with_optimistic() {
    snapshots_beside_writers(Protocol::Optimistic, 15);
}

/// The states of accounts at moments that were asked for while writers ran are those that the trail
/// leads to.
#[test]
fn past_states_beside_writers_are_those_of_the_trail() {
    let config = LedgerConfig { writers: WRITERS + 1, ..LedgerConfig::default() };
    let (ledger, mut writers) =
        open_ledger(&config, Protocol::OrderedLocks).expect("the configuration is sound");
    let setup = &mut writers[WRITERS];
    open(setup, &[account(9_999)]);
    for id in 1..=ACCOUNTS {
        open(setup, &[limited(id)]);
        pay(setup, 9_999, id, 1_000);
    }
    let never = Cancellation::never();
    let stop = AtomicBool::new(false);
    let mut asked = Vec::new();
    std::thread::scope(|scope| {
        let mut earlier = ledger.trail().last_timestamp();
        let started = start(scope, &mut writers, &stop);
        for round in 0..100 {
            let id = 1 + round % ACCOUNTS;
            let timestamp = ledger.trail().last_timestamp();
            for at in [timestamp, earlier, earlier + (timestamp - earlier) / 2] {
                let state = ledger.account_at(id, at, &never).expect("it is not cancelled");
                asked.push((id, at, state.expect("it existed")));
            }
            if round % 10 == 0 {
                earlier = timestamp;
            }
            wait_for_entries(&ledger, timestamp, &started);
        }
        stop.store(true, Ordering::Relaxed);
    });
    let histories: Vec<Vec<AccountBalances>> = (0..=ACCOUNTS)
        .map(|id| {
            let mut history = Vec::new();
            ledger.follow_account(id, |balances| history.push(*balances));
            history.push(AccountBalances::default());
            history.reverse();
            history
        })
        .collect();
    let mut is_past = false;
    for (id, at, state) in asked {
        let again = ledger.account_at(id, at, &never).expect("it is not cancelled");
        assert_eq!(again, Some(state), "account {id} at {at}");
        let history = &histories[id as usize];
        // The first is that of the new account, with version 0.
        let version = history.partition_point(|balances| balances.timestamp <= at) - 1;
        is_past |= version + 1 < history.len();
        let expected = history[version];
        let found = AccountBalances {
            debits_pending: state.debits_pending,
            debits_posted: state.debits_posted,
            credits_pending: state.credits_pending,
            credits_posted: state.credits_posted,
            timestamp: expected.timestamp,
        };
        assert_eq!((found, state.version), (expected, version as u64), "account {id} at {at}");
    }
    assert!(is_past, "nothing happened after the moments");
}

#[test]
fn state_before_creation_and_of_closed_accounts() {
    let (ledger, mut writers) = common::ledger(2);
    let never = Cancellation::never();
    let at = |id, timestamp| ledger.account_at(id, timestamp, &never).expect("it is not cancelled");
    open(&mut writers[0], &[account(1)]);
    let before = ledger.trail().last_timestamp();
    open(&mut writers[0], &[account(2)]);
    assert!(at(1, before).is_some() && at(2, before).is_none() && at(3, before).is_none());
    // One writer closes the account and the other reopens it.
    let close = Transfer { id: 10, flags: F::PENDING | F::CLOSING_DEBIT, ..transfer(1, 2, 0) };
    let mut moments = vec![ledger.trail().last_timestamp()];
    for (writer, one) in [(0, close), (1, Transfer::void(10).with_id(11))] {
        writers[writer].create_transfer(&one).expect("the trail has room");
        moments.push(ledger.trail().last_timestamp());
    }
    let closed = moments.iter().map(|&moment| {
        let state = at(1, moment).expect("it exists");
        state.flags().contains(AccountFlags::CLOSED)
    });
    assert!(closed.eq([false, true, false]));
}

#[test]
fn empty_ledger_has_an_empty_snapshot() {
    let (ledger, _writers) = common::ledger(1);
    assert_eq!(ledger.snapshot(), Snapshot { timestamp: 0, accounts: Vec::new() });
}
