//! Models of the shared cells, checked in every interleaving: `RUSTFLAGS="--cfg loom" cargo test
//! --release --no-default-features --features laboratory --test loom`.
#![cfg(loom)]

#[allow(unreachable_pub, missing_docs, reason = "it is shared with the native tests")]
#[path = "suite/common/trail_prefix.rs"]
mod trail_prefix;

use ledgerlab::ledger::{ConcurrencyControl, Ledger, LedgerConfig, Writer};
use ledgerlab::model::{Account, CreateTransferStatus, Transfer};
use ledgerlab::sync::{Latch, Latched, Log, Ordering, WaitForever};
use ledgerlab::trail::{CHUNK_ENTRIES, Cut, ENTRY_BYTES, replay};
use loom::sync::Arc;
use loom::sync::atomic::AtomicU64;
use loom::thread;

#[test]
fn latch_excludes() {
    loom::model(|| {
        let cell = Arc::new(Latched::new(0_u64, 0));
        let inside = Arc::new(AtomicU64::new(0));
        let enter = |cell: &Latched<u64>, inside: &AtomicU64| {
            let held = cell.lock();
            assert_eq!(inside.fetch_add(1, Ordering::Relaxed), 0, "two threads are inside");
            inside.fetch_sub(1, Ordering::Relaxed);
            drop(held);
        };
        let other = {
            let (cell, inside) = (Arc::clone(&cell), Arc::clone(&inside));
            thread::spawn(move || enter(&cell, &inside))
        };
        enter(&cell, &inside);
        other.join().expect("it does not panic");
    });
}

#[test]
fn latch_hands_over_writes() {
    loom::model(|| {
        let cell = Arc::new(Latched::new(0_u64, 0));
        let add = |cell: &Latched<u64>| {
            let mut held = cell.lock();
            *held += 1;
            let timestamp = held.last_timestamp() + 1;
            held.release(timestamp);
        };
        let other = {
            let cell = Arc::clone(&cell);
            thread::spawn(move || add(&cell))
        };
        add(&cell);
        other.join().expect("it does not panic");
        let held = cell.lock();
        assert_eq!((*held, held.last_timestamp()), (2, 2));
    });
}

#[test]
fn log_publishes_whole_entries() {
    loom::model(|| {
        let (log, mut appender) = Log::new(4, 1);
        let writer = thread::spawn(move || {
            appender.reserve().expect("there is a chunk");
            appender.append((7_u64, 7_u64));
            appender.publish();
            appender.append((8, 8));
            appender.publish();
        });
        let seen = log.len();
        for index in 0..seen {
            assert_eq!(log.get(index), Some((7 + index, 7 + index)));
        }
        assert_eq!(log.get(seen).map_or(0, |(first, second)| first - second), 0);
        writer.join().expect("it does not panic");
        assert_eq!(log.len(), 2);
    });
}

#[test]
fn log_grows_under_readers() {
    loom::model(|| {
        let (log, mut appender) = Log::new(1, 2);
        let writer = thread::spawn(move || {
            for value in [3_u64, 4] {
                appender.reserve().expect("there is a chunk");
                appender.append(value);
                appender.publish();
            }
            appender.reserve().expect_err("the spine is full");
        });
        let seen = log.len();
        let values: Vec<_> = (0..seen).filter_map(|index| log.get(index)).collect();
        assert_eq!(values, [3, 4][..seen as usize]);
        writer.join().expect("it does not panic");
    });
}

/// Two words with a constant sum, read without the latch while a writer updates both twice.
#[test]
fn reads_past_a_latch_are_whole() {
    loom::model(|| {
        let latch = Arc::new(Latch::new(0));
        let words = Arc::new([AtomicU64::new(5), AtomicU64::new(5)]);
        let writer = {
            let (latch, words) = (Arc::clone(&latch), Arc::clone(&words));
            thread::spawn(move || {
                for timestamp in 1..=2 {
                    let hold = latch.lock();
                    words[0].store(5 - timestamp, Ordering::Release);
                    words[1].store(5 + timestamp, Ordering::Release);
                    hold.release(timestamp);
                }
            })
        };
        let load = |index: usize| words[index].load(Ordering::Acquire);
        let read = latch.read(&WaitForever, || (load(0), load(1)));
        let ((first, second), timestamp) = read.expect("nothing interrupts it");
        assert_eq!((first, second), (5 - timestamp, 5 + timestamp), "torn at {timestamp}");
        writer.join().expect("it does not panic");
    });
}

/// Returns a ledger of two unlimited accounts, and a writer for each of two threads.
fn tiny_ledger(concurrency: ConcurrencyControl) -> (std::sync::Arc<Ledger>, Vec<Writer>) {
    let trail_bytes = 2 * CHUNK_ENTRIES * ENTRY_BYTES;
    let config = LedgerConfig {
        writers: 2,
        accounts_max: 2,
        trail_bytes,
        concurrency,
        ..LedgerConfig::default()
    };
    let (ledger, mut writers) = Ledger::with_writers(&config).expect("the configuration is valid");
    for id in [1, 2] {
        let account = Account { id, ledger: 1, code: 1, ..Account::default() };
        writers[0].create_account(&account).expect("the trail has room");
    }
    (ledger, writers)
}

fn transfer(from: u128, to: u128) -> Transfer {
    let plain = Transfer { amount: 1, ledger: 1, code: 1, ..Transfer::default() };
    Transfer { debit_account_id: from, credit_account_id: to, ..plain }
}

fn status(writer: &mut Writer, transfer: &Transfer) -> CreateTransferStatus {
    let outcome = writer.create_transfer(transfer);
    outcome.expect("the trail has room").status
}

