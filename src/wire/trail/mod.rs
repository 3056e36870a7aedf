//! The trail as text: written as NDJSON or CSV, and read as NDJSON.
//!
//! ```
//! use ledgerlab::ledger::{Ledger, LedgerConfig};
//! use ledgerlab::model::Account;
//! use ledgerlab::trail::{Seal, replay};
//! use ledgerlab::wire::{TrailReader, write_trail};
//!
//! let (ledger, mut writers) = Ledger::with_writers(&LedgerConfig::default())?;
//! writers[0].create_account(&Account { id: 1, ledger: 1, code: 1, ..Account::default() })?;
//! let mut text = Vec::new();
//! write_trail(ledger.trail().in_order(), &mut text)?;
//!
//! let mut reader = TrailReader::new(1 << 20);
//! for line in std::str::from_utf8(&text)?.lines() {
//!     reader.line(line)?;
//! }
//! let read = reader.end(1)?;
//! assert_eq!(Seal::of(&read), Seal::of(ledger.trail()));
//! assert_eq!(replay::verify(&read, ledger.accounts(), |_| {})?, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # NDJSON
//! One line is one entry, in order of timestamps: an object with the fields of the attempt under
//! TigerBeetle's names, and with
//! - `writer` and `position`: the writer whose segment contains it, and the index there, counting
//!   extensions;
//! - `kind`: `account`, `transfer` or `expiry`; and `status`, by name;
//! - `debit_version` and `credit_version`: the versions of the two accounts after it;
//! - `entry_flags`: its position in its batch;
//! - `extension`, if it has one: less common fields. `asked_timestamp` is the caller-supplied timestamp,
//!   `moved_amount` the amount that a balancing transfer has moved.
//!
//! Numbers, ids and flags are as in all lines (see [`wire`](super)): nothing is rounded, fields of 64
//! or 128 bits are strings, and absent fields are 0. A status or flag without a name is a number. So every trail can be written
//! and read back exactly, even one that no ledger writes, for example with a separate record of kind
//! `extension`.
//!
//! # CSV
//! For tables, by [RFC 4180](https://www.rfc-editor.org/rfc/rfc4180): a header, a row for each entry,
//! lines that end with CR LF, and all digits of every number. A cell is empty if the entry has no
//! such field, or if it is a field of the extension that is 0. Names of flags are in one
//! cell, separated by spaces. CSV cannot be read back.

mod csv;
mod layout;
mod ndjson;
mod read;
mod value;

pub use csv::{CSV_HEADER, write_trail_csv, write_trail_csv_rows};
pub use ndjson::write_trail;
#[cfg(all(feature = "cli", not(target_family = "wasm")))]
pub(crate) use read::TrailLine;
pub use read::{TrailParseError, TrailParseErrorKind, TrailReader};
