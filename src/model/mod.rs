//! Double-entry accounting as pure rules: accounts, transfers, statuses, and what one does to the other.
//!
//! The model is that of [TigerBeetle](https://docs.tigerbeetle.com/reference/), under its names. It reads no
//! clock, starts no thread and draws no random number: a rule takes an event and what it touches, and answers with a
//! status and the new state. The rules for one plain transfer do not allocate; chains do.
#![forbid(unsafe_code)]

mod account;
mod account_index;
pub mod amounts;
mod filter;
mod rules;
mod serial;
mod status;
mod transfer;
mod two_phase;
mod undo;
mod unit;

pub use account::{Account, AccountBalances, AccountFlags, AccountState, UserData};
pub use filter::{AccountFilter, AccountFilterFlags, Period, QueryFilter, QueryFilterFlags};
pub use filter::{RESULTS_MAX, select};
pub use rules::transfer_exists;
pub use rules::{ExpectedVersions, Past, TIMESTAMP_MAX};
pub use rules::{account_is_well_formed, create_account, create_plain_transfer, create_transfer};
pub use rules::{transfer_is_consistent, transfer_is_well_formed};
pub use serial::SerialLedger;
pub use status::{CreateAccountStatus, CreateTransferStatus};
pub use transfer::{KnownTransfer, Resolution, Transfer, TransferFlags, TransferState};
pub use two_phase::expire;
pub use undo::Side;
pub use unit::{Changes, CreatedTransfer, Event, Outcome, Place, TransferAttempt, View};
pub use unit::{decide_accounts, decide_transfers, units};
