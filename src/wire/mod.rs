//! Operations and their results in JSON, under TigerBeetle's public names.
//!
//! One line of text is one operation: [`read`] returns an [`Operation`], or a [`ParseError`] that names
//! the invalid field and its valid values. [`operate`] executes an operation on a ledger and returns a
//! [`Response`], which is written as one line. [`read_body`] reads the body of a request whose
//! operation is known, for example from its path.
//!
//! ```
//! use ledgerlab::wire::{Operation, read};
//!
//! let line = r#"{"op":"create_accounts","events":[{"id":1,"ledger":1,"code":10,"flags":["history"]}]}"#;
//! let Ok(Operation::CreateAccounts(batch)) = read(line) else { panic!("the line is well-formed") };
//! assert_eq!(batch.events[0].code, 10);
//!
//! let error = read(r#"{"op":"lookup_accounts","ids":[1,1.5]}"#).unwrap_err();
//! assert_eq!(error.field(), "ids[1]");
//! ```
//!
//! # Grammar of a line
//! - Absent fields are 0. An unknown or repeated field is an error.
//! - Numbers are whole: JSON integers, exact up to 2^128 - 1, or strings of decimal digits. Fields of
//!   64 or 128 bits are written as strings, whatever their value, since most JSON parsers round
//!   numbers above 2^53 - 1. Fields of at most 32 bits are written as numbers.
//! - Ids are numbers or hyphenated UUIDs. They are written as strings of digits, whatever their bits.
//!   With the word `new` instead of an event's id, the ledger generates one.
//! - `flags` are a list of names, or the number of TigerBeetle's wire format. They are written as
//!   names.
//! - A list has at most [`EVENTS_MAX`] elements.
#![forbid(unsafe_code)]

mod bytes;
mod error;
mod field_types;
pub(crate) mod fields;
mod flags;
mod operate;
mod operation;
#[cfg(feature = "laboratory")]
mod packed_results;
pub(crate) mod request;
mod response;
mod schema;
mod trail;
mod trail_query;
pub(crate) mod value;

pub use bytes::{BatchBytesError, OUTCOME_BYTES, TRANSFER_BYTES, create_transfers_of_bytes};
pub use error::{ParseError, ParseErrorKind};
pub use field_types::{ReadId, ReadU64};
pub use fields::JsonValue;
#[cfg(feature = "http")]
pub(crate) use operate::accounts_without_versions;
pub(crate) use operate::dry_run_transfers;
#[cfg(all(feature = "http", not(target_family = "wasm")))]
pub(crate) use operate::results;
pub use operate::{
    accounts, create_accounts, create_transfers, get_account_balances, lookup_accounts,
};
pub use operate::{operate, query_accounts};
pub use operation::{Operation, read};
#[cfg(feature = "laboratory")]
pub(crate) use packed_results::PackedResults;
#[cfg(all(feature = "http", not(target_family = "wasm")))]
pub(crate) use request::Record;
pub use request::{AccountFilterBody, CreateAccountsBody, CreateTransfersBody, LookupBody};
pub use request::{Batch, Body, EVENTS_MAX, QueryFilterBody, read_body};
pub use response::{AccountRow, Accounts, Balances, BalancesRow, CreatedEvent};
pub use response::{Response, Results, Time, TransferRow, Transfers};
pub use schema::{EntityTags, Natural};
#[cfg(all(feature = "cli", not(target_family = "wasm")))]
pub(crate) use trail::TrailLine;
pub use trail::write_trail_csv_rows;
pub use trail::{
    CSV_HEADER, TrailParseError, TrailParseErrorKind, TrailReader, write_trail, write_trail_csv,
};
pub use trail_query::{TrailQuery, TrailQueryObject};
