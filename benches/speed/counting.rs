//! An allocator that counts what its thread asks it for.
#![allow(unsafe_code, reason = "an allocator can be written in no other way")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// What the calling thread has asked for so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counted {
    /// How often memory was asked for, more of it as well.
    pub(crate) allocations: u64,
    /// Bytes that were asked for and not given back.
    pub(crate) bytes_held: i64,
}

impl Counted {
    /// What the thread has asked for since `before`.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            allocations: self.allocations - before.allocations,
            bytes_held: self.bytes_held - before.bytes_held,
        }
    }
}

thread_local! {
    // Made at compile time and without a destructor: it is there before the first allocation and after the last.
    static COUNTED: Cell<Counted> = const { Cell::new(Counted { allocations: 0, bytes_held: 0 }) };
}

/// What the calling thread has asked for so far.
pub(crate) fn counted() -> Counted {
    COUNTED.get()
}

fn count(allocations: u64, bytes: i64) {
    let Counted { allocations: before, bytes_held } = COUNTED.get();
    COUNTED.set(Counted { allocations: before + allocations, bytes_held: bytes_held + bytes });
}

/// The system's allocator, with a count for each thread: threads that counted together would measure the counting.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call is handed to the system's allocator as it is; counting touches a cell of the calling thread only
// and never allocates.
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
