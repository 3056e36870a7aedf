//! `ledgerlab apply`: operations from a file or a pipe, one a line, and a line of results for each.
//!
//! A line is read whole before anything of it is done. One that is wrong ends the work; what came before it stands.

mod lines;

use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::process::ExitCode;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::command::USAGE;
use crate::ledger::{
    ACCOUNTS_MAX, BATCH_MAX, Cancellation, Ledger, LedgerConfig, LedgerError, Writer,
};
use crate::model::amounts::grouped;
use crate::trail::replay;
use crate::wire::{self, ParseError, operate};

pub(super) use lines::Lines;

pub use lines::{BadText, LINE_BYTES_MAX};

/// The protocols by which threads share a ledger, and what each does. There is one so far, so nothing depends on the choice.
const CONCURRENCY: &[(&str, &str)] =
    &[("ordered-locks", "a latch per account, taken in ascending order of the accounts' numbers")];

/// Bytes that are written at once.
const BUFFER_BYTES: usize = 1 << 18;

const _: () = assert!(wire::EVENTS_MAX == BATCH_MAX, "what a line may hold, a ledger takes");

pub(super) fn command() -> Command {
    let protocols = CONCURRENCY.iter().map(|(name, help)| PossibleValue::new(*name).help(*help));
    Command::new("apply")
        .about("Apply operations from a file or a pipe to a ledger in memory, one a line, in JSON")
        .after_help(AFTER_HELP)
        .arg(Arg::new("file").value_name("FILE|-").default_value("-").help("Where the lines are"))
        .arg(
            Arg::new("concurrency")
                .long("concurrency")
                .value_name("STRATEGY")
                .value_parser(PossibleValuesParser::new(protocols))
                .default_value(CONCURRENCY[0].0)
                .help("How threads share the accounts; one thread applies a script, so results are the same"),
        )
        .arg(
            Arg::new("trail-mib")
                .long("trail-mib")
                .value_name("MIB")
                .value_parser(value_parser!(u64).range(1..=65_536))
                .default_value("1024")
                .help("Memory for the trail, 128 to 256 bytes an event; at its end nothing is dropped, the work ends"),
        )
        .arg(
            Arg::new("verify")
                .long("verify")
                .action(ArgAction::SetTrue)
                .help("At the end, replay the trail and say whether all was equal to a serial run"),
        )
}

const AFTER_HELP: &str = r#"Each line is an object: an operation, and what it is about. For example:
  {"op":"create_accounts","events":[{"id":1,"ledger":1,"code":10,"flags":["history"]}]}
  {"op":"create_transfers","events":[{"id":7,"debit_account_id":1,"credit_account_id":2,"amount":5,"ledger":1,"code":1}]}
  {"op":"lookup_accounts","ids":[1,2]}
  {"op":"lookup_transfers","ids":["7"]}
  {"op":"get_account_transfers","filter":{"account_id":1,"limit":10,"flags":["debits"]}}
  {"op":"get_account_balances","filter":{"account_id":1,"limit":10,"flags":["debits","credits"]}}
  {"op":"query_accounts","filter":{"ledger":1,"limit":10}}
  {"op":"query_transfers","filter":{"ledger":1,"limit":10,"flags":["reversed"]}}
  {"op":"tick","seconds":60}

Fields have the reference's names; absent ones are 0, so a filter without a limit finds nothing.
An id is a number, a string of digits or a UUID; the word new instead of an event's id makes one.
Numbers above 2^53 - 1 are printed as strings. A tick moves the ledger's time on, which begins at 0.

Exit codes: 0 done, 1 the ledger could not go on or the replay differs, 2 a line is wrong."#;

