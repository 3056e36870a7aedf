//! CSV of transfers: which column has which field, and how a row becomes a transfer.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use encoding_rs::{Encoding, UTF_8};

use super::rows::{RowError, RowReader};
use crate::host::native::decoding::{decoded, encoding};
use crate::host::native::exit::CommandError;
use crate::host::native::lines;
use crate::ledger::BATCH_MAX;
use crate::model::{TransferAttempt, TransferFlags};
use crate::wire::fields::{JsonValue, whole};
use crate::wire::request::{TRANSFER_FIELDS, push_transfer};
use crate::wire::{Batch, ParseError};

/// How CSV is read.
#[derive(Args)]
pub(super) struct CsvOptions {
    /// CSV file of transfers, one per row, applied after FILE
    #[arg(long, value_name = "FILE|-")]
    csv: Option<PathBuf>,
    /// Column of a field, if it does not have the field's name; can be repeated
    #[arg(long = "column", value_name = "FIELD=COLUMN", requires = "csv", value_parser = assignment)]
    columns: Vec<(usize, String)>,
    /// Value of a field in all rows; can be repeated
    #[arg(long = "set", value_name = "FIELD=VALUE", requires = "csv", value_parser = constant)]
    constants: Vec<(usize, String)>,
    /// Ignore columns that are not fields of a transfer
    #[arg(long, requires = "csv")]
    ignore_columns: bool,
    /// Character between the cells of a row: one ASCII character, or tab
    #[arg(long, value_name = "CHAR", requires = "csv", value_parser = delimiter, default_value = ",")]
    delimiter: u8,
    /// Encoding of the CSV, for example windows-1252 or utf-16le
    #[arg(long, value_name = "NAME", requires = "csv", value_parser = encoding, default_value = "utf-8")]
    encoding: &'static Encoding,
}

/// Parses the assignment to a field. Returns the field's index and what is assigned.
fn assignment(text: &str) -> Result<(usize, String), String> {
    let (name, assigned) = text.split_once('=').ok_or("it has no =")?;
    let index = TRANSFER_FIELDS.iter().position(|field| *field == name);
    match index {
        Some(index) => Ok((index, assigned.to_owned())),
        None => Err(format!("the fields are {}", TRANSFER_FIELDS.join(", "))),
    }
}

/// As [`assignment`], of a value of the field, in JSON.
fn constant(text: &str) -> Result<(usize, String), String> {
    let (index, value) = assignment(text)?;
    let mut json = String::new();
    write_json(&mut json, index, &value);
    let field = whole(&json).map(|value| (index, value));
    push_transfer(&mut RowBatch::empty().transfers, std::iter::once(field))
        .map_err(|error| error.to_string())?;
    Ok((index, json))
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Ok(*byte),
        b"tab" => Ok(b'\t'),
        _ => Err("it must be one ASCII character other than a quotation mark, or tab".to_owned()),
    }
}

impl CsvOptions {
    /// The file, if there is one.
    pub(super) fn file(&self) -> Option<&Path> {
        self.csv.as_deref()
    }

    /// Opens the file and reads its header.
    pub(super) fn open(&self, file: &Path) -> Result<TransferRows<Box<dyn Read>>, CommandError> {
        // Only UTF-8 has to be without a byte order mark of another encoding.
        let input =
            if self.encoding == UTF_8 { lines::open(file) } else { lines::open_unchecked(file) };
        let rows = TransferRows::new(decoded(input?, self.encoding), self);
        rows.map_err(|message| CommandError::InvalidInput(message).in_file(file))
    }

    /// Returns the field of each column of the header, with the index of the column.
    fn fields_of(&self, header: &[&str]) -> Result<Vec<(usize, usize)>, String> {
        let mut fields: Vec<(usize, usize)> = Vec::new();
        for (column, name) in header.iter().enumerate() {
            let mapped = self.columns.iter().filter(|(_, column)| column == name);
            let mut found: Vec<usize> = mapped.map(|(field, _)| *field).collect();
            let own = TRANSFER_FIELDS.iter().position(|field| field == name);
            found.extend(own.filter(|own| self.columns.iter().all(|(field, _)| field != own)));
            if found.is_empty() && !self.ignore_columns {
                return Err(format!(
                    "the column {name:?} is not a field of a transfer; --column FIELD={name} says which one it has, \
                     --ignore-columns ignores it, the fields are {}",
                    TRANSFER_FIELDS.join(", ")
                ));
            }
            for field in found {
                let name = TRANSFER_FIELDS[field];
                if fields.iter().any(|(known, _)| *known == field) {
                    return Err(format!("two columns have the field {name}"));
                }
                if self.constants.iter().any(|(constant, _)| *constant == field) {
                    return Err(format!("--set {name} is not possible: a column has that field"));
                }
                fields.push((field, column));
            }
        }
        match self.columns.iter().find(|(field, _)| fields.iter().all(|(known, _)| known != field))
        {
            None => Ok(fields),
            Some((field, column)) => Err(format!(
                "there is no column {column:?} for the field {}; the columns are {}",
                TRANSFER_FIELDS[*field],
                header.join(", ")
            )),
        }
    }
}

/// Rows that are transfers.
pub(super) struct TransferRows<R> {
    rows: RowReader<R>,
    /// The number of columns.
    columns: usize,
    /// The fields of the rows, each with its column.
    fields: Vec<(usize, usize)>,
    /// The fields that have the same value in all rows, in JSON.
    constants: Vec<(usize, String)>,
    /// The cells of a row in JSON, and the end of each.
    json: String,
    ends: Vec<usize>,
}

