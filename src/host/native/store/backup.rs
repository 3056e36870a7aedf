//! `ledgerlab backup`, `restore` and `repair`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::read::{must_be_store, open_archive};
use crate::host::native::exit::{CommandError, CommandResult};
use crate::host::native::output::stdout;
use crate::model::amounts::grouped;
use crate::store::{self, Files, Folder, HEAD_NAME, INCOMPLETE_NAME, ReadOnlyFolder, StoreError};

/// Back up a ledger stored in a folder, also while a server has it open
#[derive(Args)]
#[command(after_help = "\
A backup is a whole number of commits: the ledger as it was at one moment. Another backup to the same
folder copies only what came after. Every block of the ledger is verified by its hash before.")]
pub(crate) struct BackupOptions {
    /// The folder of the ledger
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// The folder of the backup: an earlier one of the same ledger, or a new one
    #[arg(value_name = "BACKUP")]
    backup: PathBuf,
}

/// Restore a backup, or a ledger that the page has saved, to a new folder
#[derive(Args)]
pub(crate) struct RestoreOptions {
    /// The folder of the backup, or a tar archive of such a folder
    #[arg(value_name = "BACKUP")]
    backup: PathBuf,
    /// A new folder
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

/// Replace damaged blocks of a ledger by those of a backup
#[derive(Args)]
#[command(after_help = "\
The ledger must not be open. A block of the backup is used only if the hashes of the blocks before and
after it prove that it is the one that was there. Otherwise, or if the backup does not have one that
is damaged, nothing is changed.")]
pub(crate) struct RepairOptions {
    /// The folder of the ledger
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// The folder of a backup of it
    #[arg(long, value_name = "BACKUP")]
    from: PathBuf,
}

/// Returns the error of a command for what is wrong with a folder.
pub(super) fn failed(error: StoreError, folder: &Path) -> CommandError {
    let message = error.to_string();
    let failure = match error {
        StoreError::Damaged(_) | StoreError::Io { .. } => CommandError::Failed(message),
        _ => CommandError::InvalidInput(message),
    };
    failure.in_file(folder)
}

/// Runs `ledgerlab backup`.
pub(crate) fn backup(options: &BackupOptions) -> CommandResult {
    copy(&options.folder, &options.backup)
}

/// Fails if a folder has files, unless an earlier attempt to fill it was interrupted. `what` is done to a new one.
pub(super) fn must_be_new(folder: &Path, what: &str) -> Result<(), CommandError> {
    let names = ReadOnlyFolder::new(folder).list().unwrap_or_default();
    let has = |name: &str| names.iter().any(|one| one == name);
    // One that has its head is complete, and may have been used since.
    let is_interrupted = has(INCOMPLETE_NAME) && !has(HEAD_NAME);
    if (!names.is_empty() && !is_interrupted) || folder.is_file() {
        let why = format!("it exists; {what} to a new folder");
        return Err(CommandError::InvalidInput(why).in_file(folder));
    }
    Ok(())
}

/// Runs `ledgerlab restore`.
pub(crate) fn restore(options: &RestoreOptions) -> CommandResult {
    let RestoreOptions { backup, folder } = options;
    must_be_new(folder, "a backup is restored")?;
    match open_archive(backup)? {
        Some(archive) => copy_files(&archive, backup, folder),
        None => copy(backup, folder),
    }
}

fn copy(from: &Path, to: &Path) -> CommandResult {
    must_be_store(from)?;
    copy_files(&ReadOnlyFolder::new(from), from, to)
}

fn copy_files(files: &impl Files, from: &Path, to: &Path) -> CommandResult {
    let target = Folder::open(to).map_err(|error| failed(error, to))?;
    let copied = store::back_up(files, &target);
    let copied = copied.map_err(|error| failed(error, from))?;
    writeln!(
        stdout(),
        "{}: {} blocks, {} of them new, {} MiB copied",
        to.display(),
        grouped(copied.blocks.into()),
        grouped((copied.blocks - copied.blocks_before).into()),
        copied.bytes.div_ceil(1 << 20),
    )?;
    Ok(ExitCode::SUCCESS)
}

/// Runs `ledgerlab repair`.
pub(crate) fn repair(options: &RepairOptions) -> CommandResult {
    let RepairOptions { folder, from } = options;
    must_be_store(folder)?;
    must_be_store(from)?;
    let target = Folder::open(folder).map_err(|error| failed(error, folder))?;
    let repaired = store::repair(&target, &ReadOnlyFolder::new(from));
    let repaired = repaired.map_err(|error| failed(error, folder))?;
    let mut output = stdout();
    for damage in &repaired.replaced {
        writeln!(output, "Replaced {damage}.")?;
    }
    match repaired.replaced.is_empty() {
        true => writeln!(output, "{}: nothing is damaged", folder.display())?,
        false => writeln!(output, "{}: every block is whole", folder.display())?,
    }
    if let Some(torn) = &repaired.torn {
        let why = match repaired.head_was_lost {
            true => "the head is lost that would say whether it was acknowledged",
            false => "nothing says that it was acknowledged",
        };
        writeln!(
            output,
            "What follows is not whole, and {why}; opening the ledger cuts it off: {torn}."
        )?;
    }
    Ok(ExitCode::SUCCESS)
}
