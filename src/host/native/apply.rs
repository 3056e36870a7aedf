//! `ledgerlab apply`: reads one operation per line from a file or a pipe, and writes one line of
//! results for each.
//!
//! A line is parsed completely before it is applied. The first invalid line ends the command; the
//! lines before it remain applied.

use std::fmt;
use std::io::{self, BufWriter, Read, Write};
use std::process::ExitCode;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::exit;
use super::lines::{LineReader, open};
use crate::ledger::{
    ACCOUNTS_MAX, BATCH_MAX, Cancellation, Ledger, LedgerConfig, LedgerError, Writer,
};
use crate::model::amounts::grouped;
use crate::trail::replay;
use crate::wire::{self, ParseError, operate};

pub use super::lines::{LINE_BYTES_MAX, LineError};

/// The concurrency controls with their descriptions. There is only one so far.
const CONCURRENCY: &[(&str, &str)] =
    &[("ordered-locks", "One latch per account, locked in ascending order of account numbers")];

/// The size of the write buffer.
const BUFFER_BYTES: usize = 1 << 18;

const _: () =
    assert!(wire::EVENTS_MAX == BATCH_MAX, "a ledger takes every batch that a line can hold");

pub(super) fn command() -> Command {
    let protocols = CONCURRENCY.iter().map(|(name, help)| PossibleValue::new(*name).help(*help));
    Command::new("apply")
        .about("Apply operations to a ledger in memory, one JSON object per line")
        .after_help(AFTER_HELP)
        .arg(
            Arg::new("file")
                .value_name("FILE|-")
                .default_value("-")
                .help("File to read; - for standard input"),
        )
        .arg(
            Arg::new("concurrency")
                .long("concurrency")
                .value_name("NAME")
                .value_parser(PossibleValuesParser::new(protocols))
                .default_value(CONCURRENCY[0].0)
                .help("Concurrency control; the results do not depend on it"),
        )
        .arg(
            Arg::new("trail-mib")
                .long("trail-mib")
                .value_name("MIB")
                .value_parser(value_parser!(u64).range(1..=65_536))
                .default_value("1024")
                .help("Memory for the trail; an event takes 128 to 256 bytes"),
        )
        .arg(
            Arg::new("verify")
                .long("verify")
                .action(ArgAction::SetTrue)
                .help("Replay the trail at the end and compare it with a serial run"),
        )
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
Numbers above 2^53 - 1 are printed as strings. The ledger's clock starts at 0; tick advances it.

Exit codes: 0 success, 1 the ledger stopped or the replay differs, 2 a line is invalid."#;

/// Runs the command.
///
/// # Errors
/// The error of standard output. A closed pipe is not an error; it ends the command.
pub(super) fn run(chosen: &ArgMatches) -> io::Result<ExitCode> {
    let file = chosen.get_one::<String>("file").expect("it has a default");
    let trail_mib = *chosen.get_one::<u64>("trail-mib").expect("it has a default");
    let input = match open(file) {
        Ok(input) => input,
        Err(error) => {
            return Ok(exit::invalid_input(format_args!("{file} cannot be opened: {error}")));
        }
    };
    // Each account has an entry in the trail, so the trail limits the number of accounts.
    let config = LedgerConfig {
        accounts_max: ACCOUNTS_MAX,
        trail_bytes: trail_mib << 20,
        ..LedgerConfig::default()
    };
    let (ledger, mut writers) =
        Ledger::with_writers(&config).expect("the options are within its limits");
    let mut code = match apply(input, io::stdout().lock(), &mut writers[0]) {
        Ok(()) => ExitCode::SUCCESS,
        Err(ApplyError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            return Ok(ExitCode::SUCCESS);
        }
        Err(ApplyError::Output(error)) => return Err(error),
        Err(error @ ApplyError::Ledger { .. }) => exit::failure(error),
        Err(error) => exit::invalid_input(error),
    };
    if chosen.get_flag("verify") {
        match replay::verify(ledger.trail(), ledger.accounts(), |_| {}) {
            Ok(replayed) => {
                let replayed = grouped(replayed.into());
                eprintln!("ledgerlab: equal to a serial run ({replayed} entries replayed)");
            }
            Err(divergence) => {
                code = exit::failure(format_args!("not equal to a serial run: {divergence}"));
            }
        }
    }
    Ok(code)
}

/// The reason why a line could not be applied. All lines before it were applied, and their results
/// were written.
#[derive(Debug)]
#[non_exhaustive]
pub enum ApplyError {
    /// The line cannot be read.
    Text {
        /// The line, counted from 1.
        line: u64,
        /// The reason.
        why: LineError,
    },
    /// The line is not a valid operation.
    Line {
        /// The line, counted from 1.
        line: u64,
        /// The invalid field, and the reason.
        why: ParseError,
    },
    /// The ledger cannot apply the line.
    Ledger {
        /// The line, counted from 1.
        line: u64,
        /// The reason.
        why: LedgerError,
    },
    /// The input cannot be read.
    Input {
        /// The line, counted from 1.
        line: u64,
        /// The error of the operating system.
        why: io::Error,
    },
    /// The output cannot be written.
    Output(io::Error),
}

impl fmt::Display for ApplyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let remains = "; no part of this line was applied, the lines before it were";
        match self {
            Self::Text { line, why } => write!(formatter, "line {line} {why}{remains}"),
            Self::Line { line, why } if why.field().is_empty() => {
                write!(formatter, "line {line} {why}{remains}")
            }
            Self::Line { line, why } => write!(formatter, "line {line}: {why}{remains}"),
            Self::Ledger { line, why: why @ LedgerError::TrailFull(_) } => {
                write!(formatter, "line {line}: {why}; --trail-mib sets a higher limit{remains}")
            }
            Self::Ledger { line, why } => write!(formatter, "line {line}: {why}"),
            Self::Input { line, why } => write!(formatter, "line {line} cannot be read: {why}"),
            Self::Output(why) => write!(formatter, "the output cannot be written: {why}"),
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
    let applied = apply_lines(LineReader::new(input), &mut output, writer);
    let flushed = output.flush().map_err(ApplyError::Output);
    applied.and(flushed)
}

fn apply_lines(
    mut lines: LineReader<impl Read>,
    output: &mut impl Write,
    writer: &mut Writer,
) -> Result<(), ApplyError> {
    loop {
        if lines.is_drained() {
            output.flush().map_err(ApplyError::Output)?;
        }
        let line = lines.number() + 1;
        let text = match lines.next().map_err(|why| ApplyError::Input { line, why })? {
            None => return Ok(()),
            Some(text) => text.map_err(|why| ApplyError::Text { line, why })?,
        };
        if text.trim_ascii().is_empty() {
            continue;
        }
        let operation = wire::read(text).map_err(|why| ApplyError::Line { line, why })?;
        let response = operate(writer, operation, &Cancellation::never())
            .map_err(|why| ApplyError::Ledger { line, why })?;
        let written = serde_json::to_writer(&mut *output, &response).map_err(io::Error::from);
        written.and_then(|()| output.write_all(b"\n")).map_err(ApplyError::Output)?;
    }
}
