//! `--trail FILE`: a run's trail into a file, and its seal beside it.

use std::ffi::OsStr;
use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Arg;

use super::SEAL_SUFFIX;
use crate::trail::{Seal, Trail};
use crate::wire::{write_trail, write_trail_csv};

/// Bytes that are written at once.
const BUFFER_BYTES: usize = 1 << 18;

/// The option.
pub(in crate::host::native) fn argument() -> Arg {
    Arg::new("trail")
        .long("trail")
        .value_name("FILE")
        .help("Write the trail: FILE.ndjson, with its seal in FILE.ndjson.seal, or FILE.csv")
}

/// How a trail is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Ndjson,
    Csv,
}

/// A file that a trail is to be written to. It is there and empty before the run begins, so that a run is not made in
/// vain.
#[derive(Debug)]
pub(in crate::host::native) struct TrailFile {
    path: PathBuf,
    form: Form,
    output: File,
    seal: Option<File>,
}

/// Why a trail cannot be written.
#[derive(Debug)]
#[non_exhaustive]
pub(in crate::host::native) enum Unwritable {
    /// The name says no form.
    Form { path: PathBuf },
    /// A file cannot be made or written.
    Output { path: PathBuf, why: io::Error },
}

impl fmt::Display for Unwritable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form { path } => {
                write!(formatter, "the trail's file must end in .ndjson or .csv, not {path:?}")
            }
            Self::Output { path, why } => write!(formatter, "{path:?} cannot be written: {why}"),
        }
    }
}

/// The file of the seal of the trail in `path`.
pub(in crate::host::native) fn seal_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(SEAL_SUFFIX);
    name.into()
}

impl TrailFile {
    /// Makes the file, and for NDJSON that of the seal.
    pub(in crate::host::native) fn create(path: &str) -> Result<Self, Unwritable> {
        let path = PathBuf::from(path);
        let form = match path.extension().and_then(OsStr::to_str) {
            Some("ndjson") => Form::Ndjson,
            Some("csv") => Form::Csv,
            _ => return Err(Unwritable::Form { path }),
        };
        let create = |path: &Path| {
            File::create(path).map_err(|why| Unwritable::Output { path: path.to_owned(), why })
        };
        let output = create(&path)?;
        let seal = (form == Form::Ndjson).then(|| create(&seal_path(&path))).transpose()?;
        Ok(Self { path, form, output, seal })
    }

    /// Writes the whole trail, whose writers have stopped.
    pub(in crate::host::native) fn write(self, trail: &Trail) -> Result<(), Unwritable> {
        let Self { path, form, output, seal } = self;
        let failed = |path: PathBuf| move |why| Unwritable::Output { path, why };
        write_entries(form, trail, output).map_err(failed(path.clone()))?;
        match seal {
            Some(file) => write_seal(trail, file).map_err(failed(seal_path(&path))),
            None => Ok(()),
        }
    }
}

fn write_entries(form: Form, trail: &Trail, output: File) -> io::Result<()> {
    let mut output = BufWriter::with_capacity(BUFFER_BYTES, output);
    match form {
        Form::Ndjson => write_trail(trail.in_order(), &mut output)?,
        Form::Csv => write_trail_csv(trail.in_order(), &mut output)?,
    };
    output.flush()
}

fn write_seal(trail: &Trail, output: File) -> io::Result<()> {
    let mut output = BufWriter::with_capacity(BUFFER_BYTES, output);
    serde_json::to_writer(&mut output, &Seal::of(trail))?;
    output.write_all(b"\n")?;
    output.flush()
}
