//! The shared cells under every order in which threads can meet: `RUSTFLAGS="--cfg loom" cargo test --release --test loom`.
#![cfg(loom)]

use ledgerlab::sync::{Latched, Log, Ordering};
use loom::sync::Arc;
use loom::sync::atomic::AtomicU64;
use loom::thread;

#[test]
fn latch_excludes() {
    loom::model(|| {
        let cell = Arc::new(Latched::new(0_u64, 0));
        let inside = Arc::new(AtomicU64::new(0));
        let enter = |cell: &Latched<u64>, inside: &AtomicU64| {
            let held = cell.hold_unhurried();
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
            let mut held = cell.hold_unhurried();
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
        assert_eq!((*cell.hold_unhurried(), cell.last_timestamp()), (2, 2));
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
