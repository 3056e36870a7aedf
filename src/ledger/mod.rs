//! The ledger: all accounts in memory, shared by many threads, with one truth.
//!
//! A [`Ledger`] is what the threads share; a [`Writer`] is what one thread writes it with. Each attempt goes the same
//! way: find what it touches, latch it, take a timestamp, apply the model's rules, write an entry, let go.
//!
//! The ledger reads no clock and draws no random number: time and the ids' seed are given to it.
#![forbid(unsafe_code)]

mod accounts;
mod cancellation;
mod cell;
pub(crate) mod concurrency;
mod expiry_queue;
pub mod health;
mod imports;
mod index;
mod query;
mod snapshot;
mod timeline;
mod transfer_ids;
mod unit_view;
mod writer;

use std::fmt;
use std::sync::Arc;

use crate::model::AccountState;
use crate::sync::{AtomicU64, Latched};
use crate::trail::{CHUNK_ENTRIES, ENTRY_BYTES, Name, Trail, TrailFull};

pub use crate::trail::IdSeed;
pub use accounts::ACCOUNTS_MAX;
pub use cancellation::{Cancellation, Clock};
pub use concurrency::{ConcurrencyControl, DeadlockCycle, WaitEdge};
pub use health::{Contention, Health, HealthStatus};
pub use snapshot::Snapshot;
pub use writer::{AccountOutcome, TransferOutcome, Writer};

use accounts::Accounts;
use concurrency::Protocol;
use expiry_queue::ExpiryQueue;
use health::HealthState;
use imports::Imports;
use index::Index;
use transfer_ids::TransferIds;

/// The most writers that a ledger can have: 256, what the writer's byte in an id can tell apart.
pub const WRITERS_MAX: usize = 256;

/// The most events in one batch: as many as the reference puts into one message.
pub const BATCH_MAX: usize = 8_189;

/// What a ledger is made with.
#[derive(Clone, Copy, Debug)]
pub struct LedgerConfig {
    /// How many threads will write at the same time: 1 to [`WRITERS_MAX`].
    pub writers: usize,
    /// The most accounts it may hold: 1 to [`ACCOUNTS_MAX`].
    pub accounts_max: u64,
    /// Memory for the trail in bytes: at least one chunk of 512 KiB for each writer.
    pub trail_bytes: u64,
    /// Sets the ids that the ledger gives to transfers apart from those of other ledgers.
    pub id_seed: IdSeed,
    /// How its threads share the accounts.
    pub concurrency: ConcurrencyControl,
}

impl Default for LedgerConfig {
    /// One writer, a million accounts, 1 GiB of trail, ordered latches.
    fn default() -> Self {
        Self {
            writers: 1,
            accounts_max: 1 << 20,
            trail_bytes: 1 << 30,
            id_seed: IdSeed(0),
            concurrency: ConcurrencyControl::OrderedLocks,
        }
    }
}

/// Why a ledger cannot be made, or cannot take an attempt. Nothing has changed when it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LedgerError {
    /// A ledger is written by 1 to [`WRITERS_MAX`] writers.
    Writers {
        /// What was asked for.
        writers: usize,
    },
    /// A ledger holds 1 to [`ACCOUNTS_MAX`] accounts.
    AccountsMax {
        /// What was asked for.
        accounts_max: u64,
    },
    /// RequestService writer needs one chunk of trail at least.
    TrailTooSmall {
        /// What was given, in bytes.
        trail_bytes: u64,
        /// What is needed, in bytes.
        needed: u64,
    },
    /// The ledger holds as many accounts as it may.
    AccountsFull {
        /// How many that is.
        accounts_max: u64,
    },
    /// The trail has no room for another entry.
    TrailFull(TrailFull),
    /// A batch has at most [`BATCH_MAX`] events.
    BatchTooLarge {
        /// How many it has.
        len: usize,
    },
    /// The ledger gives ids of this form to transfers itself, and has not given this one yet.
    IdReserved {
        /// What was brought.
        id: u128,
    },
    /// The next timestamp would pass 2^63 - 1.
    TimestampsExhausted,
}

