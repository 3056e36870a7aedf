//! An exact, concurrent, audited double-entry ledger to embed, and the laboratory that shows why it
//! can be trusted.
//!
//! ```
//! use ledgerlab::{Account, AccountFlags, CreateTransferStatus, Ledger, Transfer};
//!
//! let ledger = Ledger::in_memory();
//! let mut writer = ledger.writer()?; // one for each thread; they share the ledger
//! writer.create_account(&Account::new(1, 1, 10))?; // id, ledger, code
//! let no_overdraft = AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS;
//! writer.create_account(&Account::new(2, 1, 10).with_flags(no_overdraft))?;
//!
//! let paid = writer.create_transfer(&Transfer::new(1, 2, 1_000))?; // debit account, credit account, amount
//! assert_eq!(paid.status, CreateTransferStatus::Created);
//! let too_much = writer.create_transfer(&Transfer::new(2, 1, 1_001))?;
//! assert_eq!(too_much.status, CreateTransferStatus::ExceedsCredits);
//!
//! assert_eq!(ledger.lookup_accounts(&[2])[0].credits_posted, 1_000);
//! assert_eq!(ledger.verify()?, 4); // four attempts, equal to a serial run
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! `examples/` in the repository has five programs to start from. `docs/ARCHITECTURE.md` describes
//! the design.
//!
//! # Features
//! | feature | default | contents |
//! |---|---|---|
//! | `store` | yes | ledgers that are stored in a folder |
//! | `laboratory` | yes | scenarios, and the concurrency controls that they compare |
//! | `http` | yes | the HTTP router; enables `laboratory` and `store` |
//! | `cli` | yes | the command line and the server; enables `http` |
//! | `reader` | yes | the calls that read a run's ledger in the browser; enables `http` |
//! | `tigerbeetle` | no | a TigerBeetle cluster as engine of the server; enables `cli` |
//!
//! Without features the crate contains only the ledger, as in the smallest module of the npm package, and has no dependency
//! on a web framework.

// Without `http`, parts of the ledger are unused.
#![cfg_attr(not(feature = "http"), allow(dead_code, unreachable_pub, unused_imports))]

pub mod api;
pub mod coins;
#[cfg(feature = "http")]
pub mod engine;
#[cfg(all(test, feature = "http"))]
mod generated;
pub mod host;
pub mod ledger;
pub mod model;
#[cfg(feature = "laboratory")]
pub mod scenarios;
#[cfg(feature = "store")]
pub mod store;
#[cfg(loom)]
pub mod sync;
#[cfg(not(loom))]
mod sync;
pub mod trail;
pub mod wire;

#[cfg(feature = "store")]
pub use ledger::OpenError;
pub use ledger::{
    AccountOutcome, Cancellation, Clock, ConcurrencyControl, Health, IdSeed, Ledger, LedgerConfig,
    LedgerError, Snapshot, TransferOutcome, Writer,
};
pub use model::{
    Account, AccountBalances, AccountFilter, AccountFilterFlags, AccountFlags, AccountState,
    CreateAccountStatus, CreateTransferStatus, ExpectedVersions, Period, QueryFilter,
    QueryFilterFlags, Transfer, TransferAttempt, TransferFlags, UserData,
};
pub use trail::{Divergence, Entry, EntryKind, Seal, StatusFilter, Trail, TrailFilter};

/// Tests the examples of the README, whose first one needs a folder.
#[cfg(all(doctest, not(target_family = "wasm")))]
#[doc = include_str!("../README.md")]
struct Readme;
