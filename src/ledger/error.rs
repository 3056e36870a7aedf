//! Why a ledger cannot be created or cannot take an attempt.

use std::fmt;

use super::limits::{ACCOUNTS_MAX, BATCH_MAX, WRITERS_MAX};
use crate::trail::TrailFull;

/// Why a ledger cannot be created or cannot take an attempt. Nothing has changed when it is
/// returned, unless it is [`LedgerError::OutcomeUnknown`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LedgerError {
    /// The number of writers is not 1 to [`WRITERS_MAX`].
    Writers {
        /// The number in the configuration.
        writers: usize,
    },
    /// All writers are in use.
    WritersTaken {
        /// The number of writers that the ledger has.
        writers: usize,
    },
    /// The maximum number of accounts is not 1 to [`ACCOUNTS_MAX`].
    AccountsMax {
        /// The number in the configuration.
        accounts_max: u64,
    },
    /// The trail has less than one chunk of memory for each writer, beside its reserve.
    TrailTooSmall {
        /// The memory in the configuration, in bytes.
        trail_bytes: u64,
        /// The least memory for that many writers and the reserve, in bytes.
        needed: u64,
    },
    /// The ledger has its greatest number of accounts.
    AccountsFull {
        /// That number.
        accounts_max: u64,
    },
    /// The trail has no memory for another entry.
    TrailFull(TrailFull),
    /// The ids of transfers that callers chose use up the memory for them, or the system has no more.
    TransferIdsFull {
        /// That memory, in bytes.
        budget_bytes: u64,
    },
    /// A batch has more than [`BATCH_MAX`] events.
    BatchTooLarge {
        /// The number of its events.
        len: usize,
    },
    /// The id has the form of those that this ledger generates, and the ledger has not generated it
    /// yet.
    IdReserved {
        /// The id in the request.
        id: u128,
    },
    /// The disk of the ledger's store has no space for further attempts.
    StoreNoSpace,
    /// The ledger's store has failed or was closed, so nothing more is attempted.
    StoreEnded,
    /// The ledger's store failed before the attempt was on the disk. It may be there or not: look it up
    /// when the ledger was opened again.
    OutcomeUnknown,
    /// The next timestamp would exceed 2^63 - 1: as nanoseconds since 1970, it would be after
    /// 2262-04-11.
    TimestampsExhausted,
}

impl fmt::Display for LedgerError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Writers { writers } => {
                write!(formatter, "a ledger has 1 to {WRITERS_MAX} writers, not {writers}")
            }
            Self::WritersTaken { writers } => write!(
                formatter,
                "all {writers} writers of the ledger are in use; its configuration sets how many it has"
            ),
            Self::AccountsMax { accounts_max } => {
                write!(formatter, "a ledger holds 1 to {ACCOUNTS_MAX} accounts, not {accounts_max}")
            }
            Self::TrailTooSmall { trail_bytes, needed } => write!(
                formatter,
                "a trail of {trail_bytes} bytes is too small: its writers and its reserve need at least {needed}"
            ),
            Self::AccountsFull { accounts_max } => {
                write!(formatter, "the ledger has its limit of {accounts_max} accounts")
            }
            Self::TrailFull(full) => full.fmt(formatter),
            Self::TransferIdsFull { budget_bytes } => write!(
                formatter,
                "the ids of transfers that callers chose use up the {} MiB of memory for them, or the system has no more memory",
                budget_bytes >> 20
            ),
            Self::BatchTooLarge { len } => {
                write!(formatter, "a batch has at most {BATCH_MAX} events, not {len}")
            }
            Self::IdReserved { id } => write!(
                formatter,
                "{id} has the form of the ids that this ledger generates, and it has not generated this one yet"
            ),
            Self::StoreNoSpace => formatter.write_str(
                "the disk has no space for further attempts; the ledger takes them again when it has",
            ),
            Self::StoreEnded => formatter.write_str(
                "the ledger's store has failed or is closed, so nothing more is attempted; open the ledger again",
            ),
            Self::OutcomeUnknown => formatter.write_str(
                "the ledger's store failed before this was on the disk, so the outcome is unknown; open the ledger \
                 again and look it up",
            ),
            Self::TimestampsExhausted => {
                write!(
                    formatter,
                    "the next timestamp would exceed the greatest one, 2^63 - 1; as nanoseconds since 1970, that is 2262-04-11"
                )
            }
        }
    }
}

impl std::error::Error for LedgerError {}

impl From<TrailFull> for LedgerError {
    fn from(full: TrailFull) -> Self {
        Self::TrailFull(full)
    }
}
