//! Moving old chunks of a trail from memory to a file, where they stay readable at the same addresses.
//!
//! The memory of the trail is a window then. A writer that needs a chunk when the window has none moves
//! the oldest full ones: it writes them to the file, syncs it once, and lets the file take the place of
//! their memory, as the protocol in `sync/mapping.rs` says. That happens once in thousands of records;
//! other writers and all readers go on meanwhile. What is read back is in the system's cache of pages as
//! long as the system likes.
//!
//! The file is scratch. It has no name, so it is gone with the process; the log of the store is what
//! survives.
//!
//! While the disk has no space, writers are refused at once, and only [`Spill::retry`] tries again.

use std::fmt;
use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::entry::Entry;
use super::moved_chunks::{MovedChunk, MovedChunks};
use super::sizes::{CHUNK_BYTES, CHUNK_ENTRIES};
use crate::sync::{AtomicU64, EXTENT_CHUNKS, Log, Ordering};

/// The part of the window that is moved at once: a sixteenth, and at most 32 MiB. A sync takes about as
/// long for one chunk as for a few.
const WINDOW_PARTS: u64 = 16;
const MOVES_MAX: u64 = 64;

/// The time between two attempts of the committer, each of which can write as many chunks as are moved at once.
const RETRY_AFTER: Duration = Duration::from_millis(if cfg!(test) { 0 } else { 500 });

/// See the module documentation.
pub(super) struct Spill {
    /// The file, once there is one.
    file: OnceLock<File>,
    /// The bytes that were free on its disk when it was set.
    free_bytes: OnceLock<u64>,
    /// Held while chunks are moved.
    moved: Mutex<Moved>,
    /// Chunks that were moved.
    chunks: AtomicU64,
    /// Their hashes.
    hashes: MovedChunks,
    /// The chunks that are moved at once.
    moves: u64,
    /// The bytes that the file may have. Tests take them for the size of the disk.
    bytes_max: AtomicU64,
    /// The bytes of the disk that stay free for others.
    left_free: AtomicU64,
    /// Why the last attempt to move chunks has failed.
    failure: Mutex<Option<io::Error>>,
    /// 1 if there is a `failure`.
    has_failed: AtomicU64,
}

/// What was moved, and where to.
struct Moved {
    segments: Vec<MovedSegment>,
    /// Whether mappings of the file show what is written to it.
    is_checked: bool,
    /// The end of the extents in the file.
    file_end: u64,
    /// When chunks were moved last, or were not because of an error.
    tried_at: Option<Instant>,
}

/// The moved chunks of a segment: the first ones.
#[derive(Clone, Copy, Default)]
struct MovedSegment {
    chunks: u64,
    /// Where in the file the extent of its last one is.
    extent: u64,
}

/// A chunk to move.
struct Move {
    segment: usize,
    chunk: u64,
    /// Where in the file its extent is.
    extent: u64,
}

impl Move {
    fn offset(&self) -> u64 {
        self.extent + self.chunk % EXTENT_CHUNKS * CHUNK_BYTES
    }
}

impl fmt::Debug for Spill {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Spill({} chunks)", self.chunks.load(Ordering::Relaxed))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each change is complete before anything can panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns whether an error says that there is no space, on the disk or for its user.
pub(crate) fn is_no_space(error: &io::Error) -> bool {
    use io::ErrorKind as K;
    // A file that may not grow any more is as full as a disk.
    matches!(error.kind(), K::StorageFull | K::QuotaExceeded | K::FileTooLarge)
}

impl Spill {
    /// Returns what moves the chunks of `segments` segments out of a window of `window_chunks`, once it
    /// has a file.
    pub(super) fn new(segments: usize, window_chunks: u64) -> Self {
        let segments = vec![MovedSegment::default(); segments];
        let moved = Moved { segments, is_checked: false, file_end: 0, tried_at: None };
        Self {
            file: OnceLock::new(),
            free_bytes: OnceLock::new(),
            moved: Mutex::new(moved),
            chunks: AtomicU64::new(0),
            hashes: MovedChunks::default(),
            moves: (window_chunks / WINDOW_PARTS).clamp(1, MOVES_MAX),
            bytes_max: AtomicU64::new(u64::MAX),
            left_free: AtomicU64::new(0),
            failure: Mutex::new(None),
            has_failed: AtomicU64::new(0),
        }
    }

    /// Sets the file, which nobody else has or will have. Only the first call has an effect.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn set_file(&self, file: File) -> io::Result<()> {
        match host::check(&file) {
            Ok(()) => lock(&self.moved).is_checked = true,
            // A ledger on a full disk can be read. The check is made before the first chunk is moved.
            Err(error) if is_no_space(&error) => {}
            Err(error) => return Err(error),
        }
        let _ = self.free_bytes.set(host::free_bytes(&file)?);
        let _ = self.file.set(file);
        Ok(())
    }

