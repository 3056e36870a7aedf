//! An allocator that counts the allocations of each thread.
#![allow(unsafe_code, reason = "an allocator needs unsafe code")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The allocations of a thread.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counted {
    /// Allocations and reallocations.
    pub(crate) allocations: u64,
    /// Bytes allocated and not freed.
    pub(crate) bytes_held: i64,
}

impl Counted {
    /// Returns the allocations since `before`.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            allocations: self.allocations - before.allocations,
            bytes_held: self.bytes_held - before.bytes_held,
        }
    }
}

thread_local! {
    // Constant and without a destructor, so it exists before the first allocation and after the
    // last.
    static COUNTED: Cell<Counted> = const { Cell::new(Counted { allocations: 0, bytes_held: 0 }) };
    static PEAK_BYTES: Cell<i64> = const { Cell::new(0) };
}

/// Returns the greatest number of bytes that the calling thread held at once during a call, beyond what it held before.
#[allow(dead_code, reason = "only the test of memory uses it")]
pub(crate) fn peak_bytes(call: impl FnOnce()) -> i64 {
    let before = counted().bytes_held;
    PEAK_BYTES.set(before);
    call();
    PEAK_BYTES.get() - before
}

/// Returns the allocations of the calling thread so far.
pub(crate) fn counted() -> Counted {
    COUNTED.get()
}

fn count(allocations: u64, bytes: i64) {
    let Counted { allocations: before, bytes_held } = COUNTED.get();
    COUNTED.set(Counted { allocations: before + allocations, bytes_held: bytes_held + bytes });
    PEAK_BYTES.set(PEAK_BYTES.get().max(bytes_held + bytes));
}

/// The system's allocator with a count for each thread, because a shared count would slow the
/// threads down.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call is passed to the system's allocator unchanged. Counting accesses a cell of the
// calling thread only and never allocates.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(1, layout.size() as i64);
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(1, layout.size() as i64);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(1, new_size as i64 - layout.size() as i64);
        // SAFETY: as above.
        unsafe { System.realloc(place, layout, new_size) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        count(0, -(layout.size() as i64));
        // SAFETY: as above.
        unsafe { System.dealloc(place, layout) }
    }
}
