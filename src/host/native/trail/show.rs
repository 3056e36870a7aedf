//! `ledgerlab trail`: shows the entries of a trail in a file that match a filter.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum, value_parser};

use super::read::read;
use crate::host::native::exit::{CommandError, CommandResult};
use crate::host::native::lines::open;
use crate::host::native::output::note;
use crate::trail::{EntryKind, Page, TrailFilter};
use crate::wire::{TrailQuery, write_trail, write_trail_csv};

/// Show entries of a trail in a file, filtered, ordered by timestamp
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct ShowOptions {
    /// A trail in NDJSON; - for standard input
    #[arg(value_name = "FILE|-")]
    file: PathBuf,
    /// Attempts that debit or credit this account
    #[arg(long, value_name = "ID", value_parser = checked("account_id"))]
    account: Option<String>,
    /// Attempts with this id
    #[arg(long, value_name = "ID", value_parser = checked("id"))]
    id: Option<String>,
    /// Attempts with this status
    #[arg(long, value_name = "NAME|NUMBER", value_parser = checked("status"))]
    status: Option<String>,
    /// Attempts of this kind
    #[arg(long, value_name = "KIND", value_parser = PossibleValuesParser::new(TrailFilter::KINDS.map(EntryKind::name)))]
    kind: Option<String>,
    /// Attempts by this writer, counted from 0
    #[arg(long, value_name = "NUMBER", value_parser = checked("writer"))]
    writer: Option<String>,
    /// Attempts at or after this timestamp
    #[arg(long, value_name = "NANOSECONDS", value_parser = checked("timestamp_min"))]
    from: Option<String>,
    /// Attempts at or before this timestamp
    #[arg(long, value_name = "NANOSECONDS", value_parser = checked("timestamp_max"))]
    to: Option<String>,
    /// Continue after the entry with this timestamp
    #[arg(long, value_name = "NANOSECONDS", value_parser = checked("after"))]
    after: Option<String>,
    /// Maximum number of entries, 1 to 8,189
    #[arg(long, value_name = "NUMBER", value_parser = checked("limit"), default_value = "100")]
    limit: Option<String>,
    /// Show the latest entries first
    #[arg(long)]
    reverse: bool,
    /// Output format
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Memory for the trail; an entry takes 128 to 256 bytes
    #[arg(long, value_name = "MIB", value_parser = value_parser!(u64).range(1..=65_536), default_value_t = 4_096)]
    trail_mib: u64,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Ndjson,
    Csv,
}

const AFTER_HELP: &str = "\
An id is a number or a hyphenated UUID. If more entries match, a line on standard error has the --after option
for the next page.

Exit codes: 0 success, 2 the file cannot be read or an option is not valid.";

/// Checks the value of an option of the filter, which [`filter`] reads again with all others.
fn checked(field: &'static str) -> impl Fn(&str) -> Result<String, String> + Clone {
    move |text| match TrailQuery::from_pairs([(field, text)]) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn filter(options: &ShowOptions) -> TrailFilter {
    let fields = [
        ("account_id", &options.account),
        ("id", &options.id),
        ("status", &options.status),
        ("kind", &options.kind),
        ("writer", &options.writer),
        ("timestamp_min", &options.from),
        ("timestamp_max", &options.to),
        ("after", &options.after),
        ("limit", &options.limit),
    ];
    let given = fields.into_iter().filter_map(|(field, text)| Some((field, text.as_deref()?)));
    let query = TrailQuery::from_pairs(given).expect("each value was checked");
    TrailFilter { reversed: options.reverse, ..query.first_page() }
}

/// Runs the command. A closed pipe is not an error; it ends the command.
pub(crate) fn run(options: &ShowOptions) -> CommandResult {
    let input = open(&options.file)?;
    let trail = read(input, options.trail_mib << 20, 0).map_err(|error| {
        // All entries are shown or none, so a changed trail is invalid input here.
        let (CommandError::InvalidInput(why) | CommandError::Failed(why)) = error;
        CommandError::InvalidInput(why).in_file(&options.file)
    })?;
    let page = trail.select(&filter(options)).map_err(CommandError::invalid_input)?;
    let next = page.next;
    match write(page, options.format) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(ExitCode::SUCCESS),
        written => written?,
    }
    if let Some(next) = next {
        note(format_args!("more entries match; --after {next} shows the next page"));
    }
    Ok(ExitCode::SUCCESS)
}

fn write(page: Page<'_>, format: Format) -> io::Result<()> {
    let mut output = BufWriter::new(io::stdout().lock());
    match format {
        Format::Ndjson => drop(write_trail(page.entries, &mut output)?),
        Format::Csv => drop(write_trail_csv(page.entries, &mut output)?),
        Format::Text => {
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