    /// Returns the bytes that were free on the disk when the file was set.
    pub(super) fn free_bytes(&self) -> Option<u64> {
        self.free_bytes.get().copied()
    }

    /// Returns how many chunks of each segment were moved.
    #[cfg(test)]
    pub(super) fn moved_chunks(&self) -> Vec<u64> {
        lock(&self.moved).segments.iter().map(|segment| segment.chunks).collect()
    }

    /// Returns the file.
    #[cfg(all(test, target_os = "linux"))]
    pub(super) fn file(&self) -> Option<&File> {
        self.file.get()
    }

    /// Returns whether there is a file.
    pub(super) fn has_file(&self) -> bool {
        self.file.get().is_some()
    }

    /// Returns the bytes that were moved to the file.
    pub(super) fn bytes(&self) -> u64 {
        self.chunks.load(Ordering::Relaxed) * CHUNK_BYTES
    }

    /// Reads a moved chunk again, and compares it with its hash: the one with this number, from 0, in the order in which they
    /// were moved. `None` if fewer were.
    #[cfg(not(target_family = "wasm"))]
    pub(super) fn check(
        &self,
        number: usize,
    ) -> Option<Result<(), super::moved_chunks::DamagedChunk>> {
        self.hashes.check(number, self.file.get()?, host::read)
    }

    /// Returns why chunks cannot be moved now. `None` if they can.
    pub(super) fn failure(&self) -> Option<(io::ErrorKind, String)> {
        if self.has_failed.load(Ordering::Acquire) == 0 {
            return None;
        }
        lock(&self.failure).as_ref().map(|error| (error.kind(), error.to_string()))
    }

    /// Takes the disk for full when the file has this many bytes.
    pub(super) fn set_bytes_max(&self, bytes: u64) {
        self.bytes_max.store(bytes, Ordering::Relaxed);
    }

    /// Returns the bytes of the disk that stay free for others. 0 if all of it may be used.
    pub(super) fn left_free(&self) -> u64 {
        self.left_free.load(Ordering::Relaxed)
    }

    /// Moves nothing that would leave less of the disk free.
    #[cfg(not(target_family = "wasm"))]
    pub(super) fn set_left_free(&self, bytes: u64) {
        self.left_free.store(bytes, Ordering::Relaxed);
    }

    /// Moves the oldest full chunks, unless another thread has done it meanwhile, which `is_enough` says.
    /// Adds them to `chunks_left`. Returns whether there can be memory now.
    pub(super) fn spill_oldest(
        &self,
        segments: &[Arc<Log<Entry>>],
        chunks_left: &AtomicU64,
        is_enough: impl Fn() -> bool,
    ) -> Result<bool, io::ErrorKind> {
        if let Some((kind, _)) = self.failure() {
            return Err(kind);
        }
        let mut moved = lock(&self.moved);
        if is_enough() {
            return Ok(true);
        }
        self.move_oldest(&mut moved, segments, chunks_left)
    }

    /// Tries again to move chunks if the last attempt has failed, and if it is not just over.
    pub(super) fn retry(&self, segments: &[Arc<Log<Entry>>], chunks_left: &AtomicU64) {
        if self.has_failed.load(Ordering::Acquire) == 1 {
            let mut moved = lock(&self.moved);
            if moved.tried_at.is_none_or(|tried_at| tried_at.elapsed() >= RETRY_AFTER) {
                // If it fails again, it is reported as before.
                let _ = self.move_oldest(&mut moved, segments, chunks_left);
            }
        }
    }

    fn move_oldest(
        &self,
        moved: &mut Moved,
        segments: &[Arc<Log<Entry>>],
        chunks_left: &AtomicU64,
    ) -> Result<bool, io::ErrorKind> {
        let Some(file) = self.file.get() else { return Ok(false) };
        let before = self.chunks.load(Ordering::Relaxed);
        moved.tried_at = Some(Instant::now());
        let moves = moved.plan(segments, self.moves);
        let result = self.move_all(moved, segments, file, &moves);
        if result.is_err() {
            // What was written of the others would take space from the log, and from the next attempt.
            let is_left = |one: &&Move| one.chunk >= moved.segments[one.segment].chunks;
            moves.iter().filter(is_left).for_each(|one| host::release(file, one.offset()));
        }
        let count = self.chunks.load(Ordering::Relaxed) - before;
        chunks_left.fetch_add(count, Ordering::AcqRel);
        let mut failure = lock(&self.failure);
        *failure = result.err();
        self.has_failed.store(failure.is_some().into(), Ordering::Release);
        match &*failure {
            Some(error) if count == 0 => Err(error.kind()),
            _ => Ok(count > 0),
        }
    }

