//! Reading all segments as one, from the latest entry to the first.

use super::audit_trail::Trail;
use super::entry::{Entry, EntryFlags, EntryKind};
use super::merge::{EntryRef, InOrder, first_not_before};
use super::sizes::CHUNK_ENTRIES;
use crate::sync::Log;

/// A position in one segment that moves towards its start.
#[derive(Clone, Debug)]
struct ReverseCursor<'a> {
    writer: usize,
    log: &'a Log<Entry>,
    /// Records of the current chunk that have not been read.
    rest: &'a [Entry],
    /// The position in the segment after `rest`.
    end: u64,
}

impl<'a> ReverseCursor<'a> {
    fn new(writer: usize, log: &'a Log<Entry>, end: u64) -> Self {
        let mut cursor = Self { writer, log, rest: &[], end };
        cursor.refill();
        cursor
    }

    /// Returns the timestamp of the next entry.
    fn timestamp(&self) -> Option<u64> {
        self.rest.last().map(|entry| entry.timestamp)
    }

    #[inline]
    fn take(&mut self) -> Option<EntryRef<'a>> {
        let last = self.take_one()?;
        let is_extended = |entry: &Entry| entry.entry_flags().contains(EntryFlags::HAS_EXTENSION);
        // Without its entry, an extension is an entry of an altered trail.
        let extended =
            last.kind == EntryKind::Extension && self.rest.last().is_some_and(is_extended);
        let (entry, extension) = match extended {
            true => (self.take_one()?, Some(last)),
            false => (last, None),
        };
        Some(EntryRef { writer: self.writer, position: self.end, entry, extension })
    }

    #[inline]
    fn take_one(&mut self) -> Option<&'a Entry> {
        let (last, rest) = self.rest.split_last()?;
        self.rest = rest;
        self.end -= 1;
        if rest.is_empty() {
            self.refill();
        }
        Some(last)
    }

    fn refill(&mut self) {
        let start = self.end.saturating_sub(1) / CHUNK_ENTRIES * CHUNK_ENTRIES;
        self.rest = self.log.chunk_from(start, self.end);
    }
}

/// Entries in descending order of timestamps.
///
/// A run of entries of one writer is read without comparing the other segments again.
#[derive(Clone, Debug)]
pub(crate) struct ReverseOrder<'a> {
    cursors: Vec<ReverseCursor<'a>>,
    /// The cursor that is read.
    current: usize,
    /// The greatest timestamp of the other cursors.
    until: u64,
}

impl<'a> ReverseOrder<'a> {
    /// Returns the entries before the timestamp `to`.
    pub(super) fn new(logs: impl Iterator<Item = (usize, &'a Log<Entry>)>, to: u64) -> Self {
        let cursor = |(writer, log)| ReverseCursor::new(writer, log, first_not_before(log, to));
        let mut merge = Self { cursors: logs.map(cursor).collect(), current: 0, until: 0 };
        merge.choose();
        merge
    }

    /// Chooses the cursor with the greatest timestamp, and finds the greatest of the others.
    fn choose(&mut self) {
        let mut latest = None;
        self.until = 0;
        for (position, cursor) in self.cursors.iter().enumerate() {
            let Some(timestamp) = cursor.timestamp() else { continue };
            if latest.is_none_or(|latest| timestamp >= latest) {
                self.until = latest.unwrap_or(0);
                latest = Some(timestamp);
                self.current = position;
            } else {
                self.until = self.until.max(timestamp);
            }
        }
    }
}

impl<'a> Iterator for ReverseOrder<'a> {
    type Item = EntryRef<'a>;

    #[inline]
    fn next(&mut self) -> Option<EntryRef<'a>> {
        let current = self.cursors.get(self.current)?.timestamp();
        if current.is_none_or(|timestamp| timestamp <= self.until) {
            self.choose();
        }
        self.cursors.get_mut(self.current)?.take()
    }
}

/// Entries in one of the two orders.
enum Entries<'a> {
    InOrder(InOrder<'a>),
    InReverseOrder(ReverseOrder<'a>),
}

impl<'a> Iterator for Entries<'a> {
    type Item = EntryRef<'a>;

    #[inline]
    fn next(&mut self) -> Option<EntryRef<'a>> {
        match self {
            Self::InOrder(entries) => entries.next(),
            Self::InReverseOrder(entries) => entries.next(),
        }
    }
}

impl Trail {
    /// Returns the published entries before the timestamp `to`, the latest first.
    pub(crate) fn in_reverse_order(&self, to: u64) -> ReverseOrder<'_> {
        ReverseOrder::new(self.segments().enumerate(), to)
    }

    /// Returns the published entries of all writers or of one, from the timestamp `from` to before `to`,
    /// in order or reversed.
    /// Nothing is read before the first one is.
    pub(crate) fn entries_in(
        &self,
        writer: Option<usize>,
        (from, to): (u64, u64),
        reversed: bool,
    ) -> impl Iterator<Item = EntryRef<'_>> {
        let is_wanted = move |number: &usize| writer.is_none_or(|writer| writer == *number);
        let segments = move || self.segments().enumerate().filter(move |(n, _)| is_wanted(n));
        let entries = std::iter::once_with(move || match reversed {
            false => Entries::InOrder(InOrder::starting(segments(), from)),
            true => Entries::InReverseOrder(ReverseOrder::new(segments(), to)),
        });
        let within = move |timestamp| if reversed { from <= timestamp } else { timestamp < to };
        entries.flatten().take_while(move |recorded| within(recorded.entry.timestamp))
    }
}
