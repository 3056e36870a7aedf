//! `--trail FILE`: writes the trail of a run to a file, and its seal beside it.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, value_parser};

use crate::host::native::output::NewFile;
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

/// Returns the options.
pub(crate) fn arguments() -> [Arg; 2] {
    let trail =
        Arg::new("trail").long("trail").value_name("FILE").value_parser(value_parser!(PathBuf));
    let overwrite = Arg::new("overwrite").long("overwrite").action(ArgAction::SetTrue);
    [
        trail.help(
            "Write the trail to a new file that ends in .ndjson, with its seal beside it, or in .csv",
        ),
        overwrite.requires("trail").help("Replace the file of the trail and its seal if they exist"),
    ]
}

/// The format of a trail in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Ndjson,
    Csv,
}

/// The file for a trail. It is created beside its place before the run, so that a run whose trail
/// cannot be written does not start, and gets its name when it is complete.
#[derive(Debug)]
pub(crate) struct TrailFile {
    format: Format,
    output: NewFile,
    seal: Option<NewFile>,
}

impl TrailFile {
    /// Creates the file, and for NDJSON that of the seal.
    pub(crate) fn create(path: PathBuf, overwrite: bool) -> Result<Self, String> {
        let format = match path.extension().and_then(OsStr::to_str) {
            Some("ndjson") => Format::Ndjson,
            Some("csv") => Format::Csv,
            _ => {
                return Err(format!(
                    "the file name of a trail must end in .ndjson or .csv: {path:?}"
                ));
            }
        };
        let seal = (format == Format::Ndjson).then(|| seal_path(&path));
        let output = NewFile::create(path, overwrite)?;
        let seal = seal.map(|path| NewFile::create(path, overwrite)).transpose()?;
        Ok(Self { format, output, seal })
    }

    /// Writes the trail. Its writers must have stopped.
    pub(crate) fn write(self, trail: &Trail) -> Result<(), String> {
        let Self { format, output, seal } = self;
        output.write(|file| write_entries(format, trail, file))?;
        seal.map_or(Ok(()), |seal| seal.write(|file| write_seal(trail, file)))
    }
}

fn write_entries(format: Format, trail: &Trail, output: &mut File) -> io::Result<()> {
    let mut output = BufWriter::with_capacity(BUFFER_BYTES, output);
    match format {
        Format::Ndjson => write_trail(trail.in_order(), &mut output)?,
        Format::Csv => write_trail_csv(trail.in_order(), &mut output)?,
    };
    output.flush()
}

fn write_seal(trail: &Trail, output: &mut File) -> io::Result<()> {
    let mut output = BufWriter::with_capacity(BUFFER_BYTES, output);
    serde_json::to_writer(&mut output, &Seal::of(trail))?;
    output.write_all(b"\n")?;
    output.flush()
}
