//! `ledgerlab verify`: verifies a trail against its seal and a serial run, or a report against
//! itself and its trail.

mod error;
mod report;
mod seal;
mod trail;

use std::io::{self, BufRead, BufReader, Read};
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::exit;
use super::lines::{LINE_BYTES_MAX, open};
use super::trail::arguments::{SEAL_SUFFIX, trail_memory};
use crate::trail::{Digest, DigestError};

pub(super) fn command() -> Command {
    let hash = |text: &str| text.parse::<Digest>().map_err(|error: DigestError| error.to_string());
    let file = |name, help: String| Arg::new(name).long(name).value_name("FILE").help(help);
    Command::new("verify")
        .about("Verify a trail against its seal and replay it, or verify a report")
        .after_help(AFTER_HELP)
        .arg(
            Arg::new("file")
                .value_name("FILE|-")
                .required(true)
                .help("A trail in NDJSON, or a report in JSON; - for standard input"),
        )
        .arg(file("trail", "The trail of the report's run; verify it, and compare it".to_owned()))
        .arg(file(
            "seal",
            format!("The seal of the trail [default: the trail's file name with {SEAL_SUFFIX}]"),
        ))
        .arg(
            Arg::new("trail-hash")
                .long("trail-hash")
                .value_name("HASH")
                .value_parser(hash)
                .help("The trail hash that the seal or the report must have"),
        )
        .arg(trail_memory())
}

const AFTER_HELP: &str = "\
For a trail, the first entry that differs from the seal is reported: changed, missing, added or
swapped. Then all entries are replayed on one thread; the first one with another result is reported.

For a report of version 3 or 4, all fields are checked, and totals, rates, the hash of the accounts
and the result are recomputed. With --trail, the hash of the trail and the balances of a replay are
compared as well.

Exit codes: 0 everything agrees, 1 something differs or the run failed, 2 a file cannot be read.";

/// Runs the command.
///
/// # Errors
/// The error of standard output.
pub(super) fn run(chosen: &ArgMatches) -> io::Result<ExitCode> {
    let file = chosen.get_one::<String>("file").expect("it is required");
    let invalid = |message: String| Ok(exit::invalid_input(format_args!("{file}: {message}")));
    let mut input = match open(file) {
        Ok(input) => BufReader::new(input),
        Err(error) => return invalid(format!("it cannot be opened: {error}")),
    };
    let mut line = Vec::new();
    if let Err(error) = input.by_ref().take(LINE_BYTES_MAX as u64).read_until(b'\n', &mut line) {
        return invalid(format!("it cannot be read: {error}"));
    }
    let is_report = is_start_of_report(&line);
    let input = line.chain(input);
    match (is_report, chosen.contains_id("trail"), chosen.contains_id("seal")) {
        (true, false, true) => invalid("it is a report; --seal requires --trail".to_owned()),
        (false, true, _) => invalid("it is not a report; --trail requires a report".to_owned()),
        (true, ..) => report::run(file, input, chosen),
        (false, ..) => trail::run(file, input, chosen),
    }
}

/// The part of a first line that tells a report from a trail.
#[derive(Deserialize)]
struct FirstLine {
    report: Option<IgnoredAny>,
}

/// Returns whether a file with this first line is a report. A trail's entry is a complete line
/// without the field `report`.
fn is_start_of_report(line: &[u8]) -> bool {
    match serde_json::from_slice::<FirstLine>(line) {
        Ok(first) => first.report.is_some(),
        Err(error) => error.is_eof() && line.trim_ascii_start().starts_with(b"{"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_line_distinguishes_report_from_trail() {
        for (line, is_report) in [
            ("{\n", true),
            ("{ \"accounts\": {\n", true),
            ("{\"report\":3}", true),
            ("{\"accounts\":[],\"report\":4}\n", true),
            ("{\"writer\":0,\"position\":0}\n", false),
            ("{}", false),
            ("[\n", false),
            ("\u{1}", false),
            ("", false),
            ("7", false),
        ] {
            assert_eq!(is_start_of_report(line.as_bytes()), is_report, "{line:?}");
        }
    }
}
