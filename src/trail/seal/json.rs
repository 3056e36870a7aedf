//! Seals as JSON.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::digest::{Digest, hex_byte};
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

/// Checks a seal. The error says that its version is unknown, or that it contradicts itself, so it
/// was altered.
fn read(json: SealJson) -> Result<Seal, String> {
    let SealJson { seal: version, block_records, trail_hash: stated, segments } = json;
    if version != SEAL_VERSION {
        return Err(format!(
            "the seal has version {version}; this program reads version {SEAL_VERSION}"
        ));
    }
    if block_records != BLOCK_RECORDS {
        return Err(format!(
            "the seal has blocks of {block_records} records; those of version {SEAL_VERSION} have \
             {BLOCK_RECORDS}"
        ));
    }
    let segments = segments.into_iter().enumerate();
    let segments: Vec<_> = segments
        .map(|(writer, json)| read_segment(writer, json))
        .collect::<Result<_, _>>()
        .map_err(|error| format!("the seal was changed: {error}"))?;
    let computed = hash_of_trail(&segments);
    if stated != computed {
        return Err(format!(
            "the seal was changed: its trail hash is {stated}, but the hash of its segments is \
             {computed}"
        ));
    }
    Ok(Seal::new(segments))
}

fn read_segment(writer: usize, json: SegmentJson) -> Result<SealedSegment, String> {
    let (records, blocks) = (json.records, json.blocks.len());
    let needed = records.div_ceil(BLOCK_RECORDS);
    if blocks as u64 != needed {
        return Err(format!(
            "{records} records of writer {writer} need {needed} blocks, and it has {blocks}"
        ));
    }
    let mut segment = SealedSegment { records, ..SealedSegment::default() };
    for (block, BlockJson { hash, tags }) in json.blocks.iter().enumerate() {
        let records = BLOCK_RECORDS.min(records - block as u64 * BLOCK_RECORDS);
        let words = tags.as_bytes().as_chunks::<8>().0.iter().map_while(hex_word);
        let before = segment.tags.len() as u64;
        segment.tags.extend(words);
        if tags.len() as u64 != records * 8 || segment.tags.len() as u64 != before + records {
            return Err(format!(
                "block {block} of writer {writer} must have {records} tags of 8 hexadecimal digits"
            ));
        }
        segment.blocks.push(*hash);
    }
    if segment.head() != json.head {
        return Err(format!("the head of writer {writer} is not the hash of its last block"));
    }
    Ok(segment)
}

fn hex_word(digits: &[u8; 8]) -> Option<u32> {
    let bytes = digits.as_chunks::<2>().0.iter();
    bytes
        .map(|digits| hex_byte(*digits))
        .try_fold(0, |word, byte| Some(word << 8 | u32::from(byte?)))
}
