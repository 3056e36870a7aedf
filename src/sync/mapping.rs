//! Memory of chunks that the system maps, and that a file can take the place of. With `cells.rs` the
//! only file with `unsafe` code.
//!
//! # Protocol
//!
//! A [`Log`](super::Log) with mapped chunks takes memory in extents of [`EXTENT_CHUNKS`] chunks that
//! are next to each other. A chunk whose slots are all published is never written again. So it may be
//! *replaced*: the same bytes were written to a range of a file, and a read-only mapping of that range
//! takes the place of the memory, at the same address.
//!
//! | who | may do | when |
//! |---|---|---|
//! | the appender | take an extent, and write to its chunks | as in `cells.rs` |
//! | one thread at a time | write a chunk to a range of the file, and sync it | while the chunk is full and no chunk is replaced by that range |
//! | the same thread | replace the chunk by the range | after the sync has succeeded |
//! | the same thread | give the space of the range back | if the chunk was not replaced |
//! | nobody | change or cut off a range that has replaced a chunk | ever |
//! | any reader | read a published slot | always; replacing it changes no byte |
//!
//! The range is mapped at another address first, and the mapping is moved from there. Linux moves a mapping over another
//! one under the lock that a page fault takes, too: another thread finds the memory or the file, and nothing in between.
//! Other systems do not promise that, so they replace nothing. No other process knows the file: it has no name.
//!
//! The sync is what makes an error of the disk known while the memory is still there. Without it, a page
//! whose writing failed later could be dropped and read back as something else.
//!
//! A page that cannot be read back ends the process (`SIGBUS`). The log of the ledger's store is the
//! truth, and the next start reads it.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;

/// Chunks of an extent: 64, which are 32 MiB for a trail. In an extent, chunks that are next to each
/// other are next to each other in the file, so the system has one mapping for all of them. It allows a
/// process about 65,000.
pub const EXTENT_CHUNKS: u64 = 64;

/// Whether chunks can be replaced by a file.
pub const CAN_REPLACE: bool =
    cfg!(all(target_os = "linux", feature = "store", not(any(loom, shuttle, miri))));

#[cfg(all(target_os = "linux", feature = "store", not(any(loom, shuttle, miri))))]
pub(super) use linux::Extent;
#[cfg(all(target_os = "linux", feature = "store", not(any(loom, shuttle, miri))))]
pub(crate) use linux::check_mapping;
#[cfg(not(all(target_os = "linux", feature = "store", not(any(loom, shuttle, miri)))))]
pub(super) use none::Extent;

#[cfg(all(target_os = "linux", feature = "store", not(any(loom, shuttle, miri))))]
mod linux {
    use std::io::Write;
    use std::os::unix::fs::FileExt;
    use std::ptr::{NonNull, null_mut};

    use rustix::mm::{
        MapFlags, MremapFlags, MsyncFlags, ProtFlags, mmap, mmap_anonymous, mremap_fixed, msync,
        munmap,
    };

    use super::{File, io};

    /// The largest page of Linux. Whatever is replaced begins and ends at a multiple of it.
    const PAGE_BYTES: usize = 1 << 16;

    /// Memory from the system: zeros that take no memory before they are written.
    #[derive(Debug)]
    pub(in crate::sync) struct Extent {
        first: NonNull<u8>,
        bytes: usize,
    }

    // SAFETY: it owns its memory, which is bound to no thread. Its methods do not access what is in it.
    unsafe impl Send for Extent {}
    // SAFETY: as above.
    unsafe impl Sync for Extent {}

    impl Extent {
        /// Returns new memory. `None` if the system has none.
        pub(in crate::sync) fn map(bytes: usize) -> Option<Self> {
            let (access, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE);
            // SAFETY: the system chooses an address where nothing is.
            let first =
                unsafe { mmap_anonymous(null_mut(), bytes, access, flags | MapFlags::NORESERVE) };
            Some(Self { first: NonNull::new(first.ok()?.cast())?, bytes })
        }

        /// Returns its first address.
        pub(in crate::sync) fn first(&self) -> *mut u8 {
            self.first.as_ptr()
        }

