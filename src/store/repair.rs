//! Repairing a store from a backup of it.
//!
//! A block of the backup is taken only if it is the one that was there: it was written after the store's block
//! before it, and the store's block after it was written after it, which their hashes prove. Where several
//! blocks in a row are damaged, the first whole one after them proves all of them, and at the end of the log the
//! store's own head does. So a backup that was used after it was restored, and has another history, changes
//! nothing, and a repair that is refused changes nothing either.

use std::io;

use super::backup::read_head;
use super::block::{BlockHeader, HEADER_BYTES};
use super::error::{Damage, StoreError};
use super::files::{Files, StoreFile};
use super::format::HEAD_NAME;
use super::head::{BlockHash, HeadFile};
use super::log_contents::RecordSink;
use super::log_reader::{read_log, read_log_with_backup};
use super::log_writer::file_name;
use super::notes::NoteKind;
use super::whole_block::{Substitute, WholeBlock, hash_of, read_whole_block};

/// Openings that a ledger whose head was lost may have had since its backup.
const OPENINGS_LATER: u64 = 10_000;

/// What a repair has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RepairSummary {
    /// What was damaged, and is replaced.
    pub replaced: Vec<Damage>,
    /// What follows the last whole commit. It was never acknowledged, as far as anything says, and opening the ledger cuts it
    /// off.
    pub torn: Option<Damage>,
    /// Whether the head was damaged, which may have said that more was acknowledged.
    pub head_was_lost: bool,
}

/// Counts the writers whose records are in a log.
#[derive(Default)]
struct WriterCount(u32);

impl RecordSink for WriterCount {
    fn records(&mut self, writer: u32, _first: u64, _records: &[u8]) -> Result<(), String> {
        self.0 = self.0.max(writer.saturating_add(1));
        Ok(())
    }

    fn note(&mut self, _kind: NoteKind, _note: &[u8]) -> Result<(), String> {
        Ok(())
    }
}

/// Replaces blocks of a store that are damaged by those of a backup, if the backup has all of them.
///
/// # Errors
/// [`StoreError::Damaged`] with the first block that the backup does not have, and [`StoreError::AnotherBlock`] with the
/// first one that it has from another history. Nothing is changed then.
pub fn repair<D: Files, B: Files>(files: &D, backup: &B) -> Result<RepairSummary, StoreError> {
    let of_backup = read_head(backup)?;
    let (mut head, lost) = match HeadFile::open(files) {
        Err(StoreError::Damaged(damage)) => (of_backup, Some(damage)),
        opened => (opened?.1.ok_or(StoreError::NoStore)?, None),
    };
    let is_another = match &lost {
        None => head.ledger_id != of_backup.ledger_id,
        Some(_) => first_ledger_id(files)?.is_some_and(|id| id != of_backup.ledger_id),
    };
    if is_another {
        return Err(StoreError::AnotherLedger);
    }
    let mut writers = WriterCount::default();
    let read = |file, offset| read_block(backup, file, offset);
    let (substitutes, contents) =
        read_log_with_backup(files, (&head, lost.is_none()), &read, &mut writers)?;
    write_substitutes(files, backup, &substitutes)?;
    if lost.is_some() {
        // The backup can be older than the last writers, and than the last openings, which later ids must follow.
        head.segments = head.segments.max(writers.0);
        head.openings = head.openings.saturating_add(OPENINGS_LATER);
        let written = files.open(HEAD_NAME).and_then(|file| {
            let file = HeadFile::of(file);
            file.write(&mut head)?;
            file.write(&mut head)
        });
        written.map_err(StoreError::io(format!("write {HEAD_NAME}")))?;
    }
    // What was written is read again.
    read_log(files, &head, &mut WriterCount::default())?;
    let head_was_lost = lost.is_some();
    let replaced = lost.into_iter().chain(substitutes.into_iter().map(|one| one.damage));
    Ok(RepairSummary { replaced: replaced.collect(), torn: contents.torn, head_was_lost })
}

/// Returns the id of the ledger that the first block of a store names, if that has a valid header.
fn first_ledger_id<D: Files>(files: &D) -> Result<Option<u128>, StoreError> {
    let name = file_name(1);
    let names = files.list().map_err(StoreError::io("list the store's files"))?;
    if !names.contains(&name) {
        return Ok(None);
    }
    let mut bytes = [0; HEADER_BYTES];
    let read = files.open(&name).and_then(|file| file.read_at(&mut bytes, 0));
    let len = read.map_err(StoreError::io(format!("read {name}")))?;
    Ok(BlockHeader::decode(&bytes[..len]).map(|header| header.ledger_id))
}

/// Reads the block at a byte of a log file. `None` if there is no whole one.
fn read_block<D: Files>(files: &D, file: u64, offset: u64) -> io::Result<Option<WholeBlock>> {
    match files.open(&file_name(file)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        opened => Ok(read_whole_block(&opened?, offset)?.ok()),
    }
}

/// Writes blocks of a backup to their places.
fn write_substitutes<D: Files, B: Files>(
    files: &D,
    backup: &B,
    substitutes: &[Substitute],
) -> Result<(), StoreError> {
    for Substitute { damage, place: (file, offset), hash } in substitutes {
        let is_same = |block: &WholeBlock, hash: &BlockHash| hash_of(&block.1) == *hash;
        let write = || -> io::Result<bool> {
            let read = read_block(backup, *file, *offset)?;
            let Some((_, block)) = read.filter(|block| is_same(block, hash)) else {
                return Ok(false);
            };
            let target = files.open(&file_name(*file))?;
            target.write_at(&block, *offset)?;
            target.sync()?;
            Ok(true)
        };
        if !write().map_err(StoreError::io(format!("repair {}", damage.file)))? {
            return Err(StoreError::Damaged(damage.clone()));
        }
    }
    files.sync_folder().map_err(StoreError::io("sync the store's folder"))
}
