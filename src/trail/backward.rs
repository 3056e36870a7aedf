//! Many segments, each in order, read as one from the latest entry to the first.

use super::merge::{Recorded, first_not_before};
use super::{Entry, EntryKind, Marks};
use crate::sync::Log;

/// Where the reading of one segment stands.
#[derive(Debug)]
struct Tail<'a> {
    writer: usize,
    log: &'a Log<Entry>,
    /// The place after the next entry and its extension.
    end: u64,
}

impl<'a> Tail<'a> {
    fn record(&self, place: u64) -> Option<&'a Entry> {
        self.log.chunk_from(place, place + 1).first()
    }

    /// The next entry, which is the latest one that is left.
    fn peek(&self) -> Option<Recorded<'a>> {
        let last = self.end.checked_sub(1)?;
        let record = self.record(last)?;
        let annexed = |before: &u64| {
            record.kind == EntryKind::Extension
                && self.record(*before).is_some_and(|entry| entry.marks().contains(Marks::ANNEXED))
        };
        let (place, entry, extension) = match last.checked_sub(1).filter(annexed) {
            Some(before) => (before, self.record(before)?, Some(record)),
            None => (last, record, None),
        };
        Some(Recorded { writer: self.writer, place, entry, extension })
    }
}

/// Reads entries against the order of their timestamps. See the module's text.
#[derive(Debug)]
pub(super) struct Backward<'a> {
    tails: Vec<Tail<'a>>,
}

impl<'a> Backward<'a> {
    /// Begins with the latest entry before the timestamp `to`.
    pub(super) fn new(logs: impl Iterator<Item = (usize, &'a Log<Entry>)>, to: u64) -> Self {
        let tail = |(writer, log)| Tail { writer, log, end: first_not_before(log, to) };
        Self { tails: logs.map(tail).collect() }
    }
}

impl<'a> Iterator for Backward<'a> {
    type Item = Recorded<'a>;

    fn next(&mut self) -> Option<Recorded<'a>> {
        let nexts = self.tails.iter_mut().filter_map(|tail| tail.peek().map(|next| (tail, next)));
        let (tail, latest) = nexts.max_by_key(|(_, next)| next.entry.timestamp)?;
        tail.end = latest.place;
        Some(latest)
    }
}
