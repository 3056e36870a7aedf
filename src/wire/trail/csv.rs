//! Entries to rows of a table.

use std::io::{self, Write};

use super::form::{self, Field, Form, Meaning};
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
];

/// Writes entries as rows of CSV under a header, one by one, and answers how many. See [`super`] for their form.
///
/// It writes in small pieces: give it a buffer.
///
/// # Errors
/// What `output` answers.
pub fn write_trail_csv<'a>(
    entries: impl IntoIterator<Item = EntryRef<'a>>,
    mut output: impl Write,
) -> io::Result<u64> {
    write_trail_csv_header(&mut output)?;
    write_trail_csv_rows(entries, output)
}

/// The header alone, for whoever writes a table piece by piece.
///
/// # Errors
/// What `output` answers.
pub fn write_trail_csv_header(mut output: impl Write) -> io::Result<()> {
    write!(output, "{}\r\n", CSV_HEADER.join(","))
}

/// The rows alone, as [`write_trail_csv`] writes them.
///
/// # Errors
/// What `output` answers.
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

/// No cell needs quotes: there are only digits, names of ours and UUIDs.
fn row(recorded: &EntryRef<'_>, output: &mut impl Write) -> io::Result<()> {
    let EntryRef { writer, position, entry, extension } = *recorded;
    write!(output, "{writer},{position},{}", entry.kind.name())?;
    for column in &CSV_HEADER[3..] {
        output.write_all(b",")?;
        if let Some(field) = find(form::of_entry(entry.kind), column) {
            write!(output, "{}", Value::of(field, entry))?;
        } else if let Some(extension) = extension
            && let Some(field) = find(form::of_extension(entry.kind), column)
            && field.slot.get(extension) != 0
        {
            write!(output, "{}", Value::of(field, extension))?;
        }
    }
    output.write_all(b"\r\n")
}

/// The field of this name, where it means something.
fn find(form: &'static Form, name: &str) -> Option<&'static Field> {
    form.iter().find(|field| field.name == name && field.meaning != Meaning::Nothing)
}
