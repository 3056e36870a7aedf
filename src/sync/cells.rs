//! Latched values, published logs and prefetch hints: with `mapping.rs` the only file with `unsafe` code.
//!
//! Atomics alone would be too slow: on WebAssembly every atomic store, even a relaxed one, is
//! sequentially consistent and costs about twenty cycles. A trail entry written through atomics
//! would cost more than the transfer itself. So two small protocols pass plain memory from thread
//! to thread.
//!
//! # Protocol of [`Latched`]
//!
//! A [`Latch`] and one value. A [`LatchedGuard`] holds the latch and is the only way to the value,
//! so there is at most one at a time. The top of `latch.rs` says what a latch guarantees to its
//! holders. Proven by `tests/loom.rs`: `latch_excludes`, `latch_hands_over_writes`.
//!
//! # Protocol of [`Log`]
//!
//! An append-only sequence of values in chunks, with one [`Appender`] and any number of readers.
//! `published` is a count that only grows.
//!
//! | who | may do | when |
//! |---|---|---|
//! | the appender | write slot `i` | while `i >= published` |
//! | the appender | store a chunk's address into the spine | once per chunk, before any slot of it is published |
//! | the appender | raise `published` (release) to at most the number of slots written | always |
//! | any reader | read slot `i` | after an acquire load of `published` that gave more than `i` |
//!
//! A slot and its chunk's address are written before the slot is published and never after. So a
//! reader that sees the count sees both, and no slot is written while it is read. A new chunk's
//! pages are written to before another thread knows its address. Chunks never move and
//! are freed with the log, which readers borrow. There is one appender because only [`Log::new`]
//! and [`Log::mapped`] make one and it cannot be cloned. Proven by `tests/loom.rs`:
//! `log_publishes_whole_entries`, `log_grows_under_readers`.
//!
//! The chunks of a log from [`Log::mapped`] can be replaced by a file with the same bytes, at the same
//! addresses: see `mapping.rs`.
#![allow(unsafe_code)]

use std::fmt;
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, PoisonError};

use super::latch::{Latch, LatchGuard};
use super::mapping::{EXTENT_CHUNKS, Extent};
use super::primitives::{AtomicPtr, AtomicU64, Ordering, UnsafeCell};
use super::wait::{Interrupted, WaitPolicy};

/// A value that one thread at a time may access, behind a [`Latch`].
///
/// Aligned to two cache lines, so that two neighbours never share one.
#[derive(Debug)]
#[repr(align(128))]
pub struct Latched<T> {
    latch: Latch,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached only through `LatchedGuard`, of which the latch allows one at a
// time, and which hands the value over with release and acquire. So sharing the cell is sending the
// value.
unsafe impl<T: Send> Sync for Latched<T> {}

impl<T> Latched<T> {
    /// Returns a free latch around `value` whose last timestamp is `timestamp` (0 to
    /// [`TIMESTAMP_MAX`](super::TIMESTAMP_MAX)).
    pub fn new(value: T, timestamp: u64) -> Self {
        Self { latch: Latch::new(timestamp), value: UnsafeCell::new(value) }
    }

    /// Takes the latch. While another thread holds it, waits for as long as `wait_policy` allows.
    ///
    /// # Errors
    /// The reason why `wait_policy` ended the wait. The value was not accessed.
    #[inline]
    pub fn lock_with(
        &self,
        wait_policy: &impl WaitPolicy,
    ) -> Result<LatchedGuard<'_, T>, Interrupted> {
        Ok(LatchedGuard { guard: self.latch.lock_with(wait_policy)?, value: &self.value })
    }

    /// Prefetches the latch for writing, and what follows it in its cache line.
    #[inline(always)]
    pub fn prefetch(&self, prefetcher: &mut Prefetcher) {
        prefetcher.will_write(&self.latch);
    }

    /// Takes the latch, waiting without a limit.
    #[inline]
    pub fn lock(&self) -> LatchedGuard<'_, T> {
        LatchedGuard { guard: self.latch.lock(), value: &self.value }
    }
}

/// Exclusive access to the value of a [`Latched`].
///
/// Dropping it restores the latch's previous word. [`LatchedGuard::release`] stores a new
/// timestamp.
#[derive(Debug)]
pub struct LatchedGuard<'a, T> {
    guard: LatchGuard<'a>,
    value: &'a UnsafeCell<T>,
}

