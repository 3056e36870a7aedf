//! Ledgers that are stored in files. One worker owns the files: it opens the store and commits until the ledger is closed.
//!
//! A memory has at most one stored ledger, because its worker has one set of files.

#[cfg(not(feature = "http"))]
mod calls;
mod commits;
mod host_files;
#[cfg(feature = "reader")]
mod run_store;

#[cfg(not(feature = "http"))]
pub(super) use calls::call_store;
#[cfg(feature = "reader")]
pub use run_store::{close_run_store, commit_run, open_ledger_files, store_run};
