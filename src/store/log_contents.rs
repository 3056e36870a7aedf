//! What a log contains, and who receives it.

use super::error::Damage;
use super::head::BlockHash;
use super::notes::NoteKind;

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
    /// Whether the ledger was closed after its last commit. If not, it is open now, or its process ended without closing it.
    pub was_closed: bool,
    /// Where the first block is that nothing says was synced: the number of its file, and the byte.
    pub(super) unproven: Option<(u64, u64)>,
}

/// Receives what is read. An error is a clause that says what is wrong.
pub(crate) trait RecordSink {
    /// Receives records of a writer that follow those received before, as their bytes.
    fn records(&mut self, writer: u32, first: u64, records: &[u8]) -> Result<(), String>;

    /// Receives a note.
    fn note(&mut self, kind: NoteKind, note: &[u8]) -> Result<(), String>;

    /// Is called when all was received. An error says what is missing.
    fn end(&self) -> Result<(), String> {
        Ok(())
    }

    /// Receives the summary of a block, before its contents.
    fn block(&mut self, _block: BlockSummary, _hash: &BlockHash) {}
}
