//! Arguments and file names that the commands for trails share.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, value_parser};

/// The suffix of the file name of a seal, after the file name of its trail.
pub(in crate::host::native) const SEAL_SUFFIX: &str = ".seal";

/// Returns the file of the seal of the trail in `path`.
pub(in crate::host::native) fn seal_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(SEAL_SUFFIX);
    name.into()
}

/// Returns the option for the memory of a trail that is read.
pub(in crate::host::native) fn trail_memory() -> Arg {
    Arg::new("trail-mib")
        .long("trail-mib")
        .value_name("MIB")
        .value_parser(value_parser!(u64).range(1..=65_536))
        .default_value("4096")
        .help("Memory for the trail; an entry takes 128 to 256 bytes")
}

/// Returns the value of [`trail_memory`] in bytes.
pub(in crate::host::native) fn trail_bytes(chosen: &ArgMatches) -> u64 {
    *chosen.get_one::<u64>("trail-mib").expect("it has a default") << 20
}
