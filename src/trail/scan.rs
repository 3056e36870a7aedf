//! Reading many items, with a check now and then whether to go on, and reading chunks.

use super::entry::{Entry, EntryFlags, EntryKind};
use super::merge::EntryRef;
use super::sizes::CHUNK_ENTRIES;
use crate::sync::{Interrupted, Log, WaitPolicy};

/// The number of items between two checks.
pub(crate) const CHECK_ITEMS: usize = 4_096;

/// Returns the first `limit` results of `find`. Stores nothing else, and reads no further than the last of them.
///
/// # Errors
/// The reason why `policy` ended the scan.
pub(crate) fn collect_matches<T, R>(
    items: impl Iterator<Item = T>,
    limit: usize,
    policy: &impl WaitPolicy,
    mut find: impl FnMut(T) -> Option<R>,
) -> Result<Vec<R>, Interrupted> {
    let mut found = Vec::new();
    if limit == 0 {
        return Ok(found);
    }
    for (number, item) in items.enumerate() {
        if number % CHECK_ITEMS == 0 {
            policy.check()?;
        }
        found.extend(find(item));
        if found.len() == limit {
            break;
        }
    }
    Ok(found)
}

/// The published records of one chunk of a segment.
pub(crate) struct Chunk<'a> {
    pub(crate) writer: usize,
    log: &'a Log<Entry>,
    /// The position of the first record in the segment.
    pub(crate) start: u64,
    pub(crate) records: &'a [Entry],
}

impl<'a> Chunk<'a> {
    /// Returns the chunk of this number of a segment.
    pub(crate) fn new(writer: usize, log: &'a Log<Entry>, number: u64) -> Self {
        let start = number * CHUNK_ENTRIES;
        Self { writer, log, start, records: log.chunk_from(start, u64::MAX) }
    }

    /// Returns its number in the segment.
    pub(crate) fn number(&self) -> u64 {
        self.start / CHUNK_ENTRIES
    }

    /// Returns whether no more records will be added.
    pub(crate) fn is_full(&self) -> bool {
        self.records.len() as u64 == CHUNK_ENTRIES
    }

    /// Returns the entry at an offset, with its extension, which can be in the next chunk. `None` for
    /// an extension.
    #[inline]
    pub(crate) fn entry(&self, offset: usize) -> Option<EntryRef<'a>> {
        let entry = &self.records[offset];
        let position = self.start + offset as u64;
        match entry.kind {
            EntryKind::Extension => None,
            _ if !entry.entry_flags().contains(EntryFlags::HAS_EXTENSION) => {
                Some(EntryRef { writer: self.writer, position, entry, extension: None })
            }
            _ => EntryRef::at(self.writer, self.log, position),
        }
    }
}