/// Runs the command.
///
/// # Errors
/// What standard output answered, unless its reader has gone away: that ends the work quietly.
pub(super) fn run(chosen: &ArgMatches) -> io::Result<ExitCode> {
    let file = chosen.get_one::<String>("file").expect("it has a default");
    let trail_mib = *chosen.get_one::<u64>("trail-mib").expect("it has a default");
    let input = match open(file) {
        Ok(input) => input,
        Err(error) => {
            eprintln!("ledgerlab: {file} cannot be opened: {error}");
            return Ok(ExitCode::from(USAGE));
        }
    };
    // Each account takes a place in the trail too, so the trail bounds their number.
    let config = LedgerConfig {
        accounts_max: ACCOUNTS_MAX,
        trail_bytes: trail_mib << 20,
        ..LedgerConfig::default()
    };
    let (ledger, mut writers) =
        Ledger::with_writers(&config).expect("the options are within its bounds");
    let mut code = match apply(input, io::stdout().lock(), &mut writers[0]) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stopped::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            return Ok(ExitCode::SUCCESS);
        }
        Err(Stopped::Output(error)) => return Err(error),
        Err(stopped) => {
            eprintln!("ledgerlab: {stopped}");
            ExitCode::from(if matches!(stopped, Stopped::Ledger { .. }) { 1 } else { USAGE })
        }
    };
    if chosen.get_flag("verify") {
        match replay::verify(ledger.trail(), ledger.accounts(), |_| {}) {
            Ok(replayed) => {
                let replayed = grouped(replayed.into());
                eprintln!("ledgerlab: equal to a serial run ({replayed} entries replayed)");
            }
            Err(divergence) => {
                eprintln!("ledgerlab: not equal to a serial run: {divergence}");
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}

fn open(file: &str) -> io::Result<Box<dyn Read>> {
    if file == "-" { Ok(Box::new(io::stdin().lock())) } else { Ok(Box::new(File::open(file)?)) }
}

/// Why the work ended before the input did. All lines before the one that is named were applied and answered.
#[derive(Debug)]
#[non_exhaustive]
pub enum Stopped {
    /// The line is not text.
    Text {
        /// Which line, counted from 1.
        line: u64,
        /// Why not.
        why: BadText,
    },
    /// The line is no operation.
    Line {
        /// Which line, counted from 1.
        line: u64,
        /// Which field is wrong, and why.
        why: ParseError,
    },
    /// The ledger cannot do it.
    Ledger {
        /// Which line, counted from 1.
        line: u64,
        /// Why not.
        why: LedgerError,
    },
    /// The input cannot be read.
    Input {
        /// Which line, counted from 1.
        line: u64,
        /// What the system says.
        why: io::Error,
    },
    /// The output cannot be written.
    Output(io::Error),
}

impl fmt::Display for Stopped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stands = "; nothing of this line was applied, the lines before it stand";
        match self {
            Self::Text { line, why } => write!(formatter, "line {line} {why}{stands}"),
            Self::Line { line, why } if why.field().is_empty() => {
                write!(formatter, "line {line} {why}{stands}")
            }
            Self::Line { line, why } => write!(formatter, "line {line}: {why}{stands}"),
            Self::Ledger { line, why: why @ LedgerError::TrailFull(_) } => {
                write!(formatter, "line {line}: {why}; --trail-mib gives it more{stands}")
            }
            Self::Ledger { line, why } => write!(formatter, "line {line}: {why}"),
            Self::Input { line, why } => write!(formatter, "line {line} cannot be read: {why}"),
            Self::Output(why) => write!(formatter, "the output cannot be written: {why}"),
        }
    }
}

impl std::error::Error for Stopped {}

/// Applies all lines of `input`, and writes a line to `output` for each that is not blank.
///
/// # Errors
/// [`Stopped`] at the first line that cannot be applied. `output` is complete up to there.
pub fn apply(input: impl Read, output: impl Write, writer: &mut Writer) -> Result<(), Stopped> {
    let mut output = BufWriter::with_capacity(BUFFER_BYTES, output);
    let applied = apply_lines(Lines::new(input), &mut output, writer);
    let flushed = output.flush().map_err(Stopped::Output);
    applied.and(flushed)
}

fn apply_lines(
    mut lines: Lines<impl Read>,
    output: &mut impl Write,
    writer: &mut Writer,
) -> Result<(), Stopped> {
    loop {
        if lines.is_waiting() {
            output.flush().map_err(Stopped::Output)?;
        }
        let line = lines.number() + 1;
        let text = match lines.next().map_err(|why| Stopped::Input { line, why })? {
            None => return Ok(()),
            Some(text) => text.map_err(|why| Stopped::Text { line, why })?,
        };
        if text.trim_ascii().is_empty() {
            continue;
        }
        let operation = wire::read(text).map_err(|why| Stopped::Line { line, why })?;
        let response = operate(writer, operation, &Cancellation::never())
            .map_err(|why| Stopped::Ledger { line, why })?;
        let written = serde_json::to_writer(&mut *output, &response).map_err(io::Error::from);
        written.and_then(|()| output.write_all(b"\n")).map_err(Stopped::Output)?;
    }
}
