//! Loading the records of a store into the segments of the trail.

use crate::ledger::LedgerError;
use crate::ledger::writer_state::WriterState;
use crate::store::{BlockHash, BlockSummary, NoteKind, RecordSink};
use crate::sync::TIMESTAMP_MAX;
use crate::trail::{CHUNK_ENTRIES, Entry, EntryFlags, EntryKind, RECORD_BYTES, TrailAccess};

/// Receives the notes of a store.
pub(crate) type NoteReader<'a> = &'a mut dyn FnMut(NoteKind, &[u8]) -> Result<(), String>;

/// Writes the records of a store to the segments of their writers.
pub(super) struct Loader<'a, 'n> {
    /// The states of the writers, the first one last.
    pub(super) states: &'a mut Vec<WriterState>,
    /// What was read of each writer.
    pub(super) read_so_far: Vec<ReadSoFar>,
    pub(super) on_note: NoteReader<'n>,
    pub(super) on_block: Option<&'n mut dyn FnMut(BlockSummary)>,
    /// The timestamp after which records are read and left out.
    pub(super) until: Option<u64>,
    /// Why the records do not fit into the trail.
    pub(super) full: Option<LedgerError>,
}

/// What was read of a writer's records.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ReadSoFar {
    records: u64,
    /// The last record, an empty one at first.
    pub(super) last: Entry,
    /// Whether the last entry is followed by another one of its chain.
    is_in_chain: bool,
    /// Whether this record and all later ones are left out.
    has_ended: bool,
}

impl ReadSoFar {
    /// Takes the next record. Returns whether it belongs to the ledger at the timestamp `until`.
    pub(super) fn take(&mut self, record: &Entry, until: Option<u64>) -> bool {
        self.records += 1;
        self.last = *record;
        if record.kind != EntryKind::Extension {
            // A chain is at the timestamp of its first entry.
            let is_later = until.is_some_and(|until| record.timestamp > until);
            self.has_ended |= is_later && !self.is_in_chain;
            self.is_in_chain = record.is_linked();
        }
        !self.has_ended
    }

    /// Returns whether the next record must be an extension.
    pub(super) fn expects_extension(&self) -> bool {
        expects_extension(&self.last)
    }
}

fn expects_extension(last: &Entry) -> bool {
    last.entry_flags().contains(EntryFlags::HAS_EXTENSION) && last.kind != EntryKind::Extension
}

/// Checks that a record can follow another one of the same writer. A hash proves that a record is as it was written, and not
/// by whom: what is not checked here or when it is applied must do no harm.
pub(super) fn check_follows(record: &Entry, last: &Entry) -> Result<(), String> {
    let is_extension = record.kind == EntryKind::Extension;
    if is_extension != expects_extension(last) {
        return Err(
            "it has an extension without its entry, or an entry without its extension".into()
        );
    }
    if is_extension && record.timestamp == last.timestamp {
        return Ok(());
    }
    if is_extension || record.timestamp <= last.timestamp || record.timestamp > TIMESTAMP_MAX {
        return Err(format!(
            "the timestamp {} of a record does not follow {}",
            record.timestamp, last.timestamp
        ));
    }
    Ok(())
}

impl RecordSink for Loader<'_, '_> {
    fn records(&mut self, writer: u32, first: u64, records: &[u8]) -> Result<(), String> {
        let at = self.states.len().checked_sub(writer as usize + 1);
        let Some(state) = at.and_then(|at| self.states.get_mut(at)) else {
            return Err(format!(
                "it has records of writer {writer}, which the ledger does not have"
            ));
        };
        let segment_writer = &mut state.segment_writer;
        let so_far = &mut self.read_so_far[writer as usize];
        if first != so_far.records {
            return Err(format!(
                "its records of writer {writer} begin at {first}, and {} were read before",
                so_far.records
            ));
        }
        let (records, _) = records.as_chunks::<RECORD_BYTES>();
        // Published chunk by chunk, so that a trail that is larger than its memory can move them to its file.
        for records in records.chunks(CHUNK_ENTRIES as usize) {
            // They were accepted once, so they may use the reserve.
            let access = segment_writer.set_access(TrailAccess::Expiry);
            let reserved = match so_far.has_ended {
                true => Ok(()),
                false => segment_writer.reserve(records.len() as u64),
            };
            segment_writer.set_access(access);
            if let Err(full) = reserved {
                self.full = Some(full.into());
                return Err(full.to_string());
            }
            for bytes in records {
                let record = Entry::decode(bytes).ok_or("it has a record of an unknown kind")?;
                check_follows(&record, &so_far.last)?;
                if so_far.take(&record, self.until) {
                    segment_writer.restore(record);
                }
            }
            segment_writer.publish();
        }
        Ok(())
    }

    fn note(&mut self, kind: NoteKind, note: &[u8]) -> Result<(), String> {
        (self.on_note)(kind, note)
    }

    fn end(&self) -> Result<(), String> {
        // What a writer writes next would be in the place of what is missing.
        for (writer, so_far) in self.read_so_far.iter().enumerate() {
            if so_far.expects_extension() {
                return Err(format!(
                    "the log ends before the extension of the last entry of writer {writer}"
                ));
            }
            if so_far.is_in_chain {
                return Err(format!("the log ends within a chain of writer {writer}"));
            }
        }
        Ok(())
    }

    fn block(&mut self, block: BlockSummary, _hash: &BlockHash) {
        if let Some(on_block) = &mut self.on_block {
            on_block(block);
        }
    }
}
