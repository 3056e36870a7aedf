//! `ledgerlab apply`: reads one operation per line from a file or a pipe, and writes one line of
//! results for each. CSV has one transfer per row, and a line of results for each batch of rows.
//!
//! A line is parsed completely before it is applied. The first invalid line ends the command; the
//! lines before it remain applied. A dry run applies nothing and reports every invalid line.

mod csv;
mod dry_run;
mod inputs;
mod rows;

use std::fmt;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum, value_parser};

use self::csv::{CsvOptions, RowBatch, TransferRows};
use self::inputs::{Input, Inputs};
use super::exit::{CommandError, CommandResult};
use super::lines::{LineReader, open};
use super::output::note;
use crate::ledger::{
    ACCOUNTS_MAX, BATCH_MAX, Cancellation, Ledger, LedgerConfig, LedgerError, Writer,
};
use crate::model::amounts::grouped;
use crate::trail::replay;
use crate::wire::{self, Operation, ParseError, operate};

pub use self::rows::RowError;
pub use super::lines::{LINE_BYTES_MAX, LineError};

/// The size of the write buffer.
const BUFFER_BYTES: usize = 1 << 18;

const _: () =
    assert!(wire::EVENTS_MAX == BATCH_MAX, "a ledger takes every batch that a line can hold");

/// Apply operations to a ledger in memory, one JSON object per line
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct ApplyOptions {
    /// File of operations; - for standard input, which is also read if there is no --csv
    #[arg(value_name = "FILE|-")]
    file: Option<PathBuf>,
    #[command(flatten)]
    csv: CsvOptions,
    /// Read everything, report every invalid line, and apply nothing
    #[arg(long)]
    dry_run: bool,
    /// Concurrency control; the results do not depend on it
    #[arg(long, value_name = "NAME", value_enum, default_value_t = Concurrency::OrderedLocks)]
    concurrency: Concurrency,
    /// Memory for the trail; an event takes 128 to 256 bytes
    #[arg(long, value_name = "MIB", value_parser = value_parser!(u64).range(1..=65_536), default_value_t = 1_024)]
    trail_mib: u64,
    /// Replay the trail at the end and compare it with a serial run
    #[arg(long)]
    verify: bool,
}

/// The concurrency controls of a ledger outside scenarios.
#[derive(Clone, Copy, ValueEnum)]
enum Concurrency {
    /// One latch per account, locked in ascending order of account numbers
    OrderedLocks,
}

const AFTER_HELP: &str = r#"Each line is a JSON object with an operation and its arguments. Examples:
  {"op":"create_accounts","events":[{"id":1,"ledger":1,"code":10,"flags":["history"]}]}
  {"op":"create_transfers","events":[{"id":7,"debit_account_id":1,"credit_account_id":2,"amount":5,"ledger":1,"code":1}]}
  {"op":"lookup_accounts","ids":[1,2]}
  {"op":"lookup_transfers","ids":["7"]}
  {"op":"get_account_transfers","filter":{"account_id":1,"limit":10,"flags":["debits"]}}
  {"op":"get_account_balances","filter":{"account_id":1,"limit":10,"flags":["debits","credits"]}}
  {"op":"query_accounts","filter":{"ledger":1,"limit":10}}
  {"op":"query_transfers","filter":{"ledger":1,"limit":10,"flags":["reversed"]}}
  {"op":"tick","seconds":60}

Fields have TigerBeetle's names. Absent fields are 0, so a filter without a limit finds nothing.
An id is a number, a string of digits, or a UUID. The id "new" of an event generates one.
Fields of 64 or 128 bits are printed as strings of digits. The ledger's clock starts at 0; tick advances it.

The first row of CSV names the columns: a field, or what --column says. A cell has the value that the
field has in an event. Flags are separated by spaces; an empty cell is an absent field. Each 8,189 rows
get a line of results. FILE creates the accounts. Example:
  ledgerlab apply accounts.ndjson --csv june.csv --column amount=Betrag --set ledger=1 --set code=1

Exit codes: 0 success, 1 the ledger stopped or the replay differs, 2 a line is invalid."#;

