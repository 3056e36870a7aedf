//! Writes entries as CSV.

use std::io::{self, Write};

use super::layout::{self, Layout, Meaning, NamedField};
use super::value::Value;
use crate::trail::EntryRef;

/// The names of the columns, in order.
pub const CSV_HEADER: &[&str] = &[
    "writer",
    "position",
    "kind",
    "status",
    "timestamp",
    "id",
    "debit_account_id",
    "credit_account_id",
    "amount",
    "debit_version",
    "credit_version",
    "ledger",
    "code",
    "flags",
    "timeout",
    "entry_flags",
    "pending_id",
    "expected_debit_version",
    "expected_credit_version",
    "user_data_128",
    "user_data_64",
    "user_data_32",
    "asked_timestamp",
    "reserved",
    "debits_pending",
    "debits_posted",
    "credits_pending",
    "credits_posted",
    "expects",
    "moved_amount",
];

/// Writes a header and a row for each entry, and returns the number of entries. The [module](super)
/// describes the format. It writes in small pieces, so `output` should be buffered.
///
/// # Errors
/// The error of `output`.
pub fn write_trail_csv<'a>(
    entries: impl IntoIterator<Item = EntryRef<'a>>,
    mut output: impl Write,
) -> io::Result<u64> {
    write!(output, "{}\r\n", CSV_HEADER.join(","))?;
    write_trail_csv_rows(entries, output)
}

/// Writes the rows without a header, and returns their number.
///
/// # Errors
/// The error of `output`.
pub fn write_trail_csv_rows<'a>(
    entries: impl IntoIterator<Item = EntryRef<'a>>,
    mut output: impl Write,
) -> io::Result<u64> {
    let mut written = 0;
    for recorded in entries {
        row(&recorded, &mut output)?;
        written += 1;
    }
    Ok(written)
}

/// Writes a row. No cell needs quotes: it has digits or names.
fn row(recorded: &EntryRef<'_>, output: &mut impl Write) -> io::Result<()> {
    let EntryRef { writer, position, entry, extension } = *recorded;
    write!(output, "{writer},{position},{}", entry.kind.name())?;
    for column in &CSV_HEADER[3..] {
        output.write_all(b",")?;
        if let Some(field) = find(layout::of_entry(entry.kind), column) {
            write!(output, "{}", Value::of(field, entry))?;
        } else if let Some(extension) = extension
            && let Some(field) = find(layout::of_extension(entry.kind), column)
            && field.field.get(extension) != 0
        {
            write!(output, "{}", Value::of(field, extension))?;
        }
    }
    output.write_all(b"\r\n")
}

/// The field with this name, if the layout uses it.
fn find(layout: &'static Layout, name: &str) -> Option<&'static NamedField> {
    layout.iter().find(|field| field.name == name && field.meaning != Meaning::Unused)
}
