//! The segments of all writers, and appending to them.

use std::fmt;
use std::sync::Arc;

use super::entry::{Entry, EntryKind, EntryLocation};
use super::id_generator::position_in_id;
use super::merge::{EntryRef, InOrder, first_not_before};
use crate::sync::{Appender, AtomicU64, Log, Ordering, update};

/// Records in one chunk of a segment: 4,096, which are 512 KiB. Few in models, whose trails are
/// short. The memory budget is spent in chunks.
pub const CHUNK_ENTRIES: u64 = if cfg!(any(loom, shuttle)) { 8 } else { 4096 };

/// Bytes of one record in memory: 128.
pub const ENTRY_BYTES: u64 = size_of::<Entry>() as u64;

/// The trail has used up its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrailFull {
    /// The trail's budget, in bytes.
    pub budget_bytes: u64,
}

impl fmt::Display for TrailFull {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "the trail has used up its {} MiB ({} bytes an entry), or the system has no more memory",
            self.budget_bytes >> 20,
            ENTRY_BYTES,
        )
    }
}

impl std::error::Error for TrailFull {}

/// The segments of all writers of a ledger.
#[derive(Debug)]
pub struct Trail {
    segments: Box<[Arc<Log<Entry>>]>,
    /// The number of extensions in each segment, counted before they are published.
    extensions: Box<[ExtensionCount]>,
    chunks_left: AtomicU64,
    budget_bytes: u64,
}

/// A count that one writer alone stores, on cache lines of its own.
#[derive(Debug, Default)]
#[repr(align(128))]
struct ExtensionCount(AtomicU64);

impl Trail {
    /// Returns an empty trail of `writers` segments that use at most `budget_bytes` together, and a
    /// writer for each segment.
    pub fn new(writers: usize, budget_bytes: u64) -> (Arc<Self>, Vec<SegmentWriter>) {
        let chunks = budget_bytes / (CHUNK_ENTRIES * ENTRY_BYTES);
        let (segments, appenders): (Vec<_>, Vec<_>) =
            (0..writers).map(|_| Log::new(CHUNK_ENTRIES, chunks as usize)).unzip();
        let trail = Arc::new(Self {
            segments: segments.into(),
            extensions: (0..writers).map(|_| ExtensionCount::default()).collect(),
            chunks_left: AtomicU64::new(chunks),
            budget_bytes,
        });
        let segment_writers = appenders.into_iter().enumerate();
        let segment_writers = segment_writers.map(|(number, appender)| SegmentWriter {
            trail: Arc::clone(&trail),
            number,
            appender,
            extensions: 0,
        });
        let segment_writers = segment_writers.collect();
        (trail, segment_writers)
    }

    /// Returns a trail of these records, one list for each writer.
    ///
    /// # Errors
    /// [`TrailFull`] when the system's memory is used up.
    pub fn of(segments: Vec<Vec<Entry>>) -> Result<Arc<Self>, TrailFull> {
        let chunks = segments.iter().map(|records| (records.len() as u64).div_ceil(CHUNK_ENTRIES));
        let budget_bytes = chunks.sum::<u64>() * CHUNK_ENTRIES * ENTRY_BYTES;
        let (trail, segment_writers) = Self::new(segments.len(), budget_bytes);
        for (mut segment_writer, records) in segment_writers.into_iter().zip(segments) {
            for entry in records {
                segment_writer.reserve(1)?;
                segment_writer.write(entry);
            }
            segment_writer.publish();
        }
        Ok(trail)
    }

    /// Returns a copy of the published records in which `alter` has changed the one at `at`. Used to
    /// validate the checks.
    ///
    /// # Errors
    /// [`TrailFull`] when the system's memory is used up.
    pub fn altered(
        &self,
        at: EntryLocation,
        alter: impl FnOnce(&mut Entry),
    ) -> Result<Arc<Self>, TrailFull> {
        let records = |log: &Log<Entry>| log.chunks(0, log.len()).flatten().copied().collect();
        let mut copy: Vec<Vec<Entry>> = self.segments().map(records).collect();
        let segment = copy.get_mut(at.writer);
        if let Some(entry) = segment.and_then(|segment| segment.get_mut(at.position as usize)) {
            alter(entry);
        }
        Self::of(copy)
    }

    /// Returns the greatest published timestamp. 0 for an empty trail.
    pub fn last_timestamp(&self) -> u64 {
        let last = |segment: &Log<Entry>| {
            let position = segment.len().checked_sub(1)?;
            segment.get(position).map(|entry| entry.timestamp)
        };
        self.segments().filter_map(last).max().unwrap_or(0)
    }

    /// Returns the segments, one for each writer, each in ascending order of timestamps.
    pub fn segments(&self) -> impl ExactSizeIterator<Item = &Log<Entry>> {
        self.segments.iter().map(|segment| &**segment)
    }

    /// Returns the number of published records: entries, and the extensions that some of them have.
    pub fn len(&self) -> u64 {
        self.segments().map(Log::len).sum()
    }

    /// Returns the number of published entries, from counts of the writers, in time proportional to
    /// the number of segments.
    ///
    /// While an entry with an extension is being written, the number can be one too small, never too
    /// great.
    pub fn entries(&self) -> u64 {
        let segments = self.segments().zip(&self.extensions);
        // The length first: an extension is counted before it is published, so every one in the
        // length is counted.
        let entries = segments.map(|(log, extensions)| {
            log.len().saturating_sub(extensions.0.load(Ordering::Relaxed))
        });
        entries.sum()
    }

