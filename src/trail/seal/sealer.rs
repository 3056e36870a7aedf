//! Sealing: hashing the records of a trail.

use super::digest::Digest;
use crate::sync::{Interrupted, Log, WaitForever, WaitPolicy};
use crate::trail::audit_trail::Trail;
use crate::trail::entry::Entry;
use crate::trail::prefix::TrailPrefix;
use crate::trail::record::{SEALED_BYTES, encode, tag};

/// Records in one block.
pub const BLOCK_RECORDS: u64 = 1024;

/// The version of the seal format. It changes when an older seal could not be read any more.
pub const SEAL_VERSION: u32 = 1;

/// The seal of a trail at one moment. It serializes to JSON, with hashes and tags in hexadecimal
/// digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    pub(super) trail_hash: Digest,
    pub(super) segments: Vec<SealedSegment>,
}

/// The sealed part of one writer's segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SealedSegment {
    pub(super) records: u64,
    pub(super) blocks: Vec<Digest>,
    /// One for each record.
    pub(super) tags: Vec<u32>,
}

impl SealedSegment {
    /// Returns the hash of the last block, which depends on every record. Zeros if there is no
    /// block.
    pub(super) fn head(&self) -> Digest {
        self.blocks.last().copied().unwrap_or_default()
    }
}

impl Seal {
    /// Seals everything that is published now. Writers may run meanwhile.
    pub fn of(trail: &Trail) -> Self {
        Self::of_with(trail, |_| {})
    }

    /// As [`Seal::of`]. Calls `progress` after each block with the number of records sealed so far.
    pub fn of_with(trail: &Trail, progress: impl FnMut(u64)) -> Self {
        let prefix = TrailPrefix::all(trail);
        WaitForever::finish(Sealer::new(trail).seal_prefix(&prefix, &WaitForever, progress))
    }

    /// Seals a part of a trail, unless `policy` ends it.
    pub(crate) fn of_prefix(
        prefix: &TrailPrefix<'_>,
        policy: &impl WaitPolicy,
    ) -> Result<Self, Interrupted> {
        Sealer::new(prefix.trail).seal_prefix(prefix, policy, |_| {})
    }

    pub(super) fn new(segments: Vec<SealedSegment>) -> Self {
        Self { trail_hash: hash_of_trail(&segments), segments }
    }

    /// Returns the hash of the whole trail. Equal trails have equal hashes, on every host.
    pub fn trail_hash(&self) -> Digest {
        self.trail_hash
    }

    /// Returns the number of writers of the trail.
    pub fn writers(&self) -> usize {
        self.segments.len()
    }

    /// Returns the number of sealed records, with extensions.
    pub fn records(&self) -> u64 {
        self.segments.iter().map(|segment| segment.records).sum()
    }
}

pub(super) fn hash_of_trail(segments: &[SealedSegment]) -> Digest {
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

/// Seals a trail step by step while it is written. Full blocks are hashed once.
#[derive(Debug)]
pub struct Sealer<'a> {
    trail: &'a Trail,
    /// The full blocks of each segment.
    segments: Vec<SealedSegment>,
    hasher: BlockHasher,
}

impl<'a> Sealer<'a> {
    /// Returns a sealer that has sealed nothing yet.
    pub fn new(trail: &'a Trail) -> Self {
        let segments = trail.segments().map(|_| SealedSegment::default()).collect();
        Self { trail, segments, hasher: BlockHasher::default() }
    }

    /// Returns the seal of everything published by now, including blocks that are not full.
    pub fn seal(&mut self) -> Seal {
        let prefix = TrailPrefix::all(self.trail);
        WaitForever::finish(self.seal_prefix(&prefix, &WaitForever, |_| {}))
    }

    fn seal_prefix(
        &mut self,
        prefix: &TrailPrefix<'_>,
        policy: &impl WaitPolicy,
        mut progress: impl FnMut(u64),
    ) -> Result<Seal, Interrupted> {
        let mut sealed: u64 = self.segments.iter().map(|segment| segment.records).sum();
        let mut add =
            |hasher: &mut BlockHasher, log, writer, segment: &mut SealedSegment, records| {
                hasher.add(log, writer, segment, records);
                sealed += records;
                progress(sealed);
            };
        let mut sealed_segments = Vec::with_capacity(self.segments.len());
        let segments = self.trail.segments().zip(&prefix.ends).zip(&mut self.segments);
        for (writer, ((log, &end), full)) in segments.enumerate() {
            while full.records + BLOCK_RECORDS <= end {
                policy.check()?;
                add(&mut self.hasher, log, writer, full, BLOCK_RECORDS);
            }
            let mut segment = full.clone();
            if segment.records < end {
                let records = end - segment.records;
                add(&mut self.hasher, log, writer, &mut segment, records);
            }
            sealed_segments.push(segment);
        }
        Ok(Seal::new(sealed_segments))
    }
}

/// Hashes blocks. Its memory is used again for the next block.
#[derive(Debug, Default)]
pub(super) struct BlockHasher {
    bytes: Vec<u8>,
    /// The tags of the last block.
    pub(super) tags: Vec<u32>,
}

impl BlockHasher {
    /// Hashes the next `records` published records of a segment and adds them to the sealed ones.
    fn add(&mut self, log: &Log<Entry>, writer: usize, segment: &mut SealedSegment, records: u64) {
        let hash = self.hash(log, writer, segment.records, records, segment.head());
        segment.blocks.push(hash);
        segment.tags.extend_from_slice(&self.tags);
        segment.records += records;
    }

    /// Returns the hash of the block of `records` published records from `first` on. Sets `tags` to
    /// their tags.
    pub(super) fn hash(
        &mut self,
        log: &Log<Entry>,
        writer: usize,
        first: u64,
        records: u64,
        previous: Digest,
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
        self.bytes.extend_from_slice(&previous.0);
        // In one piece, because BLAKE3 hashes the parts of a long piece in parallel.
        hasher.update(&self.bytes);
        Digest(*hasher.finalize().as_bytes())
    }

    /// Reads the existing records from `first` to `end` into bytes and tags.
    fn read(&mut self, log: &Log<Entry>, first: u64, end: u64) {
        self.bytes.clear();
        self.tags.clear();
        for entries in log.chunks(first, end) {
            let from = self.bytes.len();
            self.bytes.resize(from + entries.len() * SEALED_BYTES, 0);
            let (records, _) = self.bytes[from..].as_chunks_mut::<SEALED_BYTES>();
            for (entry, bytes) in entries.iter().zip(records) {
                encode(entry, bytes);
                self.tags.push(tag(bytes));
            }
        }
    }
}
