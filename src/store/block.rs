//! Blocks: what one write appends to the log. `docs/FORMAT.md` has the table of their bytes.
//!
//! A block has a header with a hash of its own, so that its length can be trusted; runs, each of which
//! says where in the trail its records are; notes; records; and the hash of all that. Blocks begin at
//! multiples of a page, so that writing one never touches the page of another.

use super::bytes::{FieldReader, FieldWriter};
use super::format::FORMAT_VERSION;
use super::head::BlockHash;
use crate::trail::RECORD_BYTES;

/// Blocks begin at multiples of this many bytes.
pub(super) const PAGE_BYTES: u64 = 4096;

const MAGIC: [u8; 8] = *b"LDGRBLCK";

/// Bytes of a header.
pub(super) const HEADER_BYTES: usize = 128;

/// Bytes of a header before its own hash.
const HASHED_HEADER_BYTES: usize = 112;

/// Bytes of the hash at the end of a block.
pub(super) const HASH_BYTES: usize = 32;

const RUN_BYTES: usize = 24;

/// The maximum number of records of a block. What is committed at once can take several blocks.
pub(super) const RECORDS_MAX: u64 = if cfg!(test) { 16 } else { 1 << 15 };

/// The maximum number of runs of a block: one for each writer.
const RUNS_MAX: u32 = 256;

/// The maximum number of bytes of a block's notes.
pub(super) const NOTES_BYTES_MAX: usize = 16 << 20;

/// Records of one writer that follow each other in its segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) writer: u32,
    /// The position of the first one.
    pub(super) first: u64,
    pub(super) count: u64,
}

/// The header of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BlockHeader {
    pub(super) ledger_id: u128,
    /// Counts the blocks of the ledger, from 1.
    pub(super) number: u64,
    /// The number of the log file.
    pub(super) file: u64,
    /// Where in the file the block is.
    pub(super) offset: u64,
    /// The last block that was synced when this one was written. 0 for none.
    pub(super) synced: u64,
    pub(super) records: u64,
    pub(super) runs: u32,
    pub(super) notes_bytes: u32,
    /// Whether the next block belongs to the same commit. Only a whole commit is recovered.
    pub(super) continues: bool,
    /// The hash of the block before.
    pub(super) previous: BlockHash,
}

impl BlockHeader {
    /// Appends the bytes of the header to a buffer.
    pub(super) fn encode(&self, buffer: &mut Vec<u8>) {
        let start = buffer.len();
        FieldWriter(buffer)
            .bytes(&MAGIC)
            .u32(FORMAT_VERSION)
            .u32(self.continues.into())
            .u128(self.ledger_id)
            .u64(self.number)
            .u64(self.file)
            .u64(self.offset)
            .u64(self.synced)
            .u64(self.records)
            .u32(self.runs)
            .u32(self.notes_bytes)
            .bytes(&self.previous);
        debug_assert_eq!(buffer.len() - start, HASHED_HEADER_BYTES);
        let hash = blake3::hash(&buffer[start..]);
        buffer.extend_from_slice(&hash.as_bytes()[..HEADER_BYTES - HASHED_HEADER_BYTES]);
    }

    /// Returns the header that these bytes are. `None` if they are none, or damaged.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..HEADER_BYTES)?;
        let (hashed, hash) = bytes.split_at(HASHED_HEADER_BYTES);
        if blake3::hash(hashed).as_bytes()[..hash.len()] != *hash {
            return None;
        }
        let mut fields = FieldReader(hashed);
        if fields.array::<8>()? != MAGIC || fields.u32()? != FORMAT_VERSION {
            return None;
        }
        let continues = fields.u32()? == 1;
        let ledger_id = fields.u128()?;
        let [number, file, offset, synced, records] =
            [fields.u64()?, fields.u64()?, fields.u64()?, fields.u64()?, fields.u64()?];
        let (runs, notes_bytes) = (fields.u32()?, fields.u32()?);
        let previous = fields.array()?;
        let is_bounded =
            records <= RECORDS_MAX && runs <= RUNS_MAX && notes_bytes as usize <= NOTES_BYTES_MAX;
        is_bounded.then_some(Self {
            ledger_id,
            number,
            file,
            offset,
            synced,
            records,
            runs,
            notes_bytes,
            continues,
            previous,
        })
    }

    /// Returns the bytes of the block without the zeros that fill its last page.
    pub(super) fn block_bytes(&self) -> usize {
        let body = self.runs as usize * RUN_BYTES
            + self.notes_bytes as usize
            + self.records as usize * RECORD_BYTES;
        HEADER_BYTES + body + HASH_BYTES
    }

    /// Returns where the next block of the file begins.
    pub(super) fn end(&self) -> u64 {
        self.offset + (self.block_bytes() as u64).next_multiple_of(PAGE_BYTES)
    }

    /// Returns the runs, the notes and the records of a block with this header.
    pub(super) fn body<'b>(&self, block: &'b [u8]) -> Option<BlockBody<'b>> {
        let mut fields = FieldReader(block.get(HEADER_BYTES..)?);
        let run = |fields: &mut FieldReader<'_>| {
            let (writer, _unused) = (fields.u32()?, fields.u32()?);
            Some(Run { writer, first: fields.u64()?, count: fields.u64()? })
        };
        let runs: Vec<Run> = (0..self.runs).map(|_| run(&mut fields)).collect::<Option<_>>()?;
        let notes = fields.bytes(self.notes_bytes as usize)?;
        let records = fields.bytes(self.records as usize * RECORD_BYTES)?;
        let total = runs.iter().try_fold(0_u64, |total, run| total.checked_add(run.count))?;
        (total == self.records).then_some(BlockBody { runs, notes, records })
    }
}

