//! `ledgerlab verify`: whether a trail is what was sealed, and whether a serial run would have written it.

use std::fmt;
use std::io::{self, BufReader, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command};

use super::bar::Bar;
use super::read::{open, read};
use super::write::seal_path;
use super::{SEAL_SUFFIX, budget_argument, budget_bytes, file_argument};
use crate::host::native::command::USAGE;
use crate::model::amounts::grouped;
use crate::trail::{BadDigest, Digest, Referee, Seal, Trail};

pub(in crate::host::native) fn command() -> Command {
    let hash = |text: &str| text.parse::<Digest>().map_err(|error: BadDigest| error.to_string());
    Command::new("verify")
        .about("Check a trail in a file against its seal, and replay it")
        .after_help(AFTER_HELP)
        .arg(file_argument())
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
                .help("The trail hash that the seal must have, from the run's report"),
        )
        .arg(budget_argument())
}

const AFTER_HELP: &str = "\
A trail that was changed is told by its first wrong entry: changed, missing, extra or swapped. Then the referee replays
all entries on one thread and names the first one that a serial run would have ended otherwise.

Exit codes: 0 both agree, 1 one of them does not, 2 the file or its seal cannot be read.";

/// Why a seal is of no use.
enum NoSeal {
    /// It cannot be opened or is no JSON.
    Unreadable(String),
    /// It contradicts itself, or the hash that was asked for.
    Wrong(String),
}

/// Runs the command.
///
/// # Errors
/// What standard output answered.
pub(in crate::host::native) fn run(chosen: &ArgMatches) -> io::Result<ExitCode> {
    let file = chosen.get_one::<String>("file").expect("it is required");
    let beside = seal_path(Path::new(file)).display().to_string();
    let seal_file = chosen.get_one::<String>("seal").unwrap_or(&beside);
    let seal = match read_seal(seal_file, chosen.get_one("trail-hash")) {
        Ok(seal) => seal,
        Err(NoSeal::Unreadable(why)) => return Ok(complain(seal_file, &why, USAGE)),
        Err(NoSeal::Wrong(why)) => return Ok(complain(seal_file, &why, 1)),
    };
    let trail = match read(file, budget_bytes(chosen), seal.writers()) {
        Ok(trail) => trail,
        Err(why) if why.is_broken_trail() => return Ok(complain(file, &why, 1)),
        Err(why) => return Ok(complain(file, &why, USAGE)),
    };
    let sealed = compare(&seal, &trail);
    if let Err(why) = &sealed {
        complain(file, &format!("it is not what was sealed: {why}"), 1);
    }
    let judged = replay(&trail);
    if let Err(why) = &judged {
        complain(file, &format!("it is not equal to a serial run: {why}"), 1);
    }
    let (Ok(()), Ok(replayed)) = (sealed, judged) else { return Ok(ExitCode::FAILURE) };
    let (entries, hash) = (grouped(replayed.into()), seal.trail_hash());
    writeln!(
        io::stdout().lock(),
        "{file}: {entries} entries are as sealed and equal to a serial run; trail hash {hash}"
    )?;
    Ok(ExitCode::SUCCESS)
}

fn complain(file: &str, why: &impl fmt::Display, code: u8) -> ExitCode {
    eprintln!("ledgerlab: {file}: {why}");
    ExitCode::from(code)
}

fn read_seal(file: &str, expected: Option<&Digest>) -> Result<Seal, NoSeal> {
    let input = open(file).map_err(|error| {
        NoSeal::Unreadable(format!("the seal cannot be opened: {error}; --seal names another file"))
    })?;
    let seal: Seal = serde_json::from_reader(BufReader::new(input)).map_err(|error| {
        // What is well-formed and yet no seal was changed.
        let wrong = error.classify() == serde_json::error::Category::Data;
        if wrong {
            NoSeal::Wrong(error.to_string())
        } else {
            NoSeal::Unreadable(format!("the seal cannot be read: {error}"))
        }
    })?;
    match expected.filter(|expected| **expected != seal.trail_hash()) {
        None => Ok(seal),
        Some(expected) => {
            let found = seal.trail_hash();
            Err(NoSeal::Wrong(format!("its trail hash is {found}, not {expected}")))
        }
    }
}

fn compare(seal: &Seal, trail: &Trail) -> Result<(), Box<crate::trail::Broken>> {
    let bar = Bar::begin("Comparing", Some(seal.records()), "records");
    seal.verify_with(trail, true, |records| bar.show(records))
}

fn replay(trail: &Trail) -> Result<u64, Box<crate::trail::Divergence>> {
    let bar = Bar::begin("Replaying", Some(trail.entries()), "entries");
    let mut referee = Referee::default();
    referee.replay(trail, |entries| bar.show(entries))?;
    Ok(referee.replayed())
}
