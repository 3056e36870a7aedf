//! The segments of all writers, and appending to them.

use std::fmt;
use std::io;
use std::sync::Arc;

use super::account_change::AccountChange;
use super::entry::{Entry, EntryKind};
use super::id_generator::position_in_id;
use super::location::EntryLocation;
use super::merge::{EntryRef, InOrder, first_not_before};
use super::sizes::{CHUNK_BYTES, CHUNK_ENTRIES, ENTRY_BYTES, TRAIL_BYTES_MAX};
use super::spill::Spill;
use crate::model::Side;
use crate::sync::{Appender, AtomicU64, Log, Ordering, update};

/// Who a record is written for. It decides how much of the end of a trail with a reserve may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TrailAccess {
    /// An ordinary attempt. It leaves the reserve, and memory for every expiry to come.
    #[default]
    Ordinary,
    /// An operator's attempt. It leaves memory for every expiry to come.
    Operator,
    /// The expiry of a pending transfer.
    Expiry,
}

/// The trail has used up its memory, and cannot move older records to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrailFull {
    /// The trail's memory, in bytes.
    pub budget_bytes: u64,
    /// The bytes of it that are left for others: for operators and expiries, or for expiries alone.
    pub reserved_bytes: u64,
    /// Why older records could not be moved to the disk. `None` if the trail has no file for them, or has
    /// nothing to move.
    pub disk_error: Option<io::ErrorKind>,
    /// The free space of the disk that this trail leaves to others: one that is only read leaves some to the process that has
    /// the ledger open. 0 if it may use all of it.
    pub left_free_bytes: u64,
}

impl fmt::Display for TrailFull {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.left_free_bytes > 0 && self.disk_error == Some(io::ErrorKind::StorageFull) {
            return write!(
                formatter,
                "the trail has used up its {} MiB of memory, and its older entries would leave less than {} MiB free on the \
                 disk; they are left to the process that has the ledger open",
                self.budget_bytes >> 20,
                self.left_free_bytes >> 20,
            );
        }
        if let Some(error) = self.disk_error {
            return write!(
                formatter,
                "the trail has used up its {} MiB of memory but for a reserve of {} KiB, and the disk does not take its \
                 older entries: {error}; it tries again by itself",
                self.budget_bytes >> 20,
                self.reserved_bytes >> 10,
            );
        }
        if self.reserved_bytes > 0 {
            return write!(
                formatter,
                "the trail has used up its {} MiB but for a reserve of {} KiB, which is for operators and expiries",
                self.budget_bytes >> 20,
                self.reserved_bytes >> 10,
            );
        }
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
    pub(super) segments: Box<[Arc<Log<Entry>>]>,
    /// The number of extensions in each segment, counted before they are published.
    extensions: Box<[ExtensionCount]>,
    pub(super) chunks_left: AtomicU64,
    /// The memory of the trail.
    memory_bytes: u64,
    /// What moves older records to the disk, if anything does.
    pub(super) spill: Option<Spill>,
    /// The last chunks, which ordinary attempts may not use.
    reserve_chunks: u64,
    /// Expiries to come, each of which needs a record. Only a trail with a reserve leaves memory for
    /// them.
    expiries: AtomicU64,
    /// What writers must attend to: [`REFUSES`], and below it the time that they must reach. 0 for
    /// nothing.
    attention: AtomicU64,
}

/// Set while attempts are refused.
const REFUSES: u64 = 1 << 63;

/// A count that one writer alone stores, on cache lines of its own.
#[derive(Debug, Default)]
#[repr(align(128))]
struct ExtensionCount(AtomicU64);

impl Trail {
    /// Returns an empty trail of `writers` segments that use at most `budget_bytes` together, and a
    /// writer for each segment.
    pub fn new(writers: usize, budget_bytes: u64) -> (Arc<Self>, Vec<SegmentWriter>) {
        Self::with_reserve(writers, budget_bytes, 0)
    }

    /// As [`Trail::new`], with a reserve at the end that ordinary attempts may not use. It consists of
    /// whole chunks.
    pub fn with_reserve(
        writers: usize,
        budget_bytes: u64,
        reserve_bytes: u64,
    ) -> (Arc<Self>, Vec<SegmentWriter>) {
        let memory_bytes = budget_bytes.min(TRAIL_BYTES_MAX);
        let chunks = (memory_bytes / CHUNK_BYTES) as usize;
        let segments = (0..writers).map(|_| Log::new(CHUNK_ENTRIES, chunks)).collect();
        Self::of_segments(segments, memory_bytes, reserve_bytes, None)
    }

