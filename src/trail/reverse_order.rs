//! Reading all segments as one, from the latest entry to the first.

use super::entry::{Entry, EntryKind};
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
    /// Returns the next entry: the latest that has not been read.
    fn peek(&self) -> Option<EntryRef<'a>> {
        let at = |position| EntryRef::at(self.writer, self.log, position);
        let last = self.end.checked_sub(1)?;
        let extended = last.checked_sub(1).and_then(at).filter(|recorded| {
            recorded.extension.is_some_and(|record| record.kind == EntryKind::Extension)
        });
        extended.or_else(|| Some(EntryRef { extension: None, ..at(last)? }))
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
