//! An exact, concurrent, audited double-entry ledger to embed, and the laboratory that shows why it can be trusted.
//!
//! ```
//! use ledgerlab::ledger::{Ledger, LedgerConfig, Cancellation};
//! use ledgerlab::model::{Account, AccountFlags, Transfer};
//! use ledgerlab::trail::Replay;
//!
//! let (ledger, mut writers) = Ledger::open(&LedgerConfig { writers: 2, ..LedgerConfig::default() })?;
//! std::thread::scope(|threads| {
//!     for (number, writer) in writers.iter_mut().enumerate() {
//!         threads.spawn(move || {
//!             let id = 1 + number as u128;
//!             let account = Account { id, ledger: 1, code: 1, ..Account::default() };
//!             writer.create_account(&account).expect("there is room");
//!             let payment = Transfer {
//!                 debit_account_id: id,
//!                 credit_account_id: 3 - id,
//!                 amount: 100,
//!                 ledger: 1,
//!                 code: 1,
//!                 ..Transfer::default()
//!             };
//!             writer.create_transfer(&payment, &Cancellation::never()).expect("there is room");
//!         });
//!     }
//! });
//! let replayed = Replay::verify(ledger.trail(), ledger.accounts(), |_| {})?;
//! assert_eq!(replayed, 4, "whatever the threads did is equal to a serial run");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! `docs/ARCHITECTURE.md` says where everything is.

// The ledger alone has parts that nobody uses there; where all is built, what nobody uses is found.
#![cfg_attr(not(feature = "laboratory"), allow(dead_code, unreachable_pub, unused_imports))]

pub mod api;
pub mod coins;
pub mod host;
pub mod ledger;
pub mod model;
#[cfg(feature = "laboratory")]
pub mod scenarios;
#[cfg(loom)]
pub mod sync;
#[cfg(not(loom))]
mod sync;
pub mod trail;
pub mod wire;

/// The README's example is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// So is the scenario that shows how one is made.
#[cfg(doctest)]
#[doc = include_str!("../CONTRIBUTING.md")]
struct Contributing;