impl ApplyOptions {
    /// The file of operations, if there is one.
    fn file(&self) -> Option<&Path> {
        let standard_input = self.csv.file().is_none().then_some(Path::new("-"));
        self.file.as_deref().or(standard_input)
    }

    fn open(&self) -> Result<Inputs<'_>, CommandError> {
        if self.file() == Some(Path::new("-")) && self.csv.file() == self.file() {
            let message = "operations and CSV cannot both come from standard input";
            return Err(CommandError::invalid_input(message));
        }
        let operations = match self.file() {
            Some(file) => Some(Input { file, content: open(file)? }),
            None => None,
        };
        let transfers = match self.csv.file() {
            Some(file) => Some(Input { file, content: self.csv.open(file)? }),
            None => None,
        };
        Ok(Inputs { operations, transfers })
    }
}

/// Runs the command. A closed pipe is not an error; it ends the command.
pub(super) fn run(options: &ApplyOptions) -> CommandResult {
    let inputs = options.open()?;
    if options.dry_run {
        return dry_run::run(inputs);
    }
    // Each account has an entry in the trail, so the trail limits the number of accounts.
    let config = LedgerConfig {
        accounts_max: ACCOUNTS_MAX,
        trail_bytes: options.trail_mib << 20,
        ..LedgerConfig::default()
    };
    let (ledger, mut writers) =
        Ledger::with_writers(&config).expect("the options are within its limits");
    let mut code = ExitCode::SUCCESS;
    if let Some((error, csv)) = apply_inputs(inputs, &mut writers[0]) {
        let in_file = |error: CommandError| match csv {
            Some(file) => error.in_file(file).report(),
            None => error.report(),
        };
        code = match error.reason {
            ApplyFailure::Output(why) if why.kind() == io::ErrorKind::BrokenPipe => {
                return Ok(code);
            }
            ApplyFailure::Output(why) => return Err(why.into()),
            ApplyFailure::Ledger(_) => in_file(CommandError::failed(error)),
            _ => in_file(CommandError::invalid_input(error)),
        };
    }
    if options.verify {
        match replay::verify(ledger.trail(), ledger.accounts(), |_| {}) {
            Ok(replayed) => {
                let replayed = grouped(replayed.into());
                note(format_args!("equal to a serial run ({replayed} entries replayed)"));
            }
            Err(divergence) => {
                let message = format!("not equal to a serial run: {divergence}");
                code = CommandError::Failed(message).report();
            }
        }
    }
    Ok(code)
}

/// Applies the inputs. Returns the error that ended it, with the name of the file if that is the one of CSV.
fn apply_inputs<'a>(
    inputs: Inputs<'a>,
    writer: &mut Writer,
) -> Option<(ApplyError, Option<&'a Path>)> {
    let mut output = io::stdout().lock();
    if let Some(operations) = inputs.operations
        && let Err(error) = apply(operations.content, &mut output, writer)
    {
        return Some((error, None));
    }
    let Input { file, mut content } = inputs.transfers?;
    apply_csv(&mut content, output, writer).err().map(|error| (error, Some(file)))
}

/// Why a line could not be applied. All lines before it were applied, and their results were written.
#[derive(Debug)]
pub struct ApplyError {
    /// The line, counted from 1.
    pub line: u64,
    /// The reason.
    pub reason: ApplyFailure,
}

/// The reason why a line could not be applied.
#[derive(Debug)]
#[non_exhaustive]
pub enum ApplyFailure {
    /// The line cannot be read.
    Text(LineError),
    /// The line is not a valid operation.
    Operation(ParseError),
    /// The row of CSV that begins on the line is not a transfer.
    Row(Box<RowError>),
    /// The ledger cannot apply the line.
    Ledger(LedgerError),
    /// The input cannot be read.
    Input(io::Error),
    /// The output cannot be written.
    Output(io::Error),
}

