//! The trail of a stored ledger whose memory is a window: older records are moved to a file.

use std::io;

use super::audit_trail::Trail;
#[cfg(all(feature = "store", not(target_family = "wasm")))]
use super::moved_chunks::DamagedChunk;
use super::sizes::TRAIL_BYTES_MAX;
use super::spill::Spill;
use crate::sync::{CAN_REPLACE, Ordering};

/// The least free space of the disk that a reader leaves to others: 1 GiB.
#[cfg(all(feature = "store", not(target_family = "wasm")))]
const LEFT_FREE_MIN: u64 = 1 << 30;

impl Trail {
    /// Whether the host can move older records to a file, and keep them where they are for readers.
    pub const CAN_SPILL: bool = CAN_REPLACE;

    fn spill(&self) -> Option<&Spill> {
        // The constant leaves all of it out of programs that cannot.
        self.spill.as_ref().filter(|_| Self::CAN_SPILL)
    }

    /// Sets the file that older records are moved to when the trail's memory is used up. Nobody else has it
    /// or will have it.
    ///
    /// # Errors
    /// The system's, and [`io::ErrorKind::Unsupported`] when its file system cannot be used.
    #[cfg(feature = "store")]
    pub(crate) fn set_spill_file(&self, file: std::fs::File) -> io::Result<()> {
        self.spill().map_or(Ok(()), |spill| spill.set_file(file))
    }

    /// Lets the file leave half of the space that was free on its disk when it was set, and at least 1 GiB, to others: for a
    /// trail that is only read, beside the process that the disk is for.
    #[cfg(all(feature = "store", not(target_family = "wasm")))]
    pub(crate) fn share_spill_disk(&self) {
        if let Some(spill) = self.spill()
            && let Some(free) = spill.free_bytes()
        {
            spill.set_left_free((free / 2).max(LEFT_FREE_MIN));
        }
    }

    /// Returns the bytes of the disk that its file leaves to others. 0 if it may use all of it.
    pub(super) fn left_free_bytes(&self) -> u64 {
        self.spill().map_or(0, Spill::left_free)
    }

    /// Returns whether a file can be set for older records.
    #[cfg(all(feature = "store", not(target_family = "wasm")))]
    pub(crate) fn has_window(&self) -> bool {
        self.spill().is_some()
    }

    /// Returns whether older records are moved to a file when the trail's memory is used up.
    pub fn spills(&self) -> bool {
        self.spill().is_some_and(Spill::has_file)
    }

    /// Returns the bytes that the trail may have if a file is set for its older records.
    pub(crate) fn bytes_max(&self) -> u64 {
        if self.spill().is_some() { TRAIL_BYTES_MAX } else { self.memory_bytes() }
    }

    /// Returns the bytes for which there is memory, or was space on the disk when the file was set. The log of
    /// the store takes as much as the file.
    pub(crate) fn capacity_bytes(&self) -> u64 {
        let free = self.spill().and_then(Spill::free_bytes);
        free.map_or(self.memory_bytes(), |free| {
            self.bytes_max().min(free / 2).max(self.memory_bytes())
        })
    }

    /// Returns the bytes of records that were moved to a file. The others are in memory.
    pub fn spilled_bytes(&self) -> u64 {
        self.spill().map_or(0, Spill::bytes)
    }

    /// Reads a chunk that was moved to the file again, and compares it with the hash that it had in memory: the one with this
    /// number, from 0, in the order in which they were moved. `None` if fewer were.
    #[cfg(all(feature = "store", not(target_family = "wasm")))]
    pub(crate) fn check_moved(&self, number: usize) -> Option<Result<(), DamagedChunk>> {
        self.spill()?.check(number)
    }

    /// Returns why older records cannot be moved to the file now. `None` if they can, or if there is none.
    pub(crate) fn spill_failure(&self) -> Option<String> {
        self.spill()?.failure().map(|(_, message)| message)
    }

    /// Tries again to move records to the file, if the last attempt has failed.
    #[cfg(feature = "store")]
    pub(crate) fn retry_spill(&self) {
        if let Some(spill) = self.spill() {
            spill.retry(&self.segments, &self.chunks_left);
        }
    }

    /// Takes the disk for full when the file has this many bytes. Used to validate what happens then.
    #[doc(hidden)]
    pub fn limit_spill_file(&self, bytes: u64) {
        if let Some(spill) = self.spill() {
            spill.set_bytes_max(bytes);
        }
    }

    /// Moves older records to the file, so that there is memory beside `for_others` chunks. Returns whether
    /// there can be some now.
    pub(super) fn spill_oldest(&self, for_others: u64) -> Result<bool, io::ErrorKind> {
        let Some(spill) = self.spill() else { return Ok(false) };
        let is_enough = || self.chunks_left.load(Ordering::Acquire) > for_others;
        spill.spill_oldest(&self.segments, &self.chunks_left, is_enough)
    }
}

#[cfg(all(test, target_os = "linux", feature = "cli", not(any(loom, shuttle, miri))))]
mod tests;
