//! Latched values, published logs and prefetch hints: the only file with `unsafe` code.
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
//! makes one and it cannot be cloned. Proven by `tests/loom.rs`: `log_publishes_whole_entries`,
//! `log_grows_under_readers`.
#![allow(unsafe_code)]

use std::fmt;
use std::mem::MaybeUninit;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::latch::{Latch, LatchGuard};
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

/// An append-only sequence of values with one writer and many readers.
///
/// Aligned to two cache lines: its writer stores the count with every value, so no other log's
/// count may share the line.
#[repr(align(128))]
pub struct Log<T> {
    /// Addresses of chunks of `chunk_len` slots each. Null for a chunk that does not exist yet.
    spine: Box<[AtomicPtr<LogSlot<T>>]>,
    chunk_len: u64,
    published: AtomicU64,
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

impl<T: Copy> Log<T> {
    /// Returns an empty log of at most `chunks_max` chunks of `chunk_len` slots each (a power of
    /// two), and its appender.
    pub fn new(chunk_len: u64, chunks_max: usize) -> (Arc<Self>, Appender<T>) {
        assert!(chunk_len.is_power_of_two(), "a chunk of {chunk_len} slots is not a power of two");
        let spine = (0..chunks_max).map(|_| AtomicPtr::new(std::ptr::null_mut())).collect();
        let log = Arc::new(Self { spine, chunk_len, published: AtomicU64::new(0) });
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
        let first = self.spine[chunk as usize].load(Ordering::Relaxed);
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

impl<T> Drop for Log<T> {
    fn drop(&mut self) {
        for chunk in self.spine.iter() {
            let first = chunk.load(Ordering::Relaxed);
            if !first.is_null() {
                let slots = std::ptr::slice_from_raw_parts_mut(first, self.chunk_len as usize);
                // SAFETY: the address came from `Box::into_raw` of a slice of this length in
                // `Appender::reserve` and is freed only here; the appender holds an `Arc` of the
                // log, so it is gone by now.
                drop(unsafe { Box::from_raw(slots) });
            }
        }
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
        let address =
            self.log.spine.get((self.reserved / self.log.chunk_len) as usize).ok_or(full)?;
        let mut slots: Vec<LogSlot<T>> = Vec::new();
        slots.try_reserve_exact(self.log.chunk_len as usize).map_err(|_| full)?;
        #[cfg(not(loom))]
        {
            let bytes = size_of::<LogSlot<T>>() * self.log.chunk_len as usize;
            let first = slots.as_mut_ptr().cast::<u8>();
            // The last byte too: it may be on a page of its own.
            for at in (0..bytes).step_by(PAGE_BYTES).chain(bytes.checked_sub(1)) {
                // SAFETY: `at < bytes`, the capacity was just reserved, and no other thread knows
                // its address. Volatile, because the compiler may omit a write of zeros that
                // nothing reads.
                unsafe { first.add(at).write_volatile(0) };
            }
            // SAFETY: the capacity was just reserved, and a slot is valid uninitialised.
            unsafe { slots.set_len(self.log.chunk_len as usize) };
        }
        #[cfg(loom)]
        slots.resize_with(self.log.chunk_len as usize, || LogSlot::new(MaybeUninit::uninit()));
        address.store(Box::into_raw(slots.into_boxed_slice()).cast(), Ordering::Relaxed);
        self.reserved += self.log.chunk_len;
        Ok(())
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
            self.chunk = self.log.spine[chunk].load(Ordering::Relaxed);
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
