//! What a ledger is created with.

use super::concurrency::ConcurrencyControl;
use super::error::LedgerError;
#[cfg(doc)]
use super::limits::TRANSFER_ID_BYTES;
use super::limits::{ACCOUNTS_MAX, WRITERS_MAX};
use crate::trail::{CHUNK_ENTRIES, ENTRY_BYTES, IdSeed};

/// What a ledger is created with.
#[derive(Clone, Copy, Debug)]
pub struct LedgerConfig {
    /// Threads that can write at the same time: 1 to [`WRITERS_MAX`].
    pub writers: usize,
    /// The maximum number of accounts: 1 to [`ACCOUNTS_MAX`].
    pub accounts_max: u64,
    /// Memory for the trail in bytes: at least one chunk of 512 KiB for each writer. At most 1 TiB is
    /// used.
    pub trail_bytes: u64,
    /// The part of `trail_bytes` at the end that ordinary attempts may not use, in whole chunks. It is
    /// for operators ([`Writer::set_access`](super::Writer::set_access)) and for expiries. With one,
    /// the trail also leaves memory for the expiry of each pending transfer.
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
    pub(super) fn check(&self) -> Result<(), LedgerError> {
        let &Self { writers, accounts_max, trail_bytes, reserve_bytes, .. } = self;
        if !(1..=WRITERS_MAX).contains(&writers) {
            return Err(LedgerError::Writers { writers });
        }
        if !(1..=ACCOUNTS_MAX).contains(&accounts_max) {
            return Err(LedgerError::AccountsMax { accounts_max });
        }
        let needed = (writers as u64 * CHUNK_ENTRIES * ENTRY_BYTES).saturating_add(reserve_bytes);
        if trail_bytes < needed {
            return Err(LedgerError::TrailTooSmall { trail_bytes, needed });
        }
        Ok(())
    }
}
