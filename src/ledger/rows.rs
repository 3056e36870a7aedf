//! The entries that a filter selects, by row number: for a table that scrolls through millions of
//! rows.
//!
//! They are found once, and the position of every 256th row is stored. A row is then read
//! from the stored position before it.

use super::cancellation::Cancellation;
use super::shared_ledger::Ledger;
use crate::sync::WaitForever;
use crate::trail::{EntryRef, FilterError, Page, TrailFilter};

/// Rows from one stored position to the next.
const STEP: u32 = 256;

/// The maximum number of rows of one read.
pub const ROWS_READ_MAX: u32 = 4_096;

/// The matching rows of a ledger's trail that have been found so far. Writers may keep running: a row
/// published later is found if it comes after the last row found.
#[derive(Clone, Debug)]
pub struct Rows {
    filter: TrailFilter,
    /// The start of every step, as in [`TrailFilter::after`].
    steps: Vec<Option<u64>>,
    count: u64,
    is_complete: bool,
}

impl Rows {
    /// Returns the rows of a filter, none of them found yet. The filter's limit is ignored. Its
    /// `after` is the start of the first row.
    ///
    /// # Errors
    /// [`FilterError`] for an invalid filter.
    pub fn new(ledger: &Ledger, filter: &TrailFilter) -> Result<Self, FilterError> {
        let filter = TrailFilter { limit: STEP, ..*filter };
        filter.check(ledger.trail().segments().len())?;
        Ok(Self { filter, steps: Vec::new(), count: 0, is_complete: false })
    }

    /// Finds at least `more` further rows, or all that are left. `ledger` is the same as in
    /// [`Rows::new`].
    pub fn find(&mut self, ledger: &Ledger, more: u64) {
        let wanted = self.count.saturating_add(more);
        while !self.is_complete && self.count < wanted {
            self.steps.push(self.filter.after);
            let Page { entries, next } = page(ledger, &self.filter);
            self.count += entries.len() as u64;
            self.is_complete = next.is_none();
            self.filter.after = next;
        }
    }

    /// Returns the number of rows found.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns whether the last row was found.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Returns the matching rows from `first` on: at most `limit`, and never more than 4,096.
    pub fn read<'a>(&self, ledger: &'a Ledger, first: u64, limit: u32) -> Vec<EntryRef<'a>> {
        let limit = u64::from(limit.min(ROWS_READ_MAX)).min(self.count.saturating_sub(first));
        if limit == 0 {
            return Vec::new();
        }
        let (step, skipped) = (first / u64::from(STEP), first % u64::from(STEP));
        let limit = (skipped + limit) as u32;
        let filter = TrailFilter { after: self.steps[step as usize], limit, ..self.filter };
        let mut entries = page(ledger, &filter).entries;
        entries.drain(..skipped as usize);
        entries
    }

    /// Returns the number of the first found row at or past a timestamp, or the number of rows if
    /// there is none.
    pub fn at(&self, ledger: &Ledger, timestamp: u64) -> u64 {
        let reversed = self.filter.reversed;
        let passed = |at: u64| if reversed { at <= timestamp } else { at >= timestamp };
        // A step begins after the entry of the stored timestamp, so the row is in the last step
        // that begins before it.
        let begun = self.steps.partition_point(|after| after.is_none_or(|after| !passed(after)));
        let first = begun.saturating_sub(1) as u64 * u64::from(STEP);
        let rows = self.read(ledger, first, STEP);
        let within = rows.iter().position(|recorded| passed(recorded.entry.timestamp));
        first + within.unwrap_or(rows.len()) as u64
    }
}

/// Returns one page for a valid filter.
fn page<'a>(ledger: &'a Ledger, filter: &TrailFilter) -> Page<'a> {
    WaitForever::finish(ledger.select_entries(filter, &Cancellation::never()))
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;
    use crate::trail::EntryKind;
    use crate::{Account, Transfer};

    /// Entries with distant timestamps, split between two writers; every third attempts to create an
    /// account.
    fn ledger(entries: u64) -> std::sync::Arc<Ledger> {
        let ledger = Ledger::in_memory();
        let mut writers = [ledger.writer().expect("free"), ledger.writer().expect("free")];
        for number in 0..entries {
            let writer = &mut writers[usize::from(number % 5 == 0)];
            writer.set_time((number + 1) * 100).expect("there is memory");
            if number % 3 == 0 {
                writer.create_account(&Account::new(1, 1, 1)).expect("there is memory");
            } else {
                writer.create_transfer(&Transfer::new(1, 2, 1)).expect("there is memory");
            }
        }
        ledger
    }

    #[test]
    fn rows_are_found_by_number_and_by_timestamp() {
        let ledger = ledger(3_000);
        let accounts = Some(EntryKind::Account);
        for (kind, reversed) in [(None, false), (None, true), (accounts, false), (accounts, true)] {
            let filter = TrailFilter { kind, reversed, ..TrailFilter::default() };
            let mut rows = Rows::new(&ledger, &filter).expect("the filter is valid");
            let entries = ledger.trail().in_order().map(|recorded| recorded.entry);
            let wanted = entries.filter(|entry| kind.is_none_or(|kind| kind == entry.kind));
            let mut expected: Vec<u64> = wanted.map(|entry| entry.timestamp).collect();
            if reversed {
                expected.reverse();
            }
            assert!(rows.read(&ledger, 0, 10).is_empty(), "nothing is found yet");
            rows.find(&ledger, 300);
            assert_eq!((rows.count(), rows.is_complete()), (512, false));
            rows.find(&ledger, u64::MAX);
            assert_eq!((rows.count(), rows.is_complete()), (expected.len() as u64, true));
            for (first, limit) in [(0, 1), (255, 2), (256, 256), (700, 4_096), (999, 9), (5_000, 5)]
            {
                let read = rows.read(&ledger, first, limit);
                let read: Vec<u64> = read.iter().map(|recorded| recorded.entry.timestamp).collect();
                let skipped = expected.iter().copied().skip(first as usize);
                assert_eq!(read, skipped.take(limit as usize).collect::<Vec<_>>());
            }
            for position in [0, 1, 255, 256, 257, 511, 512, expected.len() - 1] {
                assert_eq!(rows.at(&ledger, expected[position]), position as u64);
                let between =
                    if reversed { expected[position] + 1 } else { expected[position] - 1 };
                assert_eq!(rows.at(&ledger, between), position as u64);
            }
            let bounds = if reversed { 1 } else { 1_000_000 };
            assert_eq!(rows.at(&ledger, bounds), rows.count());
        }
    }

    #[test]
    fn invalid_filter_is_rejected() {
        let filter = TrailFilter { writer: Some(16), ..TrailFilter::default() };
        let error = Rows::new(&ledger(1), &filter).expect_err("there are sixteen writers");
        assert_eq!(error, FilterError::Writer { found: 16, writers: 16 });
    }
}