/// The parts of a block between its header and its hash.
#[derive(Debug)]
pub(super) struct BlockBody<'b> {
    pub(super) runs: Vec<Run>,
    pub(super) notes: &'b [u8],
    pub(super) records: &'b [u8],
}

/// Appends a run to a buffer.
pub(super) fn encode_run(run: Run, buffer: &mut Vec<u8>) {
    FieldWriter(buffer).u32(run.writer).u32(0).u64(run.first).u64(run.count);
}

/// Makes the hashes of the blocks in a log file right. `previous` is the hash of the last block before the file. Returns
/// the hash of its last one.
#[cfg(feature = "laboratory")]
pub(super) fn forge_blocks(file: &mut [u8], mut previous: BlockHash) -> BlockHash {
    let mut offset = 0;
    while let Some(block) = file.get_mut(offset..).filter(|block| block.len() >= HEADER_BYTES) {
        block[80..][..HASH_BYTES].copy_from_slice(&previous);
        let hash = blake3::hash(&block[..HASHED_HEADER_BYTES]);
        let own = &mut block[HASHED_HEADER_BYTES..HEADER_BYTES];
        own.copy_from_slice(&hash.as_bytes()[..HEADER_BYTES - HASHED_HEADER_BYTES]);
        let Some(header) = BlockHeader::decode(block) else { break };
        let end = header.block_bytes() - HASH_BYTES;
        if block.len() < end + HASH_BYTES {
            break;
        }
        previous = *blake3::hash(&block[..end]).as_bytes();
        block[end..end + HASH_BYTES].copy_from_slice(&previous);
        offset += header.block_bytes().next_multiple_of(PAGE_BYTES as usize);
    }
    previous
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: BlockHeader = BlockHeader {
        ledger_id: u128::MAX - 5,
        number: 1 << 40,
        file: 3,
        offset: 8192,
        synced: 7,
        records: 2,
        runs: 1,
        notes_bytes: 5,
        continues: true,
        previous: [9; 32],
    };

    #[test]
    fn header_is_read_as_it_was_written() {
        let mut bytes = Vec::new();
        HEADER.encode(&mut bytes);
        assert_eq!(bytes.len(), HEADER_BYTES);
        assert_eq!(BlockHeader::decode(&bytes), Some(HEADER));
        for bit in 0..HEADER_BYTES * 8 {
            let mut other = bytes.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(BlockHeader::decode(&other), None, "bit {bit}");
        }
        assert_eq!(BlockHeader::decode(&bytes[..HEADER_BYTES - 1]), None);
    }

    #[test]
    fn header_beyond_a_limit_is_none() {
        for header in [
            BlockHeader { records: RECORDS_MAX + 1, ..HEADER },
            BlockHeader { runs: RUNS_MAX + 1, ..HEADER },
            BlockHeader { notes_bytes: NOTES_BYTES_MAX as u32 + 1, ..HEADER },
        ] {
            let mut bytes = Vec::new();
            header.encode(&mut bytes);
            assert_eq!(BlockHeader::decode(&bytes), None, "{header:?}");
        }
    }

    #[test]
    fn body_is_read_as_it_was_written() {
        let mut block = Vec::new();
        HEADER.encode(&mut block);
        let run = Run { writer: 4, first: 1 << 35, count: 2 };
        encode_run(run, &mut block);
        block.extend_from_slice(b"notes");
        block.extend_from_slice(&[6; 2 * RECORD_BYTES]);
        let body = HEADER.body(&block).expect("it is whole");
        assert_eq!(
            (&body.runs[..], body.notes, body.records),
            (&[run][..], &b"notes"[..], &[6; 2 * RECORD_BYTES][..])
        );
        assert_eq!(HEADER.block_bytes(), block.len() + HASH_BYTES);
        assert_eq!(HEADER.end(), 8192 + 4096);
        assert!(HEADER.body(&block[..block.len() - 1]).is_none());
        let other = BlockHeader { records: 1, ..HEADER };
        assert!(other.body(&block).is_none(), "the runs have another number of records");
    }
}
