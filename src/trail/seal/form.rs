//! Seals as JSON, and what makes a text no seal.

use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::digest::hex_byte;
use super::{BLOCK_RECORDS, Digest, SEAL_VERSION, Seal, SealedSegment, hash_of_trail};

/// A seal as it is written. The tags of a block are its records' in order, eight digits each.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    seal: u32,
    block_records: u64,
    trail_hash: Digest,
    segments: Vec<SegmentForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SegmentForm {
    records: u64,
    head: Digest,
    blocks: Vec<BlockForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BlockForm {
    hash: Digest,
    tags: String,
}

/// A seal contradicts itself, so it is not as it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadSeal {
    /// It is of another version.
    Version {
        /// Its version.
        found: u32,
    },
    /// Its blocks are of another size.
    BlockRecords {
        /// Their size.
        found: u64,
    },
    /// A segment has more or fewer blocks than its records need.
    Blocks {
        /// Which writer's segment.
        writer: usize,
        /// How many records it says it has.
        records: u64,
        /// How many blocks it has.
        found: usize,
    },
    /// A block has more or fewer tags than records, or other text in their place.
    Tags {
        /// Which writer's segment.
        writer: usize,
        /// Which block, from 0.
        block: usize,
        /// How many records the block has.
        records: u64,
    },
    /// A segment's head is not the hash of its last block.
    Head {
        /// Which writer's segment.
        writer: usize,
    },
    /// The trail's hash is not that of its segments.
    TrailHash {
        /// What it says.
        said: Digest,
        /// What its segments come to.
        computed: Digest,
    },
}

impl fmt::Display for BadSeal {
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
            Self::TrailHash { said, computed } => write!(
                formatter,
                "the seal was changed: its trail hash is {said}, and its segments come to {computed}"
            ),
        }
    }
}

impl std::error::Error for BadSeal {}

impl Serialize for Seal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let segments = self.segments.iter().map(|segment| {
            let tags = segment.tags.chunks(BLOCK_RECORDS as usize);
            let text = |tags: &[u32]| tags.iter().map(|tag| format!("{tag:08x}")).collect();
            let block = |(&hash, tags)| BlockForm { hash, tags: text(tags) };
            let blocks = segment.blocks.iter().zip(tags).map(block).collect();
            SegmentForm { records: segment.records, head: segment.head(), blocks }
        });
        let form = Form {
            seal: SEAL_VERSION,
            block_records: BLOCK_RECORDS,
            trail_hash: self.trail_hash,
            segments: segments.collect(),
        };
        form.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Seal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = Form::deserialize(deserializer)?;
        read(form).map_err(D::Error::custom)
    }
}

fn read(form: Form) -> Result<Seal, BadSeal> {
    if form.seal != SEAL_VERSION {
        return Err(BadSeal::Version { found: form.seal });
    }
    if form.block_records != BLOCK_RECORDS {
        return Err(BadSeal::BlockRecords { found: form.block_records });
    }
    let segments = form.segments.into_iter().enumerate();
    let segments: Vec<_> =
        segments.map(|(writer, form)| read_segment(writer, form)).collect::<Result<_, _>>()?;
    let (said, computed) = (form.trail_hash, hash_of_trail(&segments));
    if said != computed {
        return Err(BadSeal::TrailHash { said, computed });
    }
    Ok(Seal::new(segments))
}

fn read_segment(writer: usize, form: SegmentForm) -> Result<SealedSegment, BadSeal> {
    let (records, found) = (form.records, form.blocks.len());
    if found as u64 != records.div_ceil(BLOCK_RECORDS) {
        return Err(BadSeal::Blocks { writer, records, found });
    }
    let mut segment = SealedSegment { records, ..SealedSegment::default() };
    for (place, block) in form.blocks.iter().enumerate() {
        let records = BLOCK_RECORDS.min(records - place as u64 * BLOCK_RECORDS);
        let bad = || BadSeal::Tags { writer, block: place, records };
        if block.tags.len() as u64 != records * 8 {
            return Err(bad());
        }
        for digits in block.tags.as_bytes().as_chunks::<8>().0 {
            segment.tags.push(hex_word(digits).ok_or_else(bad)?);
        }
        segment.blocks.push(block.hash);
    }
    if segment.head() != form.head {
        return Err(BadSeal::Head { writer });
    }
    Ok(segment)
}

fn hex_word(digits: &[u8; 8]) -> Option<u32> {
    let bytes = digits.as_chunks::<2>().0.iter();
    bytes
        .map(|digits| hex_byte(*digits))
        .try_fold(0, |word, byte| Some(word << 8 | u32::from(byte?)))
}