impl fmt::Display for LedgerError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Writers { writers } => {
                write!(formatter, "a ledger has 1 to {WRITERS_MAX} writers, not {writers}")
            }
            Self::AccountsMax { accounts_max } => {
                write!(formatter, "a ledger holds 1 to {ACCOUNTS_MAX} accounts, not {accounts_max}")
            }
            Self::TrailTooSmall { trail_bytes, needed } => write!(
                formatter,
                "a trail of {trail_bytes} bytes is too small: its writers need {needed} to begin"
            ),
            Self::AccountsFull { accounts_max } => {
                write!(formatter, "the ledger holds {accounts_max} accounts, which is all it may")
            }
            Self::TrailFull(full) => full.fmt(formatter),
            Self::BatchTooLarge { len } => {
                write!(formatter, "a batch has at most {BATCH_MAX} events, not {len}")
            }
            Self::IdReserved { id } => write!(
                formatter,
                "the ledger gives ids of this form to transfers itself, and has not given {} yet",
                Name(*id)
            ),
            Self::TimestampsExhausted => {
                write!(formatter, "the next timestamp would pass the greatest there is, 2^63 - 1")
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

/// All accounts in memory, shared by many threads. See the module's text.
#[derive(Debug)]
pub struct Ledger {
    accounts: Accounts,
    index: Index,
    trail: Arc<Trail>,
    transfer_ids: TransferIds,
    expiry_queue: ExpiryQueue,
    imports: Latched<Imports>,
    protocol: Protocol,
    /// One for each writer.
    writer_stats: Box<[WriterStats]>,
    id_seed: IdSeed,
    health_state: HealthState,
}

/// What a writer lets others see of it.
#[derive(Debug, Default)]
#[repr(align(128))]
struct WriterStats {
    waits: AtomicU64,
    conflicts: AtomicU64,
    /// Not 0 once it found no room in the trail for an attempt.
    no_room: AtomicU64,
}

impl Ledger {
    /// An empty ledger, and its writers: as many as were asked for, one for each thread.
    ///
    /// # Errors
    /// [`LedgerError`] naming the part of `config` that is out of its range.
    pub fn open(config: &LedgerConfig) -> Result<(Arc<Self>, Vec<Writer>), LedgerError> {
        Self::open_with(config, config.concurrency.into())
    }

    /// As [`Ledger::open`], under a protocol that may be wrong on purpose.
    pub(crate) fn open_with(
        config: &LedgerConfig,
        protocol: Protocol,
    ) -> Result<(Arc<Self>, Vec<Writer>), LedgerError> {
        let &LedgerConfig { writers, accounts_max, trail_bytes, id_seed, concurrency: _ } = config;
        if !(1..=WRITERS_MAX).contains(&writers) {
            return Err(LedgerError::Writers { writers });
        }
        if !(1..=ACCOUNTS_MAX).contains(&accounts_max) {
            return Err(LedgerError::AccountsMax { accounts_max });
        }
        let needed = writers as u64 * CHUNK_ENTRIES * ENTRY_BYTES;
        if trail_bytes < needed {
            return Err(LedgerError::TrailTooSmall { trail_bytes, needed });
        }
        let (trail, segment_writers) = Trail::new(writers, trail_bytes);
        let ledger = Arc::new(Self {
            accounts: Accounts::new(accounts_max, writers),
            index: Index::default(),
            trail,
            transfer_ids: TransferIds::default(),
            expiry_queue: ExpiryQueue::default(),
            imports: Latched::new(Imports::default(), 0),
            protocol,
            writer_stats: (0..writers).map(|_| WriterStats::default()).collect(),
            id_seed,
            health_state: HealthState::default(),
        });
        let segment_writers = segment_writers.into_iter().enumerate();
        let writers = segment_writers.map(|(number, segment_writer)| {
            Writer::new(Arc::clone(&ledger), segment_writer, number, writers, id_seed)
        });
        let writers = writers.collect();
        Ok((ledger, writers))
    }

    /// The record of every attempt.
    pub fn trail(&self) -> &Trail {
        &self.trail
    }

    /// The number of the account of this id. `None` may be out of date by the time it is answered, see `index.rs`.
    #[inline(always)]
    fn find(&self, id: u128) -> Option<u64> {
        Some(self.index.find(id, &self.accounts)?.number)
    }

    /// The account of this id as transfers see it, as it is now.
    pub fn account(&self, id: u128) -> Option<AccountState> {
        self.find(id).map(|number| self.accounts.read(number))
    }

    /// RequestService account as transfers see it, in order of creation, each as it is when it is reached.
    ///
    /// While writers run these states are of different moments; when they have stopped it is the whole truth.
    pub fn accounts(&self) -> impl Iterator<Item = AccountState> {
        let taken = (0..self.accounts.len()).map(|number| self.accounts.read(number));
        // A cell that was taken a moment ago may not be filled in yet: it is no account so far.
        taken.filter(|state| state.id != 0)
    }

    /// Who waits for what: each writer that waits for a latch, with the ids of the accounts that it holds, the first eight
    /// of them, and of the one that it wants. Only unordered latches tell; what they tell may be over already.
    pub fn waiting(&self) -> Vec<(usize, Vec<u128>, u128)> {
        // Past the latches, which are held: what is asked now would be over when they are free.
        let id = |number| self.accounts.id(number);
        let all = self.accounts.wait_for_graph().waiting();
        all.map(|(writer, holds, wants)| (writer, holds.into_iter().map(id).collect(), id(wants)))
            .collect()
    }

    /// Sets an account's sums, from nowhere: truth tables begin with balances that no transfer could make.
    #[doc(hidden)]
    pub fn set_balances(&self, id: u128, sums: [u128; 4]) {
        let number = self.find(id).expect("the table has opened the account");
        self.accounts.touch(number).cell.set_sums(sums);
    }
}
