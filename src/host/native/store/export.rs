//! `ledgerlab export`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, value_parser};

use super::read::{TRAIL_MIB, at_clause, read};
use crate::host::native::exit::{CommandError, CommandResult};
use crate::host::native::output::stdout;
use crate::host::native::timestamp;
use crate::host::native::trail::write::TrailFile;
use crate::model::amounts::grouped;

/// Export the trail of a ledger stored in a folder, with its seal
#[derive(Args)]
pub(crate) struct ExportOptions {
    /// The folder of the ledger, or a tar archive of it
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// A new file that ends in .ndjson, which gets a seal beside it, or in .csv
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Export the ledger as it was at this time: a timestamp in nanoseconds, or a date such as 2026-11-30T18:00:00Z
    #[arg(long, value_name = "TIME", value_parser = timestamp::parse)]
    at: Option<u64>,
    /// Replace the file and its seal if they exist
    #[arg(long)]
    overwrite: bool,
    /// Memory for the trail; an entry takes 128 to 256 bytes. On Linux, older ones are in a scratch file
    #[arg(long, value_name = "MIB", value_parser = value_parser!(u64).range(1..=65_536), default_value_t = TRAIL_MIB)]
    trail_mib: u64,
}

/// Runs `ledgerlab export`.
pub(crate) fn export(options: &ExportOptions) -> CommandResult {
    let file = TrailFile::create(options.file.clone(), options.overwrite);
    let file = file.map_err(CommandError::InvalidInput)?;
    let ledger = read(&options.folder, options.trail_mib, options.at, &mut |_| {})?.ledger;
    file.write(ledger.trail()).map_err(CommandError::Failed)?;
    let entries = grouped(ledger.trail().entries().into());
    let at = at_clause(options.at);
    writeln!(stdout(), "{}: {entries} entries{at}", options.file.display())?;
    Ok(ExitCode::SUCCESS)
}
