//! The ledger: accounts in memory that many threads read and write, and the trail of every attempt.
//!
//! Threads share a [`Ledger`]; each thread writes through a [`Writer`] of its own. Every attempt
//! takes the same steps: find its accounts, lock them, take a timestamp, apply the rules of the
//! [model](crate::model), write an entry to the [trail](crate::trail), unlock.
//!
//! The ledger reads no clock and draws no random number. Its host sets the time and the seed of
//! ids.
#![forbid(unsafe_code)]

mod account_changes;
mod account_set;
mod accounts;
mod cancellation;
mod cell;
mod chunk_scan;
mod chunk_summary;
pub(crate) mod concurrency;
mod config;
mod error;
mod expiry_queue;
pub mod health;
mod history;
mod imports;
mod index;
mod limits;
mod locked_shards;
mod memory;
mod past_states;
mod query;
#[cfg(feature = "store")]
mod recovery;
mod rows;
mod shared_ledger;
mod snapshot;
mod timestamp_generator;
mod transfer_ids;
mod unit_view;
mod wait_for_graph;
mod writer;
mod writer_state;

pub use crate::sync::Interrupted;
pub use crate::trail::{IdSeed, TrailAccess};
pub use cancellation::{Cancellation, Clock};
pub use concurrency::ConcurrencyControl;
pub use config::LedgerConfig;
pub(crate) use config::TrailMemory;
pub use error::LedgerError;
pub use health::{Components, Contention, Health, HealthStatus, Verification};
pub use limits::{ACCOUNT_BYTES, ACCOUNTS_MAX, BATCH_MAX, TRANSFER_ID_BYTES, WRITERS_MAX};
pub use memory::MemoryBudget;
#[cfg(feature = "store")]
pub use recovery::OpenError;
#[cfg(all(feature = "cli", not(target_family = "wasm")))]
pub(crate) use recovery::{ImportFailure, Importer, random_id};
pub use rows::{ROWS_READ_MAX, Rows};
pub use shared_ledger::Ledger;
pub use snapshot::Snapshot;
pub use wait_for_graph::{DeadlockCycle, WaitEdge};
pub(crate) use writer::TransferAccounts;
pub use writer::{AccountOutcome, TransferOutcome, Writer};
