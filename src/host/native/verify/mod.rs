//! `ledgerlab verify`: verifies a trail against its seal and a serial run, or a report against
//! itself and its trail.

mod report;
mod seal;
mod trail;

use std::io::{BufRead, BufReader, Read};

use clap::{Args, value_parser};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::exit::{CommandError, CommandResult};
use super::lines::{LINE_BYTES_MAX, open};
use crate::trail::Digest;

/// Verify a trail against its seal and replay it, or verify a report
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct VerifyOptions {
    /// A trail in NDJSON, or a report in JSON; - for standard input
    #[arg(value_name = "FILE|-")]
    file: String,
    /// The trail of the report's run; verify it, and compare it
    #[arg(long, value_name = "FILE")]
    trail: Option<String>,
    /// The seal of the trail [default: the trail's file name with .seal]
    #[arg(long, value_name = "FILE")]
    seal: Option<String>,
    /// The trail hash that the seal or the report must have
    #[arg(long, value_name = "HASH")]
    trail_hash: Option<Digest>,
    /// Memory for the trail; an entry takes 128 to 256 bytes
    #[arg(long, value_name = "MIB", value_parser = value_parser!(u64).range(1..=65_536), default_value_t = 4_096)]
    trail_mib: u64,
}

const AFTER_HELP: &str = "\
For a trail, the first entry that differs from the seal is reported: changed, missing, added or
swapped. Then all entries are replayed on one thread; the first one with another result is reported.

For a report of version 3 or 4, all fields are checked, and totals, rates, the hash of the accounts
and the result are recomputed. With --trail, the hash of the trail and the balances of a replay are
compared as well.

Exit codes: 0 everything agrees, 1 something differs or the run failed, 2 a file cannot be read.";

pub(super) fn run(options: &VerifyOptions) -> CommandResult {
    let mut input = BufReader::new(open(&options.file)?);
    let invalid = |message: String| Err(CommandError::InvalidInput(message).in_file(&options.file));
    let mut line = Vec::new();
    if let Err(error) = input.by_ref().take(LINE_BYTES_MAX as u64).read_until(b'\n', &mut line) {
        return invalid(format!("it cannot be read: {error}"));
    }
    let is_report = is_start_of_report(&line);
    let input = line.chain(input);
    match (is_report, &options.trail, &options.seal) {
        (true, None, Some(_)) => invalid("it is a report; --seal requires --trail".to_owned()),
        (false, Some(_), _) => invalid("it is not a report; --trail requires a report".to_owned()),
        (true, ..) => report::run(options, input),
        (false, ..) => trail::run(options, input),
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
