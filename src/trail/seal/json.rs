//! Seals as JSON.

use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::digest::Digest;
use super::digest::hex_byte;
use super::sealer::{BLOCK_RECORDS, SEAL_VERSION, Seal, SealedSegment, hash_of_trail};

/// A seal in JSON. The tags of a block are those of its records in order, eight digits each.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SealJson {
    seal: u32,
    block_records: u64,
    trail_hash: Digest,
    segments: Vec<SegmentJson>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SegmentJson {
    records: u64,
    head: Digest,
    blocks: Vec<BlockJson>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BlockJson {
    hash: Digest,
    tags: String,
}

/// Why a seal is invalid: its version is unknown, or it contradicts itself, so it was altered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SealError {
    /// It has an unknown version.
    Version {
        /// Its version.
        found: u32,
    },
    /// Its blocks have another size.
    BlockRecords {
        /// Their number of records.
        found: u64,
    },
    /// A segment has the wrong number of blocks for its records.
    Blocks {
        /// The writer of the segment.
        writer: usize,
        /// The number of its records.
        records: u64,
        /// The number of its blocks.
        found: usize,
    },
    /// A block has the wrong number of tags for its records, or other text instead of tags.
    Tags {
        /// The writer of the segment.
        writer: usize,
        /// The number of the block, from 0.
        block: usize,
        /// The block's number of records.
        records: u64,
    },
    /// A segment's head is not the hash of its last block.
    Head {
        /// The writer of the segment.
        writer: usize,
    },
    /// The trail's hash is not that of the segments.
    TrailHash {
        /// The hash in the seal.
        stated: Digest,
        /// The hash of the segments.
        computed: Digest,
    },
}

impl fmt::Display for SealError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version { found } => write!(
                formatter,
                "the seal is of version {found}; only version {SEAL_VERSION} is known here"
            ),
            Self::BlockRecords { found } => write!(
                formatter,
                "the seal has blocks of {found} records; those of version {SEAL_VERSION} have {BLOCK_RECORDS}"
            ),
            Self::Blocks { writer, records, found } => write!(
                formatter,
                "the seal was changed: {records} records of writer {writer} need {} blocks, and it has {found}",
                records.div_ceil(BLOCK_RECORDS)
            ),
            Self::Tags { writer, block, records } => write!(
                formatter,
                "the seal was changed: block {block} of writer {writer} must have {records} tags of 8 \
                 hexadecimal digits"
            ),
            Self::Head { writer } => write!(
                formatter,
                "the seal was changed: the head of writer {writer} is not the hash of its last block"
            ),
            Self::TrailHash { stated, computed } => write!(
                formatter,
                "the seal was changed: its trail hash is {stated}, and its segments come to {computed}"
            ),
        }
    }
}

impl std::error::Error for SealError {}

impl Serialize for Seal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let segments = self.segments.iter().map(|segment| {
            let tags = segment.tags.chunks(BLOCK_RECORDS as usize);
            let text = |tags: &[u32]| tags.iter().map(|tag| format!("{tag:08x}")).collect();
            let block = |(&hash, tags)| BlockJson { hash, tags: text(tags) };
            let blocks = segment.blocks.iter().zip(tags).map(block).collect();
            SegmentJson { records: segment.records, head: segment.head(), blocks }
        });
        let json = SealJson {
            seal: SEAL_VERSION,
            block_records: BLOCK_RECORDS,
            trail_hash: self.trail_hash,
            segments: segments.collect(),
        };
        json.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Seal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = SealJson::deserialize(deserializer)?;
        read(json).map_err(D::Error::custom)
    }
}

fn read(json: SealJson) -> Result<Seal, SealError> {
    if json.seal != SEAL_VERSION {
        return Err(SealError::Version { found: json.seal });
    }
    if json.block_records != BLOCK_RECORDS {
        return Err(SealError::BlockRecords { found: json.block_records });
    }
    let segments = json.segments.into_iter().enumerate();
    let segments: Vec<_> =
        segments.map(|(writer, json)| read_segment(writer, json)).collect::<Result<_, _>>()?;
    let (stated, computed) = (json.trail_hash, hash_of_trail(&segments));
    if stated != computed {
        return Err(SealError::TrailHash { stated, computed });
    }
    Ok(Seal::new(segments))
}

fn read_segment(writer: usize, json: SegmentJson) -> Result<SealedSegment, SealError> {
    let (records, found) = (json.records, json.blocks.len());
    if found as u64 != records.div_ceil(BLOCK_RECORDS) {
        return Err(SealError::Blocks { writer, records, found });
    }
    let mut segment = SealedSegment { records, ..SealedSegment::default() };
    for (position, block) in json.blocks.iter().enumerate() {
        let records = BLOCK_RECORDS.min(records - position as u64 * BLOCK_RECORDS);
        let bad = || SealError::Tags { writer, block: position, records };
        if block.tags.len() as u64 != records * 8 {
            return Err(bad());
        }
        for digits in block.tags.as_bytes().as_chunks::<8>().0 {
            segment.tags.push(hex_word(digits).ok_or_else(bad)?);
        }
        segment.blocks.push(block.hash);
    }
    if segment.head() != json.head {
        return Err(SealError::Head { writer });
    }
    Ok(segment)
}

fn hex_word(digits: &[u8; 8]) -> Option<u32> {
    let bytes = digits.as_chunks::<2>().0.iter();
    bytes
        .map(|digits| hex_byte(*digits))
        .try_fold(0, |word, byte| Some(word << 8 | u32::from(byte?)))
}
