//! Many segments, each in order, read as one.

use super::Entry;
use crate::sync::Log;

/// Where the reading of one segment stands.
struct Head<'a> {
    writer: usize,
    log: &'a Log<Entry>,
    /// Entries of the current chunk that are still to be read.
    rest: &'a [Entry],
    next_index: u64,
    end: u64,
}

impl<'a> Head<'a> {
    /// The timestamp of the next entry, if there is one.
    fn timestamp(&self) -> Option<u64> {
        self.rest.first().map(|entry| entry.timestamp)
    }

    fn take(&mut self) -> Option<&'a Entry> {
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

/// Reads entries of all segments in order of their timestamps.
///
/// A writer that is ahead of the others is read in one go, up to the next entry of anybody else, so the cost of
/// looking at all segments is shared by a run of entries.
pub(super) struct InOrder<'a> {
    heads: Vec<Head<'a>>,
    /// The head being read.
    current: usize,
    /// The least timestamp of any other head.
    until: u64,
}

impl<'a> InOrder<'a> {
    pub(super) fn new(segments: impl Iterator<Item = &'a Log<Entry>>) -> Self {
        let heads = segments.enumerate().map(|(writer, log)| {
            let mut head = Head { writer, log, rest: &[], next_index: 0, end: log.len() };
            head.refill();
            head
        });
        let mut merge = Self { heads: heads.collect(), current: 0, until: 0 };
        merge.choose();
        merge
    }

    /// Finds the head with the least timestamp, and the least of the others.
    fn choose(&mut self) {
        let mut least = u64::MAX;
        self.until = u64::MAX;
        for (place, head) in self.heads.iter().enumerate() {
            let Some(timestamp) = head.timestamp() else { continue };
            if timestamp < least {
                self.until = least;
                least = timestamp;
                self.current = place;
            } else {
                self.until = self.until.min(timestamp);
            }
        }
    }
}

impl<'a> Iterator for InOrder<'a> {
    type Item = (usize, &'a Entry);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let ahead = |head: &Head<'_>, until| head.timestamp().is_some_and(|next| next < until);
        if !self.heads.get(self.current).is_some_and(|head| ahead(head, self.until)) {
            self.choose();
        }
        let head = self.heads.get_mut(self.current)?;
        head.take().map(|entry| (head.writer, entry))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Trail;
    use super::*;

    #[test]
    fn segments_of_any_shape_merge_into_one_order() {
        for shape in [vec![vec![]], vec![vec![5]], vec![vec![1, 4, 9], vec![], vec![2, 3, 10, 11]]]
        {
            let (trail, mut pens) = Trail::new(shape.len(), 16 << 20);
            for (pen, timestamps) in pens.iter_mut().zip(&shape) {
                for &timestamp in timestamps {
                    pen.make_room().expect("there is room");
                    pen.write(Entry { timestamp, ..Entry::default() });
                }
                pen.publish();
            }
            let mut expected: Vec<(u64, usize)> = Vec::new();
            for (writer, timestamps) in shape.iter().enumerate() {
                expected.extend(timestamps.iter().map(|&timestamp| (timestamp, writer)));
            }
            expected.sort_unstable();
            let merged: Vec<_> =
                trail.in_order().map(|(writer, entry)| (entry.timestamp, writer)).collect();
            assert_eq!(merged, expected);
        }
    }

    #[test]
    fn equal_timestamps_are_all_read() {
        let (trail, mut pens) = Trail::new(2, 16 << 20);
        for pen in &mut pens {
            pen.make_room().expect("there is room");
            pen.write(Entry { timestamp: 7, ..Entry::default() });
            pen.publish();
        }
        assert_eq!(trail.in_order().count(), 2);
    }
}