impl<T> LatchedGuard<'_, T> {
    /// Returns the last timestamp that depended on the value.
    #[inline]
    pub fn last_timestamp(&self) -> u64 {
        self.guard.last_timestamp()
    }

    /// Returns whether this thread had to wait for the latch.
    #[inline]
    pub fn waited(&self) -> bool {
        self.guard.waited()
    }

    /// Frees the latch and records that `timestamp` depends on the value.
    #[inline]
    pub fn release(self, timestamp: u64) {
        self.guard.release(timestamp);
    }
}

impl<T> Deref for LatchedGuard<'_, T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: this thread holds the latch until `self` is dropped, and the borrow ends before
        // that.
        self.value.with(|value| unsafe { &*value })
    }
}

impl<T> DerefMut for LatchedGuard<'_, T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above, and `&mut self` makes this the only borrow.
        self.value.with_mut(|value| unsafe { &mut *value })
    }
}

/// One slot of a log. `MaybeUninit`, because a chunk is reserved long before it is full.
type LogSlot<T> = UnsafeCell<MaybeUninit<T>>;

/// Addresses of chunks. Null for a chunk that does not exist yet.
type Spine<T> = [AtomicPtr<LogSlot<T>>];

/// A value without padding: every byte of it belongs to a field, so its bytes can be written to a file.
pub trait NoPadding: Copy {
    /// The sum of the sizes of its fields.
    const FIELD_BYTES: usize;
}

/// What owns the memory of a log.
#[derive(Debug)]
enum LogMemory {
    /// The allocator: the spine, and each chunk, is a box.
    Boxes,
    /// The system: the spine, and the extents that have the chunks.
    Mapped(Mutex<Vec<Extent>>),
}

/// An append-only sequence of values with one writer and many readers.
///
/// Aligned to two cache lines: its writer stores the count with every value, so no other log's
/// count may share the line.
#[repr(align(128))]
pub struct Log<T> {
    /// The spine, of chunks of `chunk_len` slots each. Owned by the log.
    spine: NonNull<Spine<T>>,
    chunk_len: u64,
    published: AtomicU64,
    memory: LogMemory,
}

// SAFETY: slots are written by the one appender before they are published and only read afterwards,
// as the protocol above says; `T: Copy` has no destructor that could run twice.
unsafe impl<T: Copy + Send + Sync> Sync for Log<T> {}
// SAFETY: the log owns its chunks; nothing in it is bound to a thread.
unsafe impl<T: Copy + Send + Sync> Send for Log<T> {}

impl<T> fmt::Debug for Log<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Log({} published)", self.published.load(Ordering::Acquire))
    }
}

/// A log cannot grow: it already has the maximum number of chunks, or the system is out of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogFull {
    /// Slots that the log has.
    pub slots: u64,
}

impl<T> Log<T> {
    #[inline(always)]
    fn spine(&self) -> &Spine<T> {
        // SAFETY: the spine lives as long as the log, and its atomics are only borrowed shared.
        unsafe { self.spine.as_ref() }
    }
}

impl<T: Copy> Log<T> {
    /// Returns an empty log of at most `chunks_max` chunks of `chunk_len` slots each (a power of
    /// two), and its appender.
    pub fn new(chunk_len: u64, chunks_max: usize) -> (Arc<Self>, Appender<T>) {
        assert!(chunk_len.is_power_of_two(), "a chunk of {chunk_len} slots is not a power of two");
        let spine: Box<Spine<T>> =
            (0..chunks_max).map(|_| AtomicPtr::new(std::ptr::null_mut())).collect();
        Self::of_spine(NonNull::from(Box::leak(spine)), chunk_len, LogMemory::Boxes)
    }

    fn of_spine(
        spine: NonNull<Spine<T>>,
        chunk_len: u64,
        memory: LogMemory,
    ) -> (Arc<Self>, Appender<T>) {
        let log = Arc::new(Self { spine, chunk_len, published: AtomicU64::new(0), memory });
        let appender = Appender {
            log: Arc::clone(&log),
            chunk: std::ptr::null_mut(),
            written: 0,
            reserved: 0,
        };
        (log, appender)
    }

    /// Returns the number of values that can be read.
    pub fn len(&self) -> u64 {
        self.published.load(Ordering::Acquire)
    }

    /// Returns whether nothing can be read yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the value at `index` if it is published.
    pub fn get(&self, index: u64) -> Option<T> {
        self.chunk_from(index, self.len()).first().copied()
    }

    /// Returns the published values from `index` to `end`, chunk by chunk.
    pub fn chunks(&self, index: u64, end: u64) -> impl Iterator<Item = &[T]> {
        let mut next = index;
        std::iter::from_fn(move || {
            let chunk = self.chunk_from(next, end);
            next += chunk.len() as u64;
            (!chunk.is_empty()).then_some(chunk)
        })
    }

