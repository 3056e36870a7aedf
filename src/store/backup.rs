//! Backups of a store, and repairing a store from one.
//!
//! A backup is a store: the same blocks at the same places. It is a whole number of commits, so it is the
//! ledger as it was at one moment, while writers run. A second backup to the same place copies only what
//! came after the first. Restoring is a backup in the other direction.

use std::io;

use super::block::BlockHeader;
use super::error::{Damage, StoreError};
use super::files::{Files, StoreFile, copy_range};
use super::format::{HEAD_NAME, INCOMPLETE_NAME};
use super::head::{BlockHash, Head, HeadFile};
use super::log_reader::{BlockSummary, RecordSink, read_log, read_whole_block};
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

/// What the file of a copy that is not complete says.
const INCOMPLETE_TEXT: &[u8] =
    b"A backup or a restore to this folder was interrupted. Run it again, or remove the folder.\n";

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
        // Until the head is there, the folder is not a store, and not an empty folder for a new one.
        let marked = to.open(INCOMPLETE_NAME).and_then(|file| file.write_at(INCOMPLETE_TEXT, 0));
        let marked = marked.and_then(|()| to.sync_folder());
        marked.map_err(StoreError::io(format!("write {INCOMPLETE_NAME}")))?;
    }
    let copied = copy(from, to, start, end).map_err(StoreError::io("copy the log"))?;
    let mut head = Head {
        generation: before.map_or(0, |before| before.generation),
        is_closed: true,
        last_block: end.block,
        last_hash: end.hash,
        ..source
    };
    let mut write = || -> io::Result<()> {
        let head_file = HeadFile::of(to.open(HEAD_NAME)?);
        head_file.write(&mut head)?;
        head_file.write(&mut head)?;
        to.sync_folder()?;
        if before.is_none() {
            to.remove(INCOMPLETE_NAME)?;
        }
        to.sync_folder()
    };
    write().map_err(StoreError::io(format!("write {HEAD_NAME}")))?;
    Ok(BackupSummary { blocks_before: start.block, blocks: end.block, bytes: copied })
}

/// Returns the head of a store that exists.
fn read_head<D: Files>(files: &D) -> Result<Head, StoreError> {
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

/// Replaces blocks of a store that are damaged by those of a backup. Returns what was damaged.
///
/// # Errors
/// [`StoreError::Damaged`] with the first block that the backup cannot replace. Those before it are
/// replaced.
pub fn repair<D: Files, B: Files>(files: &D, backup: &B) -> Result<Vec<Damage>, StoreError> {
    let of_backup = read_head(backup)?;
    let mut repaired: Vec<Damage> = Vec::new();
    let head = match HeadFile::open(files) {
        Err(StoreError::Damaged(damage)) => {
            let file =
                files.open(HEAD_NAME).map_err(StoreError::io(format!("open {HEAD_NAME}")))?;
            let mut head = of_backup;
            HeadFile::of(file)
                .write(&mut head)
                .map_err(StoreError::io(format!("write {HEAD_NAME}")))?;
            repaired.push(damage);
            head
        }
        opened => opened?.1.ok_or(StoreError::NoStore)?,
    };
    if head.ledger_id != of_backup.ledger_id {
        return Err(StoreError::AnotherLedger);
    }
    loop {
        let damage = match read_log(files, &head, &mut Unread::default()) {
            Ok(_) => return Ok(repaired),
            Err(StoreError::Damaged(damage)) if repaired.last() != Some(&damage) => damage,
            Err(error) => return Err(error),
        };
        let replaced = replace(files, backup, &of_backup, &damage);
        if !replaced.map_err(StoreError::io(format!("repair {}", damage.file)))? {
            return Err(StoreError::Damaged(damage));
        }
        repaired.push(damage);
    }
}

/// Replaces a block by that of a backup. Returns whether the backup has it.
fn replace<D: Files, B: Files>(
    files: &D,
    backup: &B,
    of_backup: &Head,
    damage: &Damage,
) -> io::Result<bool> {
    let source = match backup.open(&damage.file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        opened => opened?,
    };
    let is_right = |header: &BlockHeader| {
        header.ledger_id == of_backup.ledger_id
            && header.number == damage.block
            && header.offset == damage.offset
    };
    match read_whole_block(&source, damage.offset)? {
        Ok((header, block)) if is_right(&header) => {
            let target = files.open(&damage.file)?;
            target.write_at(&block, damage.offset)?;
            target.sync()?;
            files.sync_folder()?;
            Ok(true)
        }
        _ => Ok(false),
    }
}
