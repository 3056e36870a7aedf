//! Reading the log files, block by block.
//!
//! A block that cannot be read is one of two things. If a later block or the head says that it was
//! synced, it may have been acknowledged, and the log is damaged. Otherwise it was being written when the
//! machine stopped: it is torn and was never acknowledged, and the log ends before it.

use std::collections::VecDeque;

use super::block::BlockHeader;
use super::error::{Damage, StoreError};
use super::files::{Files, StoreFile};
use super::head::Head;
use super::log_contents::{BlockSummary, LogContents, RecordSink};
use super::log_writer::{LogEnd, file_name, file_number};
use super::notes::read_notes;
use super::sync_proof::SyncProofSearch;
use super::whole_block::{BackupReader, Substitute, WholeBlock, hash_of, read_whole_block};

/// Reads the log of a store. Returns where it ends, and what it contains.
///
/// # Errors
/// [`StoreError::Damaged`] when a block that may have been acknowledged cannot be read.
pub(super) fn read_log<D: Files>(
    files: &D,
    head: &Head,
    sink: &mut dyn RecordSink,
) -> Result<(LogEnd, LogContents), StoreError> {
    let mut reader = LogReader::new(files, head)?;
    reader.read(sink)?;
    sink.end().map_err(|what| {
        let (file, offset) = (file_name(reader.end.file), reader.end.offset);
        StoreError::Damaged(Damage { file, offset, block: 0, what })
    })?;
    Ok((reader.end, reader.contents))
}

/// Reads the log of a store, with blocks of a backup in place of damaged ones. Returns those, and what the log contains with
/// them. Nothing is changed.
///
/// A hash leads from each block to the one before it. So a block of the store, or the store's own head, proves every
/// block of the backup before it. `head_is_own` is false when the head is not the store's own, and proves nothing.
///
/// # Errors
/// [`StoreError::Damaged`] with the first block that the backup does not have, and [`StoreError::AnotherBlock`] with the first
/// one that does not fit its neighbours.
pub(super) fn read_log_with_backup<D: Files>(
    files: &D,
    (head, head_is_own): (&Head, bool),
    backup: BackupReader<'_>,
    sink: &mut dyn RecordSink,
) -> Result<(Vec<Substitute>, LogContents), StoreError> {
    let mut reader = LogReader::new(files, head)?;
    reader.backup = Some(backup);
    reader.head_is_own = head_is_own;
    reader.read(sink)?;
    match reader.another_block() {
        Some(error) => Err(error),
        None => Ok((reader.substitutes, reader.contents)),
    }
}

impl<'a, D: Files> LogReader<'a, D> {
    fn new(files: &'a D, head: &'a Head) -> Result<Self, StoreError> {
        let names = files.list().map_err(StoreError::io("list the store's files"))?;
        let mut numbers: Vec<u64> = names.iter().filter_map(|name| file_number(name)).collect();
        numbers.sort_unstable();
        Ok(Self {
            files,
            head,
            numbers,
            next: LogEnd::EMPTY,
            end: LogEnd::EMPTY,
            before: LogEnd::EMPTY,
            commit: Vec::new(),
            contents: LogContents { was_closed: head.is_closed, ..LogContents::default() },
            unproven: VecDeque::new(),
            sync_proofs: SyncProofSearch::default(),
            backup: None,
            head_is_own: true,
            substitutes: Vec::new(),
            proven: 0,
        })
    }
}

/// A block, or what is there in place of one.
enum Found {
    Block(BlockHeader, Vec<u8>),
    /// No block, and why.
    Nothing(String),
}

struct LogReader<'a, D: Files> {
    files: &'a D,
    head: &'a Head,
    /// The numbers of the log files.
    numbers: Vec<u64>,
    /// Where the next block should be.
    next: LogEnd,
    /// The end of the last whole commit.
    end: LogEnd,
    /// The end of the last block. It differs from `next` where a file ends.
    before: LogEnd,
    /// The blocks of a commit that is not whole yet.
    commit: Vec<WholeBlock>,
    contents: LogContents,
    /// Blocks that nothing read so far says were synced: number, file and byte.
    unproven: VecDeque<(u64, u64, u64)>,
    sync_proofs: SyncProofSearch,
    backup: Option<BackupReader<'a>>,
    head_is_own: bool,
    /// The blocks that were read from the backup.
    substitutes: Vec<Substitute>,
    /// How many of them are proven.
    proven: usize,
}