        /// Replaces memory by a read-only mapping of a range of a file.
        ///
        /// # Safety
        /// The memory is in an extent, nobody writes to it any more, and the range has the same bytes and
        /// keeps them: see the protocol above.
        ///
        /// # Errors
        /// The system's. The memory is as it was.
        pub(in crate::sync) unsafe fn replace(
            first: *mut u8,
            bytes: usize,
            file: &File,
            offset: u64,
        ) -> io::Result<()> {
            assert!(
                first.addr().is_multiple_of(4096) && bytes.is_multiple_of(PAGE_BYTES),
                "only whole pages are replaced"
            );
            // Elsewhere first: what a file, its file system or a limit refuses is refused there, where it changes nothing. At
            // the address itself the memory could be gone by then, and the address another's.
            // SAFETY: the system chooses an address where nothing is.
            let mapped = unsafe {
                mmap(null_mut(), bytes, ProtFlags::READ, MapFlags::SHARED, file, offset)
            }?;
            let flags = MremapFlags::MAYMOVE;
            // SAFETY: nobody else knows the new mapping. The caller guarantees that the bytes are the same, so readers
            // find no difference.
            let moved = unsafe { mremap_fixed(mapped, bytes, bytes, flags, first.cast()) };
            let Err(error) = moved else { return Ok(()) };
            // The limit on mappings is checked before anything changes. After that only a system without memory for a few
            // words can refuse.
            // SAFETY: nothing is changed: it only says whether all of it is mapped.
            if unsafe { msync(first.cast(), bytes, MsyncFlags::ASYNC) }.is_err() {
                // Others may read there now, and must not find anything else. Nothing may be mapped there either: any thread
                // can have been given the address meanwhile.
                let why = "the system removed a part of the trail's memory and did not map the file there; open the ledger again";
                let _ = writeln!(io::stderr(), "{why}");
                std::process::abort();
            }
            // SAFETY: nobody else knows the address. There is nothing to do about an error.
            let _ = unsafe { munmap(mapped, bytes) };
            Err(error.into())
        }
    }

    impl Drop for Extent {
        fn drop(&mut self) {
            // ThreadSanitizer does not see the system's calls. At an address that is used again it would
            // find races with what was there before.
            if cfg!(tsan) {
                return;
            }
            // SAFETY: the memory is the extent's, also where a file has replaced it, and nobody has it any
            // more. There is nothing to do about an error.
            let _ = unsafe { munmap(self.first.as_ptr().cast(), self.bytes) };
        }
    }

    /// Checks that a mapping of a new file shows what is written to it. That is so for files that the
    /// system itself caches.
    ///
    /// # Errors
    /// The system's, and [`io::ErrorKind::Unsupported`] when a mapping shows something else.
    pub(crate) fn check_mapping(file: &File) -> io::Result<()> {
        let page = [0xa5; PAGE_BYTES];
        file.write_all_at(&page, 0)?;
        // SAFETY: the system chooses an address where nothing is.
        let mapped =
            unsafe { mmap(null_mut(), PAGE_BYTES, ProtFlags::READ, MapFlags::SHARED, file, 0) }?;
        // SAFETY: the page was just mapped, the file has its bytes, and nobody else has the file.
        let is_same =
            unsafe { std::slice::from_raw_parts(mapped.cast::<u8>(), PAGE_BYTES) } == page;
        // SAFETY: nobody else knows the address.
        unsafe { munmap(mapped, PAGE_BYTES) }?;
        match is_same {
            true => Ok(()),
            false => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

/// Where memory is not mapped.
#[cfg(not(all(target_os = "linux", feature = "store", not(any(loom, shuttle, miri)))))]
mod none {
    use super::{File, io};

    /// There is none.
    #[derive(Debug)]
    pub(in crate::sync) enum Extent {}

    impl Extent {
        pub(in crate::sync) fn map(_bytes: usize) -> Option<Self> {
            None
        }

        pub(in crate::sync) fn first(&self) -> *mut u8 {
            match *self {}
        }

        /// # Safety
        /// It does nothing.
        pub(in crate::sync) unsafe fn replace(
            _first: *mut u8,
            _bytes: usize,
            _file: &File,
            _offset: u64,
        ) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }
    }
}
