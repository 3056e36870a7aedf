//! Double-entry accounting as pure rules: accounts, transfers, statuses, and what one does to the other.
//!
//! The model is that of [TigerBeetle](https://docs.tigerbeetle.com/reference/), under its names. It reads no
//! clock, starts no thread, draws no random number and allocates nothing: a rule takes an event and the
//! accounts it touches, and answers with a status and the accounts' new state.
#![forbid(unsafe_code)]

mod account;
pub mod amounts;
mod rules;
mod status;
mod transfer;

pub use account::{Account, AccountFlags, AccountState};
pub use rules::{create_account, create_transfer, transfer_is_well_formed};
pub use status::{CreateAccountStatus, CreateTransferStatus};
pub use transfer::{Transfer, TransferFlags};
