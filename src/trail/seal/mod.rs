//! Seals: hashes over a trail by which a changed one is found, and the first wrong entry named.
//!
//! ```
//! use ledgerlab::ledger::{Ledger, LedgerConfig};
//! use ledgerlab::model::Account;
//! use ledgerlab::trail::Seal;
//!
//! let (ledger, mut writers) = Ledger::open(&LedgerConfig::default())?;
//! writers[0].create_account(&Account { id: 1, ledger: 1, code: 1, ..Account::default() })?;
//! let seal = Seal::of(ledger.trail());
//! assert_eq!(seal.trail_hash().to_string().len(), 64);
//! seal.verify(ledger.trail())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is hashed
//! Each writer's segment is cut into blocks of [`BLOCK_RECORDS`] records; the last one may be shorter. All numbers are
//! little-endian, so the hashes are the same on every host. A block's hash is BLAKE3 over, in this order,
//!
//! | what | bytes |
//! |---|---|
//! | its records, each field in the order in which [`Entry`] declares it, nothing between them | 116 each |
//! | their tags, of 32 bits | 4 each |
//! | `ledgerlab block` | 15 |
//! | the writer's number, the place of its first record in the segment, how many records it has | 8 each |
//! | the hash of the block before it in the segment; zeros for the first | 32 |
//!
//! So the hash of a segment's last block, its head, depends on every record of the segment. The trail's hash is BLAKE3
//! over `ledgerlab trail`, the version of this form and [`BLOCK_RECORDS`] (4 bytes each), the number of segments (8),
//! and for each segment its number of records (8) and its head (32).
//!
//! A seal proves what it is compared with, not who made it: keep it, or its trail hash, where the trail's keeper cannot
//! change it.

mod digest;
mod form;
mod mismatch;
mod record;
mod verify;

use super::{Entry, Trail};
use crate::sync::Log;

pub use digest::{BadDigest, Digest};
pub use form::BadSeal;
pub use mismatch::{At, Mismatch};

use record::{RECORD_BYTES, encode, tag};

/// Records in one block.
pub const BLOCK_RECORDS: u64 = 1024;

/// The version of the form of seals; it grows when a seal of the last one would not be understood.
pub const SEAL_VERSION: u32 = 1;

/// The seal of a trail as it stood when it was made. It serializes to JSON, with hashes and tags in hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    trail_hash: Digest,
    segments: Vec<SealedSegment>,
}

/// The sealed part of one writer's segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SealedSegment {
    records: u64,
    blocks: Vec<Digest>,
    /// One for each record.
    tags: Vec<u32>,
}

impl SealedSegment {
    /// The hash of its last block, on which every record has its effect; zeros where there is none.
    fn head(&self) -> Digest {
        self.blocks.last().copied().unwrap_or_default()
    }
}

impl Seal {
    /// Seals all that was published by now. Writers may go on meanwhile.
    pub fn of(trail: &Trail) -> Self {
        Self::of_with(trail, |_| {})
    }

    /// The same; `progress` is told after each block how many records are sealed.
    pub fn of_with(trail: &Trail, progress: impl FnMut(u64)) -> Self {
        Sealer::new(trail).seal_with(progress)
    }

    fn new(segments: Vec<SealedSegment>) -> Self {
        Self { trail_hash: hash_of_trail(&segments), segments }
    }

    /// One hash for the whole trail: equal trails have equal ones, on every host.
    pub fn trail_hash(&self) -> Digest {
        self.trail_hash
    }

    /// How many writers the trail had.
    pub fn writers(&self) -> usize {
        self.segments.len()
    }

    /// How many records are sealed, extensions counted.
    pub fn records(&self) -> u64 {
        self.segments.iter().map(|segment| segment.records).sum()
    }
}

fn hash_of_trail(segments: &[SealedSegment]) -> Digest {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"ledgerlab trail");
    hasher.update(&SEAL_VERSION.to_le_bytes());
    hasher.update(&(BLOCK_RECORDS as u32).to_le_bytes());
    hasher.update(&(segments.len() as u64).to_le_bytes());
    for segment in segments {
        hasher.update(&segment.records.to_le_bytes());
        hasher.update(&segment.head().0);
    }
    Digest(*hasher.finalize().as_bytes())
}