impl fmt::Display for ApplyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNAPPLIED: &str = "; no part of this line was applied, the lines before it were";
        let line = self.line;
        match &self.reason {
            ApplyFailure::Text(why) => write!(formatter, "line {line} {why}{UNAPPLIED}"),
            ApplyFailure::Operation(why) => {
                let colon = if why.field().is_empty() { "" } else { ":" };
                write!(formatter, "line {line}{colon} {why}{UNAPPLIED}")
            }
            ApplyFailure::Row(why) => write!(formatter, "line {line}{why}{UNAPPLIED}"),
            ApplyFailure::Ledger(why @ LedgerError::TrailFull(_)) => {
                write!(formatter, "line {line}: {why}; --trail-mib sets a higher limit{UNAPPLIED}")
            }
            ApplyFailure::Ledger(why) => write!(formatter, "line {line}: {why}"),
            ApplyFailure::Input(why) => write!(formatter, "line {line} cannot be read: {why}"),
            ApplyFailure::Output(why) => write!(formatter, "the output cannot be written: {why}"),
        }
    }
}

impl std::error::Error for ApplyError {}

/// Applies all lines of `input`, and writes a line of results to `output` for each that is not
/// blank.
///
/// # Errors
/// [`ApplyError`] of the first line that cannot be applied. `output` has the results of all lines
/// before it.
pub fn apply(input: impl Read, output: impl Write, writer: &mut Writer) -> Result<(), ApplyError> {
    let mut output = BufWriter::with_capacity(BUFFER_BYTES, output);
    let mut lines = LineReader::new(input);
    let applied = apply_lines(&mut lines, &mut output, writer);
    let flushed = output.flush().map_err(ApplyFailure::Output);
    applied.and(flushed).map_err(|reason| ApplyError { line: lines.number(), reason })
}

fn apply_lines(
    lines: &mut LineReader<impl Read>,
    output: &mut impl Write,
    writer: &mut Writer,
) -> Result<(), ApplyFailure> {
    loop {
        if lines.is_drained() {
            output.flush().map_err(ApplyFailure::Output)?;
        }
        let Some(text) = lines.next().map_err(ApplyFailure::Input)? else { return Ok(()) };
        let text = text.map_err(ApplyFailure::Text)?;
        if text.trim_ascii().is_empty() {
            continue;
        }
        let operation = wire::read(text).map_err(ApplyFailure::Operation)?;
        write_result(operation, output, writer)?;
    }
}

/// Executes an operation and writes a line of results.
fn write_result(
    operation: Operation,
    output: &mut impl Write,
    writer: &mut Writer,
) -> Result<(), ApplyFailure> {
    let response = operate(writer, operation, &Cancellation::never());
    let response = response.map_err(ApplyFailure::Ledger)?;
    let written = serde_json::to_writer(&mut *output, &response).map_err(io::Error::from);
    written.and_then(|()| output.write_all(b"\n")).map_err(ApplyFailure::Output)
}

/// Applies all rows in batches, and writes a line of results to `output` for each batch. An error has the line of the row that
/// is invalid, or on which a batch begins that the ledger cannot take.
fn apply_csv(
    rows: &mut TransferRows<impl Read>,
    output: impl Write,
    writer: &mut Writer,
) -> Result<(), ApplyError> {
    let mut output = BufWriter::with_capacity(BUFFER_BYTES, output);
    let applied = apply_rows(rows, &mut output, writer);
    let flushed = output.flush().map_err(ApplyFailure::Output);
    applied.and(flushed.map_err(|reason| ApplyError { line: rows.line(), reason }))
}

fn apply_rows(
    rows: &mut TransferRows<impl Read>,
    output: &mut impl Write,
    writer: &mut Writer,
) -> Result<(), ApplyError> {
    let mut batch = RowBatch::empty();
    loop {
        let filled = rows.fill(&mut batch);
        let at = |line| move |reason| ApplyError { line, reason };
        let filled = filled.map_err(ApplyFailure::Input).map_err(at(rows.line()))?;
        let has_more = filled == Ok(true);
        let open = if has_more { batch.split_off_open_chain() } else { RowBatch::empty() };
        if let Some(first) = batch.first_line() {
            let operation = Operation::CreateTransfers(batch.transfers);
            write_result(operation, output, writer).map_err(at(first))?;
        }
        match filled {
            Ok(true) => batch = open,
            Ok(false) => return Ok(()),
            Err(why) => return Err(at(rows.line())(ApplyFailure::Row(Box::new(why)))),
        }
    }
}
