//! Writers: what a thread changes the ledger with.
//!
//! A plain transfer has an id that the ledger generates, two accounts and an amount, and nothing
//! else. It accesses its two accounts only: `plain_transfers.rs`. Every other transfer that is a unit of
//! its own accesses the table of ids, too: `single_transfers.rs`. A chain is decided as a unit:
//! `transfer_units.rs`.

mod create_accounts;
mod dry_run;
mod expiry;
mod handle;
mod plain_transfers;
mod prefetch;
mod single_transfers;
mod transfer_units;

pub(crate) use dry_run::TransferAccounts;
pub use handle::{AccountOutcome, TransferOutcome, Writer};
#[cfg(feature = "store")]
pub(in crate::ledger) use single_transfers::uses_id;