/// Seals a trail bit by bit while it is written: blocks that are full are hashed once.
#[derive(Debug)]
pub struct Sealer<'a> {
    trail: &'a Trail,
    /// The full blocks of each segment.
    segments: Vec<SealedSegment>,
    block: Block,
}

impl<'a> Sealer<'a> {
    /// Nothing is sealed yet.
    pub fn new(trail: &'a Trail) -> Self {
        let segments = trail.segments().map(|_| SealedSegment::default()).collect();
        Self { trail, segments, block: Block::default() }
    }

    /// Seals the blocks that have become full, and answers how many records are in full blocks now.
    fn advance(&mut self, mut progress: impl FnMut(u64)) -> u64 {
        let mut sealed = self.segments.iter().map(|segment| segment.records).sum();
        for (writer, (log, segment)) in self.trail.segments().zip(&mut self.segments).enumerate() {
            let end = log.len();
            while segment.records + BLOCK_RECORDS <= end {
                self.block.add(log, writer, segment, BLOCK_RECORDS);
                sealed += BLOCK_RECORDS;
                progress(sealed);
            }
        }
        sealed
    }

    /// Seals all that was published by now, the blocks that are not full too.
    pub fn seal(&mut self) -> Seal {
        self.seal_with(|_| {})
    }

    fn seal_with(&mut self, mut progress: impl FnMut(u64)) -> Seal {
        let mut sealed = self.advance(&mut progress);
        let mut segments = self.segments.clone();
        for (writer, (log, segment)) in self.trail.segments().zip(&mut segments).enumerate() {
            let end = log.len();
            while segment.records < end {
                let records = BLOCK_RECORDS.min(end - segment.records);
                self.block.add(log, writer, segment, records);
                sealed += records;
                progress(sealed);
            }
        }
        Seal::new(segments)
    }
}

/// The memory in which a block's bytes are put together, used again for the next one.
#[derive(Debug, Default)]
struct Block {
    bytes: Vec<u8>,
    tags: Vec<u32>,
}

impl Block {
    /// Hashes the next `records` records of a segment, which are published, and adds them to what is sealed.
    fn add(&mut self, log: &Log<Entry>, writer: usize, segment: &mut SealedSegment, records: u64) {
        let hash = self.hash(log, writer, segment.records, records, segment.head());
        segment.blocks.push(hash);
        segment.tags.extend_from_slice(&self.tags);
        segment.records += records;
    }

    /// The hash of the block of `records` published records from `first` on; their tags are in `self.tags` then.
    fn hash(
        &mut self,
        log: &Log<Entry>,
        writer: usize,
        first: u64,
        records: u64,
        before: Digest,
    ) -> Digest {
        self.read(log, first, first + records);
        let mut hasher = blake3::Hasher::new();
        for tag in &self.tags {
            self.bytes.extend_from_slice(&tag.to_le_bytes());
        }
        self.bytes.extend_from_slice(b"ledgerlab block");
        for number in [writer as u64, first, records] {
            self.bytes.extend_from_slice(&number.to_le_bytes());
        }
        self.bytes.extend_from_slice(&before.0);
        // In one piece, since BLAKE3 hashes the parts of a long piece side by side.
        hasher.update(&self.bytes);
        Digest(*hasher.finalize().as_bytes())
    }

    /// Reads the records from `first` to `end`, as far as they are there, into bytes and tags.
    fn read(&mut self, log: &Log<Entry>, first: u64, end: u64) {
        self.bytes.clear();
        self.tags.clear();
        let mut at = first;
        loop {
            let entries = log.chunk_from(at, end);
            if entries.is_empty() {
                return;
            }
            let from = self.bytes.len();
            self.bytes.resize(from + entries.len() * RECORD_BYTES, 0);
            let (records, _) = self.bytes[from..].as_chunks_mut::<RECORD_BYTES>();
            for (entry, bytes) in entries.iter().zip(records) {
                encode(entry, bytes);
                self.tags.push(tag(bytes));
            }
            at += entries.len() as u64;
        }
    }
}
