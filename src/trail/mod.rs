//! The trail: one entry for every attempt, accepted or refused, and serial replay that replays them.
//!
//! Each writer owns a segment to which it alone appends; readers see what was published. No lock is shared
//! between writers. The trail knows the model and nothing of the ledger that writes it.
#![forbid(unsafe_code)]

mod backward;
mod entry;
mod filter;
mod ids;
mod merge;
mod replay;
mod rows;
mod seal;

use std::fmt;
use std::sync::Arc;

use crate::sync::{Appender, AtomicU64, Log, Ordering, update};

pub(crate) use entry::Name;
pub use entry::{Entry, EntryKind, Marks};
pub use filter::{FilterError, Page, StatusFilter, TrailFilter};
pub use ids::IdSeed;
pub(crate) use ids::{Ids, is_of};
pub(crate) use merge::first_not_before;
pub use merge::{InOrder, Recorded};
pub use replay::{Divergence, Replay};
pub use rows::{ROWS_READ_MAX, Rows};
pub use seal::{
    At, BLOCK_RECORDS, BadDigest, BadSeal, Digest, Mismatch, SEAL_VERSION, Seal, Sealer,
};

/// Records in one chunk of a segment: 4,096, which is 512 KiB; few in models, whose trails are short. The budget is spent
/// in chunks.
pub const CHUNK_ENTRIES: u64 = if cfg!(any(loom, shuttle)) { 8 } else { 4096 };

/// Bytes that one entry takes in memory.
pub const ENTRY_BYTES: u64 = size_of::<Entry>() as u64;

/// The trail has used up the memory it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrailFull {
    /// What it was given, in bytes.
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
    /// Extensions in each segment, counted before they are published.
    extensions: Box<[Extensions]>,
    chunks_left: AtomicU64,
    budget_bytes: u64,
}

/// A count that one segment_writer alone writes, on cache lines of its own.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Extensions(AtomicU64);

