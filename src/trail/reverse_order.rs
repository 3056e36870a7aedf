//! Reading all segments as one, from the latest entry to the first.

use super::entry::{Entry, EntryKind};
use super::merge::{EntryRef, first_not_before};
use crate::sync::Log;

/// A position in one segment that moves towards its start.
#[derive(Debug)]
struct ReverseCursor<'a> {
    writer: usize,
    log: &'a Log<Entry>,
    /// The latest entry that has not been read.
    next: Option<EntryRef<'a>>,
}

impl<'a> ReverseCursor<'a> {
    fn new(writer: usize, log: &'a Log<Entry>, end: u64) -> Self {
        let mut cursor = Self { writer, log, next: None };
        cursor.next = cursor.before(end);
        cursor
    }

    /// Returns the last entry before a position, which is that of an entry or the end.
    fn before(&self, end: u64) -> Option<EntryRef<'a>> {
        let at = |position| EntryRef::at(self.writer, self.log, position);
        let last = end.checked_sub(1)?;
        let extended = last.checked_sub(1).and_then(at).filter(|recorded| {
            recorded.extension.is_some_and(|record| record.kind == EntryKind::Extension)
        });
        extended.or_else(|| Some(EntryRef { extension: None, ..at(last)? }))
    }
}

/// Entries in descending order of timestamps.
#[derive(Debug)]
pub(crate) struct ReverseOrder<'a> {
    cursors: Vec<ReverseCursor<'a>>,
}

impl<'a> ReverseOrder<'a> {
    /// Returns the entries before the timestamp `to`.
    pub(super) fn new(logs: impl Iterator<Item = (usize, &'a Log<Entry>)>, to: u64) -> Self {
        let cursor = |(writer, log)| ReverseCursor::new(writer, log, first_not_before(log, to));
        Self { cursors: logs.map(cursor).collect() }
    }
}

impl<'a> Iterator for ReverseOrder<'a> {
    type Item = EntryRef<'a>;

    fn next(&mut self) -> Option<EntryRef<'a>> {
        let timestamp = |cursor: &ReverseCursor<'_>| Some(cursor.next?.entry.timestamp);
        let cursor = self.cursors.iter_mut().max_by_key(|cursor| timestamp(cursor))?;
        let latest = cursor.next?;
        cursor.next = cursor.before(latest.position);
        Some(latest)
    }
}