impl<D: Files> LogReader<'_, D> {
    fn read(&mut self, sink: &mut dyn RecordSink) -> Result<(), StoreError> {
        loop {
            if !self.numbers.contains(&self.next.file) {
                // A reader creates no file.
                let proof = self.find_sync_proof()?;
                let Some((header, block)) = self.end_or_substitute(None, proof)? else {
                    return Ok(());
                };
                self.take(header, block, sink)?;
                continue;
            }
            let file = self.open(self.next.file)?;
            if self.read_file(&file, sink)? {
                return Ok(());
            }
        }
    }

    /// Reads the blocks of the file in which the next one should be. Returns whether the log ends there.
    fn read_file(&mut self, file: &D::File, sink: &mut dyn RecordSink) -> Result<bool, StoreError> {
        let number = self.next.file;
        while self.next.file == number {
            let length = self.length(file)?;
            let (what, proof) = if self.next.offset < length {
                match self.read_block(file)? {
                    Found::Block(header, block) => {
                        self.prove_substitutes();
                        self.take(header, block, sink)?;
                        continue;
                    }
                    Found::Nothing(what) => {
                        let proof = self.find_sync_proof()?;
                        // Beside a running server it can be whole by now.
                        if proof.is_some()
                            && let Found::Block(header, block) = self.read_block(file)?
                        {
                            self.prove_substitutes();
                            self.take(header, block, sink)?;
                            continue;
                        }
                        (Some(what), proof)
                    }
                }
            } else if self.numbers.contains(&(number + 1)) {
                // The file ends here. The log goes on in the next one.
                self.next = LogEnd { file: number + 1, offset: 0, ..self.next };
                continue;
            } else {
                (None, self.find_sync_proof()?)
            };
            match self.end_or_substitute(what, proof)? {
                Some((header, block)) => self.take(header, block, sink)?,
                None => return Ok(true),
            }
        }
        Ok(false)
    }

    /// Ends the log before `next`, where `what` is wrong. Where it is damaged, returns the block of the backup.
    fn end_or_substitute(
        &mut self,
        what: Option<String>,
        proof: Option<u64>,
    ) -> Result<Option<WholeBlock>, StoreError> {
        match self.finish(what, proof) {
            Ok(()) => Ok(None),
            Err(StoreError::Damaged(damage)) if self.backup.is_some() => {
                self.substitute(damage).map(Some)
            }
            Err(error) => Err(error),
        }
    }

    fn open(&self, number: u64) -> Result<D::File, StoreError> {
        let name = file_name(number);
        self.files.open(&name).map_err(StoreError::io(format!("open {name}")))
    }

    fn length(&self, file: &D::File) -> Result<u64, StoreError> {
        file.len().map_err(StoreError::io(format!("read {}", file_name(self.next.file))))
    }

    /// Reads the block that should be next.
    fn read_block(&self, file: &D::File) -> Result<Found, StoreError> {
        let name = file_name(self.next.file);
        let read = read_whole_block(file, self.next.offset);
        Ok(match read.map_err(StoreError::io(format!("read {name}")))? {
            Ok((header, block)) => match self.check_fits(&header, &block) {
                Ok(()) => Found::Block(header, block),
                Err(why) => Found::Nothing(why),
            },
            Err(why) => Found::Nothing(why.to_owned()),
        })
    }

    /// Checks that a whole block is the one that should be next. The error is a clause.
    fn check_fits(&self, header: &BlockHeader, block: &[u8]) -> Result<(), String> {
        let LogEnd { file, offset, block: last, hash: previous } = self.next;
        if header.ledger_id != self.head.ledger_id {
            return Err("it belongs to another ledger".to_owned());
        }
        if (header.file, header.offset) != (file, offset) {
            let (file, offset) = (file_name(header.file), header.offset);
            return Err(format!("it was written for {file}, byte {offset}"));
        }
        if header.number != last + 1 {
            return Err(format!("block {} is in its place", header.number));
        }
        if header.previous != previous {
            return Err("the block before it is not the one that it was written after".to_owned());
        }
        if header.number == self.head.last_block && hash_of(block) != self.head.last_hash {
            return Err("it is not the block that the head names".to_owned());
        }
        Ok(())
    }

    /// Returns what should be in place of a damaged block: that of the backup, or the store's own in the next file.
    fn substitute(&mut self, damage: Damage) -> Result<WholeBlock, StoreError> {
        let backup = self.backup.expect("the caller has looked");
        let next = self.next;
        // Where a file was cut off, its last blocks are missing, and not the first of the next one.
        let next_file = LogEnd { file: next.file + 1, offset: 0, ..next };
        let mut is_another = false;
        for place in [next, self.before, next_file] {
            self.next = place;
            if place == next_file
                && self.numbers.contains(&place.file)
                && let Found::Block(header, block) = self.read_block(&self.open(place.file)?)?
            {
                self.prove_substitutes();
                return Ok((header, block));
            }
            let read = backup(place.file, place.offset);
            let Some((header, block)) = read.map_err(StoreError::io("read the backup"))? else {
                continue;
            };
            if header.number != next.block + 1 {
                continue;
            }
            if self.check_fits(&header, &block).is_ok() {
                let what = if place == next { damage.what } else { "it is missing".to_owned() };
                self.substitutes.push(Substitute {
                    damage: self.damage(what),
                    place: (place.file, place.offset),
                    hash: hash_of(&block),
                });
                if self.head_is_own && header.number == self.head.last_block {
                    self.prove_substitutes();
                }
                return Ok((header, block));
            }
            is_another = true;
        }
        Err(match is_another {
            // The first block of another history is where it begins.
            true => self.another_block().unwrap_or(StoreError::AnotherBlock { damage }),
            false => StoreError::Damaged(damage),
        })
    }

    /// Returns the error of the first block of the backup that nothing proves, if there is one.
    fn another_block(&self) -> Option<StoreError> {
        let first = self.substitutes.get(self.proven)?;
        Some(StoreError::AnotherBlock { damage: first.damage.clone() })
    }

    /// A block of the store, or its own head, follows from every block of the backup so far.
    fn prove_substitutes(&mut self) {
        self.proven = self.substitutes.len();
    }

    /// Takes a block, and hands the commit over if it is the last one of it.
    fn take(
        &mut self,
        header: BlockHeader,
        block: Vec<u8>,
        sink: &mut dyn RecordSink,
    ) -> Result<(), StoreError> {
        let proven = self.head.last_block.max(header.synced);
        self.unproven.push_back((header.number, header.file, header.offset));
        while self.unproven.front().is_some_and(|(number, ..)| *number <= proven) {
            self.unproven.pop_front();
        }
        let hash = hash_of(&block);
        self.next = LogEnd { offset: header.end(), block: header.number, hash, ..self.next };
        self.before = self.next;
        self.commit.push((header, block));
        if header.continues {
            return Ok(());
        }
        self.end = self.next;
        for (header, block) in std::mem::take(&mut self.commit) {
            self.hand_over(&header, &block, sink).map_err(|what| {
                let (file, offset) = (file_name(header.file), header.offset);
                StoreError::Damaged(Damage { file, offset, block: header.number, what })
            })?;
        }
        Ok(())
    }

    fn hand_over(
        &mut self,
        header: &BlockHeader,
        block: &[u8],
        sink: &mut dyn RecordSink,
    ) -> Result<(), String> {
        let body = header.body(block).ok_or("its parts do not have its size")?;
        let notes = read_notes(body.notes).ok_or("its notes cannot be read")?;
        let summary = BlockSummary {
            number: header.number,
            file: header.file,
            offset: header.offset,
            bytes: header.end() - header.offset,
            records: header.records,
            notes: notes.len() as u64,
        };
        sink.block(summary, &hash_of(block));
        self.contents.blocks += 1;
        self.contents.records += summary.records;
        self.contents.notes += summary.notes;
        self.contents.bytes += summary.bytes;
        notes.into_iter().try_for_each(|(kind, note)| sink.note(kind, note))?;
        let mut records = body.records;
        for run in body.runs {
            let (own, rest) = records.split_at(run.count as usize * crate::trail::RECORD_BYTES);
            sink.records(run.writer, run.first, own)?;
            records = rest;
        }
        Ok(())
    }

    /// Ends the log before `next`, where `what` is wrong, unless what is missing there may have been acknowledged.
    fn finish(&mut self, what: Option<String>, proof: Option<u64>) -> Result<(), StoreError> {
        let needed = what.clone().unwrap_or_else(|| "it is missing".to_owned());
        if self.head.last_block > self.next.block {
            return Err(StoreError::Damaged(self.damage(needed)));
        }
        if let Some(proof) = proof {
            let needed = format!("{needed}, but block {proof} says that it was synced");
            return Err(StoreError::Damaged(self.damage(needed)));
        }
        let is_torn = what.is_some() || self.next.block != self.end.block;
        let unproven = self.unproven.front().filter(|(number, ..)| *number <= self.end.block);
        self.contents.unproven = unproven.map(|(_, file, offset)| (*file, *offset));
        self.contents.torn = is_torn.then(|| self.damage(needed));
        Ok(())
    }

    /// Returns the number of a later block that says that the block after `next` was synced. `None` also if the head says so.
    fn find_sync_proof(&mut self) -> Result<Option<u64>, StoreError> {
        if self.head.last_block > self.next.block {
            return Ok(None);
        }
        let log = (self.files, &self.numbers[..], self.head.ledger_id);
        self.sync_proofs.find(log, self.next)
    }

    fn damage(&self, what: String) -> Damage {
        let LogEnd { file, offset, block, .. } = self.next;
        Damage { file: file_name(file), offset, block: block + 1, what }
    }
}
