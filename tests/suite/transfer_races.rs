//! Races between native threads, one test per invariant.

use std::cell::Cell;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::common::{self, account, ledger, limited, transfer};
use ledgerlab::ledger::{Cancellation, Clock};
use ledgerlab::model::{CreateAccountStatus, CreateTransferStatus};
use ledgerlab::trail::replay;

/// Threads of every race: more than there are processors, so that latch holders are preempted.
const THREADS: usize = 4;

/// Attempts of each thread.
const ATTEMPTS: u64 = 50_000;

/// Two accounts that pay each other as fast as possible, where a lost update is most likely.
fn duel() -> (std::sync::Arc<ledgerlab::ledger::Ledger>, u64) {
    let (ledger, mut writers) = ledger(THREADS + 1);
    let setup = &mut writers[THREADS];
    common::open(setup, &[account(1), limited(2), limited(3)]);
    common::pay(setup, 1, 2, 1_000);
    common::pay(setup, 1, 3, 1_000);
    let barrier = Barrier::new(THREADS);
    let accepted = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for (number, writer) in writers[..THREADS].iter_mut().enumerate() {
            let (barrier, accepted) = (&barrier, &accepted);
            scope.spawn(move || {
                barrier.wait();
                for attempt in 0..ATTEMPTS {
                    let is_even = (number as u64 + attempt).is_multiple_of(2);
                    let (from, to) = if is_even { (2, 3) } else { (3, 2) };
                    let amount = 1 + u128::from(attempt % 700);
                    let outcome = writer.create_transfer(&transfer(from, to, amount));
                    let status = outcome.expect("the trail has room").status;
                    accepted.fetch_add(
                        u64::from(status == CreateTransferStatus::Created),
                        Ordering::Relaxed,
                    );
                }
            });
        }
    });
    (ledger, accepted.into_inner())
}

#[test]
fn money_is_conserved() {
    let (ledger, _) = duel();
    let balance = |id| ledger.account(id).expect("it was opened").balance().expect("it is small");
    assert_eq!(balance(2) + balance(3), 2_000);
    assert_eq!(balance(1), -2_000);
    let debits: u128 = ledger.accounts().map(|account| account.debits_posted).sum();
    let credits: u128 = ledger.accounts().map(|account| account.credits_posted).sum();
    assert_eq!(debits, credits);
}

#[test]
fn account_limit_is_never_exceeded() {
    let (ledger, accepted) = duel();
    assert!(ledger.accounts().all(|account| account.is_within_limits()));
    let attempts = THREADS as u64 * ATTEMPTS;
    assert!(accepted > 0 && accepted < attempts, "{accepted} of {attempts}: no limit was tried");
}

#[test]
fn attempts_add_one_entry_and_changes_one_version() {
    let (ledger, accepted) = duel();
    let setup = 5;
    assert_eq!(ledger.trail().len(), setup + THREADS as u64 * ATTEMPTS);
    for id in [2, 3] {
        let account = ledger.account(id).expect("it was opened");
        assert_eq!(account.version, 1 + accepted, "account {id}");
    }
}

#[test]
fn timestamps_are_totally_ordered() {
    let (ledger, _) = duel();
    let mut last = 0;
    for recorded in ledger.trail().in_order() {
        let entry = recorded.entry;
        assert!(entry.timestamp > last, "{} after {last}", entry.timestamp);
        last = entry.timestamp;
    }
    let mut ids: Vec<u128> = ledger.trail().in_order().map(|recorded| recorded.entry.id).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "two attempts bear the same id");
}

#[test]
fn racing_transfers_equal_a_serial_run() {
    let (ledger, _) = duel();
    let replayed = replay::verify(ledger.trail(), ledger.accounts(), |_| {});
    assert_eq!(replayed, Ok(ledger.trail().len()));
}

/// A concurrent reader of the trail sees whole entries, in each writer's order.
#[test]
fn readers_see_whole_entries() {
    let (ledger, mut writers) = ledger(2);
    common::open(&mut writers[0], &[account(1), account(2)]);
    let setup = ledger.trail().len();
    std::thread::scope(|scope| {
        for writer in &mut writers {
            scope.spawn(|| {
                for _ in 0..ATTEMPTS {
                    common::pay(writer, 1, 2, 7);
                }
            });
        }
        let mut read = [(setup, 0), (0, 0)];
        while read.iter().map(|(position, _)| position).sum::<u64>() < setup + 2 * ATTEMPTS {
            for (segment, (position, last)) in ledger.trail().segments().zip(&mut read) {
                while let Some(entry) = segment.get(*position) {
                    assert!(entry.timestamp > *last, "{entry} after {last}");
                    assert_eq!(entry.amount, 7, "{entry}");
                    (*position, *last) = (*position + 1, entry.timestamp);
                }
            }
        }
    });
}

