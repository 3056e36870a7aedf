//! One block, and one of a backup in its place.

use std::io;

use super::block::{BlockHeader, HASH_BYTES, HEADER_BYTES};
use super::error::Damage;
use super::files::StoreFile;
use super::head::BlockHash;

/// A block with its header.
pub(super) type WholeBlock = (BlockHeader, Vec<u8>);

/// Returns the whole block at a byte of a log file of a backup, if there is one.
pub(super) type BackupReader<'a> = &'a dyn Fn(u64, u64) -> io::Result<Option<WholeBlock>>;

/// A damaged block, and the one of a backup that is read in its place.
#[derive(Clone, Debug)]
pub(super) struct Substitute {
    /// What is wrong without it.
    pub(super) damage: Damage,
    /// The number of the log file, and the byte.
    pub(super) place: (u64, u64),
    pub(super) hash: BlockHash,
}

/// Reads the block at this place of a file, with its hash and without the zeros after it. The error inside is
/// why there is none: a clause.
///
/// # Errors
/// The system's.
pub(super) fn read_whole_block(
    file: &impl StoreFile,
    offset: u64,
) -> io::Result<Result<WholeBlock, &'static str>> {
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

/// Returns the hash at the end of a block.
pub(super) fn hash_of(block: &[u8]) -> BlockHash {
    *block.split_last_chunk().expect("a block ends with its hash").1
}
