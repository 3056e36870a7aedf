//! `ledgerlab verify`: whether a trail is what was sealed and a serial run would have written it, and whether a report
//! agrees with itself and with its trail.

mod form;
mod report;
mod sums;
mod trail;

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::apply::LINE_BYTES_MAX;
use super::command::USAGE;
use super::trail::{SEAL_SUFFIX, budget_argument, budget_bytes, open, seal_path};
use crate::model::amounts::grouped;
use crate::trail::{Digest, DigestError, Seal};

pub(super) fn command() -> Command {
    let hash = |text: &str| text.parse::<Digest>().map_err(|error: DigestError| error.to_string());
    Command::new("verify")
        .about("Check a trail in a file against its seal and replay it, or check a report")
        .after_help(AFTER_HELP)
        .arg(
            Arg::new("file")
                .value_name("FILE|-")
                .required(true)
                .help("A trail in NDJSON, or a report in JSON"),
        )
        .arg(Arg::new("trail").long("trail").value_name("FILE").help(
            "The trail of the run that the report tells of: it is checked, and against the report",
        ))
        .arg(
            Arg::new("seal")
                .long("seal")
                .value_name("FILE")
                .help(format!("The seal [default: the trail's file with {SEAL_SUFFIX} after it]")),
        )
        .arg(
            Arg::new("trail-hash")
                .long("trail-hash")
                .value_name("HASH")
                .value_parser(hash)
                .help("The trail hash that the seal or the report must have"),
        )
        .arg(budget_argument())
}

const AFTER_HELP: &str = "\
A trail that was changed is told by its first wrong entry: changed, missing, extra or swapped. Then serial replay replays
all entries on one thread and names the first one that a serial run would have ended otherwise.

Of a report the form is checked (docs/report.schema.json), then all that can be computed again: sums, rates, the hash
of the accounts, the verdict. With its trail, the trail's hash and the accounts to which a replay leads are compared.

Exit codes: 0 all agrees, 1 something is wrong, or the report says itself that its run failed, 2 a file cannot be read.";

/// Why something is not verified.
#[derive(Debug, PartialEq, Eq)]
enum Wrong {
    /// It cannot be opened, or is not what it should be at all.
    Unreadable(String),
    /// It was read, and something in it is wrong.
    Content(String),
}

impl Wrong {
    /// Says it, and answers the exit code.
    fn tell(&self, file: &str) -> ExitCode {
        match self {
            Self::Unreadable(why) => complain(file, why, USAGE),
            Self::Content(why) => complain(file, why, 1),
        }
    }
}

fn complain(file: &str, why: &impl fmt::Display, code: u8) -> ExitCode {
    eprintln!("ledgerlab: {file}: {why}");
    ExitCode::from(code)
}

/// Runs the command.
///
/// # Errors
/// What standard output answered.
pub(super) fn run(chosen: &ArgMatches) -> io::Result<ExitCode> {
    let file = chosen.get_one::<String>("file").expect("it is required");
    let cannot = |doing: &str, error: io::Error| {
        complain(file, &format!("it cannot be {doing}: {error}"), USAGE)
    };
    let mut input = match open(file) {
        Ok(input) => BufReader::new(input),
        Err(error) => return Ok(cannot("opened", error)),
    };
    let mut line = Vec::new();
    if let Err(error) = input.by_ref().take(LINE_BYTES_MAX as u64).read_until(b'\n', &mut line) {
        return Ok(cannot("read", error));
    }
    let is_report = begins_a_report(&line);
    let input = line.chain(input);
    let named = |name: &str| chosen.get_one::<String>(name);
    match (is_report, named("trail"), named("seal")) {
        (true, None, Some(_)) => {
            Ok(complain(file, &"it is a report; --seal needs its trail, by --trail", USAGE))
        }
        (false, Some(_), _) => Ok(complain(file, &"it is no report, so it has no --trail", USAGE)),
        (true, ..) => report::verify(file, input, chosen),
        (false, ..) => verify_trail(file, input, chosen),
    }
}

/// What is looked at of a first line.
#[derive(Deserialize)]
struct FirstLine {
    report: Option<IgnoredAny>,
}

/// Whether a file that begins with this line is a report: an entry of a trail is a whole line, and has no such field.
fn begins_a_report(line: &[u8]) -> bool {
    match serde_json::from_slice::<FirstLine>(line) {
        Ok(first) => first.report.is_some(),
        Err(error) => error.is_eof() && line.trim_ascii_start().starts_with(b"{"),
    }
}

/// Where the seal of a trail is.
fn seal_file(trail_file: &str, chosen: &ArgMatches) -> String {
    let beside = || seal_path(Path::new(trail_file)).display().to_string();
    chosen.get_one::<String>("seal").cloned().unwrap_or_else(beside)
}

fn verify_trail(file: &str, input: impl Read, chosen: &ArgMatches) -> io::Result<ExitCode> {
    let seal_file = seal_file(file, chosen);
    let seal = match read_seal(&seal_file, chosen.get_one("trail-hash")) {
        Ok(seal) => seal,
        Err(wrong) => return Ok(wrong.tell(&seal_file)),
    };
    let judged = match trail::judge(input, Some(&seal), budget_bytes(chosen), 0) {
        Ok(judged) => judged,
        Err(wrong) => return Ok(wrong.tell(file)),
    };
    for why in [judged.sealed.as_ref().err(), judged.replayed.as_ref().err()].into_iter().flatten()
    {
        complain(file, why, 1);
    }
    let (Ok(()), Ok(replay)) = (judged.sealed, judged.replayed) else {
        return Ok(ExitCode::FAILURE);
    };
    let (entries, hash) = (grouped(replay.replayed().into()), judged.trail_hash);
    writeln!(
        io::stdout().lock(),
        "{file}: {entries} entries are as sealed and equal to a serial run; trail hash {hash}"
    )?;
    Ok(ExitCode::SUCCESS)
}

fn read_seal(file: &str, expected: Option<&Digest>) -> Result<Seal, Wrong> {
    let input = File::open(file).map_err(|error| {
        Wrong::Unreadable(format!("the seal cannot be opened: {error}; --seal names another file"))
    })?;
    let seal = trail::read_seal(input)?;
    match expected {
        Some(expected) if *expected != seal.trail_hash() => {
            let found = seal.trail_hash();
            Err(Wrong::Content(format!("its trail hash is {found}, not {expected}")))
        }
        _ => Ok(seal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_told_from_a_trail_by_its_first_line() {
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
            assert_eq!(begins_a_report(line.as_bytes()), is_report, "{line:?}");
        }
    }
}
