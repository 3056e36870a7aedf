//! Health in the reports of runs, and memory that is allocated before a run begins.

use std::cell::Cell;
use std::sync::Barrier;

use ledgerlab::host::native::{NativeClock, run_on_threads};
use ledgerlab::ledger::Clock;
use ledgerlab::scenarios::{Phase, Protocol, Run, open_ledger};
use serde_json::{Value, json};

use super::*;
use crate::common::runs;

fn prepare(parameters: Value) -> Arc<Run> {
    runs::prepare(runs::request("hft", parameters))
}

fn health_of(parameters: Value) -> Value {
    let report = run_on_threads(&prepare(parameters), |_| {}).expect("it is run");
    serde_json::to_value(report).expect("a report serializes")["health"].take()
}

#[test]
fn run_within_limits_is_healthy() {
    let health = health_of(json!({ "workers": 1, "operations": 50_000 }));
    assert_eq!(health["status"], "healthy", "{health}");
    assert_eq!(health["operations"], "52033");
    assert_ne!(health["uptime_ns"], "0");
    let replay = &health["components"]["replay"];
    assert_eq!((&replay["result"], &replay["entries"]), (&json!("agreed"), &json!("52033")));
    assert_eq!(replay["ran_at_ns"], health["uptime_ns"]);
    let accounts = &health["components"]["accounts"];
    assert_eq!((&accounts["used"], &accounts["limit"]), (&json!("1017"), &json!("2034")));
}

#[test]
fn full_trail_is_unhealthy() {
    let health = health_of(json!({ "workers": 2, "operations": 1_000_000, "trail_mib": 32 }));
    assert_eq!(health["status"], "unhealthy");
    assert_eq!(health["components"]["trail"]["status"], "unhealthy");
    let sentence = health["message"].as_str().expect("a sentence");
    assert!(sentence.contains("the trail has used up its 32 MiB"), "{sentence}");
}

/// Workers without locks lose updates, and serial replay finds it.
#[test]
fn lost_updates_are_unhealthy() {
    let config = LedgerConfig { writers: 2, trail_bytes: 64 << 20, ..LedgerConfig::default() };
    for _ in 0..20 {
        let (ledger, mut writers) = open_ledger(&config, Protocol::NoLocks).expect("it is sound");
        open(&mut writers[0], &[account(1), account(2)]);
        let barrier = Barrier::new(2);
        std::thread::scope(|scope| {
            for writer in &mut writers {
                let barrier = &barrier;
                scope.spawn(move || {
                    barrier.wait();
                    for _ in 0..100_000 {
                        let done = writer.create_transfer(&transfer(1, 2, 1));
                        done.expect("the trail has room");
                    }
                });
            }
        });
        if let Err(divergence) = ledger.verify_with(7, |_| {}) {
            let health = ledger.health(8);
            assert_eq!(troubles(&health), [("replay", Unhealthy)]);
            assert_eq!(health.message, format!("serial replay disagrees: {divergence}"));
            assert_eq!(health.components.replay.figures.result, ReplayResult::Diverged);
            return;
        }
    }
    panic!("no update was lost in 20 of 20 rounds");
}

/// A clock that records the trail's memory at each reading during preparation, and cancels the run
/// at one of them.
struct Watching<'a> {
    run: &'a Run,
    cancel_at: u64,
    readings: Cell<u64>,
    taken_bytes: Cell<u64>,
}

impl Clock for Watching<'_> {
    fn now_ns(&self) -> u64 {
        if self.run.counters().phase() == Phase::Preparing {
            self.readings.set(self.readings.get() + 1);
            if self.readings.get() == self.cancel_at {
                self.run.counters().cancel();
            }
            let trail = self.run.ledger().trail();
            self.taken_bytes.set(trail.budget_bytes() - trail.left_bytes());
        }
        NativeClock.now_ns()
    }
}

fn chunks_taken(run: &Run, cancel_at: u64) -> u64 {
    let (readings, taken_bytes) = (Cell::new(0), Cell::new(0));
    let clock = Watching { run, cancel_at, readings, taken_bytes };
    run.work(0, &clock).expect("it works");
    clock.taken_bytes.get() / (CHUNK_ENTRIES * ENTRY_BYTES)
}

#[test]
fn trail_memory_is_preallocated() {
    // 2,033 entries of the setup and 20,000 of the worker.
    let run = prepare(json!({ "workers": 1, "operations": 20_000 }));
    assert_eq!(chunks_taken(&run, 0), 1 + 5);
    assert!(run.finish().expect("it is done").passed);
}

#[test]
fn cancelled_preparation_stops_preallocation() {
    let run = prepare(json!({ "workers": 1, "operations": 1_000_000_000 }));
    // The clock is read about twenty times before, which shows the steps.
    let chunks = chunks_taken(&run, 40);
    assert!((2..=40).contains(&chunks), "{chunks} chunks");
    let report = run.finish().expect("it is done");
    assert_eq!((report.totals.attempts, report.passed), (0, true));
}
