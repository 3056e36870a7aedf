//! The entries that a filter asks for, by their number: what a table of millions of rows scrolls through.
//!
//! The trail is read once, and the place of every 256th row is kept; a row is then found by going to the place before it.

use super::filter::{FilterError, Held, Page, TrailFilter};
use super::{Recorded, Trail};

/// Rows from one kept place to the next.
const STEP: u32 = 256;

/// The most rows that are read at once.
pub const ROWS_READ_MAX: u32 = 4_096;

/// The rows of a trail under a filter, as far as they were found. Its writers may go on: rows that come later, or were
/// published later, are among them as far as they lie after the last row that was found.
#[derive(Clone, Debug)]
pub struct Rows {
    filter: TrailFilter,
    held: Held,
    /// Where every step begins, as [`TrailFilter::after`] says it.
    steps: Vec<Option<u64>>,
    count: u64,
    is_complete: bool,
}

impl Rows {
    /// None found yet. The filter's limit does not count, and what comes first is what comes after its own `after`.
    ///
    /// # Errors
    /// [`FilterError`], for a filter that is out of its bounds.
    pub fn new(trail: &Trail, filter: &TrailFilter) -> Result<Self, FilterError> {
        let filter = TrailFilter { limit: STEP, ..*filter };
        filter.check(trail.segments().len())?;
        let held = trail.held_for(&filter);
        Ok(Self { filter, held, steps: Vec::new(), count: 0, is_complete: false })
    }

    /// Finds so many rows more, or a few more than that, or the last one. `trail` is the one that it was made for.
    pub fn find(&mut self, trail: &Trail, more: u64) {
        let wanted = self.count.saturating_add(more);
        while !self.is_complete && self.count < wanted {
            self.steps.push(self.filter.after);
            let Page { entries, next } = trail.page(&self.filter, &self.held);
            self.count += entries.len() as u64;
            self.is_complete = next.is_none();
            self.filter.after = next;
        }
    }

    /// How many were found.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whether the last one was found.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// The rows from `first` on, at most `limit` and at most 4,096 of those that were found.
    pub fn read<'a>(&self, trail: &'a Trail, first: u64, limit: u32) -> Vec<Recorded<'a>> {
        let limit = u64::from(limit.min(ROWS_READ_MAX)).min(self.count.saturating_sub(first));
        if limit == 0 {
            return Vec::new();
        }
        let (step, skipped) = (first / u64::from(STEP), first % u64::from(STEP));
        let limit = (skipped + limit) as u32;
        let filter = TrailFilter { after: self.steps[step as usize], limit, ..self.filter };
        let mut entries = trail.page(&filter, &self.held).entries;
        entries.drain(..skipped as usize);
        entries
    }

    /// The number of the first row that has, or has passed, a timestamp; how many were found, where none has.
    pub fn at(&self, trail: &Trail, timestamp: u64) -> u64 {
        let reversed = self.filter.reversed;
        let passed = |at: u64| if reversed { at <= timestamp } else { at >= timestamp };
        // A step begins after the entry whose timestamp is kept, so the row is in the last step that begins before it.
        let begun = self.steps.partition_point(|after| after.is_none_or(|after| !passed(after)));
        let first = begun.saturating_sub(1) as u64 * u64::from(STEP);
        let rows = self.read(trail, first, STEP);
        let within = rows.iter().position(|recorded| passed(recorded.entry.timestamp));
        first + within.unwrap_or(rows.len()) as u64
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;
    use crate::trail::Entry;

    /// Entries with the timestamps 10, 20 and so on, shared out to two writers; every third has the amount 7.
    fn trail(entries: u64) -> std::sync::Arc<Trail> {
        let (trail, mut segment_writers) = Trail::new(2, 64 << 20);
        for number in 0..entries {
            let segment_writer = &mut segment_writers[usize::from(number % 5 == 0)];
            segment_writer.reserve(1).expect("there is room");
            let kind = if number % 3 == 0 {
                crate::trail::EntryKind::Account
            } else {
                crate::trail::EntryKind::Transfer
            };
            segment_writer.write(Entry { timestamp: (number + 1) * 10, kind, ..Entry::default() });
        }
        segment_writers.iter_mut().for_each(|segment_writer| segment_writer.publish());
        trail
    }

    #[test]
    fn every_row_is_found_by_its_number_and_by_its_time() {
        let trail = trail(3_000);
        let accounts = Some(crate::trail::EntryKind::Account);
        for (kind, reversed) in [(None, false), (None, true), (accounts, false), (accounts, true)] {
            let filter = TrailFilter { kind, reversed, ..TrailFilter::default() };
            let mut rows = Rows::new(&trail, &filter).expect("the filter is sound");
            let mut expected: Vec<u64> =
                (0..3_000).filter(|n| kind.is_none() || n % 3 == 0).map(|n| (n + 1) * 10).collect();
            if reversed {
                expected.reverse();
            }
            assert!(rows.read(&trail, 0, 10).is_empty(), "nothing is found yet");
            rows.find(&trail, 300);
            assert_eq!((rows.count(), rows.is_complete()), (512, false));
            rows.find(&trail, u64::MAX);
            assert_eq!((rows.count(), rows.is_complete()), (expected.len() as u64, true));
            for (first, limit) in [(0, 1), (255, 2), (256, 256), (700, 4_096), (999, 9), (5_000, 5)]
            {
                let read = rows.read(&trail, first, limit);
                let read: Vec<u64> = read.iter().map(|recorded| recorded.entry.timestamp).collect();
                let skipped = expected.iter().copied().skip(first as usize);
                assert_eq!(read, skipped.take(limit as usize).collect::<Vec<_>>());
            }
            for place in [0, 1, 255, 256, 257, 511, 512, expected.len() - 1] {
                assert_eq!(rows.at(&trail, expected[place]), place as u64);
                let between = if reversed { expected[place] + 1 } else { expected[place] - 1 };
                assert_eq!(rows.at(&trail, between), place as u64);
            }
            let past = if reversed { 1 } else { 1_000_000 };
            assert_eq!(rows.at(&trail, past), rows.count());
        }
    }

    #[test]
    fn a_filter_out_of_its_bounds_is_refused() {
        let filter = TrailFilter { writer: Some(2), ..TrailFilter::default() };
        let refused = Rows::new(&trail(1), &filter).expect_err("there are two writers");
        assert_eq!(refused, FilterError::Writer { found: 2, writers: 2 });
    }
}
