//! `--trail FILE`: writes the trail of a run to a file, and its seal beside it.

use std::ffi::OsStr;
use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Arg;

use super::arguments::seal_path;
use crate::trail::{Seal, Trail};
use crate::wire::{write_trail, write_trail_csv};

/// The size of the write buffer.
const BUFFER_BYTES: usize = 1 << 18;

/// Returns the option.
pub(in crate::host::native) fn argument() -> Arg {
    Arg::new("trail")
        .long("trail")
        .value_name("FILE")
        .help("Write the trail to a file that ends in .ndjson, with its seal beside it, or in .csv")
}

/// The format of a trail in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Ndjson,
    Csv,
}

/// The file for a trail. It is created before the run, so that a run whose trail cannot be written
/// does not start.
#[derive(Debug)]
pub(in crate::host::native) struct TrailFile {
    path: PathBuf,
    format: Format,
    output: File,
    seal: Option<File>,
}

/// The reason why a trail cannot be written.
#[derive(Debug)]
#[non_exhaustive]
pub(in crate::host::native) enum WriteTrailError {
    /// The file name has no known extension.
    Format { path: PathBuf },
    /// A file cannot be created or written.
    Output { path: PathBuf, why: io::Error },
}

impl fmt::Display for WriteTrailError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format { path } => {
                write!(formatter, "the file name of a trail must end in .ndjson or .csv: {path:?}")
            }
            Self::Output { path, why } => write!(formatter, "{path:?} cannot be written: {why}"),
        }
    }
}

impl TrailFile {
    /// Creates the file, and for NDJSON that of the seal.
    pub(in crate::host::native) fn create(path: &str) -> Result<Self, WriteTrailError> {
        let path = PathBuf::from(path);
        let format = match path.extension().and_then(OsStr::to_str) {
            Some("ndjson") => Format::Ndjson,
            Some("csv") => Format::Csv,
            _ => return Err(WriteTrailError::Format { path }),
        };
        let create = |path: &Path| {
            File::create(path).map_err(|why| WriteTrailError::Output { path: path.to_owned(), why })
        };
        let output = create(&path)?;
        let seal = (format == Format::Ndjson).then(|| create(&seal_path(&path))).transpose()?;
        Ok(Self { path, format, output, seal })
    }

    /// Writes the trail. Its writers must have stopped.
    pub(in crate::host::native) fn write(self, trail: &Trail) -> Result<(), WriteTrailError> {
        let Self { path, format, output, seal } = self;
        let failed = |path: PathBuf| move |why| WriteTrailError::Output { path, why };
        write_entries(format, trail, output).map_err(failed(path.clone()))?;
        match seal {
            Some(file) => write_seal(trail, file).map_err(failed(seal_path(&path))),
            None => Ok(()),
        }
    }
}

fn write_entries(format: Format, trail: &Trail, output: File) -> io::Result<()> {
    let mut output = BufWriter::with_capacity(BUFFER_BYTES, output);
    match format {
        Format::Ndjson => write_trail(trail.in_order(), &mut output)?,
        Format::Csv => write_trail_csv(trail.in_order(), &mut output)?,
    };
    output.flush()
}

fn write_seal(trail: &Trail, output: File) -> io::Result<()> {
    let mut output = BufWriter::with_capacity(BUFFER_BYTES, output);
    serde_json::to_writer(&mut output, &Seal::of(trail))?;
    output.write_all(b"\n")?;
    output.flush()
}
