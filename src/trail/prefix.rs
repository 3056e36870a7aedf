//! The part of a trail up to a timestamp, while writers append to it.

use super::audit_trail::Trail;
use super::entry::{Entry, EntryKind};
use super::merge::{InOrder, first_not_before};
use crate::sync::Log;

/// The records of a trail up to a timestamp. A chain belongs to the timestamp of its first entry, as in serial replay.
#[derive(Clone, Debug)]
pub(crate) struct TrailPrefix<'a> {
    pub(super) trail: &'a Trail,
    /// The number of records of each segment.
    pub(super) ends: Vec<u64>,
}

impl<'a> TrailPrefix<'a> {
    /// Returns everything that is published now.
    pub(crate) fn all(trail: &'a Trail) -> Self {
        Self { trail, ends: trail.segments().map(Log::len).collect() }
    }

    /// Returns what is published now up to `timestamp`.
    pub(crate) fn until(trail: &'a Trail, timestamp: u64) -> Self {
        let end = |log: &Log<Entry>| first_unit_since(log, timestamp, log.len());
        Self { trail, ends: trail.segments().map(end).collect() }
    }

    /// Returns its entries from the timestamp `from` on, in order of their timestamps.
    pub(crate) fn in_order(&self, from: u64) -> InOrder<'a> {
        let ends = self.ends.iter().copied();
        let segments = self.trail.segments().zip(ends).enumerate();
        InOrder::between(segments.map(|(writer, (log, end))| (writer, log, end)), from)
    }
}

/// Returns the position of the first entry later than `timestamp` whose unit also begins later.
pub(crate) fn first_unit_since(segment: &Log<Entry>, timestamp: u64, end: u64) -> u64 {
    let mut from = first_not_before(segment, timestamp + 1).min(end);
    // The rest of a chain that began earlier belongs to the prefix. An extension follows its entry.
    let linked = |position: u64| {
        let before = (0..position).rev().filter_map(|position| segment.get(position));
        let mut entries = before.filter(|entry| entry.kind != EntryKind::Extension);
        entries.next().is_some_and(|entry| entry.is_linked())
    };
    while from < end && linked(from) {
        from += 1;
        while segment.get(from).is_some_and(|entry| entry.kind == EntryKind::Extension) {
            from += 1;
        }
    }
    from
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TransferFlags;
    use crate::trail::entry::EntryFlags;

    #[test]
    fn chain_belongs_to_the_timestamp_of_its_first_entry() {
        let entry = |timestamp, flags: TransferFlags, entry_flags: EntryFlags, kind| Entry {
            timestamp,
            flags: flags.bits(),
            entry_flags: entry_flags.bits(),
            kind,
            ..Entry::default()
        };
        let (alone, linked) = (TransferFlags::empty(), TransferFlags::LINKED);
        let kind = EntryKind::Transfer;
        let entries = vec![
            entry(5, alone, EntryFlags::LAST, kind),
            entry(10, linked, EntryFlags::HAS_EXTENSION, kind),
            entry(10, alone, EntryFlags::empty(), EntryKind::Extension),
            entry(20, linked, EntryFlags::empty(), kind),
            entry(30, alone, EntryFlags::HAS_EXTENSION | EntryFlags::LAST, kind),
            entry(30, alone, EntryFlags::empty(), EntryKind::Extension),
            entry(40, alone, EntryFlags::LAST, kind),
        ];
        let trail = Trail::of(vec![entries]).expect("there is memory");
        let segment = trail.segments().next().expect("there is one");
        for (timestamp, first) in
            [(0, 0), (4, 0), (5, 1), (9, 1), (10, 6), (15, 6), (25, 6), (30, 6), (39, 6), (40, 7)]
        {
            assert_eq!(first_unit_since(segment, timestamp, 7), first, "after {timestamp}");
        }
    }
}
