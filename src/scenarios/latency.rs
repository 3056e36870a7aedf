//! How long operations took.

use std::sync::{Mutex, PoisonError};

use hdrhistogram::Histogram;
use serde::Serialize;

use super::report::Latency;
use crate::ledger::Clock;

/// The longest time that is told apart from longer ones: an hour, which is the longest run.
const NS_MAX: u64 = 3_600_000_000_000;

/// Significant digits that are kept of each time.
const DIGITS: u8 = 3;

/// Times that one worker has measured; an HDR histogram (Gil Tene), whose memory does not grow.
#[derive(Clone, Debug)]
pub(super) struct Times(Histogram<u64>);

impl Times {
    pub(super) fn new() -> Self {
        Self(Histogram::new_with_bounds(1, NS_MAX, DIGITS).expect("the bounds are sound"))
    }

    /// Adds one, from its beginning to its end. A clock that did not move gives the least time that is told, 1 ns.
    pub(super) fn add(&mut self, from_ns: u64, to_ns: u64) {
        self.0.saturating_record(to_ns.saturating_sub(from_ns).max(1));
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.0.add(&other.0).expect("all have the same bounds");
    }
}

/// Times that a worker lets others see now and then. Neither waits for the other.
#[derive(Debug, Default)]
pub(super) struct ShownTimes(Mutex<Option<Times>>);

impl ShownTimes {
    /// Shows what was measured so far, unless somebody looks just now.
    pub(super) fn show(&self, times: &Times) {
        if let Ok(mut shown) = self.0.try_lock() {
            *shown = Some(times.clone());
        }
    }

    /// Adds what was shown last.
    pub(super) fn add_to(&self, sum: &mut Times) {
        if let Some(shown) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            sum.merge(shown);
        }
    }
}

/// How long operations took since the look before.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct LatencySample {
    /// Measurements.
    pub count: u64,
    /// Half of them took no longer.
    pub p50_ns: u64,
    /// 99 of 100.
    pub p99_ns: u64,
    /// 999 of 1,000.
    pub p999_ns: u64,
    /// The longest.
    pub max_ns: u64,
}

impl LatencySample {
    /// Of the times in `sum` that are not in `before`, which `sum` holds.
    pub(super) fn since(before: &Times, sum: &Times) -> Self {
        let mut since = sum.0.clone();
        if since.subtract(&before.0).is_err() || since.is_empty() {
            return Self::default();
        }
        let percentile = |percent| since.value_at_quantile(percent);
        Self {
            count: since.len(),
            p50_ns: percentile(0.5),
            p99_ns: percentile(0.99),
            p999_ns: percentile(0.999),
            max_ns: since.max(),
        }
    }
}

impl Latency {
    pub(super) fn new(times: &Times, batch: u64, paced: bool, clock_step_ns: u64) -> Self {
        let percentile = |percent| times.0.value_at_quantile(percent);
        let what = match batch {
            1 => "Each operation was timed by itself".to_owned(),
            many => format!("Batches of {many} operations were timed, each as a whole"),
        };
        let from = if paced { "when it was to begin" } else { "its beginning" };
        Self {
            description: format!(
                "{what}, from {from} to its end, by a clock with steps of {} ns.",
                crate::model::amounts::grouped(clock_step_ns.into())
            ),
            operations_each: batch,
            from_intended_start: paced,
            clock_step_ns,
            count: times.0.len(),
            p50_ns: percentile(0.5),
            p90_ns: percentile(0.9),
            p99_ns: percentile(0.99),
            p999_ns: percentile(0.999),
            max_ns: if times.0.is_empty() { 0 } else { times.0.max() },
        }
    }
}

/// Steps that are looked at, and readings that are made for them at most.
const STEPS: usize = 16;
const READINGS_MAX: usize = 2_000;

/// The smallest step of a clock among the first few. A clock that stands still has no step, 0.
pub(super) fn step_ns(clock: &dyn Clock) -> u64 {
    let mut last = clock.now_ns();
    let steps = (0..READINGS_MAX).filter_map(|_| {
        let now = clock.now_ns();
        let step = now.saturating_sub(std::mem::replace(&mut last, now));
        (step > 0).then_some(step)
    });
    steps.take(STEPS).min().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn percentiles_are_those_of_all_workers() {
        let (mut one, mut other) = (Times::new(), Times::new());
        for ns in 1..=500 {
            one.add(1_000, 1_000 + ns);
            other.add(0, 500 + ns);
        }
        one.merge(&other);
        let told = Latency::new(&one, 256, true, 5_000);
        assert_eq!((told.count, told.p50_ns, told.p90_ns), (1_000, 500, 900));
        assert_eq!((told.p99_ns, told.p999_ns, told.max_ns), (990, 999, 1_000));
        assert_eq!(
            told.description,
            "Batches of 256 operations were timed, each as a whole, from when it was to begin to its end, by a clock \
             with steps of 5,000 ns."
        );
        let single = Latency::new(&one, 1, false, 20).description;
        assert!(single.starts_with("Each operation was timed by itself, from its beginning"));
    }

    #[test]
    fn a_look_tells_what_was_measured_since_the_one_before() {
        let (shown, mut times) = (ShownTimes::default(), Times::new());
        let look = |before: &mut Times| {
            let mut sum = Times::new();
            shown.add_to(&mut sum);
            let look = LatencySample::since(before, &sum);
            *before = sum;
            (look.count, look.p50_ns, look.max_ns)
        };
        let mut before = Times::new();
        assert_eq!(look(&mut before), (0, 0, 0));
        (1..=100).for_each(|ns| times.add(0, ns));
        shown.show(&times);
        assert_eq!(look(&mut before), (100, 50, 100));
        (1..=10).for_each(|ns| times.add(0, 1_000 + ns));
        assert_eq!(look(&mut before), (0, 0, 0), "it is not shown yet");
        shown.show(&times);
        assert_eq!(look(&mut before), (10, 1_005, 1_010));
    }

    #[test]
    fn times_that_cannot_be_are_bounded() {
        let mut times = Times::new();
        times.add(10, 5);
        times.add(0, u64::MAX);
        let told = Latency::new(&times, 1, false, 0);
        assert_eq!((told.count, told.p50_ns), (2, 1));
        assert!(told.max_ns >= NS_MAX && told.max_ns < NS_MAX + NS_MAX / 500, "{}", told.max_ns);
        let none = Latency::new(&Times::new(), 1, false, 0);
        assert_eq!((none.count, none.p50_ns, none.max_ns), (0, 0, 0));
    }

    /// Moves on by 5 us at every fourth reading.
    struct Coarse(Cell<u64>);

    impl Clock for Coarse {
        fn now_ns(&self) -> u64 {
            self.0.set(self.0.get() + 1);
            self.0.get() / 4 * 5_000
        }
    }

    struct Still;

    impl Clock for Still {
        fn now_ns(&self) -> u64 {
            7
        }
    }

    #[test]
    fn the_step_of_a_clock_is_seen() {
        assert_eq!(step_ns(&Coarse(Cell::new(0))), 5_000);
        assert_eq!(step_ns(&Still), 0);
    }
}
