//! The trail in text: out as NDJSON or CSV, and in again as NDJSON.
//!
//! ```
//! use ledgerlab::ledger::{Ledger, LedgerConfig};
//! use ledgerlab::model::Account;
//! use ledgerlab::trail::{Replay, Seal};
//! use ledgerlab::wire::{TrailReader, write_trail};
//!
//! let (ledger, mut writers) = Ledger::open(&LedgerConfig::default())?;
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
//! assert_eq!(Replay::verify(&read, ledger.accounts(), |_| {})?, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # NDJSON
//! One line is one entry, in order of timestamps: an object with the fields of the attempt under the names of the
//! reference, and with
//! - `writer` and `place`: which writer's segment it is in, and where, extensions counted;
//! - `kind`: `account`, `transfer` or `expiry`; `status`, by name;
//! - `debit_version` and `credit_version`: how often the two accounts had changed after it;
//! - `marks`: how it lies in its batch;
//! - `extension`, where it has one: its rarer fields. In it `asked_timestamp` is the timestamp that was brought.
//!
//! Numbers, ids and flags are as in all lines (see [`super`]): nothing is rounded, fields that are absent are 0. A status,
//! flag or mark that has no name is a number. So every trail can be written and read again, to the last bit, even one that
//! no ledger would write; a record of kind `extension` that stands by itself is one.
//!
//! # CSV
//! For tables, by [RFC 4180](https://www.rfc-editor.org/rfc/rfc4180): a header, a row for each entry, lines that end
//! with CR LF, all digits of every number. A cell is empty where the entry has no such field or the field is an extension's and
//! 0. Names of flags and marks stand in one cell with a space between them. It is not read again.

mod csv;
mod form;
mod ndjson;
mod read;
mod value;

pub use csv::{CSV_HEADER, write_trail_csv, write_trail_csv_header, write_trail_csv_rows};
pub use ndjson::write_trail;
pub use read::{TrailParseError, TrailReader};
