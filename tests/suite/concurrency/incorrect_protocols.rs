//! The protocols that are incorrect on purpose fail as documented, every time, and in no other way.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::without_hanging;
use super::{
    all_at_once, assert_verified, attempt, attempts_in_trail, ended, ledger_under, verify,
};
use crate::common::{account, limited, pay, transfer};
use ledgerlab::ledger::{Cancellation, Clock, Writer};
use ledgerlab::model::{CreateTransferStatus as T, Transfer, TransferFlags as F};
use ledgerlab::scenarios::Protocol;

/// The transfers of a chain. It takes long between reading and writing its accounts, so a thread
/// that shares its processor is usually preempted there.
const CHAIN: u128 = 300;

/// Chains of one thread, and plain payments of the other, between two checks. Two threads with
/// chains would not race: id reservation is shared by all protocols and serializes them.
const BETWEEN_LOOKS: [u128; 2] = [20, 10_000];

/// Checks without a divergence after which a run has failed to diverge. The bound is high, so that
/// other load only delays it.
const ROUNDS_MAX: u128 = 250;

/// Executes a chain of payments of 1 between two accounts. Returns the status of the first.
fn pay_by_chain(writer: &mut Writer, from: u128, to: u128) -> T {
    let mut one = |at| {
        let flags = if at < CHAIN { F::LINKED } else { F::empty() };
        attempt(Transfer { id: writer.new_id(), flags, ..transfer(from, to, 1) })
    };
    let chain: Vec<_> = (1..=CHAIN).map(&mut one).collect();
    let outcomes = writer.create_transfers_with(&chain, &Cancellation::never());
    outcomes.expect("the trail has room")[0].status
}

/// Returns whether replay diverges when two threads pay into one account.
fn unguarded_diverges() -> bool {
    let (ledger, mut writers, _) =
        ledger_under(Protocol::NoLocks, 2, &[account(1), account(2), account(3)]);
    for round in 1..=ROUNDS_MAX {
        let [chains, payments] = BETWEEN_LOOKS;
        all_at_once(&mut writers, |number, writer| {
            if number == 0 {
                (0..chains).for_each(|_| assert_eq!(pay_by_chain(writer, 2, 1), T::Created));
            } else {
                (0..payments).for_each(|_| pay(writer, 3, 1, 1));
            }
        });
        // Replay reads the whole trail, so it runs only when a divergence is likely.
        let received = ledger.account(1).expect("it is there").credits_posted;
        if received != round * (chains * CHAIN + payments) {
            let divergence = verify(&ledger).expect_err("a payment was lost");
            let sentence = divergence.to_string();
            assert!(sentence.contains("a serial run says"), "{sentence}");
            return true;
        }
    }
    false
}

#[test]
fn no_locks_fails_replay_in_20_of_20_runs() {
    let found = (0..20).filter(|_| unguarded_diverges()).count();
    assert_eq!(found, 20);
}

/// A clock that passes every deadline after a hundred readings, long before a cycle resolves by
/// itself.
#[derive(Default)]
struct Hundred(Cell<u64>);

impl Clock for Hundred {
    fn now_ns(&self) -> u64 {
        self.0.set(self.0.get() + 1);
        self.0.get() / 100
    }
}

/// Unordered locks on a ring of accounts deadlock until a deadline aborts a thread. All executed
/// transfers are correct. A cycle of two resolves by itself, a cycle of three by deadlines.
#[test]
fn unordered_locks_end_in_deadline_exceeded_and_lose_no_update() {
    for threads in [2, 3] {
        // Threads that share one processor may miss each other for a while.
        assert!((0..20).any(|_| ring_meets(threads)), "{threads} threads never met in a circle");
    }
}

/// Polls the wait-for graph of two threads that pay each other until it shows the cycle.
#[test]
fn unordered_locks_report_the_wait_cycle() {
    without_hanging(|| {
        let (ledger, mut writers, _) =
            ledger_under(Protocol::UnorderedLocks, 2, &[account(71), account(72), account(73)]);
        assert_eq!(ledger.waiting(), []);
        let (found, done) = (AtomicBool::new(false), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for (writer, [from, to]) in writers.iter_mut().zip([[71, 72], [72, 71]]) {
                let (found, done) = (&found, &done);
                scope.spawn(move || {
                    for _ in 0..1_000_000 {
                        if found.load(Ordering::Relaxed) {
                            break;
                        }
                        let payment = transfer(from, to, 1);
                        let outcome = writer.create_transfer(&payment);
                        outcome.expect("the trail has room");
                    }
                    done.fetch_add(1, Ordering::Relaxed);
                });
            }
            let circle = [(0, vec![71], 72), (1, vec![72], 71)];
            while !found.load(Ordering::Relaxed) && done.load(Ordering::Relaxed) < 2 {
                found.store(ledger.waiting() == circle, Ordering::Relaxed);
                std::thread::yield_now();
            }
        });
        assert!(found.into_inner(), "they were never found in a circle");
        assert_eq!(ledger.waiting(), []);
        assert_verified(&ledger, "unordered, with live inspection");
    });
}

/// Returns whether a deadline passed. The run must be correct in both cases.
fn ring_meets(threads: u32) -> bool {
    let ledger = without_hanging(move || {
        let ring = u128::from(threads);
        let mut accounts: Vec<_> = (1..=ring).map(limited).collect();
        accounts.push(account(9));
        let (ledger, mut writers, mut setup) =
            ledger_under(Protocol::UnorderedLocks, threads as usize + 1, &accounts);
        (1..=ring).for_each(|id| pay(&mut setup, 9, id, 1_000_000));
        let before = attempts_in_trail(&ledger);
        let (made, late) = (AtomicU64::new(0), AtomicU64::new(0));
        // Until a deadline passes, and no longer than only a hang would take.
        let goes_on = |done: u64| late.load(Ordering::Relaxed) == 0 && done < 1_000_000;
        let report = |attempts: u64, status| {
            made.fetch_add(attempts, Ordering::Relaxed);
            late.fetch_add(
                if status == T::DeadlineExceeded { attempts } else { 0 },
                Ordering::Relaxed,
            );
        };
        all_at_once(&mut writers, |number, writer| {
            let mut done = 0;
            // One thread holds the second account for long, so that others queue for it while they
            // hold accounts of their own.
            while number == u64::from(threads) && goes_on(done) {
                report(CHAIN as u64, pay_by_chain(writer, 2, 9));
                done += CHAIN as u64;
            }
            let from = 1 + u128::from(number);
            let payment = transfer(from, from % ring + 1, 1 + from);
            let clock = Hundred::default();
            let never = Cancellation::never();
            let cancellation = if threads == 2 { never } else { never.with_deadline(&clock, 0) };
            while number < u64::from(threads) && goes_on(done) {
                clock.0.set(0);
                let outcome = writer.create_transfer_with(&payment, &cancellation);
                report(1, outcome.expect("the trail has room").status);
                done += 1;
            }
        });
        assert_eq!(attempts_in_trail(&ledger), before + made.into_inner());
        assert_eq!(ended(&ledger, T::DeadlineExceeded), late.into_inner());
        ledger
    });
    let balances = ledger.accounts().map(|one| one.balance().expect("it is small"));
    assert_eq!(balances.sum::<i128>(), 0);
    assert_verified(&ledger, &format!("unordered, {threads} threads"));
    ended(&ledger, T::DeadlineExceeded) > 0
}
