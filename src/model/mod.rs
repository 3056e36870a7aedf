//! Double-entry accounting as pure rules: accounts, transfers, statuses, and the effect of a
//! transfer on its accounts.
//!
//! The model is that of [TigerBeetle](https://docs.tigerbeetle.com/reference/), under its names. It
//! reads no clock, starts no thread and draws no random number: a rule takes an event and its
//! accounts, and returns a status and the new states. The rules for a plain transfer do not
//! allocate; those for chains do.
#![forbid(unsafe_code)]

mod account;
mod account_index;
mod account_rules;
pub mod amounts;
mod decide;
pub mod digits;
mod filter;
mod redo;
mod rollback;
mod serial;
mod status;
mod timestamp;
mod transfer;
mod transfer_rules;
mod two_phase;
mod unit;

pub use account::{Account, AccountBalances, AccountFlags, AccountState, UserData};
pub use account_rules::{account_is_well_formed, create_account};
pub use decide::{View, decide_accounts, decide_alone, decide_resolution, decide_transfers};
pub use filter::{AccountFilter, AccountFilterFlags, Period, QueryFilter, QueryFilterFlags};
pub use filter::{RESULTS_MAX, select};
pub use rollback::Side;
pub use serial::SerialLedger;
pub use status::{CreateAccountStatus, CreateTransferStatus};
pub use timestamp::{ImportBounds, TIMESTAMP_MAX};
pub use transfer::{KnownTransfer, Resolution, Transfer, TransferFlags, TransferState};
pub use transfer_rules::{
    ExpectedVersions, create_plain_transfer, create_transfer, create_untimed_transfer,
};
pub use transfer_rules::{transfer_exists, transfer_is_consistent, transfer_is_well_formed};
pub use two_phase::{expire, resolution_of};
pub use unit::{BatchPosition, Changes, CreatedTransfer, Event, Outcome, TransferAttempt, units};
