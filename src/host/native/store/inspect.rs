//! `ledgerlab inspect`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, value_parser};

use super::read::{TRAIL_MIB, read, torn_note};
use crate::host::native::exit::CommandResult;
use crate::host::native::output::stdout;
use crate::host::native::timestamp;
use crate::ledger::TRANSFER_ID_BYTES;
use crate::model::amounts::grouped;
use crate::store::FORMAT_VERSION;

/// Show the contents of the folder of a ledger
#[derive(Args)]
pub(crate) struct InspectOptions {
    /// The folder of the ledger, or a tar archive of it
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// List the blocks of its log, one a line
    #[arg(long)]
    blocks: bool,
    /// Show the ledger as it was at this time: a timestamp in nanoseconds, or a date such as 2026-11-30T18:00:00Z
    #[arg(long, value_name = "TIME", value_parser = timestamp::parse)]
    at: Option<u64>,
    /// Memory for the trail; an entry takes 128 to 256 bytes. On Linux, older ones are in a scratch file
    #[arg(long, value_name = "MIB", value_parser = value_parser!(u64).range(1..=65_536), default_value_t = TRAIL_MIB)]
    trail_mib: u64,
}

/// Runs `ledgerlab inspect`.
pub(crate) fn inspect(options: &InspectOptions) -> CommandResult {
    let mut blocks = Vec::new();
    let ledger = read(&options.folder, options.trail_mib, options.at, &mut |block| {
        if options.blocks {
            blocks.push(block);
        }
    })?;
    let mut output = stdout();
    if options.blocks {
        writeln!(
            output,
            "{:>10} {:>6} {:>12} {:>10} {:>8} {:>6}",
            "block", "file", "byte", "bytes", "records", "notes"
        )?;
        for block in blocks {
            writeln!(
                output,
                "{:>10} {:>6} {:>12} {:>10} {:>8} {:>6}",
                block.number, block.file, block.offset, block.bytes, block.records, block.notes
            )?;
        }
    }
    let (contents, ledger, names) = (&ledger.contents, &ledger.ledger, ledger.names);
    let trail = ledger.trail();
    let mib = |bytes: u64| format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20));
    let ids_bytes = ledger.memory().limit() - ledger.memory().left();
    let closed = match contents.was_closed {
        true => "yes",
        false => "no: it is open now, or its process ended without closing it",
    };
    let rows = [
        ("format", format!("version {FORMAT_VERSION}")),
        ("blocks", grouped(contents.blocks.into())),
        ("log", mib(contents.bytes)),
        ("entries", grouped(trail.entries().into())),
        ("writers", trail.segments().len().to_string()),
        ("closed", closed.to_owned()),
        ("last timestamp", trail.last_timestamp().to_string()),
        ("accounts", grouped((ledger.accounts().count() as u64).into())),
        ("names", grouped(names.into())),
        ("pending transfers", grouped(ledger.count_pending_transfers().into())),
        ("callers' transfer ids", grouped((ids_bytes / TRANSFER_ID_BYTES).into())),
        ("trail", mib(trail.used_bytes())),
        ("in memory", mib(trail.used_bytes() - trail.spilled_bytes())),
        ("in a scratch file", mib(trail.spilled_bytes())),
    ];
    for (name, value) in rows {
        writeln!(output, "{name:<22} {value}")?;
    }
    if let Some(torn) = torn_note(contents) {
        writeln!(output, "{torn}")?;
    }
    Ok(ExitCode::SUCCESS)
}
