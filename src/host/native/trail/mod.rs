//! Trails in files: `ledgerlab run … --trail FILE` writes one, `ledgerlab trail` shows it; `../verify` judges it.
//!
//! A trail in a file is NDJSON, and its seal is JSON in a file of its own beside it: whoever doubts a trail keeps its seal
//! where the trail's keeper cannot change it, and each line of the trail stays an entry. CSV is for tables and has no seal.

mod bar;
mod read;
mod show;
mod write;

pub(super) use bar::Bar;
pub(super) use read::{open, read};
pub(super) use show::{command as show_command, run as show};
pub(super) use write::{TrailFile, argument as trail_argument, seal_path};

use clap::{Arg, ArgMatches, value_parser};

/// The name of the seal's file is that of the trail's with this after it.
pub(super) const SEAL_SUFFIX: &str = ".seal";

/// The file that is read.
fn file_argument() -> Arg {
    Arg::new("file").value_name("FILE|-").required(true).help("A trail in NDJSON")
}

/// Memory for a trail that is read.
pub(super) fn budget_argument() -> Arg {
    Arg::new("trail-mib")
        .long("trail-mib")
        .value_name("MIB")
        .value_parser(value_parser!(u64).range(1..=65_536))
        .default_value("4096")
        .help("Memory for the trail, 128 to 256 bytes an entry")
}

pub(super) fn budget_bytes(chosen: &ArgMatches) -> u64 {
    *chosen.get_one::<u64>("trail-mib").expect("it has a default") << 20
}
