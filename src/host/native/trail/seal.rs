//! The seal of a trail in a file.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use serde_json::error::Category;

use super::write::seal_path;
use crate::host::native::exit::CommandError;
use crate::host::native::lines::without_mark;
use crate::trail::{Digest, Seal};

/// Returns the file of the seal: the one given, or the one beside the trail.
pub(crate) fn file(trail_file: &Path, given: Option<&Path>) -> PathBuf {
    given.map_or_else(|| seal_path(trail_file), Path::to_owned)
}

/// Reads a seal, which must not contradict itself and must have the expected trail hash, if any.
pub(crate) fn read(file: &Path, expected: Option<&Digest>) -> Result<Seal, CommandError> {
    let seal = parse(file).map_err(|error| error.in_file(file))?;
    match (seal.trail_hash(), expected) {
        (found, Some(expected)) if found != *expected => {
            let why = format!("its trail hash is {found}, not {expected}");
            Err(CommandError::Failed(why).in_file(file))
        }
        _ => Ok(seal),
    }
}

fn parse(file: &Path) -> Result<Seal, CommandError> {
    let input = File::open(file).map_err(|error| {
        CommandError::InvalidInput(format!(
            "the seal cannot be opened: {error}; --seal names another file"
        ))
    })?;
    serde_json::from_reader(BufReader::new(without_mark(input)?)).map_err(|error| {
        match error.classify() {
            // Well-formed JSON that is not a seal was changed.
            Category::Data => CommandError::failed(error),
            _ => CommandError::InvalidInput(format!("the seal cannot be read: {error}")),
        }
    })
}
