//! Reading all segments as one, in order of timestamps.

use super::entry::{Entry, EntryFlags, EntryKind};
use super::id_generator::position_in_id;
use crate::model::{CreateTransferStatus, KnownTransfer, Transfer, TransferState};
use crate::sync::Log;

/// An entry with its position in the trail.
#[derive(Clone, Copy, Debug)]
pub struct EntryRef<'a> {
    /// The writer of its segment, from 0.
    pub writer: usize,
    /// Its position in the segment, from 0. Extensions count.
    pub position: u64,
    /// The entry.
    pub entry: &'a Entry,
    /// Its extension, if it has one.
    pub extension: Option<&'a Entry>,
}

impl<'a> EntryRef<'a> {
    /// Returns the entry at a position of a segment, with its extension.
    pub(super) fn at(writer: usize, log: &'a Log<Entry>, position: u64) -> Option<Self> {
        let record = |position| log.chunk_from(position, position + 1).first();
        let entry = record(position)?;
        let has_extension = entry.entry_flags().contains(EntryFlags::HAS_EXTENSION);
        let extension = if has_extension { record(position + 1) } else { None };
        Some(Self { writer, position, entry, extension })
    }

    /// Returns whether it is a plain transfer: with two accounts and an amount only, and an id that
    /// encodes its position.
    #[inline]
    pub fn is_plain(&self) -> bool {
        self.entry.is_plain()
            && self.extension.is_none()
            && position_in_id(self.entry.id) == Some((self.writer, self.position))
    }

    /// Returns the state of its transfer id, if it is a plain transfer.
    pub(crate) fn known_transfer(&self) -> Option<KnownTransfer> {
        let status = self.entry.transfer_status().filter(|_| self.is_plain())?;
        if status == CreateTransferStatus::Created {
            let transfer = self.entry.attempt(None).transfer;
            let transfer = Transfer { timestamp: self.entry.timestamp, ..transfer };
            return Some(KnownTransfer::Created(TransferState { transfer, resolution: None }));
        }
        status.is_transient().then_some(KnownTransfer::Failed)
    }
}

/// A position in one segment that moves towards its end.
#[derive(Debug)]
struct SegmentCursor<'a> {
    writer: usize,
    log: &'a Log<Entry>,
    /// Records of the current chunk that have not been read.
    rest: &'a [Entry],
    /// The position in the segment after `rest`.
    next_index: u64,
    end: u64,
}

impl<'a> SegmentCursor<'a> {
    /// Returns the timestamp of the next entry.
    fn timestamp(&self) -> Option<u64> {
        self.rest.first().map(|entry| entry.timestamp)
    }

    #[inline]
    fn take(&mut self) -> Option<EntryRef<'a>> {
        let position = self.next_index - self.rest.len() as u64;
        let entry = self.take_one()?;
        let has_extension =
            entry.entry_flags().contains(EntryFlags::HAS_EXTENSION) && self.is_at_extension();
        let extension = if has_extension { self.take_one() } else { None };
        Some(EntryRef { writer: self.writer, position, entry, extension })
    }

    /// Returns whether the next record is an extension. It is missing only in an altered
    /// trail.
    fn is_at_extension(&self) -> bool {
        self.rest.first().is_some_and(|next| next.kind == EntryKind::Extension)
    }

    #[inline]
    fn take_one(&mut self) -> Option<&'a Entry> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        if rest.is_empty() {
            self.refill();
        }
        Some(first)
    }

    fn refill(&mut self) {
        self.rest = self.log.chunk_from(self.next_index, self.end);
        self.next_index += self.rest.len() as u64;
    }
}

/// Returns the position of the first record of a segment that is not before a timestamp. Binary
/// search, since timestamps ascend.
pub(crate) fn first_not_before(log: &Log<Entry>, timestamp: u64) -> u64 {
    let (mut from, mut to) = (0, log.len());
    if timestamp == 0 {
        return 0;
    }
    while from < to {
        let middle = from + (to - from) / 2;
        let record = log.chunk_from(middle, middle + 1).first();
        let before = record.is_some_and(|record| record.timestamp < timestamp);
        if before { from = middle + 1 } else { to = middle }
    }
    from
}

/// The entries of all segments in order of their timestamps.
///
/// A run of entries of one writer is read without comparing the other segments again.
#[derive(Debug)]
pub struct InOrder<'a> {
    cursors: Vec<SegmentCursor<'a>>,
    /// The cursor that is read.
    current: usize,
    /// The least timestamp of the other cursors.
    until: u64,
}

impl<'a> InOrder<'a> {
    pub(super) fn new(segments: impl Iterator<Item = &'a Log<Entry>>) -> Self {
        Self::starting(segments.enumerate(), 0)
    }