    /// Returns the published values from `index` to the end of its chunk or to `end`, whichever
    /// comes first.
    pub fn chunk_from(&self, index: u64, end: u64) -> &[T] {
        let end = end.min(self.len());
        if index >= end {
            return &[];
        }
        let (chunk, offset) = (index / self.chunk_len, index % self.chunk_len);
        let count = (self.chunk_len - offset).min(end - index);
        let first = self.spine()[chunk as usize].load(Ordering::Relaxed);
        // SAFETY: `index + count <= end <= published`, which was loaded with acquire: these slots
        // are written, lie in one chunk, are never written again, and live as long as the log. A
        // slot has the layout of `T`: both the cell and `MaybeUninit` are transparent (under loom
        // they are not; see below).
        #[cfg(not(loom))]
        unsafe {
            std::slice::from_raw_parts(first.add(offset as usize).cast::<T>(), count as usize)
        }
        // Loom's cell carries bookkeeping, so its values are read one by one, each checked by the
        // model, and the copy is leaked: a model is a few entries long.
        #[cfg(loom)]
        {
            let read =
                |i| unsafe { (*first.add(offset as usize + i)).with(|slot| (*slot).assume_init()) };
            Box::leak((0..count as usize).map(read).collect::<Box<[T]>>())
        }
    }
}

impl<T: NoPadding> Log<T> {
    /// As [`Log::new`], with chunks that can be replaced by a file. The spine takes memory only as far as
    /// it is used.
    ///
    /// # Errors
    /// [`LogFull`] when the system has no memory for the spine, or maps none.
    pub fn mapped(chunk_len: u64, chunks_max: usize) -> Result<(Arc<Self>, Appender<T>), LogFull> {
        const { assert!(T::FIELD_BYTES == size_of::<T>(), "each byte belongs to a field") };
        assert!(chunk_len.is_power_of_two(), "a chunk of {chunk_len} slots is not a power of two");
        let bytes = size_of::<AtomicPtr<LogSlot<T>>>() * chunks_max;
        let memory = Extent::map(bytes).ok_or(LogFull { slots: 0 })?;
        let first = memory.first().cast::<AtomicPtr<LogSlot<T>>>();
        let spine = NonNull::slice_from_raw_parts(
            NonNull::new(first).ok_or(LogFull { slots: 0 })?,
            chunks_max,
        );
        // The extent of the spine is the first one.
        Ok(Self::of_spine(spine, chunk_len, LogMemory::Mapped(Mutex::new(vec![memory]))))
    }

    /// Returns the bytes of a chunk, if it is full and published.
    pub fn chunk_bytes(&self, chunk: u64) -> Option<&[u8]> {
        let values = self.chunk_from(chunk * self.chunk_len, u64::MAX);
        let is_full = values.len() as u64 == self.chunk_len;
        // SAFETY: `mapped` has checked that there is no padding, so all bytes are written.
        is_full.then(|| unsafe {
            std::slice::from_raw_parts(values.as_ptr().cast::<u8>(), size_of_val(values))
        })
    }

    /// Replaces the memory of a full chunk by a range of a file, as the protocol in `mapping.rs` says:
    /// [`Log::chunk_bytes`] was written to it and synced, and nobody ever changes it.
    ///
    /// # Errors
    /// The system's. The chunk is still in memory then.
    pub fn replace_chunk(&self, chunk: u64, file: &File, offset: u64) -> io::Result<()> {
        let bytes = self.chunk_bytes(chunk).expect("only full chunks are replaced").len();
        assert!(matches!(self.memory, LogMemory::Mapped(_)), "only mapped chunks are replaced");
        let first = self.spine()[chunk as usize].load(Ordering::Relaxed);
        // SAFETY: the chunk is full and published, so nobody writes to it, and it is in an extent of this
        // log. That the range has its bytes and keeps them is the protocol of the callers, of which there
        // is one, `trail/spill.rs`.
        unsafe { Extent::replace(first.cast(), bytes, file, offset) }
    }
}

