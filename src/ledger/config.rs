//! What a ledger is created with.

use super::concurrency::ConcurrencyControl;
use super::error::LedgerError;
#[cfg(feature = "store")]
use super::limits::BATCH_MAX;
#[cfg(doc)]
use super::limits::TRANSFER_ID_BYTES;
use super::limits::{ACCOUNTS_MAX, WRITERS_MAX};
#[cfg(feature = "store")]
use crate::trail::Trail;
use crate::trail::{CHUNK_ENTRIES, ENTRY_BYTES, IdSeed};

/// Whether a ledger's trail is in memory as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TrailMemory {
    /// All of it is.
    Whole,
    /// Its older entries can be moved to a file of a store.
    #[cfg(feature = "store")]
    Window,
}

/// The chunks of a writer that cannot be moved to a file: the one that it writes, and those that it has
/// reserved for the records of a batch.
#[cfg(feature = "store")]
const WINDOW_CHUNKS: u64 = 1 + (2 * BATCH_MAX as u64).div_ceil(CHUNK_ENTRIES);

/// What a ledger is created with.
#[derive(Clone, Copy, Debug)]
pub struct LedgerConfig {
    /// Threads that can write at the same time: 1 to [`WRITERS_MAX`].
    pub writers: usize,
    /// The maximum number of accounts: 1 to [`ACCOUNTS_MAX`].
    pub accounts_max: u64,
    /// Memory for the trail in bytes: at least one chunk of 512 KiB for each writer, beside the reserve.
    ///
    /// The trail of a ledger that was opened from a folder on Linux can be larger: it moves its older
    /// entries to a scratch file when this memory is used up. For that it needs five chunks for each
    /// writer. Elsewhere it ends with its memory. No segment is larger than 1 TiB.
    pub trail_bytes: u64,
    /// The part of `trail_bytes` at the end that ordinary attempts may not use, in whole chunks. It is
    /// for operators ([`Writer::set_access`](super::Writer::set_access)) and for expiries. With one,
    /// a trail that ends with its memory also leaves memory for the expiry of each pending transfer. One
    /// that moves entries to the disk has the reserve for when the disk is full.
    pub reserve_bytes: u64,
    /// Memory for the ids of transfers that callers choose, in bytes; one takes [`TRANSFER_ID_BYTES`].
    /// The host may take some of it for other purposes, see [`Ledger::memory`](super::Ledger::memory).
    pub transfer_ids_bytes: u64,
    /// Distinguishes the transfer ids that this ledger generates from those of other ledgers.
    pub id_seed: IdSeed,
    /// How concurrent attempts on the same accounts are ordered.
    pub concurrency: ConcurrencyControl,
}

impl Default for LedgerConfig {
    /// One writer, a million accounts, 1 GiB of trail without a reserve, no limit on transfer ids, ordered locks.
    fn default() -> Self {
        Self {
            writers: 1,
            accounts_max: 1 << 20,
            trail_bytes: 1 << 30,
            transfer_ids_bytes: u64::MAX,
            reserve_bytes: 0,
            id_seed: IdSeed(0),
            concurrency: ConcurrencyControl::OrderedLocks,
        }
    }
}

impl LedgerConfig {
    /// Checks that every part is within its range.
    ///
    /// # Errors
    /// [`LedgerError`] naming the first part that is not.
    pub(super) fn check(&self, trail_memory: TrailMemory) -> Result<(), LedgerError> {
        let &Self { writers, accounts_max, trail_bytes, reserve_bytes, .. } = self;
        if !(1..=WRITERS_MAX).contains(&writers) {
            return Err(LedgerError::Writers { writers });
        }
        if !(1..=ACCOUNTS_MAX).contains(&accounts_max) {
            return Err(LedgerError::AccountsMax { accounts_max });
        }
        let chunks = match trail_memory {
            #[cfg(feature = "store")]
            TrailMemory::Window if Trail::CAN_SPILL => WINDOW_CHUNKS,
            _ => 1,
        };
        let needed = writers as u64 * chunks * CHUNK_ENTRIES * ENTRY_BYTES;
        let needed = needed.saturating_add(reserve_bytes);
        if trail_bytes < needed {
            return Err(LedgerError::TrailTooSmall { trail_bytes, needed });
        }
        Ok(())
    }
}
