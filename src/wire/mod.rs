//! Operations and their results in JSON, under the reference's public names.
//!
//! One line of text is one operation: [`read`] makes an [`Operation`] of it, or a [`BadLine`] that says which field is
//! wrong and what it may be. A [`Response`] goes back as one line. Both are pure: whoever has text, from a pipe or
//! from a network, can use them. [`operate`] lies between: it does an operation on a ledger.
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
//! # What a line may say
//! - Absent fields are 0. A field that is not known, or that is there twice, is an error.
//! - Numbers are whole: JSON integers, exact up to 2^128 - 1, or strings of decimal digits. Numbers above 2^53 - 1 go out
//!   as strings, since most readers of JSON would round them.
//! - Ids are numbers or UUIDs in their usual text form; those of version 7 go out in that form. The word `new` instead of
//!   the id of an event asks for one.
//! - `flags` are a list of names, or the number of the reference's wire format. They go out as names.
//! - A list has at most [`EVENTS_MAX`] elements.
#![forbid(unsafe_code)]

mod bytes;
mod error;
pub(crate) mod fields;
mod flags;
mod operate;
mod operation;
mod records;
mod response;
mod rows;
pub mod schema;
mod trail;
pub(crate) mod value;

pub use bytes::{BadBytes, OUTCOME_BYTES, TRANSFER_BYTES, create_transfers_of_bytes};
pub use error::{BadLine, Problem};
pub use operate::{
    consult, create_accounts, create_transfers, lookup_accounts, operate, query_accounts,
};
pub use operation::{Batch, Operation, read, read_body};
pub use operation::{
    read_account_filter, read_accounts, read_ids, read_query_filter, read_transfers,
};
pub use response::{CreatedEvent, LookedUpAccount, Response};
pub use trail::{BadTrail, CSV_HEADER, TrailReader, write_trail, write_trail_csv};
pub use trail::{write_trail_csv_header, write_trail_csv_rows};

/// The most events or ids in one line: as many as the reference puts into one message.
pub const EVENTS_MAX: usize = crate::model::RESULTS_MAX as usize;
