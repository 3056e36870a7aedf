//! `ledgerlab verify`: verifies a trail against its seal and a serial run, a report against itself and
//! its trail, or a ledger stored in a folder or saved
//! as an archive.

mod options;
mod report;
mod trail;

use std::io::{BufRead, BufReader, Read};

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::exit::{CommandError, CommandResult};
use super::lines::{LINE_BYTES_MAX, open};
use super::store;
use crate::store::Archive;

pub(super) use options::VerifyOptions;

pub(super) fn run(options: &VerifyOptions) -> CommandResult {
    if options.file.is_dir() || (options.file.is_file() && Archive::is_archive(&options.file)) {
        return store::verify(&options.file, options.trail_mib, options.at);
    }
    if options.at.is_some() {
        let why = "it is not the folder of a ledger, and only that has a past; `ledgerlab export --at` writes the trail \
                   until then";
        return Err(CommandError::invalid_input(why).in_file(&options.file));
    }
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
