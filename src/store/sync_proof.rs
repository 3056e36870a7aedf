//! Searching the log for a block that says that an earlier one was synced.

use super::block::{BlockHeader, HEADER_BYTES, PAGE_BYTES};
use super::error::StoreError;
use super::files::{Files, StoreFile};
use super::log_writer::{LogEnd, file_name};

/// Bytes that are read at once: the headers of many small blocks, and little of a large one.
const PIECE_BYTES: usize = 256 << 10;

/// A search that goes on where it has stopped, so that a reader of a log with any number of damaged blocks reads each page of
/// it for a proof once.
#[derive(Debug, Default)]
pub(super) struct SyncProofSearch {
    /// The file and the byte up to which nothing proves a block that is asked for later: blocks are asked for in their order, and
    /// a later block of the log says at least what an earlier one says.
    reached: (u64, u64),
    /// The block there, and the last one of which it says that it was synced.
    found: Option<(u64, u64)>,
}

/// The part of a file that was read last.
struct Piece {
    bytes: Vec<u8>,
    offset: u64,
}

impl Piece {
    /// Returns the bytes of the file at a page, at most those of a header.
    fn header_bytes<F: StoreFile>(&mut self, file: &F, offset: u64) -> std::io::Result<&[u8]> {
        let end = self.offset + self.bytes.len() as u64;
        if offset < self.offset || offset + HEADER_BYTES as u64 > end {
            self.bytes.resize(PIECE_BYTES, 0);
            let count = file.read_at(&mut self.bytes, offset)?;
            self.bytes.truncate(count);
            self.offset = offset;
        }
        let bytes = &self.bytes[(offset - self.offset) as usize..];
        Ok(&bytes[..bytes.len().min(HEADER_BYTES)])
    }
}

impl SyncProofSearch {
    /// Returns the number of a block at or after `next` that says that the block after `next` was synced. `numbers` are those
    /// of the log files, in order.
    pub(super) fn find<D: Files>(
        &mut self,
        (files, numbers, ledger_id): (&D, &[u64], u128),
        next: LogEnd,
    ) -> Result<Option<u64>, StoreError> {
        let start = (next.file, next.offset);
        if start > self.reached {
            (self.reached, self.found) = (start, None);
        }
        if let Some((number, synced)) = self.found
            && synced > next.block
        {
            return Ok(Some(number));
        }
        let first = self.reached.0;
        for &number in numbers.iter().filter(|number| **number >= first) {
            let name = file_name(number);
            let file = files.open(&name).map_err(StoreError::io(format!("open {name}")))?;
            let cannot = || StoreError::io(format!("read {name}"));
            let length = file.len().map_err(cannot())?;
            let mut piece = Piece { bytes: Vec::new(), offset: 0 };
            let mut offset = if number == first { self.reached.1 } else { 0 };
            while offset < length {
                let bytes = piece.header_bytes(&file, offset).map_err(cannot())?;
                let header = BlockHeader::decode(bytes).filter(|header| {
                    header.ledger_id == ledger_id
                        && (header.file, header.offset) == (number, offset)
                });
                if let Some(header) = header.filter(|header| header.synced > next.block) {
                    self.reached = (number, offset);
                    self.found = Some((header.number, header.synced));
                    return Ok(Some(header.number));
                }
                offset = header.map_or(offset + PAGE_BYTES, |header| header.end());
            }
            (self.reached, self.found) = ((number, offset), None);
        }
        Ok(None)
    }
}

#[cfg(all(test, feature = "laboratory", not(target_family = "wasm")))]
mod tests;