    /// Counts the published entries one by one, independently of the writers' counts.
    pub fn count_entries(&self) -> u64 {
        let in_segment = |log: &Log<Entry>| {
            let records = log.chunks(0, log.len()).flatten();
            records.filter(|entry| entry.kind != EntryKind::Extension).count() as u64
        };
        self.segments().map(in_segment).sum()
    }

    /// Returns the bytes that the trail may use.
    pub fn budget_bytes(&self) -> u64 {
        self.budget_bytes
    }

    /// Returns the bytes that published records use.
    pub fn used_bytes(&self) -> u64 {
        self.len() * ENTRY_BYTES
    }

    /// Returns the bytes that no writer has reserved yet.
    pub fn left_bytes(&self) -> u64 {
        self.chunks_left.load(Ordering::Relaxed) * CHUNK_ENTRIES * ENTRY_BYTES
    }

    /// Returns whether nothing has been published yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns all published entries in order of their timestamps. Complete and final once the
    /// writers have stopped.
    pub fn in_order(&self) -> InOrder<'_> {
        InOrder::new(self.segments())
    }

    /// Returns the transfer's entry whose position its id encodes.
    pub(crate) fn find_by_id(&self, id: u128) -> Option<EntryRef<'_>> {
        let (writer, position) = position_in_id(id)?;
        let recorded = EntryRef::at(writer, self.segments.get(writer)?, position)?;
        let is_transfer = recorded.entry.kind == EntryKind::Transfer;
        (recorded.entry.id == id && is_transfer).then_some(recorded)
    }

    /// Returns the entry of this timestamp.
    pub(crate) fn find_by_timestamp(&self, timestamp: u64) -> Option<&Entry> {
        self.segments().find_map(|log| {
            let position = first_not_before(log, timestamp);
            let entry = log.chunk_from(position, position + 1).first();
            entry.filter(|entry| entry.timestamp == timestamp)
        })
    }
}

/// Appends to the segment of one writer.
#[derive(Debug)]
pub struct SegmentWriter {
    trail: Arc<Trail>,
    /// The number of the segment.
    number: usize,
    appender: Appender<Entry>,
    extensions: u64,
}

impl SegmentWriter {
    /// Returns a writer that has no trail and no memory.
    pub(crate) fn detached() -> Self {
        Trail::new(1, 0).1.remove(0)
    }

    /// Returns the number of records written, published or not. It is the position of the next one.
    #[inline]
    pub fn written(&self) -> u64 {
        self.appender.written()
    }

    /// Returns the number of entries written, published or not.
    pub fn entries(&self) -> u64 {
        self.appender.written() - self.extensions
    }

    /// Reserves memory for `records` more records. Called before an attempt that will write them.
    ///
    /// # Errors
    /// [`TrailFull`] when the trail's budget or the system's memory is used up.
    #[inline]
    pub fn reserve(&mut self, records: u64) -> Result<(), TrailFull> {
        while !self.appender.has_room(records) {
            self.add_chunk()?;
        }
        Ok(())
    }

    #[cold]
    fn add_chunk(&mut self) -> Result<(), TrailFull> {
        let full = TrailFull { budget_bytes: self.trail.budget_bytes };
        let left = &self.trail.chunks_left;
        update(left, |left| left.checked_sub(1)).map_err(|_| full)?;
        self.appender.reserve().map_err(|_| {
            left.fetch_add(1, Ordering::Relaxed);
            full
        })
    }

    /// Prefetches the memory of the next `records` records.
    #[inline(always)]
    pub(crate) fn prefetch(&self, records: u64) {
        self.appender.prefetch(records);
    }

    /// Writes an entry to reserved memory.
    #[inline(always)]
    pub fn write(&mut self, entry: Entry) {
        self.appender.append(entry);
    }

    /// Writes an entry and its extension, if any, to reserved memory.
    pub fn write_with_extension(&mut self, (entry, extension): (Entry, Option<Entry>)) {
        self.appender.append(entry);
        if let Some(extension) = extension {
            self.extensions += 1;
            self.trail.extensions[self.number].0.store(self.extensions, Ordering::Relaxed);
            self.appender.append(extension);
        }
    }

    /// Makes everything that was written visible to readers.
    #[inline]
    pub fn publish(&mut self) {
        self.appender.publish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writers_share_the_budget_until_the_trail_is_full() {
        let two_chunks = 2 * CHUNK_ENTRIES * ENTRY_BYTES;
        let (trail, mut segment_writers) = Trail::new(2, two_chunks);
        for segment_writer in &mut segment_writers {
            for _ in 0..CHUNK_ENTRIES {
                segment_writer.reserve(1).expect("one chunk each fits");
                segment_writer.write(Entry::default());
            }
            segment_writer.publish();
        }
        assert_eq!(trail.len(), 2 * CHUNK_ENTRIES);
        for segment_writer in &mut segment_writers {
            assert_eq!(segment_writer.reserve(1), Err(TrailFull { budget_bytes: two_chunks }));
        }
    }
}
