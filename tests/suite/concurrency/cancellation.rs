//! Cancelled and late attempts: earlier units stay, later ones do not happen, and each has its
//! entry.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::{CORRECT, NEVER_LOSING, assert_verified, attempt, attempts_in_trail, ledger_under};
use super::{all_at_once, without_hanging};
use crate::common::{account, transfer};
use ledgerlab::ledger::{Cancellation, Clock, Ledger};
use ledgerlab::model::{CreateTransferStatus as T, Transfer, TransferAttempt, TransferFlags as F};
use ledgerlab::scenarios::Protocol;
use ledgerlab::trail::EntryKind;

/// A clock that counts its readings and runs a closure at each.
struct Ticking<F>(Cell<u64>, F);

impl<F: Fn(u64)> Ticking<F> {
    fn new(each: F) -> Self {
        Self(Cell::new(0), each)
    }
}

impl<F: Fn(u64)> Clock for Ticking<F> {
    fn now_ns(&self) -> u64 {
        self.0.set(self.0.get() + 1);
        self.1(self.0.get());
        self.0.get()
    }
}

/// Returns the statuses of the trail's last entries, all of one writer.
fn last_statuses(ledger: &Ledger, count: usize) -> Vec<T> {
    let entries = ledger.trail().in_order().filter(|one| one.entry.kind == EntryKind::Transfer);
    let all: Vec<_> = entries.filter_map(|one| one.entry.transfer_status()).collect();
    all[all.len() - count..].to_vec()
}

/// Six linked pairs, each followed by a single transfer.
fn pairs_and_singles() -> Vec<TransferAttempt> {
    let one = |id, flags| attempt(Transfer { id, flags, ..transfer(1, 2, 1) });
    let three = |at: u128| [one(at, F::LINKED), one(at + 1, F::empty()), one(at + 2, F::empty())];
    (0..6).flat_map(|at| three(1 + at * 3)).collect()
}

/// Another thread cancels while the fifth of twelve units is about to begin. That unit was already
/// checked, so it executes; the units after it do not, and no pair is split.
#[test]
fn cancellation_between_units_ends_the_batch() {
    for protocol in CORRECT {
        let (ledger, mut writers, _) = ledger_under(protocol, 1, &[account(1), account(2)]);
        let (token, now) = (AtomicU64::new(0), AtomicBool::new(false));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !now.load(Ordering::Acquire) {
                    std::thread::yield_now();
                }
                token.store(1, Ordering::Release);
            });
            let clock = Ticking::new(|looks| {
                now.store(looks >= 5, Ordering::Release);
                while looks >= 5 && token.load(Ordering::Acquire) == 0 {
                    std::thread::yield_now();
                }
            });
            let cancellation =
                Cancellation::never().with_flag(&token).with_deadline(&clock, u64::MAX);
            let batch = pairs_and_singles();
            let outcomes = writers[0]
                .create_transfers_with(&batch, &cancellation)
                .expect("the trail has room");
            // If nothing read the clock, the other thread still waits.
            now.store(true, Ordering::Release);
            let statuses: Vec<_> = outcomes.iter().map(|outcome| outcome.status).collect();
            assert_eq!(statuses[..8], [T::Created; 8], "{protocol:?}");
            assert_eq!(statuses[8..], [T::Cancelled; 10], "{protocol:?}");
            assert_eq!(last_statuses(&ledger, 18), statuses, "{protocol:?}");
        });
        assert_eq!(ledger.account(1).expect("it is there").debits_posted, 8);
        assert_verified(&ledger, &format!("{protocol:?}"));
    }
}

