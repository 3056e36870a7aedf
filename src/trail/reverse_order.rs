//! Reading all segments as one, from the latest entry to the first.

use super::entry::{Entry, EntryFlags, EntryKind};
use super::merge::{EntryRef, first_not_before};
use crate::sync::Log;

/// A position in one segment that moves towards its start.
#[derive(Debug)]
struct ReverseCursor<'a> {
    writer: usize,
    log: &'a Log<Entry>,
    /// The position after the next entry and its extension.
    end: u64,
}

impl<'a> ReverseCursor<'a> {
    fn record(&self, position: u64) -> Option<&'a Entry> {
        self.log.chunk_from(position, position + 1).first()
    }

    /// Returns the next entry: the latest that has not been read.
    fn peek(&self) -> Option<EntryRef<'a>> {
        let last = self.end.checked_sub(1)?;
        let record = self.record(last)?;
        let is_extended = |before: &u64| {
            record.kind == EntryKind::Extension
                && self
                    .record(*before)
                    .is_some_and(|entry| entry.entry_flags().contains(EntryFlags::HAS_EXTENSION))
        };
        let (position, entry, extension) = match last.checked_sub(1).filter(is_extended) {
            Some(before) => (before, self.record(before)?, Some(record)),
            None => (last, record, None),
        };
        Some(EntryRef { writer: self.writer, position, entry, extension })
    }
}

/// Entries in descending order of timestamps.
#[derive(Debug)]
pub(super) struct ReverseOrder<'a> {
    cursors: Vec<ReverseCursor<'a>>,
}

impl<'a> ReverseOrder<'a> {
    /// Returns the entries before the timestamp `to`.
    pub(super) fn new(logs: impl Iterator<Item = (usize, &'a Log<Entry>)>, to: u64) -> Self {
        let cursor = |(writer, log)| ReverseCursor { writer, log, end: first_not_before(log, to) };
        Self { cursors: logs.map(cursor).collect() }
    }
}

impl<'a> Iterator for ReverseOrder<'a> {
    type Item = EntryRef<'a>;

    fn next(&mut self) -> Option<EntryRef<'a>> {
        let nexts =
            self.cursors.iter_mut().filter_map(|cursor| cursor.peek().map(|next| (cursor, next)));
        let (cursor, latest) = nexts.max_by_key(|(_, next)| next.entry.timestamp)?;
        cursor.end = latest.position;
        Some(latest)
    }
}
