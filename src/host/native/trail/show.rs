//! `ledgerlab trail`: shows the entries of a trail in a file that match a filter.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::arguments::{trail_bytes, trail_memory};
use super::read::read;
use crate::host::native::exit;
use crate::host::native::lines::open;
use crate::trail::{EntryKind, Page, TrailFilter};
use crate::wire::{TrailQuery, write_trail, write_trail_csv};

pub(in crate::host::native) fn command() -> Command {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let filter = |name, field, value, help| option(name, value, help).value_parser(checked(field));
    Command::new("trail")
        .about("Show entries of a trail in a file, filtered, ordered by timestamp")
        .after_help(AFTER_HELP)
        .arg(
            Arg::new("file")
                .value_name("FILE|-")
                .required(true)
                .help("A trail in NDJSON; - for standard input"),
        )
        .arg(filter("account", "account_id", "ID", "Attempts that debit or credit this account"))
        .arg(filter("id", "id", "ID", "Attempts with this id"))
        .arg(filter("status", "status", "NAME|NUMBER", "Attempts with this status"))
        .arg(
            option("kind", "KIND", "Attempts of this kind")
                .value_parser(PossibleValuesParser::new(TrailFilter::KINDS.map(EntryKind::name))),
        )
        .arg(filter("writer", "writer", "NUMBER", "Attempts by this writer, counted from 0"))
        .arg(filter("from", "timestamp_min", "NANOSECONDS", "Attempts at or after this timestamp"))
        .arg(filter("to", "timestamp_max", "NANOSECONDS", "Attempts at or before this timestamp"))
        .arg(filter(
            "after",
            "after",
            "NANOSECONDS",
            "Continue after the entry with this timestamp",
        ))
        .arg(
            filter("limit", "limit", "NUMBER", "Maximum number of entries, 1 to 8,189")
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

/// The options of the filter, and the fields of [`TrailQuery`] that they set.
const FILTER_OPTIONS: [(&str, &str); 9] = [
    ("account", "account_id"),
    ("id", "id"),
    ("status", "status"),
    ("kind", "kind"),
    ("writer", "writer"),
    ("from", "timestamp_min"),
    ("to", "timestamp_max"),
    ("after", "after"),
    ("limit", "limit"),
];

/// Checks the value of an option of the filter, which [`filter`] reads again with all others.
fn checked(field: &'static str) -> impl Fn(&str) -> Result<String, String> + Clone {
    move |text| match TrailQuery::from_pairs([(field, text)]) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn filter(chosen: &ArgMatches) -> TrailFilter {
    let given = FILTER_OPTIONS.iter().filter_map(|(option, field)| {
        chosen.get_one::<String>(option).map(|text| (*field, text.as_str()))
    });
    let query = TrailQuery::from_pairs(given).expect("each value was checked");
    TrailFilter { reversed: chosen.get_flag("reverse"), ..query.first_page() }
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