    /// Returns the entries of these segments from the timestamp `from` on.
    pub(super) fn starting(
        segments: impl Iterator<Item = (usize, &'a Log<Entry>)>,
        from: u64,
    ) -> Self {
        Self::between(segments.map(|(writer, log)| (writer, log, log.len())), from)
    }

    /// Returns the entries of these segments from the timestamp `from` on, up to a position in each.
    pub(super) fn between(
        segments: impl Iterator<Item = (usize, &'a Log<Entry>, u64)>,
        from: u64,
    ) -> Self {
        let cursors = segments.map(|(writer, log, end)| {
            let next_index = first_not_before(log, from);
            let mut cursor = SegmentCursor { writer, log, rest: &[], next_index, end };
            cursor.refill();
            cursor
        });
        let mut merge = Self { cursors: cursors.collect(), current: 0, until: 0 };
        merge.choose();
        merge
    }

    /// Chooses the cursor with the least timestamp, and finds the least timestamp of the others.
    fn choose(&mut self) {
        let mut least = None;
        self.until = u64::MAX;
        for (position, cursor) in self.cursors.iter().enumerate() {
            let Some(timestamp) = cursor.timestamp() else { continue };
            // The first cursor with an entry is always taken: in an altered trail its timestamp can
            // be u64::MAX.
            if least.is_none_or(|least| timestamp < least) {
                self.until = least.unwrap_or(u64::MAX);
                least = Some(timestamp);
                self.current = position;
            } else {
                self.until = self.until.min(timestamp);
            }
        }
    }

    /// Returns the next entry of the same writer as the last one. The rest of a chain is there, even
    /// if other writers wrote in between.
    pub fn next_of_same_writer(&mut self) -> Option<EntryRef<'a>> {
        self.cursors.get_mut(self.current)?.take()
    }
}

impl<'a> Iterator for InOrder<'a> {
    type Item = EntryRef<'a>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let ahead =
            |cursor: &SegmentCursor<'_>, until| cursor.timestamp().is_some_and(|next| next < until);
        if !self.cursors.get(self.current).is_some_and(|cursor| ahead(cursor, self.until)) {
            self.choose();
        }
        self.cursors.get_mut(self.current)?.take()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Trail;
    use super::*;

    #[test]
    fn segments_merge_in_order_of_timestamps() {
        let last = u64::MAX;
        for shape in [
            vec![vec![]],
            vec![vec![5]],
            vec![vec![1, 4, 9], vec![], vec![2, 3, 10, 11]],
            vec![vec![1, last], vec![2, 5], vec![last]],
        ] {
            let (trail, mut segment_writers) = Trail::new(shape.len(), 16 << 20);
            for (segment_writer, timestamps) in segment_writers.iter_mut().zip(&shape) {
                for &timestamp in timestamps {
                    segment_writer.reserve(1).expect("the budget suffices");
                    segment_writer.write(Entry { timestamp, ..Entry::default() });
                }
                segment_writer.publish();
            }
            let mut expected: Vec<(u64, usize, u64)> = Vec::new();
            for (writer, timestamps) in shape.iter().enumerate() {
                let positions = timestamps.iter().zip(0..);
                expected
                    .extend(positions.map(|(&timestamp, position)| (timestamp, writer, position)));
            }
            expected.sort_unstable();
            let merged: Vec<_> = trail
                .in_order()
                .map(|recorded| (recorded.entry.timestamp, recorded.writer, recorded.position))
                .collect();
            assert_eq!(merged, expected);
        }
    }

    #[test]
    fn entries_with_equal_timestamps_are_all_read() {
        let (trail, mut segment_writers) = Trail::new(2, 16 << 20);
        for segment_writer in &mut segment_writers {
            segment_writer.reserve(1).expect("the budget suffices");
            segment_writer.write(Entry { timestamp: 7, ..Entry::default() });
            segment_writer.publish();
        }
        assert_eq!(trail.in_order().count(), 2);
    }

    #[test]
    fn entry_has_its_extension_and_chain_its_writer() {
        let (trail, mut segment_writers) = Trail::new(2, 16 << 20);
        let has_extension = Entry {
            timestamp: 2,
            entry_flags: EntryFlags::HAS_EXTENSION.bits(),
            ..Entry::default()
        };
        let extension = Entry { timestamp: 2, kind: EntryKind::Extension, ..Entry::default() };
        for (writer, entry) in
            [(0, has_extension), (0, extension), (0, Entry { timestamp: 6, ..Entry::default() })]
                .into_iter()
                .chain([(1, Entry { timestamp: 4, ..Entry::default() })])
        {
            segment_writers[writer].reserve(1).expect("the budget suffices");
            segment_writers[writer].write(entry);
            segment_writers[writer].publish();
        }
        let mut merge = trail.in_order();
        let first = merge.next().expect("there are entries");
        assert_eq!((first.entry.timestamp, first.extension.is_some()), (2, true));
        let second = merge.next_of_same_writer().expect("its writer has another");
        assert_eq!(
            (second.entry.timestamp, second.position, second.extension.is_some()),
            (6, 2, false)
        );
        assert_eq!(merge.next().map(|recorded| recorded.entry.timestamp), Some(4));
        assert!(merge.next().is_none());
    }
}
