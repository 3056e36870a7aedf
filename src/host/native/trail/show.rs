//! `ledgerlab trail`: shows the entries of a trail in a file that match a filter.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use uuid::Uuid;

use super::arguments::{trail_bytes, trail_memory};
use super::read::read;
use crate::host::native::exit;
use crate::host::native::lines::open;
use crate::model::{Period, RESULTS_MAX};
use crate::trail::{EntryKind, Page, StatusFilter, TrailFilter};
use crate::wire::{write_trail, write_trail_csv};

pub(in crate::host::native) fn command() -> Command {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let time = |name, help| option(name, "NANOSECONDS", help).value_parser(value_parser!(u64));
    Command::new("trail")
        .about("Show entries of a trail in a file, filtered, ordered by timestamp")
        .after_help(AFTER_HELP)
        .arg(
            Arg::new("file")
                .value_name("FILE|-")
                .required(true)
                .help("A trail in NDJSON; - for standard input"),
        )
        .arg(option("account", "ID", "Attempts that debit or credit this account").value_parser(id))
        .arg(option("id", "ID", "Attempts with this id").value_parser(id))
        .arg(option("status", "NAME|NUMBER", "Attempts with this status").value_parser(status))
        .arg(
            option("kind", "KIND", "Attempts of this kind")
                .value_parser(PossibleValuesParser::new(TrailFilter::KINDS.map(EntryKind::name))),
        )
        .arg(
            option("writer", "NUMBER", "Attempts by this writer, counted from 0")
                .value_parser(value_parser!(u8)),
        )
        .arg(time("from", "Attempts at or after this timestamp"))
        .arg(time("to", "Attempts at or before this timestamp"))
        .arg(time("after", "Continue after the entry with this timestamp"))
        .arg(
            option("limit", "NUMBER", "Maximum number of entries, 1 to 8,189")
                .value_parser(value_parser!(u32).range(1..=i64::from(RESULTS_MAX)))
                .default_value("100"),
        )
        .arg(option("reverse", "", "Show the latest entries first").action(ArgAction::SetTrue))
        .arg(
            option("format", "FORMAT", "Output format")
                .value_parser(PossibleValuesParser::new(["text", "ndjson", "csv"]))
                .default_value("text"),
        )
        .arg(trail_memory())
}

const AFTER_HELP: &str = "\
An id is a number or a UUID. If more entries match, a line on standard error has the --after option
for the next page.

Exit codes: 0 success, 2 the file cannot be read or an option is not valid.";

fn id(text: &str) -> Result<u128, String> {
    let number =
        text.parse().ok().or_else(|| Uuid::try_parse(text).ok().map(|uuid| uuid.as_u128()));
    number.ok_or_else(|| "it must be a whole number below 2^128 or a UUID".to_owned())
}

fn status(text: &str) -> Result<StatusFilter, String> {
    match text.parse() {
        Ok(number) => Ok(StatusFilter::numbered(number)),
        Err(_) => StatusFilter::named(text).map_err(|error| error.to_string()),
    }
}

fn filter(chosen: &ArgMatches) -> TrailFilter {
    let time = |name: &str| chosen.get_one::<u64>(name).copied();
    let kind = chosen.get_one::<String>("kind");
    let kind = kind.and_then(|name| TrailFilter::kind_named(name).ok());
    TrailFilter {
        account_id: chosen.get_one("account").copied(),
        id: chosen.get_one("id").copied(),
        status: chosen.get_one("status").copied(),
        kind,
        writer: chosen.get_one::<u8>("writer").map(|writer| usize::from(*writer)),
        period: Period {
            timestamp_min: time("from").unwrap_or(0),
            timestamp_max: time("to").unwrap_or(0),
        },
        after: time("after"),
        limit: *chosen.get_one("limit").expect("it has a default"),
        reversed: chosen.get_flag("reverse"),
    }
}

/// Runs the command.
///
/// # Errors
/// The error of standard output. A closed pipe is not an error; it ends the command.
pub(in crate::host::native) fn run(chosen: &ArgMatches) -> io::Result<ExitCode> {
    let file = chosen.get_one::<String>("file").expect("it is required");
    let input = match open(file) {
        Ok(input) => input,
        Err(error) => {
            let message = format_args!("{file}: it cannot be opened: {error}");
            return Ok(exit::invalid_input(message));
        }
    };
    let trail = match read(input, trail_bytes(chosen), 0) {
        Ok(trail) => trail,
        Err(error) => return Ok(exit::invalid_input(format_args!("{file}: {error}"))),
    };
    let page = match trail.select(&filter(chosen)) {
        Ok(page) => page,
        Err(error) => return Ok(exit::invalid_input(error)),
    };
    let next = page.next;
    let format = chosen.get_one::<String>("format").expect("it has a default");
    match write(page, format) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(ExitCode::SUCCESS),
        written => written?,
    }
    if let Some(next) = next {
        eprintln!("ledgerlab: more entries match; --after {next} shows the next page");
    }
    Ok(ExitCode::SUCCESS)
}

fn write(page: Page<'_>, format: &str) -> io::Result<()> {
    let mut output = BufWriter::new(io::stdout().lock());
    match format {
        "ndjson" => drop(write_trail(page.entries, &mut output)?),
        "csv" => drop(write_trail_csv(page.entries, &mut output)?),
        _ => {
            for recorded in page.entries {
                let entry = recorded.entry;
                let status = entry.status_name().unwrap_or("unknown status");
                let (writer, position) = (recorded.writer, recorded.position);
                writeln!(output, "{entry}: {status} (record {position} of writer {writer})")?;
            }
        }
    }
    output.flush()
}
