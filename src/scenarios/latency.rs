//! Latency: how long operations took.

use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::report::Latency;
use crate::ledger::Clock;

/// The longest measurable time: an hour, which is the longest run.
const NS_MAX: u64 = 3_600_000_000_000;

/// Significant digits of each time.
const DIGITS: u8 = 3;

/// The times that one worker has measured: an HDR histogram (Gil Tene), whose memory does not grow.
#[derive(Clone, Debug)]
pub(super) struct Histogram(hdrhistogram::Histogram<u64>);

impl Histogram {
    pub(super) fn new() -> Self {
        let histogram = hdrhistogram::Histogram::new_with_bounds(1, NS_MAX, DIGITS);
        Self(histogram.expect("the bounds are valid"))
    }

    /// Records the time between two readings of the clock, at least 1 ns.
    pub(super) fn record(&mut self, from_ns: u64, to_ns: u64) {
        self.0.saturating_record(to_ns.saturating_sub(from_ns).max(1));
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.0.add(&other.0).expect("all have the same bounds");
    }
}

/// The histogram that a worker publishes from time to time, without waiting for a reader until it has finished.
#[derive(Debug, Default)]
pub(super) struct PublishedHistogram(Mutex<Option<Histogram>>);

impl PublishedHistogram {
    /// Publishes the current histogram, unless a reader holds the lock.
    pub(super) fn publish(&self, times: &Histogram) {
        if let Ok(mut published) = self.0.try_lock() {
            *published = Some(times.clone());
        }
    }

    /// Publishes the histogram of a worker that has finished. Waits for a reader, because no later one would make up
    /// for it.
    pub(super) fn publish_final(&self, times: &Histogram) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(times.clone());
    }

    /// Adds the last published histogram to a sum.
    pub(super) fn add_to(&self, sum: &mut Histogram) {
        if let Some(published) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            sum.merge(published);
        }
    }
}

/// The latency since the previous sample.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct LatencySample {
    /// Number of measurements.
    pub count: u64,
    /// The median.
    pub p50_ns: u64,
    /// The 99th percentile.
    pub p99_ns: u64,
    /// The 99.9th percentile.
    pub p999_ns: u64,
    /// The longest time.
    pub max_ns: u64,
}

impl LatencySample {
    /// Returns the latency of the measurements in `sum` that are not in `before`, a part of it.
    pub(super) fn since(before: &Histogram, sum: &Histogram) -> Self {
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
    pub(super) fn new(
        times: &Histogram,
        batch: u64,
        from_intended_start: bool,
        clock_step_ns: u64,
    ) -> Self {
        let percentile = |percent| times.0.value_at_quantile(percent);
        let what = match batch {
            1 => "Each operation was timed".to_owned(),
            many => format!("Each batch of {many} operations was timed"),
        };
        let start = if from_intended_start { "intended start" } else { "start" };
        Self {
            description: format!(
                "{what} from its {start} to its end, with a clock resolution of {} ns.",
                crate::model::amounts::grouped(clock_step_ns.into())
            ),
            operations_each: batch,
            from_intended_start,
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

/// The number of clock steps that are measured, and the most readings for it.
const STEPS: usize = 16;
const READINGS_MAX: usize = 2_000;

/// Measures the resolution of a clock: its smallest step among the first few. 0 for a clock that stands still.
pub(super) fn clock_resolution_ns(clock: &dyn Clock) -> u64 {
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
    fn percentiles_cover_all_workers() {
        let (mut one, mut other) = (Histogram::new(), Histogram::new());
        for ns in 1..=500 {
            one.record(1_000, 1_000 + ns);
            other.record(0, 500 + ns);
        }
        one.merge(&other);
        let latency = Latency::new(&one, 256, true, 5_000);
        assert_eq!((latency.count, latency.p50_ns, latency.p90_ns), (1_000, 500, 900));
        assert_eq!((latency.p99_ns, latency.p999_ns, latency.max_ns), (990, 999, 1_000));
        assert_eq!(
            latency.description,
            "Each batch of 256 operations was timed from its intended start to its end, with a clock resolution of 5,000 ns."
        );
        let single = Latency::new(&one, 1, false, 20).description;
        assert!(
            single.starts_with("Each operation was timed from its start to its end"),
            "{single}"
        );
    }

    #[test]
    fn sample_covers_the_time_since_the_previous_one() {
        let (published, mut times) = (PublishedHistogram::default(), Histogram::new());
        let sample = |before: &mut Histogram| {
            let mut sum = Histogram::new();
            published.add_to(&mut sum);
            let sample = LatencySample::since(before, &sum);
            *before = sum;
            (sample.count, sample.p50_ns, sample.max_ns)
        };
        let mut before = Histogram::new();
        assert_eq!(sample(&mut before), (0, 0, 0));
        (1..=100).for_each(|ns| times.record(0, ns));
        published.publish(&times);
        assert_eq!(sample(&mut before), (100, 50, 100));
        (1..=10).for_each(|ns| times.record(0, 1_000 + ns));
        assert_eq!(sample(&mut before), (0, 0, 0), "not published yet");
        published.publish(&times);
        assert_eq!(sample(&mut before), (10, 1_005, 1_010));
    }

    #[test]
    fn final_histogram_is_published_while_a_reader_holds_the_lock() {
        let (published, mut times) = (PublishedHistogram::default(), Histogram::new());
        times.record(0, 1);
        let reader = published.0.lock().expect("nobody panicked");
        published.publish(&times);
        assert!(reader.is_none(), "a running worker does not wait");
        std::thread::scope(|scope| {
            scope.spawn(|| published.publish_final(&times));
            std::thread::sleep(std::time::Duration::from_millis(20));
            drop(reader);
        });
        let mut sum = Histogram::new();
        published.add_to(&mut sum);
        assert_eq!(sum.0.len(), 1);
    }

    #[test]
    fn impossible_times_are_clamped() {
        let mut times = Histogram::new();
        times.record(10, 5);
        times.record(0, u64::MAX);
        let latency = Latency::new(&times, 1, false, 0);
        assert_eq!((latency.count, latency.p50_ns), (2, 1));
        assert!(
            latency.max_ns >= NS_MAX && latency.max_ns < NS_MAX + NS_MAX / 500,
            "{}",
            latency.max_ns
        );
        let none = Latency::new(&Histogram::new(), 1, false, 0);
        assert_eq!((none.count, none.p50_ns, none.max_ns), (0, 0, 0));
    }

    /// Advances by 5 us at every fourth reading.
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
    fn clock_resolution_is_measured() {
        assert_eq!(clock_resolution_ns(&Coarse(Cell::new(0))), 5_000);
        assert_eq!(clock_resolution_ns(&Still), 0);
    }
}
