//! Reading a ledger from its folder, and verifying it.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use crate::coins::read_name_note;
use crate::host::native::exit::{CommandError, CommandResult};
use crate::host::native::output::stdout;
use crate::host::native::progress::StepBar;
use crate::ledger::{ACCOUNTS_MAX, IdSeed, Ledger, LedgerConfig, LedgerError, OpenError};
use crate::model::amounts::grouped;
use crate::store::{
    Archive, BlockSummary, Files, HEAD_NAME, LogContents, NoteKind, ReadOnlyFolder,
};
use crate::trail::{Seal, Trail};

/// The memory for the trail of a ledger that is read. Where older entries can be on the disk, more is not
/// faster: each is read once or twice.
pub(crate) const TRAIL_MIB: u64 = if Trail::CAN_SPILL { 1_024 } else { 16_384 };

/// Fails unless a path is the folder of a store.
pub(super) fn must_be_store(path: &Path) -> Result<(), CommandError> {
    match path.join(HEAD_NAME).is_file() {
        true => Ok(()),
        false => {
            let why = format!("it has no {HEAD_NAME}, so it is not the folder of a ledger");
            Err(CommandError::InvalidInput(why).in_file(path))
        }
    }
}

/// Opens the archive at a path. `None` if it is no archive, but perhaps a folder.
pub(super) fn open_archive(path: &Path) -> Result<Option<Archive>, CommandError> {
    if !path.is_file() || !Archive::is_archive(path) {
        return Ok(None);
    }
    match Archive::open(path) {
        Ok(archive) => Ok(Some(archive)),
        Err(error) => Err(CommandError::failed(error).in_file(path)),
    }
}

/// A ledger that was read from its folder.
pub(super) struct ReadLedger {
    pub(super) ledger: Arc<Ledger>,
    pub(super) contents: LogContents,
    pub(super) names: u64,
}

/// Reads a ledger from a folder or from its archive, as it was at a timestamp if there is one. A damaged one is a failed
/// check, exit code 1.
pub(super) fn read(
    path: &Path,
    trail_mib: u64,
    at: Option<u64>,
    on_block: &mut dyn FnMut(BlockSummary),
) -> Result<ReadLedger, CommandError> {
    if let Some(archive) = open_archive(path)? {
        return read_files(archive, path, trail_mib, at, on_block);
    }
    must_be_store(path)?;
    read_files(ReadOnlyFolder::new(path), path, trail_mib, at, on_block)
}

fn read_files(
    files: impl Files,
    path: &Path,
    trail_mib: u64,
    at: Option<u64>,
    on_block: &mut dyn FnMut(BlockSummary),
) -> Result<ReadLedger, CommandError> {
    let config = LedgerConfig {
        writers: 1,
        accounts_max: ACCOUNTS_MAX,
        trail_bytes: trail_mib << 20,
        id_seed: IdSeed(0),
        ..LedgerConfig::default()
    };
    let mut names = Vec::new();
    let read = Ledger::read_files(files, &config, at, on_block, &mut |kind, note| {
        if kind == NoteKind::Name {
            names.push(read_name_note(note).ok_or("a name cannot be read")?.0);
        }
        Ok(())
    });
    let (ledger, contents) = read.map_err(|error| {
        let message = open_failure(&error);
        let failure = match error {
            OpenError::Ledger(_) => CommandError::InvalidInput(message),
            _ => CommandError::Failed(message),
        };
        failure.in_file(path)
    })?;
    // A name has no time of its own: it is there from its account on.
    let names = names.iter().filter(|id| ledger.account(**id).is_some()).count() as u64;
    Ok(ReadLedger { ledger, contents, names })
}

/// Returns why a ledger cannot be opened, with what to do if its trail does not fit.
pub(crate) fn open_failure(error: &OpenError) -> String {
    match error {
        OpenError::Ledger(LedgerError::TrailFull(_) | LedgerError::TrailTooSmall { .. }) => {
            format!("{error}; give more --trail-mib")
        }
        other => other.to_string(),
    }
}

/// Returns a sentence about what follows the last whole commit, if anything does.
pub(super) fn torn_note(contents: &LogContents) -> Option<String> {
    let torn = contents.torn.as_ref()?;
    Some(format!(
        "After that a commit is not whole. It is being written now, or the machine stopped meanwhile; it was \
         never acknowledged: {torn}."
    ))
}

/// Returns a clause about the time that was asked for.
pub(super) fn at_clause(at: Option<u64>) -> String {
    at.map(|at| format!(", as it was at {at} ns")).unwrap_or_default()
}

/// Runs `ledgerlab verify` on a folder or its archive: every block by its hash, every entry by serial replay, up to a timestamp if there
/// is one.
pub(crate) fn verify(folder: &Path, trail_mib: u64, at: Option<u64>) -> CommandResult {
    let bar = StepBar::start("Reading", None, "blocks");
    let ReadLedger { ledger, contents, .. } =
        read(folder, trail_mib, at, &mut |block| bar.show(block.number))?;
    drop(bar);
    let bar = StepBar::start("Replaying", Some(ledger.trail().entries()), "entries");
    let verified = ledger.verify_with(0, |entries| bar.show(entries));
    drop(bar);
    let entries = verified.map_err(|divergence| {
        CommandError::Failed(format!("it differs from a serial run: {divergence}")).in_file(folder)
    })?;
    let mut output = stdout();
    writeln!(
        output,
        "{}{}: {} blocks are whole, and {} {} entries are equal to a serial run; trail hash {}",
        folder.display(),
        at_clause(at),
        grouped(contents.blocks.into()),
        if at.is_some() { "its" } else { "their" },
        grouped(entries.into()),
        Seal::of(ledger.trail()).trail_hash(),
    )?;
    if let Some(torn) = torn_note(&contents) {
        writeln!(output, "{torn}")?;
    }
    Ok(ExitCode::SUCCESS)
}
