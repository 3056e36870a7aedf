//! Writers: what a thread changes the ledger with.
//!
//! A plain transfer has two accounts and an amount, and at most an id of the caller's:
//! `plain_transfers.rs`. A post or a void takes `resolutions.rs`. Every other transfer that is a unit of its own, and what
//! these leave to it, takes `single_transfers.rs`. A chain
//! is decided as a unit: `transfer_units.rs`, and where it is short and each of its transfers is created,
//! without an allocation: `short_chains.rs`.

mod create_accounts;
mod dry_run;
mod expiry;
mod handle;
mod plain_attempt;
mod plain_transfers;
mod prefetch;
mod resolutions;
mod short_chains;
mod single_transfers;
mod transfer_units;

pub(crate) use dry_run::TransferAccounts;
pub use handle::{AccountOutcome, TransferOutcome, Writer};
#[cfg(feature = "store")]
pub(in crate::ledger) use single_transfers::uses_id;
