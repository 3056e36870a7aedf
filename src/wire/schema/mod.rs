//! The JSON Schemas of what is read and written here, for whoever publishes a contract.
//!
//! Rows of answers derive theirs where they are written, in `rows.rs`. What is read is read by hand, so its schemas
//! stand here, and tests hold the two together: by the names of the fields, and by values at the edges.

mod answers;
mod requests;
mod values;

pub use super::rows::AccountRow as Account;
pub use answers::{Accounts, Balances, Results, Transfers};
pub use requests::{
    AccountFilterBody, CreateAccountsBody, CreateTransfersBody, LookupBody, QueryFilterBody,
};
pub use values::{Natural, QuotedVersion, ReadId};
pub(super) use values::{account_flags, transfer_flags};