    /// As [`Trail::with_reserve`], of a trail whose older records can be moved to a file
    /// ([`Trail::set_spill_file`]). So it may grow to 1 TiB, and `window_bytes` is its memory. Where the
    /// host cannot do that, it is a trail as any other.
    ///
    /// # Errors
    /// [`TrailFull`] when the system's memory is used up.
    pub(crate) fn with_window(
        writers: usize,
        window_bytes: u64,
        reserve_bytes: u64,
    ) -> Result<(Arc<Self>, Vec<SegmentWriter>), TrailFull> {
        if !Self::CAN_SPILL {
            return Ok(Self::with_reserve(writers, window_bytes, reserve_bytes));
        }
        let memory_bytes = window_bytes.min(TRAIL_BYTES_MAX);
        let chunks_max = (TRAIL_BYTES_MAX / CHUNK_BYTES) as usize;
        let full = TrailFull {
            budget_bytes: memory_bytes,
            reserved_bytes: 0,
            disk_error: None,
            left_free_bytes: 0,
        };
        let segments = (0..writers)
            .map(|_| Log::mapped(CHUNK_ENTRIES, chunks_max))
            .collect::<Result<_, _>>()
            .map_err(|_| full)?;
        let spill = Spill::new(writers, memory_bytes / CHUNK_BYTES);
        Ok(Self::of_segments(segments, memory_bytes, reserve_bytes, Some(spill)))
    }