/// Rows that are attempted together.
pub(super) struct RowBatch {
    pub(super) transfers: Batch<TransferAttempt>,
    /// The line of each row.
    lines: Vec<u64>,
}

impl RowBatch {
    pub(super) fn empty() -> Self {
        Self { transfers: Batch { events: Vec::new(), unnamed: Vec::new() }, lines: Vec::new() }
    }

    /// Returns the line of the first row, if there is one.
    pub(super) fn first_line(&self) -> Option<u64> {
        self.lines.first().copied()
    }

    /// Removes the chain at the end that the next row continues, so that it is not divided. A chain longer than a batch stays,
    /// and the ledger rejects it.
    pub(super) fn split_off_open_chain(&mut self) -> Self {
        let Batch { events, unnamed } = &mut self.transfers;
        let is_last = |one: &TransferAttempt| !one.transfer.flags.contains(TransferFlags::LINKED);
        let Some(last) = events.iter().rposition(is_last) else { return Self::empty() };
        let start = last + 1;
        let open = unnamed.split_off(unnamed.partition_point(|at| *at < start));
        let unnamed = open.into_iter().map(|at| at - start).collect();
        let transfers = Batch { events: events.split_off(start), unnamed };
        Self { transfers, lines: self.lines.split_off(start) }
    }
}

/// A row, or why it is not a transfer; `None` at the end.
pub(super) type ReadRow = Option<Result<(), RowError>>;

impl<R: Read> TransferRows<R> {
    /// Reads the header.
    fn new(input: R, options: &CsvOptions) -> Result<Self, String> {
        let mut rows = RowReader::new(input, options.delimiter);
        let read = rows.next().map_err(|error| format!("it cannot be read: {error}"))?;
        let with_line = |error: RowError| format!("line 1{error}");
        if !read.map_err(with_line)? {
            return Err("it has no header: the first row names the columns".to_owned());
        }
        let header: Result<Vec<&str>, _> = (0..rows.len()).map(|cell| rows.cell(cell)).collect();
        let fields = options.fields_of(&header.map_err(with_line)?)?;
        let (columns, constants) = (rows.len(), options.constants.clone());
        Ok(Self { rows, columns, fields, constants, json: String::new(), ends: Vec::new() })
    }

    /// Returns the line on which the row begins that was read last, counted from 1.
    pub(super) fn line(&self) -> u64 {
        self.rows.line()
    }

    /// Reads the next row and adds its transfer to a batch.
    pub(super) fn next(&mut self, batch: &mut Batch<TransferAttempt>) -> io::Result<ReadRow> {
        Ok(match self.rows.next()? {
            Ok(false) => None,
            Ok(true) => Some(self.push(batch)),
            Err(error) => Some(Err(error)),
        })
    }

    fn push(&mut self, batch: &mut Batch<TransferAttempt>) -> Result<(), RowError> {
        let Self { rows, columns, fields, constants, json, ends } = self;
        if rows.len() != *columns {
            return Err(RowError::Cells { expected: *columns, found: rows.len() });
        }
        json.clear();
        ends.clear();
        for (field, column) in &*fields {
            let cell = rows.cell(*column)?;
            // An empty cell is an absent field.
            if !cell.is_empty() {
                write_json(json, *field, cell);
            }
            ends.push(json.len());
        }
        let mut start = 0;
        let cells = fields.iter().zip(&*ends).filter_map(|((field, _), end)| {
            let value = &json[std::mem::replace(&mut start, *end)..*end];
            (!value.is_empty()).then_some((*field, value))
        });
        let constants = constants.iter().map(|(field, value)| (*field, &**value));
        let read = |(field, json)| -> Result<(usize, JsonValue<'_>), ParseError> {
            Ok((field, whole(json)?))
        };
        push_transfer(batch, cells.chain(constants).map(read)).map_err(RowError::Value)
    }

    /// Adds rows to a batch until it is full. Returns whether more may follow, or why the next row is invalid.
    pub(super) fn fill(&mut self, batch: &mut RowBatch) -> io::Result<Result<bool, RowError>> {
        while batch.lines.len() < BATCH_MAX {
            match self.next(&mut batch.transfers)? {
                Some(Ok(())) => batch.lines.push(self.line()),
                Some(Err(error)) => return Ok(Err(error)),
                None => return Ok(Ok(false)),
            }
        }
        Ok(Ok(true))
    }
}

/// Writes a cell in JSON: as a string, or flags as a list of their names, which are separated by spaces.
fn write_json(json: &mut String, field: usize, cell: &str) {
    let is_number = cell.bytes().all(|byte| byte.is_ascii_digit());
    if TRANSFER_FIELDS[field] != "flags" || is_number {
        return write_string(json, cell);
    }
    json.push('[');
    for (index, name) in cell.split_whitespace().enumerate() {
        json.push_str(if index == 0 { "" } else { "," });
        write_string(json, name);
    }
    json.push(']');
}

fn write_string(json: &mut String, text: &str) {
    let is_plain = |byte: u8| byte >= b' ' && !matches!(byte, b'"' | b'\\');
    if text.bytes().all(is_plain) {
        json.push('"');
        json.push_str(text);
        json.push('"');
    } else {
        json.push_str(&serde_json::to_string(text).expect("a string serializes"));
    }
}
