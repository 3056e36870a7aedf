//! Reading the log files, block by block.
//!
//! A block that cannot be read is one of two things. If a later block or the head says that it was
//! synced, it may have been acknowledged, and the log is damaged. Otherwise it was being written when the
//! machine stopped: it is torn and was never acknowledged, and the log ends before it.

use std::collections::VecDeque;
use std::io;

use super::block::{BlockHeader, HASH_BYTES, HEADER_BYTES, PAGE_BYTES};
use super::error::{Damage, StoreError};
use super::files::{Files, StoreFile, copy_range};
use super::head::{BlockHash, Head};
use super::log_writer::{LogEnd, file_name, file_number};
use super::notes::{NoteKind, read_notes};

/// What a block contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlockSummary {
    /// Counts the blocks of the ledger, from 1.
    pub number: u64,
    /// The number of the log file.
    pub file: u64,
    /// Where in the file the block is, in bytes.
    pub offset: u64,
    /// Its size, in bytes.
    pub bytes: u64,
    /// The number of its records.
    pub records: u64,
    /// The number of its notes.
    pub notes: u64,
}

/// What a log contains.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogContents {
    /// The number of blocks.
    pub blocks: u64,
    /// The number of records in them.
    pub records: u64,
    /// The number of notes in them.
    pub notes: u64,
    /// The bytes of the blocks.
    pub bytes: u64,
    /// What follows the last whole commit: it was being written when the machine stopped, and was never
    /// acknowledged.
    pub torn: Option<Damage>,
    /// Where the first block is that nothing says was synced: the number of its file, and the byte.
    pub(super) unproven: Option<(u64, u64)>,
}

/// Receives what is read. An error is a clause that says what is wrong.
pub(crate) trait RecordSink {
    /// Receives records of a writer that follow those received before, as their bytes.
    fn records(&mut self, writer: u32, first: u64, records: &[u8]) -> Result<(), String>;

    /// Receives a note.
    fn note(&mut self, kind: NoteKind, note: &[u8]) -> Result<(), String>;

    /// Receives the summary of a block, before its contents.
    fn block(&mut self, _block: BlockSummary, _hash: &BlockHash) {}
}

/// Reads the log of a store. Returns where it ends, and what it contains.
///
/// # Errors
/// [`StoreError::Damaged`] when a block that may have been acknowledged cannot be read.
pub(super) fn read_log<D: Files>(
    files: &D,
    head: &Head,
    sink: &mut dyn RecordSink,
) -> Result<(LogEnd, LogContents), StoreError> {
    let names = files.list().map_err(StoreError::io("list the store's files"))?;
    let mut numbers: Vec<u64> = names.iter().filter_map(|name| file_number(name)).collect();
    numbers.sort_unstable();
    let mut reader = LogReader {
        files,
        head,
        numbers,
        next: LogEnd::EMPTY,
        end: LogEnd::EMPTY,
        commit: Vec::new(),
        contents: LogContents::default(),
        unproven: VecDeque::new(),
    };
    reader.read(sink)?;
    Ok((reader.end, reader.contents))
}

/// Cuts off what follows the end of the log.
///
/// # Errors
/// The system's.
pub(super) fn cut_off<D: Files>(files: &D, end: LogEnd) -> Result<(), StoreError> {
    let cut = || -> io::Result<()> {
        let names = files.list()?;
        let mut later: Vec<u64> = names.iter().filter_map(|name| file_number(name)).collect();
        later.retain(|number| *number > end.file);
        later.sort_unstable();
        // The last one first: a crash in between leaves no gap.
        later.iter().rev().try_for_each(|number| files.remove(&file_name(*number)))?;
        let file = files.open(&file_name(end.file))?;
        if file.len()? > end.offset {
            file.truncate(end.offset)?;
        }
        file.sync()?;
        files.sync_folder()
    };
    cut().map_err(StoreError::io("cut off the end of the log"))
}