    fn of_segments(
        segments: Vec<(Arc<Log<Entry>>, Appender<Entry>)>,
        memory_bytes: u64,
        reserve_bytes: u64,
        spill: Option<Spill>,
    ) -> (Arc<Self>, Vec<SegmentWriter>) {
        let (segments, appenders): (Vec<_>, Vec<_>) = segments.into_iter().unzip();
        let trail = Arc::new(Self {
            extensions: segments.iter().map(|_| ExtensionCount::default()).collect(),
            segments: segments.into(),
            chunks_left: AtomicU64::new(memory_bytes / CHUNK_BYTES),
            memory_bytes,
            spill,
            reserve_chunks: reserve_bytes / CHUNK_BYTES,
            expiries: AtomicU64::new(0),
            attention: AtomicU64::new(0),
        });
        let segment_writers = appenders.into_iter().enumerate();
        let segment_writers = segment_writers.map(|(number, appender)| SegmentWriter {
            trail: Arc::clone(&trail),
            number,
            appender,
            extensions: 0,
            access: TrailAccess::default(),
            limits: [0; 3],
            limit: 0,
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
        let budget_bytes = chunks.sum::<u64>() * CHUNK_BYTES;
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

    /// Returns the bytes that the trail may use: its memory, or 1 TiB if older records are moved to a
    /// file.
    pub fn budget_bytes(&self) -> u64 {
        if self.spills() { TRAIL_BYTES_MAX } else { self.memory_bytes }
    }

    /// Returns the bytes that published records use, in memory and in the file.
    pub fn used_bytes(&self) -> u64 {
        self.len() * ENTRY_BYTES
    }

    /// Returns the bytes of memory that the trail may use. If older records are moved to a file, the
    /// system's cache of it is not counted.
    pub fn memory_bytes(&self) -> u64 {
        self.memory_bytes
    }

    /// Returns the bytes of memory that no writer has reserved yet.
    pub fn left_bytes(&self) -> u64 {
        self.chunks_left.load(Ordering::Relaxed) * CHUNK_BYTES
    }

    /// Returns the bytes at the end that ordinary attempts may not use.
    pub fn reserve_bytes(&self) -> u64 {
        self.reserve_chunks * CHUNK_BYTES
    }

    /// Returns whether writers must attend to something before the next attempt.
    #[inline(always)]
    pub(crate) fn wants_attention(&self) -> bool {
        self.attention.load(Ordering::Relaxed) != 0
    }

    /// Returns whether attempts are refused, and the time that writers must reach.
    pub(crate) fn attention(&self) -> (bool, u64) {
        let word = self.attention.load(Ordering::Relaxed);
        (word & REFUSES != 0, word & !REFUSES)
    }

    /// Asks writers to reach a time, 0 for none. Called by one thread, which also calls
    /// [`Trail::refuse_attempts`].
    pub(crate) fn request_time(&self, time: u64) {
        let word = self.attention.load(Ordering::Relaxed);
        let next = word & REFUSES | time;
        if next != word {
            self.attention.store(next, Ordering::Relaxed);
        }
    }

    /// Sets whether attempts are refused.
    pub(crate) fn refuse_attempts(&self, refuse: bool) {
        let word = self.attention.load(Ordering::Relaxed) & !REFUSES;
        self.attention.store(if refuse { word | REFUSES } else { word }, Ordering::Relaxed);
    }

    /// Counts an expiry to come, for which a trail with a reserve leaves a record.
    pub(crate) fn expect_expiry(&self) {
        if self.reserve_chunks > 0 {
            self.expiries.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts an expiry that was expected, and that has come or will not come any more.
    pub(crate) fn forget_expiry(&self) {
        if self.reserve_chunks > 0 {
            self.expiries.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Returns the chunks that must be left, by who asks: [`TrailAccess`] in its order.
    fn withheld_chunks(&self) -> [u64; 3] {
        match self.reserve_chunks {
            0 => [0; 3],
            reserve => {
                let expiries = self.expiries.load(Ordering::Relaxed).div_ceil(CHUNK_ENTRIES);
                match self.spills() {
                    false => [reserve + expiries, expiries, 0],
                    // The window is no place for millions of expiries. They go to the disk in their turn.
                    true => [reserve, expiries.min(reserve / 2), 0],
                }
            }
        }
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

    /// Returns the published entry at this location.
    pub(crate) fn entry_at(&self, at: EntryLocation) -> Option<EntryRef<'_>> {
        EntryRef::at(at.writer, self.segments.get(at.writer)?, at.position)
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
    /// Who the next records are for.
    access: TrailAccess,
    /// The position up to which each [`TrailAccess`], in its order, may write.
    limits: [u64; 3],
    /// The one of `access`.
    limit: u64,
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

    /// Returns the location of the next entry.
    #[inline(always)]
    pub(crate) fn next_location(&self) -> EntryLocation {
        EntryLocation { writer: self.number, position: self.appender.written() }
    }

    /// Returns the change by the next entry, of the account that is on this side of it.
    #[inline(always)]
    pub(crate) fn next_change(&self, side: Side) -> AccountChange {
        AccountChange::at(self.number, self.appender.written(), side)
    }

    /// Returns the number of entries written, published or not.
    pub fn entries(&self) -> u64 {
        self.appender.written() - self.extensions
    }

    /// Sets who the next records are for. Returns who they were for until now.
    pub fn set_access(&mut self, access: TrailAccess) -> TrailAccess {
        self.limit = self.limits[access as usize];
        std::mem::replace(&mut self.access, access)
    }

    /// Reserves memory for `records` more records. Called before an attempt that will write them.
    ///
    /// # Errors
    /// [`TrailFull`] when the trail's budget or the system's memory is used up.
    #[inline]
    pub fn reserve(&mut self, records: u64) -> Result<(), TrailFull> {
        while self.appender.written() + records > self.limit {
            self.add_chunk()?;
        }
        Ok(())
    }

    #[cold]
    fn add_chunk(&mut self) -> Result<(), TrailFull> {
        let Trail { memory_bytes, chunks_left, .. } = &*self.trail;
        let withheld = self.trail.withheld_chunks();
        let for_others = withheld[self.access as usize];
        let full = |for_others: u64, disk_error| TrailFull {
            budget_bytes: *memory_bytes,
            reserved_bytes: for_others * CHUNK_BYTES,
            disk_error,
            left_free_bytes: self.trail.left_free_bytes(),
        };
        let take = |left: u64| left.checked_sub(1).filter(|left| *left >= for_others);
        let left = loop {
            let left = match update(chunks_left, take) {
                Ok(left) => break left,
                Err(left) => left.min(for_others),
            };
            match self.trail.spill_oldest(for_others) {
                Ok(true) => {}
                Ok(false) => return Err(full(left, None)),
                Err(error) => return Err(full(left, Some(error))),
            }
        };
        if self.appender.reserve().is_err() {
            chunks_left.fetch_add(1, Ordering::Relaxed);
            return Err(full(0, None));
        }
        // The chunk is also for everyone who may use more of the end.
        for (limit, withheld) in self.limits.iter_mut().zip(withheld) {
            if left > withheld {
                *limit = self.appender.reserved();
            }
        }
        self.limit = self.limits[self.access as usize];
        Ok(())
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
    #[inline]
    pub fn write_with_extension(&mut self, (entry, extension): (Entry, Option<Entry>)) {
        self.appender.append(entry);
        if let Some(extension) = extension {
            self.write_extension(extension);
        }
    }

    #[inline(always)]
    fn write_extension(&mut self, extension: Entry) {
        self.extensions += 1;
        self.trail.extensions[self.number].0.store(self.extensions, Ordering::Relaxed);
        self.appender.append(extension);
    }

    /// Writes a record of an earlier run, an entry or an extension, to reserved memory.
    #[inline]
    pub(crate) fn restore(&mut self, record: Entry) {
        match record.kind {
            EntryKind::Extension => self.write_extension(record),
            _ => self.appender.append(record),
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
        let two_chunks = 2 * CHUNK_BYTES;
        let (trail, mut segment_writers) = Trail::new(2, two_chunks);
        for segment_writer in &mut segment_writers {
            for _ in 0..CHUNK_ENTRIES {
                segment_writer.reserve(1).expect("one chunk each fits");
                segment_writer.write(Entry::default());
            }
            segment_writer.publish();
        }
        assert_eq!(trail.len(), 2 * CHUNK_ENTRIES);
        let full = TrailFull {
            budget_bytes: two_chunks,
            reserved_bytes: 0,
            disk_error: None,
            left_free_bytes: 0,
        };
        for segment_writer in &mut segment_writers {
            assert_eq!(segment_writer.reserve(1), Err(full));
        }
    }

    /// Writes records for `access` until there is no memory. Returns how many, and the error.
    fn fill(writer: &mut SegmentWriter, access: TrailAccess) -> (u64, TrailFull) {
        writer.set_access(access);
        let before = writer.written();
        loop {
            if let Err(full) = writer.reserve(1) {
                writer.publish();
                return (writer.written() - before, full);
            }
            writer.write(Entry::default());
        }
    }

    #[test]
    fn reserve_is_left_to_the_last_record() {
        let (trail, mut writers) = Trail::with_reserve(2, 6 * CHUNK_BYTES, 2 * CHUNK_BYTES);
        let full = |chunks| TrailFull {
            budget_bytes: 6 * CHUNK_BYTES,
            reserved_bytes: chunks * CHUNK_BYTES,
            disk_error: None,
            left_free_bytes: 0,
        };
        let [first, second] = &mut writers[..] else { unreachable!("two writers") };
        // Six chunks: one for the expiry to come, two of the reserve, three for everyone.
        trail.expect_expiry();
        assert_eq!(fill(first, TrailAccess::Ordinary), (3 * CHUNK_ENTRIES, full(3)));
        assert_eq!(fill(second, TrailAccess::Ordinary), (0, full(3)));
        // An operator's chunk is not for ordinary attempts, which find it half empty.
        second.set_access(TrailAccess::Operator);
        second.reserve(1).expect("it is an operator's");
        second.write(Entry::default());
        assert_eq!(fill(second, TrailAccess::Ordinary), (0, full(2)));
        assert_eq!(fill(second, TrailAccess::Operator), (2 * CHUNK_ENTRIES - 1, full(1)));
        assert_eq!(fill(first, TrailAccess::Operator), (0, full(1)));
        assert_eq!(fill(first, TrailAccess::Expiry), (CHUNK_ENTRIES, full(0)));
        assert_eq!(trail.used_bytes(), trail.budget_bytes());
    }

    #[test]
    fn memory_for_an_expiry_is_free_again_after_it() {
        let (trail, mut writers) = Trail::with_reserve(1, 4 * CHUNK_BYTES, CHUNK_BYTES);
        trail.expiries.store(CHUNK_ENTRIES + 1, Ordering::Relaxed);
        assert_eq!(fill(&mut writers[0], TrailAccess::Ordinary).0, CHUNK_ENTRIES);
        (0..CHUNK_ENTRIES).for_each(|_| trail.forget_expiry());
        assert_eq!(fill(&mut writers[0], TrailAccess::Ordinary).0, CHUNK_ENTRIES);
        trail.forget_expiry();
        assert_eq!(fill(&mut writers[0], TrailAccess::Ordinary).0, CHUNK_ENTRIES);
    }
}
