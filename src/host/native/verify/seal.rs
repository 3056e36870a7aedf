//! The seal of a trail in a file.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use clap::ArgMatches;
use serde_json::error::Category;

use super::error::VerifyError;
use crate::host::native::trail::arguments::seal_path;
use crate::trail::{Digest, Seal};

/// Returns the file of the seal: the one given, or the one beside the trail.
pub(super) fn file(trail_file: &str, chosen: &ArgMatches) -> String {
    let beside = || seal_path(Path::new(trail_file)).display().to_string();
    chosen.get_one::<String>("seal").cloned().unwrap_or_else(beside)
}

/// Reads a seal, which must have the expected trail hash, if any.
///
/// # Errors
/// If the seal cannot be read, contradicts itself, or has another hash.
pub(super) fn read(file: &str, expected: Option<&Digest>) -> Result<Seal, VerifyError> {
    let input = File::open(file).map_err(|error| {
        let advice = "--seal names another file";
        VerifyError::Unreadable(format!("the seal cannot be opened: {error}; {advice}"))
    })?;
    let seal: Seal = serde_json::from_reader(BufReader::new(input)).map_err(|error| {
        match error.classify() {
            // Well-formed JSON that is not a seal was changed.
            Category::Data => VerifyError::Content(error.to_string()),
            _ => VerifyError::Unreadable(format!("the seal cannot be read: {error}")),
        }
    })?;
    match (seal.trail_hash(), expected) {
        (found, Some(expected)) if found != *expected => {
            Err(VerifyError::Content(format!("its trail hash is {found}, not {expected}")))
        }
        _ => Ok(seal),
    }
}