/// Reads the block at this place of a file, with its hash and without the zeros after it. The error inside is
/// why there is none: a clause.
///
/// # Errors
/// The system's.
pub(super) fn read_whole_block(
    file: &impl StoreFile,
    offset: u64,
) -> io::Result<Result<(BlockHeader, Vec<u8>), &'static str>> {
    let mut bytes = vec![0; HEADER_BYTES];
    let len = file.read_at(&mut bytes, offset)?;
    let Some(header) = BlockHeader::decode(&bytes[..len]) else {
        return Ok(Err("it has no valid header"));
    };
    // A header is bounded, so this is.
    bytes.resize(header.block_bytes(), 0);
    let len = file.read_at(&mut bytes[HEADER_BYTES..], offset + HEADER_BYTES as u64)?;
    if len < bytes.len() - HEADER_BYTES {
        return Ok(Err("the file ends within it"));
    }
    let (hashed, hash) = bytes.split_at(bytes.len() - HASH_BYTES);
    match blake3::hash(hashed).as_bytes()[..] == *hash {
        true => Ok(Ok((header, bytes))),
        false => Ok(Err("its contents do not have its hash")),
    }
}

/// Writes and syncs again what may not be on the disk, although it can be read: a process that was killed before its sync
/// leaves it in the system's memory. Only after that it may be shown. A sync alone would not do: after one that has failed, the next
/// reports success without writing.
///
/// # Errors
/// The system's.
pub(super) fn rewrite_unproven<D: Files>(
    files: &D,
    contents: &LogContents,
    end: LogEnd,
) -> Result<(), StoreError> {
    let rewrite = |(first, from): (u64, u64)| -> io::Result<()> {
        for number in first..=end.file {
            let file = files.open(&file_name(number))?;
            // The zeros of the last page can be missing.
            let length = file.len()?;
            let until = if number == end.file { end.offset.min(length) } else { length };
            copy_range(&file, &file, if number == first { from } else { 0 }, until)?;
            file.sync()?;
        }
        files.sync_folder()
    };
    contents.unproven.map_or(Ok(()), rewrite).map_err(StoreError::io("sync the end of the log"))
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
    /// The blocks of a commit that is not whole yet.
    commit: Vec<(BlockHeader, Vec<u8>)>,
    contents: LogContents,
    /// Blocks that nothing read so far says were synced: number, file and byte.
    unproven: VecDeque<(u64, u64, u64)>,
}

