//! `--trail FILE`: writes the trail of a run to a file, and its seal beside it.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Arg;

use crate::trail::{Seal, Trail};
use crate::wire::{write_trail, write_trail_csv};

/// The size of the write buffer.
const BUFFER_BYTES: usize = 1 << 18;

/// Returns the file of the seal of the trail in `path`.
pub(crate) fn seal_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".seal");
    name.into()
}

/// Returns the option.
pub(crate) fn argument() -> Arg {
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
pub(crate) struct TrailFile {
    path: PathBuf,
    format: Format,
    output: File,
    seal: Option<File>,
}

impl TrailFile {
    /// Creates the file, and for NDJSON that of the seal.
    pub(crate) fn create(path: &String) -> Result<Self, String> {
        let path = PathBuf::from(path);
        let format = match path.extension().and_then(OsStr::to_str) {
            Some("ndjson") => Format::Ndjson,
            Some("csv") => Format::Csv,
            _ => {
                return Err(format!(
                    "the file name of a trail must end in .ndjson or .csv: {path:?}"
                ));
            }
        };
        let create = |path: &Path| File::create(path).map_err(|why| cannot_write(path, &why));
        let output = create(&path)?;
        let seal = (format == Format::Ndjson).then(|| create(&seal_path(&path))).transpose()?;
        Ok(Self { path, format, output, seal })
    }

    /// Writes the trail. Its writers must have stopped.
    pub(crate) fn write(self, trail: &Trail) -> Result<(), String> {
        let Self { path, format, output, seal } = self;
        write_entries(format, trail, output).map_err(|why| cannot_write(&path, &why))?;
        match seal {
            Some(file) => {
                write_seal(trail, file).map_err(|why| cannot_write(&seal_path(&path), &why))
            }
            None => Ok(()),
        }
    }
}

fn cannot_write(path: &Path, why: &io::Error) -> String {
    format!("{path:?} cannot be written: {why}")
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
