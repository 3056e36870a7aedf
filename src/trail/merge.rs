//! Many segments, each in order, read as one.

use super::ids::located;
use super::{Entry, EntryKind, Marks};
use crate::model::{CreateTransferStatus, KnownTransfer, Transfer, TransferState};
use crate::sync::Log;

/// An entry where it stands in the trail.
#[derive(Clone, Copy, Debug)]
pub struct Recorded<'a> {
    /// Which writer's segment it is in.
    pub writer: usize,
    /// Its place in that segment.
    pub place: u64,
    /// The entry.
    pub entry: &'a Entry,
    /// Its extension, where it has one.
    pub extension: Option<&'a Entry>,
}

impl Recorded<'_> {
    /// Whether it is a transfer with nothing to it but two accounts and an amount, whose id was made for its place.
    #[inline]
    pub fn is_plain(&self) -> bool {
        self.entry.is_plain()
            && self.extension.is_none()
            && located(self.entry.id) == Some((self.writer, self.place))
    }

    /// What is known of its id, when it is a plain transfer.
    pub(crate) fn known_plain(&self) -> Option<KnownTransfer> {
        let status = self.entry.transfer_status().filter(|_| self.is_plain())?;
        if status == CreateTransferStatus::Created {
            let transfer = self.entry.attempt(None).transfer;
            let transfer = Transfer { timestamp: self.entry.timestamp, ..transfer };
            return Some(KnownTransfer::Created(TransferState { transfer, resolution: None }));
        }
        status.is_transient().then_some(KnownTransfer::Failed)
    }
}

/// Where the reading of one segment stands.
#[derive(Debug)]
struct Head<'a> {
    writer: usize,
    log: &'a Log<Entry>,
    /// Entries of the current chunk that are still to be read.
    rest: &'a [Entry],
    /// Where `rest` ends in the segment.
    next_index: u64,
    end: u64,
}

impl<'a> Head<'a> {
    /// The timestamp of the next entry, if there is one.
    fn timestamp(&self) -> Option<u64> {
        self.rest.first().map(|entry| entry.timestamp)
    }

    #[inline]
    fn take(&mut self) -> Option<Recorded<'a>> {
        let place = self.next_index - self.rest.len() as u64;
        let entry = self.take_one()?;
        let annexed = entry.marks().contains(Marks::ANNEXED) && self.stands_at_an_extension();
        let extension = if annexed { self.take_one() } else { None };
        Some(Recorded { writer: self.writer, place, entry, extension })
    }

    /// Only a trail that was changed from outside has the mark without the extension.
    fn stands_at_an_extension(&self) -> bool {
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

/// The place of the first record of a segment that is not before a timestamp. Found by bisection, since timestamps ascend.
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

/// Reads entries of all segments in order of their timestamps.
///
/// A writer that is ahead of the others is read in one go, up to the next entry of anybody else, so the cost of
/// looking at all segments is shared by a run of entries.
#[derive(Debug)]
pub struct InOrder<'a> {
    heads: Vec<Head<'a>>,
    /// The head being read.
    current: usize,
    /// The least timestamp of any other head.
    until: u64,
}

impl<'a> InOrder<'a> {
    pub(super) fn new(segments: impl Iterator<Item = &'a Log<Entry>>) -> Self {
        Self::starting(segments.enumerate(), 0)
    }

    /// Reads these writers' segments from the timestamp `from` on.
    pub(super) fn starting(
        segments: impl Iterator<Item = (usize, &'a Log<Entry>)>,
        from: u64,
    ) -> Self {
        let heads = segments.map(|(writer, log)| {
            let (next_index, end) = (first_not_before(log, from), log.len());
            let mut head = Head { writer, log, rest: &[], next_index, end };
            head.refill();
            head
        });
        let mut merge = Self { heads: heads.collect(), current: 0, until: 0 };
        merge.choose();
        merge
    }

    /// Finds the head with the least timestamp, and the least of the others.
    fn choose(&mut self) {
        let mut least = None;
        self.until = u64::MAX;
        for (place, head) in self.heads.iter().enumerate() {
            let Some(timestamp) = head.timestamp() else { continue };
            // The first head that has one is taken whatever its timestamp: a changed trail may say u64::MAX.
            if least.is_none_or(|least| timestamp < least) {
                self.until = least.unwrap_or(u64::MAX);
                least = Some(timestamp);
                self.current = place;
            } else {
                self.until = self.until.min(timestamp);
            }
        }
    }

    /// The next entry of the writer whose entry was answered last: the rest of a chain stands there, whatever other
    /// writers did meanwhile.
    pub fn next_of_same_writer(&mut self) -> Option<Recorded<'a>> {
        self.heads.get_mut(self.current)?.take()
    }
}

impl<'a> Iterator for InOrder<'a> {
    type Item = Recorded<'a>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let ahead = |head: &Head<'_>, until| head.timestamp().is_some_and(|next| next < until);
        if !self.heads.get(self.current).is_some_and(|head| ahead(head, self.until)) {
            self.choose();
        }
        self.heads.get_mut(self.current)?.take()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Trail;
    use super::*;

    #[test]
    fn segments_of_any_shape_merge_into_one_order() {
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
                    segment_writer.reserve(1).expect("there is room");
                    segment_writer.write(Entry { timestamp, ..Entry::default() });
                }
                segment_writer.publish();
            }
            let mut expected: Vec<(u64, usize, u64)> = Vec::new();
            for (writer, timestamps) in shape.iter().enumerate() {
                let placed = timestamps.iter().zip(0..);
                expected.extend(placed.map(|(&timestamp, place)| (timestamp, writer, place)));
            }
            expected.sort_unstable();
            let merged: Vec<_> = trail
                .in_order()
                .map(|recorded| (recorded.entry.timestamp, recorded.writer, recorded.place))
                .collect();
            assert_eq!(merged, expected);
        }
    }

    #[test]
    fn equal_timestamps_are_all_read() {
        let (trail, mut segment_writers) = Trail::new(2, 16 << 20);
        for segment_writer in &mut segment_writers {
            segment_writer.reserve(1).expect("there is room");
            segment_writer.write(Entry { timestamp: 7, ..Entry::default() });
            segment_writer.publish();
        }
        assert_eq!(trail.in_order().count(), 2);
    }

    #[test]
    fn an_annex_comes_with_its_entry_and_a_chain_with_its_writer() {
        let (trail, mut segment_writers) = Trail::new(2, 16 << 20);
        let annexed = Entry { timestamp: 2, marks: Marks::ANNEXED.bits(), ..Entry::default() };
        let extension = Entry { timestamp: 2, kind: EntryKind::Extension, ..Entry::default() };
        for (writer, entry) in
            [(0, annexed), (0, extension), (0, Entry { timestamp: 6, ..Entry::default() })]
                .into_iter()
                .chain([(1, Entry { timestamp: 4, ..Entry::default() })])
        {
            segment_writers[writer].reserve(1).expect("there is room");
            segment_writers[writer].write(entry);
            segment_writers[writer].publish();
        }
        let mut merge = trail.in_order();
        let first = merge.next().expect("there are entries");
        assert_eq!((first.entry.timestamp, first.extension.is_some()), (2, true));
        let second = merge.next_of_same_writer().expect("its writer goes on");
        assert_eq!(
            (second.entry.timestamp, second.place, second.extension.is_some()),
            (6, 2, false)
        );
        assert_eq!(merge.next().map(|recorded| recorded.entry.timestamp), Some(4));
        assert!(merge.next().is_none());
    }
}
