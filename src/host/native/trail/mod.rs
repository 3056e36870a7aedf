//! Trails in files: `ledgerlab run --trail FILE` writes one, `ledgerlab trail` shows it, `ledgerlab
//! verify` verifies it.
//!
//! A trail in a file is NDJSON. Its seal is a separate JSON file, so that it can be stored where
//! the owner of the trail cannot change it. A trail can also be written as CSV, for spreadsheets;
//! then it has no seal.

pub(super) mod read;
pub(super) mod seal;
pub(super) mod show;
pub(super) mod write;