impl<T> Drop for Log<T> {
    fn drop(&mut self) {
        if matches!(self.memory, LogMemory::Mapped(_)) {
            // Its extents free it, also those parts that a file has replaced.
            return;
        }
        for chunk in self.spine().iter() {
            let first = chunk.load(Ordering::Relaxed);
            if !first.is_null() {
                let slots = std::ptr::slice_from_raw_parts_mut(first, self.chunk_len as usize);
                // SAFETY: the address came from `Box::into_raw` of a slice of this length in
                // `Appender::reserve` and is freed only here; the appender holds an `Arc` of the
                // log, so it is gone by now.
                drop(unsafe { Box::from_raw(slots) });
            }
        }
        // SAFETY: it came from a box in `Log::new`, and nobody uses it any more.
        drop(unsafe { Box::from_raw(self.spine.as_ptr()) });
    }
}

/// Bytes of a cache line.
const LINE_BYTES: usize = 64;

/// Prefetches memory that will be accessed soon. This is a hint: no result depends on it and no
/// thread waits for it.
///
/// On x86-64 it uses the prefetch instructions; the one for writing also invalidates copies in
/// other processors. Elsewhere it reads the memory into an unused sum. In models it does nothing.
#[derive(Debug, Default)]
pub struct Prefetcher {
    sum: u64,
}

impl Prefetcher {
    /// Whether there are prefetch instructions.
    pub const IS_SUPPORTED: bool = cfg!(target_arch = "x86_64") && !cfg!(any(loom, shuttle, miri));

    /// Prefetches the cache line of this word for reading.
    #[inline(always)]
    pub fn will_read(&mut self, word: &AtomicU64) {
        #[cfg(all(target_arch = "x86_64", not(any(loom, shuttle, miri))))]
        // SAFETY: a prefetch has no observable effect, at any address.
        unsafe {
            std::arch::asm!(
                "prefetcht0 byte ptr [{}]",
                in(reg) word,
                options(readonly, nostack, preserves_flags),
            );
        }
        if !Self::IS_SUPPORTED && !cfg!(any(loom, shuttle)) {
            self.sum ^= word.load(Ordering::Relaxed);
        }
    }

    /// Prefetches the cache line of this latch for writing.
    #[inline(always)]
    pub fn will_write(&mut self, latch: &Latch) {
        if Self::IS_SUPPORTED {
            Self::will_write_at(std::ptr::from_ref(latch).cast());
        } else if !cfg!(any(loom, shuttle)) {
            self.sum ^= latch.last_timestamp();
        }
    }

    /// Prefetches the cache line of an address for writing. The memory need not exist.
    #[inline(always)]
    pub fn will_write_address(address: u64) {
        Self::will_write_at(std::ptr::without_provenance(address as usize));
    }

    /// Prefetches a cache line for writing. In assembly, because the compiler emits this
    /// instruction only for processors that are known to have it; the others treat it as a no-op.
    #[inline(always)]
    fn will_write_at(_at: *const u8) {
        #[cfg(all(target_arch = "x86_64", not(any(loom, shuttle, miri))))]
        // SAFETY: a prefetch has no observable effect, at any address.
        unsafe {
            std::arch::asm!(
                "prefetchw byte ptr [{}]",
                in(reg) _at,
                options(readonly, nostack, preserves_flags),
            );
        }
    }
}

impl Drop for Prefetcher {
    #[inline(always)]
    fn drop(&mut self) {
        if !Self::IS_SUPPORTED {
            std::hint::black_box(self.sum);
        }
    }
}

/// The smallest page size: writing to fresh memory at this distance makes the system map all of it.
#[cfg(not(loom))]
const PAGE_BYTES: usize = 4096;

/// Writes to each page of a new chunk.
///
/// # Safety
/// There is memory of `slots` slots, and no other thread knows its address.
#[cfg(not(loom))]
unsafe fn touch<T>(chunk: *mut LogSlot<T>, slots: u64) {
    let bytes = size_of::<LogSlot<T>>() * slots as usize;
    // The last byte too: it may be on a page of its own.
    for at in (0..bytes).step_by(PAGE_BYTES).chain(bytes.checked_sub(1)) {
        // SAFETY: `at < bytes`. Volatile, because the compiler may omit a write of zeros that nothing
        // reads.
        unsafe { chunk.cast::<u8>().add(at).write_volatile(0) };
    }
}

/// The one writer of a [`Log`].
#[derive(Debug)]
pub struct Appender<T> {
    log: Arc<Log<T>>,
    /// The chunk of slot `written - 1`. Loaded anew at the start of each chunk.
    chunk: *mut LogSlot<T>,
    written: u64,
    reserved: u64,
}

// SAFETY: the raw address points into the log that the appender keeps alive; a moved appender is
// still the only one.
unsafe impl<T: Copy + Send + Sync> Send for Appender<T> {}

