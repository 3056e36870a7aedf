//! Appending blocks to the log files.

use std::io;

use super::block::{BlockHeader, HASH_BYTES, PAGE_BYTES, RECORDS_MAX, Run, encode_run};
use super::files::{Files, StoreFile};
use super::head::BlockHash;
use crate::trail::is_no_space;
use crate::trail::{Entry, RECORD_BYTES};

/// A log file ends with the block that reaches this many bytes.
const FILE_BYTES: u64 = if cfg!(test) { 64 << 10 } else { 256 << 20 };

/// Disk space that is taken ahead of the end of the log, so that what was already decided finds room
/// when the disk is full.
pub(super) const AHEAD_BYTES: u64 = if cfg!(test) { 64 << 10 } else { 32 << 20 };

/// Returns the name of a log file.
pub(super) fn file_name(number: u64) -> String {
    format!("{number:08}.log")
}

/// Returns the number of the log file with this name.
pub(super) fn file_number(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".log")?;
    let number = digits.parse().ok()?;
    (file_name(number) == name).then_some(number)
}

/// Where the log ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LogEnd {
    pub(super) file: u64,
    pub(super) offset: u64,
    /// The last block. 0 for none.
    pub(super) block: u64,
    /// Its hash.
    pub(super) hash: BlockHash,
}

impl LogEnd {
    /// The end of a log without blocks.
    pub(super) const EMPTY: Self = Self { file: 1, offset: 0, block: 0, hash: [0; 32] };
}

/// Appends blocks at the end of the log.
pub(super) struct LogWriter<D: Files> {
    files: D,
    ledger_id: u128,
    file: D::File,
    end: LogEnd,
    /// The last block that is synced.
    synced: u64,
    /// Disk space of the file that was taken, from its start.
    allocated: u64,
    /// Bytes of the blocks that were appended.
    appended: u64,
    buffer: Vec<u8>,
}

impl<D: Files> LogWriter<D> {
    /// Opens the log file at the end of the log.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn open(files: D, ledger_id: u128, end: LogEnd) -> io::Result<Self> {
        let file = files.open(&file_name(end.file))?;
        files.sync_folder()?;
        let (synced, buffer) = (end.block, Vec::new());
        Ok(Self { files, ledger_id, file, end, synced, allocated: 0, appended: 0, buffer })
    }

    /// Returns the end of what was written.
    pub(super) fn end(&self) -> LogEnd {
        self.end
    }

    /// Returns the files of the log.
    #[cfg(all(feature = "cli", not(target_family = "wasm")))]
    pub(super) fn into_files(self) -> D {
        self.files
    }

    /// Returns the bytes of the blocks that were appended since it was opened.
    pub(super) fn appended(&self) -> u64 {
        self.appended
    }

    /// Appends a block with at most [`RECORDS_MAX`] records. `records` has those of the runs, in order.
    ///
    /// # Errors
    /// The system's. The log is as before, and the same can be appended again.
    pub(super) fn append<'e>(
        &mut self,
        runs: &[Run],
        records: impl Iterator<Item = &'e [Entry]>,
        notes: &[u8],
        continues: bool,
    ) -> io::Result<()> {
        let count: u64 = runs.iter().map(|run| run.count).sum();
        debug_assert!(count <= RECORDS_MAX);
        if self.end.offset >= FILE_BYTES {
            match self.begin_file() {
                // There is still space in this one.
                Err(error) if is_no_space(&error) => {}
                begun => begun?,
            }
        }
        let header = BlockHeader {
            ledger_id: self.ledger_id,
            number: self.end.block + 1,
            file: self.end.file,
            offset: self.end.offset,
            synced: self.synced,
            records: count,
            runs: runs.len() as u32,
            notes_bytes: notes.len() as u32,
            continues,
            previous: self.end.hash,
        };
        let buffer = &mut self.buffer;
        buffer.clear();
        header.encode(buffer);
        runs.iter().for_each(|run| encode_run(*run, buffer));
        buffer.extend_from_slice(notes);
        for records in records {
            let start = buffer.len();
            buffer.resize(start + records.len() * RECORD_BYTES, 0);
            let (all, _) = buffer[start..].as_chunks_mut::<RECORD_BYTES>();
            records.iter().zip(all).for_each(|(record, bytes)| record.encode(bytes));
        }
        let hash = *blake3::hash(buffer).as_bytes();
        buffer.extend_from_slice(&hash);
        debug_assert_eq!(buffer.len(), header.block_bytes());
        debug_assert_eq!(hash.len(), HASH_BYTES);
        buffer.resize(buffer.len().next_multiple_of(PAGE_BYTES as usize), 0);
        self.file.write_at(buffer, header.offset)?;
        self.appended += header.end() - header.offset;
        self.end = LogEnd { offset: header.end(), block: header.number, hash, ..self.end };
        Ok(())
    }

    /// Returns when every block is on the disk.
    ///
    /// # Errors
    /// The system's. It is unknown then which blocks are on the disk.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        self.file.sync()?;
        self.synced = self.end.block;
        Ok(())
    }

    /// Takes disk space ahead of the end, if less than half of it is left.
    ///
    /// # Errors
    /// [`io::ErrorKind::StorageFull`] when the disk has none.
    pub(super) fn allocate(&mut self) -> io::Result<()> {
        let needed = self.end.offset + AHEAD_BYTES / 2;
        if self.allocated < needed {
            let from = self.allocated.max(self.end.offset);
            let until = self.end.offset + AHEAD_BYTES;
            self.file.allocate(from, until - from)?;
            self.allocated = until;
        }
        Ok(())
    }

    /// Releases the disk space that was taken ahead.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn release_space(&mut self) -> io::Result<()> {
        self.file.truncate(self.end.offset)
    }

    /// Goes on in a new file, if there is space for one.
    fn begin_file(&mut self) -> io::Result<()> {
        let number = self.end.file + 1;
        let file = self.files.open(&file_name(number))?;
        // A file of this number can be left from blocks that were never acknowledged.
        file.truncate(0)?;
        file.allocate(0, AHEAD_BYTES)?;
        // A write that found no space can have left a part of the block that the new file begins with.
        self.file.truncate(self.end.offset)?;
        // What was written to the old file must not be missing when the new one has blocks.
        // A sync that failed is never repeated, whatever its reason.
        self.file.sync().and_then(|()| self.files.sync_folder()).map_err(io::Error::other)?;
        (self.file, self.allocated) = (file, AHEAD_BYTES);
        self.end = LogEnd { file: number, offset: 0, ..self.end };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_numbers_in_order() {
        assert_eq!(file_name(12), "00000012.log");
        for number in [1, 99_999_999, 100_000_000] {
            assert_eq!(file_number(&file_name(number)), Some(number));
        }
        for other in ["1.log", "00000001", "0000000a.log", "ledger.head", "+0000001.log"] {
            assert_eq!(file_number(other), None, "{other}");
        }
    }
}