/// A deadline between two units ends the batch in the same way.
#[test]
fn deadline_between_units_ends_the_batch() {
    for protocol in CORRECT {
        for deadline in 0..=12 {
            let (ledger, mut writers, _) = ledger_under(protocol, 1, &[account(1), account(2)]);
            let clock = Ticking::new(|_| ());
            let cancellation = Cancellation::never().with_deadline(&clock, deadline);
            let batch = pairs_and_singles();
            let outcomes = writers[0]
                .create_transfers_with(&batch, &cancellation)
                .expect("the trail has room");
            let statuses: Vec<_> = outcomes.iter().map(|outcome| outcome.status).collect();
            // Units alternate between pairs and singles.
            let stands = (deadline + deadline.div_ceil(2)) as usize;
            assert_eq!(statuses[..stands], vec![T::Created; stands], "{protocol:?} {deadline}");
            let late = 18 - stands;
            assert_eq!(statuses[stands..], vec![T::DeadlineExceeded; late]);
            assert_eq!(last_statuses(&ledger, 18), statuses, "{protocol:?} {deadline}");
            assert_eq!(ledger.account(2).expect("it is there").credits_posted, stands as u128);
            assert_verified(&ledger, &format!("{protocol:?} {deadline}"));
        }
    }
}

/// `create_each` checks for cancellation before each transfer, and reads the clock before every
/// sixteenth.
#[test]
fn create_each_ends_at_cancellation_and_deadline() {
    let plain = [transfer(1, 2, 1); 60];
    // Other kinds among them are checked individually.
    let mut mixed = plain;
    (0..60).step_by(7).for_each(|index| mixed[index].id = 1 + index as u128);
    for (protocol, group) in CORRECT.into_iter().flat_map(|one| [(one, plain), (one, mixed)]) {
        let (ledger, mut writers, _) = ledger_under(protocol, 1, &[account(1), account(2)]);
        let (token, results) = (AtomicU64::new(0), AtomicU64::new(0));
        let mut statuses = Vec::new();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while results.load(Ordering::Acquire) < 21 {
                    std::thread::yield_now();
                }
                token.store(1, Ordering::Release);
            });
            let cancellation = Cancellation::never().with_flag(&token);
            let received = |outcome: ledgerlab::ledger::TransferOutcome| {
                statuses.push(outcome.status);
                let received = results.fetch_add(1, Ordering::Release) + 1;
                while received >= 21 && token.load(Ordering::Acquire) == 0 {
                    std::thread::yield_now();
                }
            };
            writers[0].create_each(&group, &cancellation, received).expect("the trail has room");
        });
        assert_eq!(statuses[..21], [T::Created; 21], "{protocol:?}");
        assert_eq!(statuses[21..], [T::Cancelled; 39], "{protocol:?}");
        assert_eq!(last_statuses(&ledger, 60), statuses, "{protocol:?}");
        assert_verified(&ledger, &format!("{protocol:?}"));
    }
    for protocol in CORRECT {
        let (ledger, mut writers, _) = ledger_under(protocol, 1, &[account(1), account(2)]);
        let clock = Ticking::new(|_| ());
        let cancellation = Cancellation::never().with_deadline(&clock, 2);
        let mut statuses = Vec::new();
        let received = |outcome: ledgerlab::ledger::TransferOutcome| statuses.push(outcome.status);
        writers[0].create_each(&plain, &cancellation, received).expect("the trail has room");
        assert_eq!(statuses[..32], [T::Created; 32], "{protocol:?}");
        assert_eq!(statuses[32..], [T::DeadlineExceeded; 28], "{protocol:?}");
        assert_eq!(last_statuses(&ledger, 60), statuses, "{protocol:?}");
        assert_verified(&ledger, &format!("{protocol:?}"));
    }
}

/// An attempt that does not wait does not read the clock again.
#[test]
fn clock_is_read_again_only_while_waiting() {
    for protocol in NEVER_LOSING {
        let (ledger, mut writers, _) = ledger_under(protocol, 1, &[account(1), account(2)]);
        let clock = Ticking::new(|_| ());
        let cancellation = Cancellation::never().with_deadline(&clock, u64::MAX);
        for id in [0, 7, 8, 0] {
            clock.0.set(0);
            let payment = Transfer { id, ..transfer(1, 2, 1) };
            writers[0].create_transfer_with(&payment, &cancellation).expect("the trail has room");
            assert_eq!(clock.0.get(), 1, "{protocol:?}");
        }
        assert_verified(&ledger, &format!("{protocol:?}"));
    }
}