/// Runs two threads on a tiny ledger and verifies the trail by serial replay.
fn both(
    concurrency: ConcurrencyControl,
    preemptions: usize,
    transfers: [Transfer; 2],
    check: fn(&Ledger, [CreateTransferStatus; 2]),
) {
    explore(&format!("{concurrency:?}"), preemptions, move || {
        let (ledger, mut writers) = tiny_ledger(concurrency);
        let mut other = writers.pop().expect("there are two");
        let [one, two] = transfers;
        let thread = thread::spawn(move || status(&mut other, &two));
        let statuses = [status(&mut writers[0], &one), thread.join().expect("it does not panic")];
        let result = replay::verify(ledger.trail(), ledger.accounts(), |_| {});
        result.expect("the run is equal to a serial one");
        check(&ledger, statuses);
    });
}

/// Tries all interleavings with at most this many preemptions.
fn explore(name: &str, preemptions: usize, body: impl Fn() + Send + Sync + 'static) {
    let executions = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let counter = std::sync::Arc::clone(&executions);
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(preemptions);
    model.max_branches = 10_000;
    model.check(move || {
        counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        body();
    });
    println!("{name}: {} executions", executions.load(std::sync::atomic::Ordering::Relaxed));
}

fn assert_both_created(ledger: &Ledger, statuses: [CreateTransferStatus; 2]) {
    assert_eq!(statuses, [CreateTransferStatus::Created; 2]);
    for id in [1, 2] {
        let account = ledger.account(id).expect("it is there");
        assert_eq!((account.debits_posted, account.credits_posted, account.version), (1, 1, 2));
    }
}

#[test]
fn ordered_transfers_are_serial() {
    both(
        ConcurrencyControl::OrderedLocks,
        6,
        [transfer(1, 2), transfer(2, 1)],
        assert_both_created,
    );
}

#[test]
fn optimistic_transfers_are_serial() {
    both(ConcurrencyControl::Optimistic, 2, [transfer(1, 2), transfer(2, 1)], assert_both_created);
}

/// Two threads supply the same id: one creates the transfer, the other gets its status.
#[test]
fn ids_are_reserved_once() {
    let supplied = Transfer { id: 7, ..transfer(1, 2) };
    both(ConcurrencyControl::OrderedLocks, 6, [supplied, supplied], |ledger, mut statuses| {
        statuses.sort_by_key(|status| *status != CreateTransferStatus::Created);
        assert_eq!(statuses, [CreateTransferStatus::Created, CreateTransferStatus::Exists]);
        assert_eq!(ledger.account(2).expect("it is there").credits_posted, 1);
    });
}

/// A snapshot taken beside a writer contains exactly the transfers that the trail has up to its
/// timestamp.
#[test]
fn snapshot_is_a_prefix_of_the_trail() {
    for (concurrency, preemptions) in
        [(ConcurrencyControl::OrderedLocks, 3), (ConcurrencyControl::Optimistic, 2)]
    {
        explore(&format!("a snapshot, {concurrency:?}"), preemptions, move || {
            let (ledger, mut writers) = tiny_ledger(concurrency);
            let mut writer = writers.pop().expect("there are two");
            // The trail runs ahead of the accounts. Without the snapshot's mark a writer could take
            // an earlier timestamp.
            for _ in 0..3 {
                let refused = status(&mut writers[0], &transfer(1, 1));
                assert_eq!(refused, CreateTransferStatus::AccountsMustBeDifferent);
            }
            let thread = thread::spawn(move || {
                for _ in 0..2 {
                    assert_eq!(status(&mut writer, &transfer(1, 2)), CreateTransferStatus::Created);
                }
            });
            let snapshot = ledger.snapshot();
            thread.join().expect("it does not panic");
            trail_prefix::verify(&ledger, &snapshot);
        });
    }
}

/// A cut taken beside two writers contains, with a transfer, every change of its accounts before it: so
/// each account's versions have no gap, whichever writer made them.
#[test]
fn cut_contains_what_its_entries_depend_on() {
    explore("a cut", 2, || {
        let (ledger, mut writers) = tiny_ledger(ConcurrencyControl::OrderedLocks);
        // The second writer's timestamps are behind the first one's.
        for _ in 0..3 {
            let refused = status(&mut writers[0], &transfer(1, 1));
            assert_eq!(refused, CreateTransferStatus::AccountsMustBeDifferent);
        }
        let threads: Vec<_> = writers
            .into_iter()
            .map(|mut writer| {
                thread::spawn(move || {
                    assert_eq!(status(&mut writer, &transfer(1, 2)), CreateTransferStatus::Created);
                })
            })
            .collect();
        let mut committed = Cut::default();
        for _ in 0..2 {
            committed.take(ledger.trail());
            let in_cut = ledger.trail().segments().zip(committed.ends());
            let mut versions: Vec<u64> = in_cut
                .flat_map(|(segment, &end)| {
                    segment.chunks(0, end).flatten().copied().collect::<Vec<_>>()
                })
                .filter(|entry| entry.transfer_status() == Some(CreateTransferStatus::Created))
                .map(|entry| entry.debit_version)
                .collect();
            versions.sort_unstable();
            let expected: Vec<u64> = (1..=versions.len() as u64).collect();
            assert_eq!(versions, expected, "a change is missing in the cut");
        }
        for thread in threads {
            thread.join().expect("it does not panic");
        }
        committed.take(ledger.trail());
        let all: Vec<u64> = ledger.trail().segments().map(Log::len).collect();
        assert_eq!(committed.ends(), all, "nothing is left out for ever");
    });
}