impl<T: Copy> Appender<T> {
    /// Returns the number of values written, published or not.
    #[inline]
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Returns the number of slots, written or not.
    #[inline]
    pub fn reserved(&self) -> u64 {
        self.reserved
    }

    /// Adds a chunk and writes to each of its pages, so that no append to it waits for the system.
    ///
    /// # Errors
    /// [`LogFull`] when the spine is full or the system has no memory left. The log is unchanged.
    pub fn reserve(&mut self) -> Result<(), LogFull> {
        let full = LogFull { slots: self.reserved };
        let number = (self.reserved / self.log.chunk_len) as usize;
        let address = self.log.spine().get(number).ok_or(full)?;
        let chunk = match &self.log.memory {
            LogMemory::Boxes => self.new_box(),
            LogMemory::Mapped(extents) => self.new_mapped(number, extents),
        };
        address.store(chunk.ok_or(full)?, Ordering::Relaxed);
        self.reserved += self.log.chunk_len;
        Ok(())
    }

    /// Returns the memory of a new chunk, in a box of its own.
    fn new_box(&self) -> Option<*mut LogSlot<T>> {
        let mut slots: Vec<LogSlot<T>> = Vec::new();
        slots.try_reserve_exact(self.log.chunk_len as usize).ok()?;
        #[cfg(not(loom))]
        {
            // SAFETY: the capacity was just reserved, and no other thread knows its address.
            unsafe { touch(slots.as_mut_ptr(), self.log.chunk_len) };
            // SAFETY: the capacity was just reserved, and a slot is valid uninitialised.
            unsafe { slots.set_len(self.log.chunk_len as usize) };
        }
        #[cfg(loom)]
        slots.resize_with(self.log.chunk_len as usize, || LogSlot::new(MaybeUninit::uninit()));
        Some(Box::into_raw(slots.into_boxed_slice()).cast())
    }

    /// Returns the memory of a new chunk, the one with this number, in an extent.
    fn new_mapped(&self, number: usize, extents: &Mutex<Vec<Extent>>) -> Option<*mut LogSlot<T>> {
        let chunk_bytes = size_of::<LogSlot<T>>() * self.log.chunk_len as usize;
        let chunk = if (number as u64).is_multiple_of(EXTENT_CHUNKS) {
            let extent = Extent::map(chunk_bytes * EXTENT_CHUNKS as usize)?;
            let first = extent.first();
            extents.lock().unwrap_or_else(PoisonError::into_inner).push(extent);
            first
        } else {
            let previous = self.log.spine()[number - 1].load(Ordering::Relaxed);
            // The next one of the same extent, in which it was not the last.
            previous.cast::<u8>().wrapping_add(chunk_bytes)
        };
        let chunk = chunk.cast();
        // SAFETY: the memory is the log's own, and no other thread knows the address of this part of it.
        #[cfg(not(loom))]
        unsafe {
            touch(chunk, self.log.chunk_len);
        }
        Some(chunk)
    }

    /// Prefetches the slots of the next `values` values, as far as they are in the current chunk.
    #[inline(always)]
    pub fn prefetch(&self, values: u64) {
        let offset = self.written & (self.log.chunk_len - 1);
        if offset == 0 || !Prefetcher::IS_SUPPORTED {
            return;
        }
        for at in offset..self.log.chunk_len.min(offset + values) {
            let slot = self.chunk.wrapping_add(at as usize).cast::<u8>();
            for line in (0..size_of::<LogSlot<T>>()).step_by(LINE_BYTES) {
                Prefetcher::will_write_at(slot.wrapping_add(line));
            }
        }
    }

    /// Writes the next value. It can be read after [`Appender::publish`].
    ///
    /// # Panics
    /// When there is no free slot. Callers reserve first.
    #[inline(always)]
    pub fn append(&mut self, value: T) {
        assert!(self.written < self.reserved, "append without a free slot; call reserve first");
        let offset = (self.written & (self.log.chunk_len - 1)) as usize;
        if offset == 0 {
            let chunk = (self.written / self.log.chunk_len) as usize;
            self.chunk = self.log.spine()[chunk].load(Ordering::Relaxed);
        }
        // SAFETY: `written < reserved`, so the slot lies in the current chunk, and it is not
        // published, so the appender alone may touch it.
        unsafe { (*self.chunk.add(offset)).with_mut(|slot| slot.write(MaybeUninit::new(value))) };
        self.written += 1;
    }

    /// Makes everything that was written visible to readers.
    #[inline]
    pub fn publish(&mut self) {
        self.log.published.store(self.written, Ordering::Release);
    }
}
