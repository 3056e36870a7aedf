//! Operations at a rate, and their latencies.

use std::cell::Cell;
use std::sync::Arc;

use crate::common::runs;
use ledgerlab::host::native::run_on_threads;
use ledgerlab::ledger::Clock;
use ledgerlab::scenarios::{EndedBy, Run};
use serde_json::{Value, json};

fn prepare(parameters: Value) -> Arc<Run> {
    runs::prepare(runs::request("hft", parameters))
}

/// A clock that advances by 10 ms per reading.
#[derive(Default)]
struct Slow(Cell<u64>);

impl Clock for Slow {
    fn now_ns(&self) -> u64 {
        self.0.replace(self.0.get() + 10_000_000)
    }
}

#[test]
fn workers_keep_the_rate_together() {
    let parameters =
        json!({ "workers": 3, "operations": 600, "rate_per_s": 2_000, "deadline_ms": 60_000 });
    let report = run_on_threads(&prepare(parameters), |_| {}).expect("it is run");
    assert_eq!((report.ended_by, report.totals.operations), (EndedBy::Operations, 600));
    // The last of 600 begins 299.5 ms after the first. A busy machine may be later, but never
    // earlier.
    assert!(report.elapsed_ns >= 290_000_000, "{} ns", report.elapsed_ns);
    assert!(report.latency.from_intended_start);
    // Batches become smaller, so that operations do not come in bursts.
    assert!(report.latency.operations_each < 256, "{}", report.latency.operations_each);
}

#[test]
fn latency_includes_the_wait_for_others() {
    // The rate is one operation per millisecond, and each takes at least 10 ms: the last of 100
    // begins 900 ms late.
    let parameters = json!({
        "workers": 1, "operations": 100, "rate_per_s": 1_000, "batch": 1, "duration_s": 600,
        "deadline_ms": 60_000,
    });
    let paced = prepare(parameters.clone());
    paced.work(0, &Slow::default()).expect("it works");
    let paced = paced.finish().expect("it is done").latency;
    assert_eq!((paced.count, paced.operations_each), (100, 1));
    assert!(paced.max_ns >= 900_000_000, "{} ns at most", paced.max_ns);
    assert!(paced.p50_ns >= 400_000_000, "{} ns half the time", paced.p50_ns);
    assert!(paced.description.contains("from its intended start"), "{}", paced.description);

    let mut parameters = parameters;
    parameters["rate_per_s"] = 0.into();
    let closed = prepare(parameters);
    closed.work(0, &Slow::default()).expect("it works");
    let closed = closed.finish().expect("it is done").latency;
    assert_eq!((closed.count, closed.clock_step_ns), (100, 10_000_000));
    assert!(closed.max_ns < 100_000_000, "{} ns at most", closed.max_ns);
    assert!(closed.description.contains("from its start"), "{}", closed.description);
}

#[test]
fn slow_rate_ends_at_the_duration() {
    let parameters = json!({ "workers": 2, "operations": 1_000, "rate_per_s": 1, "duration_s": 1 });
    let report = run_on_threads(&prepare(parameters), |_| {}).expect("it is run");
    assert_eq!(report.ended_by, EndedBy::Duration);
    // The second worker's first operation would begin after the duration.
    assert_eq!(report.totals.operations, 1);
    assert!(report.passed);
}

#[test]
fn run_waiting_for_its_rate_can_be_cancelled() {
    let parameters =
        json!({ "workers": 2, "operations": 1_000, "rate_per_s": 1, "duration_s": 60 });
    let run = prepare(parameters);
    let mut looks = 0;
    let report = run_on_threads(&run, |counters| {
        looks += 1;
        if looks > 20 {
            counters.cancel();
        }
    });
    let report = report.expect("it is run");
    assert_eq!(report.ended_by, EndedBy::Cancelled);
    assert!(report.elapsed_ns < 30_000_000_000, "{} ns", report.elapsed_ns);
}