/// Long chains hold the accounts and ids that an attempt needs. Another thread cancels once the
/// attempt has read the clock again, so while it waits: plain transfers for latches, others for ids
/// as well.
#[test]
fn cancellation_ends_every_kind_of_wait() {
    for protocol in NEVER_LOSING {
        for brings_ids in [false, true] {
            let what = format!("{protocol:?}, brings ids: {brings_ids}");
            // Threads that share a processor may miss each other for a while.
            let met = (0..10).any(|_| {
                let run = move || cancelled_while_waiting(protocol, brings_ids);
                let (ledger, met) = without_hanging(run);
                assert_verified(&ledger, &what);
                met
            });
            assert!(met, "{what}: none was cancelled in waiting");
        }
    }
}

/// Transfers in a chain that others wait for. ThreadSanitizer makes each about twenty times slower.
const CHAIN: u128 = if cfg!(tsan) { 100 } else { 2_000 };

/// Returns whether an attempt was cancelled while it waited. The run must be correct in both cases.
fn cancelled_while_waiting(protocol: Protocol, brings_ids: bool) -> (Arc<Ledger>, bool) {
    let (ledger, mut writers, _) = ledger_under(protocol, 3, &[account(1), account(2)]);
    let before = attempts_in_trail(&ledger);
    let (token, done, made) = (AtomicU64::new(0), AtomicBool::new(false), AtomicU64::new(0));
    let waits = AtomicBool::new(false);
    let mut met = false;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                if waits.swap(false, Ordering::Acquire) {
                    token.store(1, Ordering::Release);
                }
                std::thread::yield_now();
            }
        });
        all_at_once(&mut writers, |number, writer| {
            let mut round = 0;
            while number > 0 && round < 400 && !done.load(Ordering::Relaxed) {
                let chain: Vec<_> = (0..CHAIN)
                    .map(|at| {
                        let id = writer.new_id();
                        let flags = if at + 1 < CHAIN { F::LINKED } else { F::empty() };
                        attempt(Transfer { id, flags, ..transfer(1, 2, 1) })
                    })
                    .collect();
                writer
                    .create_transfers_with(&chain, &Cancellation::never())
                    .expect("the trail has room");
                made.fetch_add(CHAIN as u64, Ordering::Relaxed);
                round += 1;
            }
            let clock = Ticking::new(|looks| {
                waits.store(looks > 1, Ordering::Release);
            });
            let cancellation =
                Cancellation::never().with_flag(&token).with_deadline(&clock, u64::MAX);
            while number == 0 && round < 1_000 && !done.load(Ordering::Relaxed) {
                clock.0.set(0);
                token.store(0, Ordering::Release);
                let payment =
                    Transfer { id: if brings_ids { 1 + round } else { 0 }, ..transfer(2, 1, 1) };
                let outcome = writer.create_transfer_with(&payment, &cancellation);
                let status = outcome.expect("the trail has room").status;
                made.fetch_add(1, Ordering::Relaxed);
                // A cancellation that is too late for one attempt may end the next one before it
                // waits.
                let in_waiting = status == T::Cancelled && clock.0.get() > 1;
                done.fetch_or(in_waiting, Ordering::Relaxed);
                round += 1;
                // Optimistic chains restart after every payment, so they get some time without
                // payments.
                std::thread::sleep(Duration::from_millis(round as u64 % 4));
            }
        });
        met = done.swap(true, Ordering::Relaxed);
    });
    assert_eq!(attempts_in_trail(&ledger), before + made.into_inner(), "{protocol:?}");
    (ledger, met)
}
