//! A writer's own line of timestamps.

use crate::sync::TIMESTAMP_MAX;

/// Where one writer is in the order of all attempts.
///
/// A timestamp is greater than every one that the touched accounts have seen and than the writer's last one; its
/// remainder by the number of writers (rounded up to a power of two) is the writer's number. So it is unique, it respects
/// every dependency between attempts, and no counter is shared. After Silo's transaction ids (Tu et al., SOSP 2013).
#[derive(Clone, Copy, Debug)]
pub(super) struct Timeline {
    number: u64,
    stride: u64,
    last: u64,
    now_ns: u64,
}

impl Timeline {
    /// The line of writer `number` of `writers`.
    pub(super) fn new(number: usize, writers: usize) -> Self {
        let stride = writers.next_power_of_two() as u64;
        Self { number: number as u64, stride, last: 0, now_ns: 0 }
    }

    /// Tells it the time in nanoseconds; one that is earlier than the last changes nothing. The time it goes by.
    pub(super) fn set_time(&mut self, now_ns: u64) -> u64 {
        self.now_ns = self.now_ns.max(now_ns.min(TIMESTAMP_MAX));
        self.now_ns
    }

    /// The greater of the time that it was told and its last timestamp.
    pub(super) fn time(&self) -> u64 {
        self.now_ns.max(self.last)
    }

    /// The least timestamp of this writer that is greater than `floor`, than its last one, and than the time; `None`
    /// where that would pass the greatest there is.
    #[inline(always)]
    pub(super) fn stamp(&mut self, floor: u64) -> Option<u64> {
        let floor = floor.max(self.last).max(self.now_ns);
        let mut timestamp = floor & !(self.stride - 1) | self.number;
        if timestamp <= floor {
            timestamp += self.stride;
        }
        if timestamp > TIMESTAMP_MAX {
            return None;
        }
        self.last = timestamp;
        Some(timestamp)
    }

    /// As many timestamps as there are events, in order, the least of them as [`Timeline::stamp`] makes it.
    pub(super) fn stamps(&mut self, floor: u64, events: usize) -> Option<Vec<u64>> {
        (0..events).map(|_| self.stamp(floor)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_writer_counts_by_one() {
        let mut line = Timeline::new(0, 1);
        assert_eq!([line.stamp(0), line.stamp(0), line.stamp(0)], [Some(1), Some(2), Some(3)]);
        line.set_time(100);
        assert_eq!([line.stamp(0), line.stamp(500)], [Some(101), Some(501)]);
        line.set_time(7);
        assert_eq!(line.stamp(0), Some(502), "time does not go back");
    }

    #[test]
    fn timestamps_of_different_writers_never_meet() {
        let mut lines: Vec<_> = (0..3).map(|number| Timeline::new(number, 3)).collect();
        let mut seen = std::collections::HashSet::new();
        for floor in [0, 0, 1, 5, 5, 6, 7, 8, 1 << 40, 1 << 40] {
            for line in &mut lines {
                let timestamp = line.stamp(floor).expect("far from the end");
                assert!(timestamp > floor);
                assert!(seen.insert(timestamp), "{timestamp} was taken twice");
            }
        }
    }

    #[test]
    fn there_is_nothing_after_the_end_of_time() {
        let mut line = Timeline::new(1, 2);
        assert_eq!(line.stamp(TIMESTAMP_MAX - 2), Some(TIMESTAMP_MAX));
        assert_eq!(line.stamp(0), None);
        assert_eq!(Timeline::new(0, 2).stamp(u64::MAX >> 1), None);
    }
}
