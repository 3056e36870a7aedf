//! The part of a ledger that its threads share.

#[cfg(feature = "store")]
use std::sync::OnceLock;
use std::sync::{Arc, Mutex};

use super::accounts::Accounts;
use super::chunk_summary::ChunkSummaries;
use super::concurrency::Protocol;
use super::config::{LedgerConfig, TrailMemory};
use super::error::LedgerError;
use super::expiry_queue::ExpiryQueue;
use super::health::HealthState;
use super::imports::Imports;
use super::index::Index;
use super::memory::MemoryBudget;
use super::transfer_ids::TransferIds;
use super::writer_state::{WriterState, WriterStats};
use crate::model::AccountState;
#[cfg(feature = "store")]
use crate::store::Store;
use crate::sync::Latched;
use crate::trail::{IdSeed, Trail};

/// Writers of a ledger that [`Ledger::in_memory`] creates.
const IN_MEMORY_WRITERS: usize = 16;

/// Accounts in memory and the trail of every attempt, shared by many threads.
///
/// ```
/// use ledgerlab::{Account, Ledger, Transfer};
///
/// let ledger = Ledger::in_memory();
/// let mut writer = ledger.writer()?;
/// writer.create_account(&Account::new(1, 1, 1))?;
/// writer.create_account(&Account::new(2, 1, 1))?;
/// writer.create_transfer(&Transfer::new(1, 2, 100))?;
/// assert_eq!(ledger.account(2).expect("it was created").balance(), Some(100));
/// # Ok::<(), ledgerlab::LedgerError>(())
/// ```
#[derive(Debug)]
pub struct Ledger {
    pub(super) accounts: Accounts,
    pub(super) index: Index,
    pub(super) trail: Arc<Trail>,
    pub(super) chunk_summaries: ChunkSummaries,
    pub(super) transfer_ids: TransferIds,
    pub(super) memory: Arc<MemoryBudget>,
    pub(super) expiry_queue: ExpiryQueue,
    pub(super) imports: Latched<Imports>,
    pub(super) protocol: Protocol,
    /// The states of the writers that are not in use, the next one last.
    pub(super) free_writers: Mutex<Vec<WriterState>>,
    /// One for each writer.
    pub(super) writer_stats: Box<[WriterStats]>,
    pub(super) id_seed: IdSeed,
    pub(super) health_state: HealthState,
    /// The store of the ledger, if it has one.
    #[cfg(feature = "store")]
    pub(super) store: OnceLock<Store>,
    /// Held while a ledger that is in memory gets a store.
    #[cfg(all(feature = "store", any(feature = "reader", not(target_family = "wasm"))))]
    pub(super) storing: Mutex<()>,
}

impl Ledger {
    /// Creates an empty ledger with 16 writers and otherwise the default [`LedgerConfig`].
    pub fn in_memory() -> Arc<Self> {
        let config = LedgerConfig { writers: IN_MEMORY_WRITERS, ..LedgerConfig::default() };
        Self::with_config(&config).expect("the default configuration is within its limits")
    }

    /// Creates an empty ledger.
    ///
    /// # Errors
    /// [`LedgerError`] naming the part of `config` that is out of its range.
    pub fn with_config(config: &LedgerConfig) -> Result<Arc<Self>, LedgerError> {
        Self::under(config, config.concurrency.into(), TrailMemory::Whole)
    }

    /// Like [`Ledger::with_config`], but with a protocol that may be deliberately incorrect, and perhaps with
    /// a trail whose older entries can be moved to a file.
    pub(super) fn under(
        config: &LedgerConfig,
        protocol: Protocol,
        trail_memory: TrailMemory,
    ) -> Result<Arc<Self>, LedgerError> {
        config.check(trail_memory)?;
        let &LedgerConfig { writers, accounts_max, trail_bytes, reserve_bytes, id_seed, .. } =
            config;
        let (trail, segment_writers) = match trail_memory {
            TrailMemory::Whole => Trail::with_reserve(writers, trail_bytes, reserve_bytes),
            #[cfg(feature = "store")]
            TrailMemory::Window => Trail::with_window(writers, trail_bytes, reserve_bytes)?,
        };
        let states = segment_writers.into_iter().enumerate().map(|(number, segment_writer)| {
            WriterState::new(segment_writer, number, writers, id_seed)
        });
        Ok(Arc::new(Self {
            accounts: Accounts::new(accounts_max, writers),
            index: Index::default(),
            expiry_queue: ExpiryQueue::new(writers),
            transfer_ids: TransferIds::new(Arc::clone(&trail)),
            chunk_summaries: ChunkSummaries::new(&trail),
            trail,
            memory: Arc::new(MemoryBudget::new(config.transfer_ids_bytes)),
            imports: Latched::new(Imports::default(), 0),
            protocol,
            free_writers: Mutex::new(states.rev().collect()),
            writer_stats: (0..writers).map(|_| WriterStats::default()).collect(),
            id_seed,
            health_state: HealthState::default(),
            #[cfg(feature = "store")]
            store: OnceLock::new(),
            #[cfg(all(feature = "store", any(feature = "reader", not(target_family = "wasm"))))]
            storing: Mutex::default(),
        }))
    }

    /// Returns the trail: the entry of every attempt.
    pub fn trail(&self) -> &Trail {
        &self.trail
    }

    /// Returns the memory for the transfer ids that callers choose. A host may take some of it for what
    /// else grows with its callers' requests.
    pub fn memory(&self) -> &Arc<MemoryBudget> {
        &self.memory
    }

    /// Returns the number of the account with this id. `None` can be outdated immediately, see
    /// `index.rs`.
    #[inline(always)]
    pub(super) fn find(&self, id: u128) -> Option<u64> {
        Some(self.index.find(id, &self.accounts)?.number)
    }

    /// Returns the balances and terms of the account with this id, as they are now.
    pub fn account(&self, id: u128) -> Option<AccountState> {
        self.find(id).map(|number| self.accounts.read(number))
    }

    /// Returns the balances and terms of every account, in order of creation.
    ///
    /// While writers run, the states are of different moments. [`Ledger::snapshot`] has those of
    /// one moment.
    pub fn accounts(&self) -> impl Iterator<Item = AccountState> {
        let taken = (0..self.accounts.len()).map(|number| self.accounts.read(number));
        // A cell that was just taken can still be empty, so it has no account yet.
        taken.filter(|state| state.id != 0)
    }

    /// Returns each writer that waits for a latch, with the ids of up to eight accounts that it has
    /// locked, and of the account that it waits for. Only the `unordered-locks` protocol reports
    /// them. A wait can be over when this returns.
    pub fn waiting(&self) -> Vec<(usize, Vec<u128>, u128)> {
        // Ids are read without locking the latches, because waiting for them would make the result
        // outdated.
        let id = |number| self.accounts.id(number);
        let all = self.accounts.wait_for_graph.waiting();
        all.map(|(writer, holds, wants)| (writer, holds.into_iter().map(id).collect(), id(wants)))
            .collect()
    }

    /// Sets an account's sums without a transfer. Truth tables start with balances that no transfer
    /// could produce.
    #[doc(hidden)]
    pub fn set_balances(&self, id: u128, sums: [u128; 4]) {
        let number = self.find(id).expect("the table has created the account");
        self.accounts.get(number).cell.set_sums(sums);
    }
}