/// Accounts are opened while other threads pay to and from them. A rejection because an account
/// does not exist must precede its creation in the serial order.
#[test]
fn absent_account_orders_before_its_creation() {
    const ACCOUNTS: u64 = 2_000;
    let (ledger, mut writers) = ledger(THREADS);
    let barrier = Barrier::new(THREADS);
    let (missing, found) = (AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for (number, writer) in writers.iter_mut().enumerate() {
            let (barrier, missing, found) = (&barrier, &missing, &found);
            scope.spawn(move || {
                barrier.wait();
                for position in 0..ACCOUNTS {
                    let id = 1 + u128::from(position);
                    if number % 2 == 0 {
                        // Two threads race for every id: one of them gets `exists`.
                        let status =
                            writer.create_account(&account(id)).expect("the trail has room");
                        assert!(matches!(
                            status.status,
                            CreateAccountStatus::Created | CreateAccountStatus::Exists
                        ));
                    } else {
                        let payment = transfer(id, id % u128::from(ACCOUNTS) + 1, 1);
                        let outcome = writer.create_transfer(&payment);
                        match outcome.expect("the trail has room").status {
                            CreateTransferStatus::Created => found.fetch_add(1, Ordering::Relaxed),
                            _ => missing.fetch_add(1, Ordering::Relaxed),
                        };
                    }
                }
            });
        }
    });
    assert_eq!(ledger.accounts().count() as u64, ACCOUNTS);
    assert_eq!(
        missing.into_inner() + found.into_inner(),
        THREADS as u64 / 2 * ACCOUNTS,
        "every payment was answered"
    );
    let replayed = replay::verify(ledger.trail(), ledger.accounts(), |_| {});
    assert_eq!(replayed, Ok(ledger.trail().len()));
}

/// A clock that passes every deadline from its second reading on: the first is before an attempt
/// begins, the others while it waits.
#[derive(Default)]
struct LateWhileWaiting(Cell<u64>);

impl Clock for LateWhileWaiting {
    fn now_ns(&self) -> u64 {
        if self.0.replace(self.0.get() + 1) == 0 { 0 } else { u64::MAX }
    }
}

/// A waiting attempt is ended by its deadline or its caller, leaves its entry, and changes nothing.
#[test]
fn aborted_attempt_changes_nothing_and_is_recorded() {
    let (ledger, mut writers) = ledger(3);
    common::open(&mut writers[0], &[account(1), account(2)]);
    // The cancelled attempt is rejected before it reads any account.
    let cancel = AtomicU64::new(1);
    let cancelled = Cancellation::never().with_flag(&cancel);
    let outcome = writers[1].create_transfer_with(&transfer(1, 2, 5), &cancelled);
    assert_eq!(outcome.expect("the trail has room").status, CreateTransferStatus::Cancelled);
    // The late attempt competes with a thread that never pauses, and gives up when it finds a latch
    // held.
    let (rest, hustle) = writers.split_at_mut(2);
    let (late, done) = (&mut rest[1], AtomicU64::new(0));
    std::thread::scope(|scope| {
        let (hustler, done) = (&mut hustle[0], &done);
        scope.spawn(move || {
            while done.load(Ordering::Relaxed) == 0 && hustler.entries() < 5_000_000 {
                let outcome = hustler.create_transfer(&transfer(1, 2, 1));
                outcome.expect("the trail has room");
            }
        });
        let clock = LateWhileWaiting::default();
        let cancellation = Cancellation::never().with_deadline(&clock, 0);
        for _ in 0..5_000_000 {
            clock.0.set(0);
            let outcome = late.create_transfer_with(&transfer(1, 2, 1), &cancellation);
            if outcome.expect("the trail has room").status == CreateTransferStatus::DeadlineExceeded
            {
                done.store(1, Ordering::Relaxed);
                break;
            }
        }
        let met = done.swap(1, Ordering::Relaxed);
        assert_eq!(met, 1, "the late one never found a latch held");
    });
    let late_entry = ledger.trail().in_order().filter(|one| one.writer == 1).last();
    let late_entry = late_entry.expect("it wrote entries");
    assert_eq!(late_entry.entry.status_name(), Some("deadline_exceeded"));
    let replayed = replay::verify(ledger.trail(), ledger.accounts(), |_| {});
    assert_eq!(replayed, Ok(ledger.trail().len()));
}
