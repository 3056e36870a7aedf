//! Where transfers are decided: by the ledger in this process, or by a TigerBeetle cluster.
//!
//! An [`Engine`] executes the operations of the model. The embedded ledger is one, a cluster is another
//! (feature `tigerbeetle`). What an engine cannot do, it says in its [`Capabilities`], and a request that needs it
//! is refused by name. A remote engine can fail to answer: then the outcome of a change is unknown, which
//! is an error of its own, [`EngineError::OutcomeUnknown`], and never a made-up rejection. Looking the id up, or
//! sending the same event again, resolves it.
#![forbid(unsafe_code)]

mod capabilities;
mod derived_ids;
mod embedded;
mod error;
mod interface;
mod query;
mod reachability;
#[cfg(all(feature = "tigerbeetle", not(target_family = "wasm")))]
pub mod tigerbeetle;
mod wait;

#[cfg(all(
    feature = "tigerbeetle",
    not(all(
        any(target_os = "linux", target_os = "macos", target_os = "windows"),
        any(target_arch = "x86_64", target_arch = "aarch64")
    )),
    not(target_family = "wasm")
))]
compile_error!(
    "the feature `tigerbeetle` needs Linux, macOS or Windows on x86-64 or ARM64, for which TigerBeetle's client has libraries; \
     build without it"
);

pub use capabilities::{Capabilities, Capability};
pub(crate) use derived_ids::{FIRST_DEPOSIT_IDS, KEYED_IDS, REVERSAL_IDS};
pub use embedded::EmbeddedEngine;
pub use error::EngineError;
pub use interface::{Engine, EngineFuture};
pub use query::{Found, Query};
pub use reachability::Reachability;
pub use wait::wait;
