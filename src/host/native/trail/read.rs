//! A trail out of a file.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use super::bar::Bar;
use crate::host::native::apply::{BadText, Lines};
use crate::model::amounts::grouped;
use crate::trail::{Trail, TrailFull};
use crate::wire::{TrailParseError, TrailReader};

/// How many lines are read between two looks of the progress bar.
const SHOWN_LINES: u64 = 1 << 12;

/// Why a file is no trail.
#[derive(Debug)]
#[non_exhaustive]
pub(in crate::host::native) enum Unreadable {
    /// It cannot be read to its end.
    Input(io::Error),
    /// A line is not text.
    Text { line: u64, why: BadText },
    /// A line is no entry, or not the next one.
    Trail(TrailParseError),
    /// There is no memory for it.
    Full(TrailFull),
}

impl Unreadable {
    /// Whether the file is a trail that was changed, and not something else.
    pub(in crate::host::native) fn is_broken_trail(&self) -> bool {
        matches!(self, Self::Trail(TrailParseError::Position { .. }))
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(error) => write!(formatter, "it cannot be read: {error}"),
            Self::Text { line, why } => {
                write!(formatter, "line {} {why}", grouped((*line).into()))
            }
            Self::Trail(why @ TrailParseError::Full { .. }) => {
                write!(formatter, "{why}; --trail-mib gives it more")
            }
            Self::Trail(why) => why.fmt(formatter),
            Self::Full(why) => why.fmt(formatter),
        }
    }
}

/// Opens a file, or standard input for `-`.
pub(in crate::host::native) fn open(file: &str) -> io::Result<Box<dyn Read>> {
    if file == "-" { Ok(Box::new(io::stdin().lock())) } else { Ok(Box::new(File::open(file)?)) }
}

/// Reads a trail of at least so many writers.
pub(in crate::host::native) fn read(
    input: impl Read,
    budget_bytes: u64,
    writers: usize,
) -> Result<Arc<Trail>, Unreadable> {
    let mut lines = Lines::new(input);
    let mut reader = TrailReader::new(budget_bytes);
    let bar = Bar::begin("Reading  ", None, "entries");
    loop {
        let line = lines.number() + 1;
        let Some(text) = lines.next().map_err(Unreadable::Input)? else { break };
        let text = text.map_err(|why| Unreadable::Text { line, why })?;
        reader.line(text).map_err(Unreadable::Trail)?;
        if line.is_multiple_of(SHOWN_LINES) {
            bar.show(reader.entries());
        }
    }
    reader.end(writers).map_err(Unreadable::Full)
}