impl<D: Files> LogReader<'_, D> {
    fn read(&mut self, sink: &mut dyn RecordSink) -> Result<(), StoreError> {
        if !self.numbers.contains(&self.next.file) {
            // A reader creates no file.
            return self.finish_at_end();
        }
        let mut file = self.open(self.next.file)?;
        loop {
            let length = self.length(&file)?;
            if self.next.offset >= length {
                // The file ends here. The log goes on in the next one, if there is one.
                if !self.numbers.contains(&(self.next.file + 1)) {
                    break self.finish_at_end();
                }
                self.next = LogEnd { file: self.next.file + 1, offset: 0, ..self.next };
                file = self.open(self.next.file)?;
                continue;
            }
            match self.read_block(&file)? {
                Found::Nothing(what) => {
                    let proof = self.find_sync_proof()?;
                    // Beside a running server it can be whole by now.
                    if proof.is_some()
                        && let Found::Block(header, block) = self.read_block(&file)?
                    {
                        self.take(header, block, sink)?;
                        continue;
                    }
                    break self.finish(Some(what), proof);
                }
                Found::Block(header, block) => self.take(header, block, sink)?,
            }
        }
    }

    fn open(&self, number: u64) -> Result<D::File, StoreError> {
        let name = file_name(number);
        self.files.open(&name).map_err(StoreError::io(format!("open {name}")))
    }

    fn length(&self, file: &D::File) -> Result<u64, StoreError> {
        file.len().map_err(StoreError::io(format!("read {}", file_name(self.next.file))))
    }

    fn read_at(&self, file: &D::File, bytes: &mut [u8], offset: u64) -> Result<usize, StoreError> {
        let name = file_name(self.next.file);
        file.read_at(bytes, offset).map_err(StoreError::io(format!("read {name}")))
    }

    /// Reads the block that should be next.
    fn read_block(&self, file: &D::File) -> Result<Found, StoreError> {
        let LogEnd { file: number, offset, block: last, hash: previous } = self.next;
        let name = file_name(number);
        let read = read_whole_block(file, offset);
        let (header, block) = match read.map_err(StoreError::io(format!("read {name}")))? {
            Ok(read) => read,
            Err(why) => return Ok(Found::Nothing(why.to_owned())),
        };
        if header.ledger_id != self.head.ledger_id {
            return Ok(Found::Nothing("it belongs to another ledger".to_owned()));
        }
        if (header.file, header.offset) != (number, offset) {
            let (file, offset) = (file_name(header.file), header.offset);
            return Ok(Found::Nothing(format!("it was written for {file}, byte {offset}")));
        }
        if header.number != last + 1 {
            return Ok(Found::Nothing(format!("block {} is in its place", header.number)));
        }
        if header.previous != previous {
            let why = "the block before it is not the one that it was written after";
            return Ok(Found::Nothing(why.to_owned()));
        }
        Ok(Found::Block(header, block))
    }

    /// Takes a block, and hands the commit over if it is the last one of it.
    fn take(
        &mut self,
        header: BlockHeader,
        block: Vec<u8>,
        sink: &mut dyn RecordSink,
    ) -> Result<(), StoreError> {
        let (_, hash) = block.split_last_chunk().expect("a block ends with its hash");
        if header.number == self.head.last_block && *hash != self.head.last_hash {
            return Err(self.damaged("it is not the block that the head names".to_owned()));
        }
        let proven = self.head.last_block.max(header.synced);
        self.unproven.push_back((header.number, header.file, header.offset));
        while self.unproven.front().is_some_and(|(number, ..)| *number <= proven) {
            self.unproven.pop_front();
        }
        self.next = LogEnd { offset: header.end(), block: header.number, hash: *hash, ..self.next };
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
        let (_, hash) = block.split_last_chunk().expect("a block ends with its hash");
        sink.block(summary, hash);
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

    /// Ends the log where its files end, unless what is missing there may have been acknowledged.
    fn finish_at_end(&mut self) -> Result<(), StoreError> {
        let proof = self.find_sync_proof()?;
        self.finish(None, proof)
    }

    /// Ends the log before `next`, where `what` is wrong, unless what is missing there may have been acknowledged.
    fn finish(&mut self, what: Option<String>, proof: Option<u64>) -> Result<(), StoreError> {
        let needed = what.clone().unwrap_or_else(|| "it is missing".to_owned());
        if self.head.last_block > self.next.block {
            return Err(self.damaged(needed));
        }
        if let Some(proof) = proof {
            return Err(
                self.damaged(format!("{needed}, but block {proof} says that it was synced"))
            );
        }
        let is_torn = what.is_some() || self.next.block != self.end.block;
        let unproven = self.unproven.front().filter(|(number, ..)| *number <= self.end.block);
        self.contents.unproven = unproven.map(|(_, file, offset)| (*file, *offset));
        self.contents.torn = is_torn.then(|| self.damage(needed));
        Ok(())
    }

    /// Returns the number of a later block that says that the block after `next` was synced.
    fn find_sync_proof(&self) -> Result<Option<u64>, StoreError> {
        let first = self.next;
        for &number in self.numbers.iter().filter(|number| **number >= first.file) {
            let file = self.open(number)?;
            let length = self.length(&file)?;
            let mut offset = if number == first.file { first.offset } else { 0 };
            while offset < length {
                let mut bytes = [0; HEADER_BYTES];
                let len = self.read_at(&file, &mut bytes, offset)?;
                let header = BlockHeader::decode(&bytes[..len]).filter(|header| {
                    header.ledger_id == self.head.ledger_id
                        && (header.file, header.offset) == (number, offset)
                });
                if let Some(header) = header.filter(|header| header.synced > first.block) {
                    return Ok(Some(header.number));
                }
                offset = header.map_or(offset + PAGE_BYTES, |header| header.end());
            }
        }
        Ok(None)
    }

    fn damage(&self, what: String) -> Damage {
        let LogEnd { file, offset, block, .. } = self.next;
        Damage { file: file_name(file), offset, block: block + 1, what }
    }

    fn damaged(&self, what: String) -> StoreError {
        StoreError::Damaged(self.damage(what))
    }
}
