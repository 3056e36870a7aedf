//! Loading the records of a store into the segments of the trail.

use crate::ledger::LedgerError;
use crate::ledger::writer_state::WriterState;
use crate::store::{BlockSummary, NoteKind, RecordSink};
use crate::trail::{Entry, RECORD_BYTES, TrailAccess};

/// Receives the notes of a store.
pub(crate) type NoteReader<'a> = &'a mut dyn FnMut(NoteKind, &[u8]) -> Result<(), String>;

/// Writes the records of a store to the segments of their writers.
pub(super) struct Loader<'a, 'n> {
    /// The states of the writers, the first one last.
    pub(super) states: &'a mut Vec<WriterState>,
    pub(super) on_note: NoteReader<'n>,
    pub(super) on_block: Option<&'n mut dyn FnMut(BlockSummary)>,
    /// Why the records do not fit into the trail.
    pub(super) full: Option<LedgerError>,
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
        let written = segment_writer.written();
        if first != written {
            return Err(format!(
                "its records of writer {writer} begin at {first}, and {written} were read before"
            ));
        }
        let (records, _) = records.as_chunks::<RECORD_BYTES>();
        // They were accepted once, so they may use the reserve.
        let access = segment_writer.set_access(TrailAccess::Expiry);
        let reserved = segment_writer.reserve(records.len() as u64);
        segment_writer.set_access(access);
        if let Err(full) = reserved {
            self.full = Some(full.into());
            return Err(full.to_string());
        }
        for bytes in records {
            let record = Entry::decode(bytes);
            segment_writer.restore(record.ok_or("it has a record of an unknown kind")?);
        }
        segment_writer.publish();
        Ok(())
    }

    fn note(&mut self, kind: NoteKind, note: &[u8]) -> Result<(), String> {
        (self.on_note)(kind, note)
    }

    fn block(&mut self, block: BlockSummary) {
        if let Some(on_block) = &mut self.on_block {
            on_block(block);
        }
    }
}
