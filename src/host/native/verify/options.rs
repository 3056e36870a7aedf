//! The options of `ledgerlab verify`.

use std::path::PathBuf;

use clap::{Args, value_parser};

use crate::host::native::timestamp;
use crate::trail::Digest;

/// Verify a trail against its seal and replay it, or verify a report or a ledger in a folder or its archive
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct VerifyOptions {
    /// A trail in NDJSON, a report in JSON, the folder of a ledger or a tar archive of it; - for standard input
    #[arg(value_name = "FILE|FOLDER|-")]
    pub(super) file: PathBuf,
    /// The trail of the report's run; verify it, and compare it
    #[arg(long, value_name = "FILE")]
    pub(super) trail: Option<PathBuf>,
    /// The seal of the trail [default: the trail's file name with .seal]
    #[arg(long, value_name = "FILE")]
    pub(super) seal: Option<PathBuf>,
    /// The trail hash that the seal or the report must have
    #[arg(long, value_name = "HASH")]
    pub(super) trail_hash: Option<Digest>,
    /// Verify the ledger in the folder as it was at this time: a timestamp in nanoseconds, or a date such as
    /// 2026-11-30T18:00:00Z
    #[arg(long, value_name = "TIME", value_parser = timestamp::parse)]
    pub(super) at: Option<u64>,
    /// Memory for the trail; an entry takes 128 to 256 bytes. On Linux, older entries of a ledger in a folder are
    /// in a scratch file
    #[arg(long, value_name = "MIB", value_parser = value_parser!(u64).range(1..=65_536), default_value_t = 4_096)]
    pub(super) trail_mib: u64,
}

const AFTER_HELP: &str = "\
For a trail, the first entry that differs from the seal is reported: changed, missing, added or
swapped. Then all entries are replayed on one thread; the first one with another result is reported.

For a report of version 3, 4 or 5, all fields are checked, and totals, rates, the hash of the accounts
and the result are recomputed. With --trail, the hash of the trail and the balances of a replay are
compared as well.

For the folder of a ledger, or a tar archive of it as the page saves one, every block of its log is
verified by its hash, and all entries are replayed. A server can have the folder open meanwhile.

Exit codes: 0 everything agrees, 1 something differs or the run failed, 2 a file cannot be read.";
