//! When the next batch of a worker is to begin: when the last is done, or at a rate whatever becomes of the last.

use std::time::Duration;

use super::{Counters, Parameters};
use crate::ledger::Clock;
use crate::sync::rest;

/// How far apart the beginnings of a worker's batches are at most where there is a rate: batches are made smaller, so
/// that few operations a second do not come in lumps.
const APART_NS_MAX: u64 = 10_000_000;

/// The longest rest between two looks at the cancel word and the pause word.
const REST_NS_MAX: u64 = 5_000_000;

/// The pace of one worker.
#[derive(Clone, Copy, Debug)]
pub(super) struct RateLimiter {
    rate_per_s: u64,
    workers: u64,
    worker: u64,
    batch: u64,
    begun: u64,
}

impl RateLimiter {
    pub(super) fn of(parameters: &Parameters, worker: u64) -> Self {
        let get = |name| parameters.get(name);
        let (rate_per_s, workers, batch) = (get("rate_per_s"), get("workers"), get("batch"));
        let batch = match rate_per_s {
            0 => batch,
            rate => (rate / workers * APART_NS_MAX / 1_000_000_000).clamp(1, batch),
        };
        Self { rate_per_s, workers, worker, batch, begun: 0 }
    }

    /// Operations in one batch.
    pub(super) fn batch(&self) -> u64 {
        self.batch
    }

    /// Whether there is a rate.
    pub(super) fn is_paced(&self) -> bool {
        self.rate_per_s > 0
    }

    /// When the next batch is to begin, after the run's start; none where it is when the last is done. Workers begin in
    /// turn, so that together they ask at the rate.
    pub(super) fn next_ns(&mut self) -> Option<u64> {
        if !self.is_paced() {
            return None;
        }
        let batches = self.begun * self.workers + self.worker;
        self.begun += 1;
        let operations = u128::from(batches) * u128::from(self.batch);
        let after_ns = operations * 1_000_000_000 / u128::from(self.rate_per_s);
        Some(u64::try_from(after_ns).unwrap_or(u64::MAX))
    }
}

/// Waits until `until_ns`, or until the run is cancelled. The time then.
pub(super) fn wait(until_ns: u64, clock: &dyn Clock, counters: &Counters) -> u64 {
    loop {
        let now_ns = clock.now_ns();
        if now_ns >= until_ns || counters.is_cancelled() {
            return now_ns;
        }
        rest(Duration::from_nanos((until_ns - now_ns).min(REST_NS_MAX)));
    }
}

/// Rests while the run is paused and not cancelled. How long it did.
pub(super) fn rest_while_paused(clock: &dyn Clock, counters: &Counters) -> u64 {
    let since_ns = clock.now_ns();
    while counters.is_paused() && !counters.is_cancelled() {
        rest(Duration::from_nanos(REST_NS_MAX));
    }
    clock.now_ns().saturating_sub(since_ns)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(rate_per_s: u64, workers: u64, worker: u64, batch: u64) -> Vec<u64> {
        let mut pace = RateLimiter { rate_per_s, workers, worker, batch, begun: 0 };
        (0..3).map_while(|_| pace.next_ns()).collect()
    }

    #[test]
    fn workers_begin_in_turn_at_the_rate_they_have_together() {
        assert_eq!(starts(1_000, 1, 0, 1), [0, 1_000_000, 2_000_000]);
        assert_eq!(starts(1_000, 2, 0, 1), [0, 2_000_000, 4_000_000]);
        assert_eq!(starts(1_000, 2, 1, 1), [1_000_000, 3_000_000, 5_000_000]);
        assert_eq!(starts(1_000_000, 1, 0, 256), [0, 256_000, 512_000]);
        assert!(starts(0, 1, 0, 256).is_empty());
    }
}
