//! Sizes of the trail and its parts.

use super::entry::Entry;

/// Records in one chunk of a segment: 4,096, which are 512 KiB. Few in models, whose trails are
/// short. The memory budget is spent in chunks.
pub const CHUNK_ENTRIES: u64 = if cfg!(any(loom, shuttle)) { 8 } else { 4096 };

/// Bytes of one record in memory: 128.
pub const ENTRY_BYTES: u64 = size_of::<Entry>() as u64;

/// Bytes of one chunk: 512 KiB.
pub(crate) const CHUNK_BYTES: u64 = CHUNK_ENTRIES * ENTRY_BYTES;

/// The largest trail: 1 TiB. Tables of positions have no bits for more.
pub(super) const TRAIL_BYTES_MAX: u64 = 1 << 40;
