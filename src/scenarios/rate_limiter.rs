//! When a worker starts its next batch: as soon as the last one is done (closed loop), or at a fixed rate (open loop).

use std::time::Duration;

use super::{Counters, Parameters};
use crate::ledger::Clock;
use crate::sync::rest;

/// The longest time between the starts of two batches of a worker at a fixed rate. Batches shrink accordingly, so that
/// a low rate does not come in bursts.
const BATCH_INTERVAL_NS_MAX: u64 = 10_000_000;

/// The longest sleep between two checks of the cancel word and the pause word.
const SLEEP_NS_MAX: u64 = 5_000_000;

/// The schedule of one worker's batches.
#[derive(Clone, Copy, Debug)]
pub(super) struct RateLimiter {
    rate_per_s: u64,
    workers: u64,
    worker: u64,
    /// The number of operations in one batch.
    pub(super) batch: u64,
    started: u64,
}

impl RateLimiter {
    pub(super) fn of(parameters: &Parameters, worker: u64) -> Self {
        let get = |name| parameters.get(name);
        let (rate_per_s, workers, batch) = (get("rate_per_s"), get("workers"), get("batch"));
        let batch = match rate_per_s {
            0 => batch,
            rate => (rate / workers * BATCH_INTERVAL_NS_MAX / 1_000_000_000).clamp(1, batch),
        };
        Self { rate_per_s, workers, worker, batch, started: 0 }
    }

    /// Whether the rate is fixed.
    pub(super) fn has_rate(&self) -> bool {
        self.rate_per_s > 0
    }

    /// The intended start of the next batch since the start of the run; `None` without a fixed rate. Workers take
    /// turns, so that together they keep the rate.
    pub(super) fn next_start_ns(&mut self) -> Option<u64> {
        if !self.has_rate() {
            return None;
        }
        let batches = self.started * self.workers + self.worker;
        self.started += 1;
        let operations = u128::from(batches) * u128::from(self.batch);
        let after_ns = operations * 1_000_000_000 / u128::from(self.rate_per_s);
        Some(u64::try_from(after_ns).unwrap_or(u64::MAX))
    }
}

/// Waits until `until_ns` or until the run is cancelled, and returns the time.
pub(super) fn wait_until(until_ns: u64, clock: &dyn Clock, counters: &Counters) -> u64 {
    loop {
        let now_ns = clock.now_ns();
        if now_ns >= until_ns || counters.is_cancelled() {
            return now_ns;
        }
        rest(Duration::from_nanos((until_ns - now_ns).min(SLEEP_NS_MAX)));
    }
}

/// Sleeps while the run is paused and not cancelled, and returns for how long.
pub(super) fn sleep_while_paused(clock: &dyn Clock, counters: &Counters) -> u64 {
    let since_ns = clock.now_ns();
    while counters.is_paused() && !counters.is_cancelled() {
        rest(Duration::from_nanos(SLEEP_NS_MAX));
    }
    clock.now_ns().saturating_sub(since_ns)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(rate_per_s: u64, workers: u64, worker: u64, batch: u64) -> Vec<u64> {
        let mut limiter = RateLimiter { rate_per_s, workers, worker, batch, started: 0 };
        (0..3).map_while(|_| limiter.next_start_ns()).collect()
    }

    #[test]
    fn workers_take_turns_at_their_common_rate() {
        assert_eq!(starts(1_000, 1, 0, 1), [0, 1_000_000, 2_000_000]);
        assert_eq!(starts(1_000, 2, 0, 1), [0, 2_000_000, 4_000_000]);
        assert_eq!(starts(1_000, 2, 1, 1), [1_000_000, 3_000_000, 5_000_000]);
        assert_eq!(starts(1_000_000, 1, 0, 256), [0, 256_000, 512_000]);
        assert!(starts(0, 1, 0, 256).is_empty());
    }
}