impl Trail {
    /// A trail of `writers` segments that together take at most `budget_bytes`, and the segment_writers to write it.
    pub fn new(writers: usize, budget_bytes: u64) -> (Arc<Self>, Vec<SegmentWriter>) {
        let chunks = budget_bytes / (CHUNK_ENTRIES * ENTRY_BYTES);
        let (segments, appenders): (Vec<_>, Vec<_>) =
            (0..writers).map(|_| Log::new(CHUNK_ENTRIES, chunks as usize)).unzip();
        let trail = Arc::new(Self {
            segments: segments.into(),
            extensions: (0..writers).map(|_| Extensions::default()).collect(),
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

    /// A trail of records that were kept elsewhere, one row for each writer.
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

    /// A copy of what was published, in which the record at one place is another one: for trying what finds it.
    ///
    /// # Errors
    /// [`TrailFull`] when the system's memory is used up.
    pub fn altered(
        &self,
        at: At,
        mut alter: impl FnMut(&mut Entry),
    ) -> Result<Arc<Self>, TrailFull> {
        let chunks = self.segments().map(|log| log.len().div_ceil(CHUNK_ENTRIES)).sum::<u64>();
        let (copy, segment_writers) =
            Self::new(self.segments.len(), chunks * CHUNK_ENTRIES * ENTRY_BYTES);
        for ((writer, log), mut segment_writer) in self.segments().enumerate().zip(segment_writers)
        {
            let (end, mut place) = (log.len(), 0);
            while place < end {
                for entry in log.chunk_from(place, end) {
                    let mut entry = *entry;
                    if (At { writer, place }) == at {
                        alter(&mut entry);
                    }
                    segment_writer.reserve(1)?;
                    segment_writer.write(entry);
                    place += 1;
                }
            }
            segment_writer.publish();
        }
        Ok(copy)
    }

    /// The greatest timestamp of what was published; 0 where there is nothing.
    pub fn last_timestamp(&self) -> u64 {
        let last = |segment: &Log<Entry>| {
            let place = segment.len().checked_sub(1)?;
            segment.get(place).map(|entry| entry.timestamp)
        };
        self.segments().filter_map(last).max().unwrap_or(0)
    }

    /// The segments, one per writer, each in ascending order of timestamps.
    pub fn segments(&self) -> impl ExactSizeIterator<Item = &Log<Entry>> {
        self.segments.iter().map(|segment| &**segment)
    }

    /// How many records can be read by now: entries, and the extensions that some of them have.
    pub fn len(&self) -> u64 {
        self.segments().map(Log::len).sum()
    }

    /// How many entries can be read by now, by what the segment_writers have counted: as quick as there are segments.
    ///
    /// While an entry with an extension is being written it may be one too few, and never too many.
    pub fn entries(&self) -> u64 {
        let segments = self.segments().zip(&self.extensions);
        // The records first: a segment_writer counts an extension before it publishes it, so each that is in the length is counted.
        let entries = segments.map(|(log, extensions)| {
            log.len().saturating_sub(extensions.0.load(Ordering::Relaxed))
        });
        entries.sum()
    }

    /// How many entries can be read by now, counted one by one: it looks at every record, whatever the segment_writers say.
    pub fn count_entries(&self) -> u64 {
        let in_segment = |log: &Log<Entry>| {
            let (end, mut at, mut entries) = (log.len(), 0, 0);
            while at < end {
                let chunk = log.chunk_from(at, end);
                entries += chunk.iter().filter(|entry| entry.kind != EntryKind::Extension).count();
                at += chunk.len() as u64;
            }
            entries as u64
        };
        self.segments().map(in_segment).sum()
    }

    /// Memory that it may take, in bytes.
    pub fn budget_bytes(&self) -> u64 {
        self.budget_bytes
    }

    /// Memory that what can be read takes, in bytes.
    pub fn used_bytes(&self) -> u64 {
        self.len() * ENTRY_BYTES
    }

    /// Memory that no segment_writer has taken yet, in bytes. What a segment_writer has taken is for that segment_writer alone, used or not.
    pub fn left_bytes(&self) -> u64 {
        self.chunks_left.load(Ordering::Relaxed) * CHUNK_ENTRIES * ENTRY_BYTES
    }

    /// Whether nothing has been published yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All published entries in order of their timestamps.
    ///
    /// Complete and final once the writers have stopped.
    pub fn in_order(&self) -> InOrder<'_> {
        InOrder::new(self.segments())
    }

    /// The entry whose id was made for its place in the trail.
    pub(crate) fn made(&self, id: u128) -> Option<Recorded<'_>> {
        let (writer, place) = ids::located(id)?;
        let log = self.segments.get(writer)?;
        let entry = log.chunk_from(place, place + 1).first()?;
        let annexed = entry.marks().contains(Marks::ANNEXED);
        let extension = if annexed { log.chunk_from(place + 1, place + 2).first() } else { None };
        (entry.id == id && entry.kind == EntryKind::Transfer).then_some(Recorded {
            writer,
            place,
            entry,
            extension,
        })
    }

    /// The entry of this timestamp, if there is one.
    pub(crate) fn at_time(&self, timestamp: u64) -> Option<&Entry> {
        self.segments().find_map(|log| {
            let place = first_not_before(log, timestamp);
            let entry = log.chunk_from(place, place + 1).first();
            entry.filter(|entry| entry.timestamp == timestamp)
        })
    }
}

/// What one writer appends to its own segment with.
#[derive(Debug)]
pub struct SegmentWriter {
    trail: Arc<Trail>,
    /// Which segment is its own.
    number: usize,
    appender: Appender<Entry>,
    extensions: u64,
}

impl SegmentWriter {
    /// How many records it has written, published or not: the place of the next one.
    #[inline]
    pub fn written(&self) -> u64 {
        self.appender.written()
    }

    /// How many entries it has written, published or not.
    pub fn entries(&self) -> u64 {
        self.appender.written() - self.extensions
    }

    /// Makes sure that so many records have places, before anything is done that would have to be written down.
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

    /// Says that the next `records` records will be written soon.
    #[inline(always)]
    pub(crate) fn expect(&self, records: u64) {
        self.appender.expect(records);
    }

    /// Writes an entry into the room that was made.
    #[inline(always)]
    pub fn write(&mut self, entry: Entry) {
        self.appender.append(entry);
    }

    /// Writes an entry, and its extension where it has one, into the room that was made.
    pub fn write_both(&mut self, (entry, extension): (Entry, Option<Entry>)) {
        self.appender.append(entry);
        if let Some(extension) = extension {
            self.extensions += 1;
            self.trail.extensions[self.number].0.store(self.extensions, Ordering::Relaxed);
            self.appender.append(extension);
        }
    }

    /// Lets readers see all that was written.
    #[inline]
    pub fn publish(&mut self) {
        self.appender.publish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_is_shared_and_its_end_has_a_name() {
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