    fn move_all(
        &self,
        moved: &mut Moved,
        segments: &[Arc<Log<Entry>>],
        file: &File,
        moves: &[Move],
    ) -> io::Result<()> {
        if moves.is_empty() {
            return Ok(());
        }
        let left_free = self.left_free();
        let bytes = moves.len() as u64 * CHUNK_BYTES;
        if left_free > 0 && host::free_bytes(file)? < left_free.saturating_add(bytes) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        if !moved.is_checked {
            host::check(file)?;
            moved.is_checked = true;
        }
        let chunks = self.chunks.load(Ordering::Relaxed) + 1;
        for (one, chunks) in moves.iter().zip(chunks..) {
            if chunks * CHUNK_BYTES > self.bytes_max.load(Ordering::Relaxed) {
                return Err(io::ErrorKind::StorageFull.into());
            }
            let chunk = segments[one.segment].chunk_bytes(one.chunk);
            host::write(file, chunk.expect("it was full before"), one.offset())?;
        }
        // An error of the disk must be known while the chunks are still in memory.
        file.sync_data()?;
        for one in moves {
            let bytes = segments[one.segment].chunk_bytes(one.chunk).expect("it was full before");
            // In memory still, so a page that is lost later is noticed.
            let hashed = MovedChunk::new(one.segment, one.chunk, one.offset(), bytes);
            segments[one.segment].replace_chunk(one.chunk, file, one.offset())?;
            self.hashes.add(hashed);
            let segment = MovedSegment { chunks: one.chunk + 1, extent: one.extent };
            moved.segments[one.segment] = segment;
            moved.file_end = moved.file_end.max(one.extent + EXTENT_CHUNKS * CHUNK_BYTES);
            self.chunks.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}

impl Moved {
    /// Returns the oldest full chunks that are in memory, at most `count`, those of a segment in order.
    fn plan(&self, segments: &[Arc<Log<Entry>>], count: u64) -> Vec<Move> {
        let (mut planned, mut file_end) = (self.segments.clone(), self.file_end);
        let oldest = |planned: &[MovedSegment]| {
            let both = planned.iter().zip(segments).enumerate();
            let first = both.filter_map(|(segment, (moved, log))| {
                let is_full = moved.chunks < log.len() / CHUNK_ENTRIES;
                let first = is_full.then(|| log.get(moved.chunks * CHUNK_ENTRIES)).flatten()?;
                Some((first.timestamp, segment))
            });
            first.min().map(|(_, segment)| segment)
        };
        let next = || {
            let segment = oldest(&planned)?;
            let one = &mut planned[segment];
            if one.chunks.is_multiple_of(EXTENT_CHUNKS) {
                one.extent = file_end;
                file_end += EXTENT_CHUNKS * CHUNK_BYTES;
            }
            one.chunks += 1;
            Some(Move { segment, chunk: one.chunks - 1, extent: one.extent })
        };
        std::iter::from_fn(next).take(count as usize).collect()
    }
}

/// What the host does.
#[cfg(all(target_os = "linux", feature = "store", not(any(loom, shuttle, miri))))]
mod host {
    use super::{File, io};

    pub(super) use crate::sync::check_mapping as check;

    pub(super) fn write(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
    }

    /// Reads from the disk what the system has not mapped, or is not about to write.
    pub(super) fn read(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        let len = std::num::NonZeroU64::new(bytes.len() as u64);
        // Advice, so an error has no meaning.
        let _ = rustix::fs::fadvise(file, offset, len, rustix::fs::Advice::DontNeed);
        std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
    }

    /// Gives the space of a chunk back, which has replaced none. A file system that cannot keeps it until the next attempt
    /// writes there.
    pub(super) fn release(file: &File, offset: u64) {
        use rustix::fs::{FallocateFlags, fallocate};
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        let _ = fallocate(file, flags, offset, super::CHUNK_BYTES);
    }

    pub(super) fn free_bytes(file: &File) -> io::Result<u64> {
        let disk = rustix::fs::fstatvfs(file)?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }
}

/// No host without mapped files comes here.
#[cfg(not(all(target_os = "linux", feature = "store", not(any(loom, shuttle, miri)))))]
mod host {
    use super::{File, io};

    pub(super) fn check(_file: &File) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn write(_file: &File, _bytes: &[u8], _offset: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    #[cfg(not(target_family = "wasm"))]
    pub(super) fn read(_file: &File, _bytes: &mut [u8], _offset: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn release(_file: &File, _offset: u64) {}

    pub(super) fn free_bytes(_file: &File) -> io::Result<u64> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
