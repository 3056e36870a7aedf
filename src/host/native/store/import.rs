//! `ledgerlab import`.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, value_parser};

use super::backup::{failed, must_be_new};
use crate::host::native::exit::{CommandError, CommandResult};
use crate::host::native::lines::{LineReader, open};
use crate::host::native::output::stdout;
use crate::host::native::progress::StepBar;
use crate::host::native::trail::seal;
use crate::ledger::{
    ACCOUNTS_MAX, IdSeed, ImportFailure, Importer, Ledger, LedgerConfig, LedgerError, random_id,
};
use crate::model::amounts::grouped;
use crate::store::{Folder, write_new_store};
use crate::trail::Seal;
use crate::wire::{TrailLine, TrailParseError, TrailParseErrorKind};

/// The number of lines between two updates of the progress bar.
const LINES_PER_UPDATE: u64 = 1 << 12;

/// Build a ledger in a new folder from an exported trail
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct ImportOptions {
    /// A new folder
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// A trail in NDJSON as `export` writes it, with its seal; - for standard input
    #[arg(value_name = "FILE|-")]
    file: PathBuf,
    /// The seal of the trail [default: the trail's file name with .seal]
    #[arg(long, value_name = "FILE")]
    seal: Option<PathBuf>,
    /// Memory for the trail; an entry takes 128 to 256 bytes
    #[arg(long, value_name = "MIB", value_parser = value_parser!(u64).range(1..=65_536), default_value_t = 16_384)]
    trail_mib: u64,
}

const AFTER_HELP: &str = "\
The new ledger has every entry of the trail: accounts, transfers, pending transfers with their timeouts,
refusals, timestamps, ids and versions. It is compared with the seal and with a serial run before it is
written. A trail has no names of accounts and no idempotency keys, and neither has the new ledger.

CSV does not have everything that an entry has, and has no seal.";

impl From<LedgerError> for CommandError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::TrailFull(_) | LedgerError::TrailTooSmall { .. } => Self::InvalidInput(
                format!("{error}; give more --trail-mib, for the whole trail is in memory"),
            ),
            other => Self::invalid_input(other),
        }
    }
}

/// Runs `ledgerlab import`.
pub(crate) fn import(options: &ImportOptions) -> CommandResult {
    let ImportOptions { folder, file, .. } = options;
    must_be_new(folder, "a trail is imported")?;
    if file.extension().and_then(OsStr::to_str).is_some_and(|end| end.eq_ignore_ascii_case("csv")) {
        let why = "CSV does not have everything that an entry has; export the ledger to a file that ends in .ndjson, and \
                   import that";
        return Err(CommandError::invalid_input(why).in_file(file));
    }
    let seal = seal::read(&seal::file(file, options.seal.as_deref()), None)?;
    let ledger = read(open(file)?, &seal, options.trail_mib).map_err(|why| why.in_file(file))?;
    let entries = verify(&ledger, &seal).map_err(|why| why.in_file(file))?;
    // What an error leaves behind says that it is incomplete, and the next import to the folder replaces it. It is not
    // removed: the error can be that somebody else has the folder.
    write(&ledger, folder)?;
    writeln!(
        stdout(),
        "{}: {} entries are as sealed and equal to a serial run; trail hash {}",
        folder.display(),
        grouped(entries.into()),
        seal.trail_hash(),
    )?;
    Ok(ExitCode::SUCCESS)
}

/// Makes a ledger of the lines of a trail.
fn read(input: impl Read, seal: &Seal, trail_mib: u64) -> Result<Arc<Ledger>, CommandError> {
    let config = LedgerConfig {
        writers: seal.writers().max(1),
        accounts_max: ACCOUNTS_MAX,
        trail_bytes: trail_mib << 20,
        id_seed: IdSeed(0),
        ..LedgerConfig::default()
    };
    let bar = StepBar::start("Importing", Some(seal.records()), "records");
    let mut lines = LineReader::new(input);
    let mut records = 0;
    Ledger::import(&config, |importer| {
        loop {
            let number = lines.number() + 1;
            let line = lines.next().map_err(|error| {
                CommandError::InvalidInput(format!("it cannot be read: {error}"))
            })?;
            let Some(text) = line else {
                return importer.check_end().map_err(CommandError::InvalidInput);
            };
            let text = text.map_err(|why| {
                CommandError::InvalidInput(format!("line {} {why}", grouped(number.into())))
            })?;
            if text.trim_ascii().is_empty() {
                continue;
            }
            records += add(importer, number, text)?;
            if number.is_multiple_of(LINES_PER_UPDATE) {
                bar.show(records);
            }
        }
    })
}

/// Adds the entry of a line. Returns the number of its records.
fn add(importer: &mut Importer<'_>, line: u64, text: &str) -> Result<u64, CommandError> {
    let invalid = |kind| CommandError::invalid_input(TrailParseError { line, kind });
    let parsed = TrailLine::parse(text).map_err(|why| invalid(TrailParseErrorKind::Entry(why)))?;
    let TrailLine { writer, position: found, entry, extension } = parsed;
    if let Some(expected) = importer.next_position(writer)
        && found != expected
    {
        return Err(invalid(TrailParseErrorKind::Position { writer, expected, found }));
    }
    importer.add(writer, entry, extension).map_err(|failure| match failure {
        ImportFailure::Full(error) => error.into(),
        ImportFailure::Inconsistent(what) => CommandError::InvalidInput(format!(
            "line {}: the {entry} does not follow from the lines before: {what}",
            grouped(line.into())
        )),
    })?;
    Ok(1 + u64::from(extension.is_some()))
}

/// Compares the ledger with the seal and with a serial run. Returns the number of entries.
fn verify(ledger: &Ledger, seal: &Seal) -> Result<u64, CommandError> {
    let bar = StepBar::start("Comparing", Some(seal.records()), "records");
    let compared = seal.verify_with(ledger.trail(), true, |records| bar.show(records));
    compared.map_err(|why| CommandError::Failed(format!("it differs from its seal: {why}")))?;
    drop(bar);
    let bar = StepBar::start("Replaying", Some(ledger.trail().entries()), "entries");
    let verified = ledger.verify_with(0, |entries| bar.show(entries));
    verified.map_err(|why| CommandError::Failed(format!("it differs from a serial run: {why}")))
}

/// Writes the ledger to its folder.
fn write(ledger: &Ledger, folder: &Path) -> Result<(), CommandError> {
    let files = Folder::open(folder).map_err(|error| failed(error, folder))?;
    let bar = StepBar::start("Writing  ", Some(ledger.trail().len()), "records");
    let id = random_id().map_err(|error| failed(error, folder))?;
    let written = write_new_store(files, ledger.trail(), id, |records| bar.show(records));
    written.map_err(|error| failed(error, folder))
}
