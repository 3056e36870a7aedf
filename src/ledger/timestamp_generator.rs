//! The timestamps of one writer.

use crate::sync::TIMESTAMP_MAX;

/// Generates the timestamps of one writer.
///
/// A timestamp is greater than every one that the attempt depends on and than the writer's last
/// one. Its remainder by the number of writers (rounded up to a power of two) is the writer's
/// number. So timestamps are unique and respect every dependency between attempts, and writers
/// share no counter. After Silo's transaction ids (Tu et al., SOSP 2013).
#[derive(Clone, Copy, Debug)]
pub(super) struct TimestampGenerator {
    writer: u64,
    stride: u64,
    last: u64,
    now_ns: u64,
}

impl TimestampGenerator {
    /// Returns the generator for writer `number` out of `writers`.
    pub(super) fn new(number: usize, writers: usize) -> Self {
        let stride = writers.next_power_of_two() as u64;
        Self { writer: number as u64, stride, last: 0, now_ns: 0 }
    }

    /// Sets the time in nanoseconds, unless it is earlier than the current one. Returns the current
    /// time.
    pub(super) fn set_time(&mut self, now_ns: u64) -> u64 {
        self.now_ns = self.now_ns.max(now_ns.min(TIMESTAMP_MAX));
        self.now_ns
    }

    /// Returns the greater of the current time and the last timestamp.
    pub(super) fn time(&self) -> u64 {
        self.now_ns.max(self.last)
    }

    /// Returns this writer's least timestamp that is greater than `previous`, than its last one,
    /// and than the time. `None` where that would exceed the greatest timestamp.
    #[inline(always)]
    pub(super) fn next_after(&mut self, previous: u64) -> Option<u64> {
        let previous = previous.max(self.last).max(self.now_ns);
        let mut timestamp = previous & !(self.stride - 1) | self.writer;
        if timestamp <= previous {
            timestamp += self.stride;
        }
        if timestamp > TIMESTAMP_MAX {
            return None;
        }
        self.last = timestamp;
        Some(timestamp)
    }

    /// Returns `count` ascending timestamps, each as from [`TimestampGenerator::next_after`].
    pub(super) fn next_many_after(&mut self, previous: u64, count: usize) -> Option<Vec<u64>> {
        (0..count).map(|_| self.next_after(previous)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_writer_counts_by_one() {
        let mut generator = TimestampGenerator::new(0, 1);
        assert_eq!(
            [generator.next_after(0), generator.next_after(0), generator.next_after(0)],
            [Some(1), Some(2), Some(3)]
        );
        generator.set_time(100);
        assert_eq!([generator.next_after(0), generator.next_after(500)], [Some(101), Some(501)]);
        generator.set_time(7);
        assert_eq!(generator.next_after(0), Some(502), "time does not go back");
    }

    #[test]
    fn writers_never_share_a_timestamp() {
        let mut generators: Vec<_> =
            (0..3).map(|number| TimestampGenerator::new(number, 3)).collect();
        let mut seen = std::collections::HashSet::new();
        for previous in [0, 0, 1, 5, 5, 6, 7, 8, 1 << 40, 1 << 40] {
            for generator in &mut generators {
                let timestamp =
                    generator.next_after(previous).expect("far below the greatest timestamp");
                assert!(timestamp > previous);
                assert!(seen.insert(timestamp), "{timestamp} is not unique");
            }
        }
    }

    #[test]
    fn no_timestamp_exceeds_the_greatest() {
        let mut generator = TimestampGenerator::new(1, 2);
        assert_eq!(generator.next_after(TIMESTAMP_MAX - 2), Some(TIMESTAMP_MAX));
        assert_eq!(generator.next_after(0), None);
        assert_eq!(TimestampGenerator::new(0, 2).next_after(u64::MAX >> 1), None);
    }
}
