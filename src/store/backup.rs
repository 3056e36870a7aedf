//! Backups of a store.
//!
//! A backup is a store: the same blocks at the same places. It is a whole number of commits, so it is the
//! ledger as it was at one moment, while writers run. A second backup to the same place copies only what
//! came after the first. Restoring is a backup in the other direction.

use std::io;

use super::error::StoreError;
use super::files::{Files, StoreFile, copy_range};
use super::format::{HEAD_NAME, INCOMPLETE_NAME};
use super::head::{BlockHash, Head, HeadFile};
use super::incomplete::{finish, mark};
use super::log_contents::{BlockSummary, RecordSink};
use super::log_reader::read_log;
use super::log_writer::{LogEnd, file_name};
use super::notes::NoteKind;

/// What a backup has copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BackupSummary {
    /// The blocks that the backup had before.
    pub blocks_before: u64,
    /// The blocks that it has now.
    pub blocks: u64,
    /// The bytes that were copied.
    pub bytes: u64,
}

/// Reads blocks for their hashes only, and keeps the hash of one.
#[derive(Default)]
struct Unread {
    number: u64,
    hash: BlockHash,
}

impl RecordSink for Unread {
    fn records(&mut self, _writer: u32, _first: u64, _records: &[u8]) -> Result<(), String> {
        Ok(())
    }

    fn note(&mut self, _kind: NoteKind, _note: &[u8]) -> Result<(), String> {
        Ok(())
    }

    fn block(&mut self, block: BlockSummary, hash: &BlockHash) {
        if block.number == self.number {
            self.hash = *hash;
        }
    }
}

/// Copies what a store has committed, and a backup of it does not have yet. `to` is a backup of the same
/// store, or empty. `from` may be in use.
///
/// # Errors
/// [`StoreError`] when either of them is damaged or `to` is something else.
pub fn back_up<S: Files, D: Files>(from: &S, to: &D) -> Result<BackupSummary, StoreError> {
    let source = read_head(from)?;
    let names = to.list().map_err(StoreError::io("list the backup's files"))?;
    let has = |name: &str| names.iter().any(|one| one == name);
    // One that was interrupted begins anew.
    let before = match has(HEAD_NAME) && !has(INCOMPLETE_NAME) {
        true => HeadFile::open(to)?.1,
        false => None,
    };
    if before.is_some_and(|before| before.ledger_id != source.ledger_id) {
        return Err(StoreError::AnotherLedger);
    }
    if before.is_none() && !names.is_empty() && !has(INCOMPLETE_NAME) {
        return Err(StoreError::NotAStore { file: names[0].clone() });
    }
    let start = match &before {
        Some(before) => read_log(to, before, &mut Unread::default())?.0,
        None => LogEnd::EMPTY,
    };
    let mut unread = Unread { number: start.block, hash: [0; 32] };
    let (end, contents) = read_log(from, &source, &mut unread)?;
    if let Some((first, _)) = contents.unproven {
        // A crash could take back what can be read, and the backup would have what never was.
        let mut files = (first..=end.file).map(|number| from.open(&file_name(number))?.sync());
        files.try_for_each(|synced| synced).map_err(StoreError::io("sync the end of the log"))?;
    }
    if unread.hash != start.hash {
        return Err(StoreError::AnotherHistory { blocks: start.block });
    }
    if before.is_none() {
        mark(to)?;
    }
    let copied = copy(from, to, start, end).map_err(StoreError::io("copy the log"))?;
    let mut head = Head {
        generation: before.map_or(0, |before| before.generation),
        is_closed: true,
        last_block: end.block,
        last_hash: end.hash,
        ..source
    };
    finish(to, &mut head, before.is_none())?;
    Ok(BackupSummary { blocks_before: start.block, blocks: end.block, bytes: copied })
}

/// Returns the head of a store that exists.
pub(super) fn read_head<D: Files>(files: &D) -> Result<Head, StoreError> {
    let names = files.list().map_err(StoreError::io("list the store's files"))?;
    if !names.iter().any(|name| name == HEAD_NAME) {
        return Err(StoreError::NoStore);
    }
    HeadFile::open(files)?.1.ok_or(StoreError::NoStore)
}

/// Copies the log from one place to another. Returns the bytes.
fn copy<S: Files, D: Files>(from: &S, to: &D, start: LogEnd, end: LogEnd) -> io::Result<u64> {
    let mut copied = 0;
    for number in start.file..=end.file {
        let first = if number == start.file { start.offset } else { 0 };
        let source = match from.open(&file_name(number)) {
            // A ledger without blocks.
            Err(error) if error.kind() == io::ErrorKind::NotFound && end.block == 0 => break,
            opened => opened?,
        };
        let last = if number == end.file { end.offset } else { source.len()? };
        let target = to.open(&file_name(number))?;
        copied += copy_range(&source, &target, first, last)?;
        target.truncate(last)?;
        target.sync()?;
    }
    to.sync_folder()?;
    Ok(copied)
}
