//! The limits of every ledger.

/// The maximum number of writers of one ledger: 256, as many as the writer's byte in a transfer id can number.
pub const WRITERS_MAX: usize = 256;

/// The maximum number of events in one batch: 8,189, as many as TigerBeetle puts into one message.
pub const BATCH_MAX: usize = 8_189;

/// The memory of a transfer id that a caller chose, in bytes: up to two slots of 8 bytes in tables that
/// are at least three eighths full after they have grown, and a place in a heap of expiries that doubles.
pub const TRANSFER_ID_BYTES: u64 = 2 * 8 * 8 / 3 + 1 + 2 * 16;

/// The memory of an account in bytes: its cell, its user data, and its share of the index, which is at
/// least a quarter full and keeps its smaller tables.
pub const ACCOUNT_BYTES: u64 = 128 + 32 + 64;

/// Account cells in the first chunk. Each further chunk is as large as all before it together.
pub(super) const FIRST_CHUNK_CELLS: u64 = if cfg!(any(loom, shuttle)) { 4 } else { 1024 };

/// Chunks of account cells.
pub(super) const CHUNKS: usize = 17;

/// The maximum number of accounts of one ledger: about 134 million.
pub const ACCOUNTS_MAX: u64 = FIRST_CHUNK_CELLS * ((1 << CHUNKS) - 1);
