//! Reads a trail from a file.

use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;

use crate::host::native::lines::{LineError, LineReader};
use crate::host::native::progress::StepBar;
use crate::model::amounts::grouped;
use crate::trail::{Trail, TrailFull};
use crate::wire::{TrailParseError, TrailReader};

/// The number of lines between two updates of the progress bar.
const LINES_PER_UPDATE: u64 = 1 << 12;

/// The reason why a trail cannot be read.
#[derive(Debug)]
#[non_exhaustive]
pub(in crate::host::native) enum ReadTrailError {
    /// The file cannot be read.
    Input(io::Error),
    /// A line cannot be read.
    Text { line: u64, why: LineError },
    /// A line is not the next entry.
    Trail(TrailParseError),
    /// The memory is used up.
    Full(TrailFull),
}

impl ReadTrailError {
    /// Returns whether the file is a trail that was changed.
    pub(in crate::host::native) fn is_changed_trail(&self) -> bool {
        matches!(self, Self::Trail(TrailParseError::Position { .. }))
    }
}

impl fmt::Display for ReadTrailError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(error) => write!(formatter, "it cannot be read: {error}"),
            Self::Text { line, why } => {
                write!(formatter, "line {} {why}", grouped((*line).into()))
            }
            Self::Trail(why @ TrailParseError::Full { .. }) => {
                write!(formatter, "{why}; --trail-mib sets a higher limit")
            }
            Self::Trail(why) => why.fmt(formatter),
            Self::Full(why) => why.fmt(formatter),
        }
    }
}

/// Reads a trail of at least this many writers.
pub(in crate::host::native) fn read(
    input: impl Read,
    trail_bytes: u64,
    writers: usize,
) -> Result<Arc<Trail>, ReadTrailError> {
    let mut lines = LineReader::new(input);
    let mut reader = TrailReader::new(trail_bytes);
    let bar = StepBar::start("Reading  ", None, "entries");
    loop {
        let line = lines.number() + 1;
        let Some(text) = lines.next().map_err(ReadTrailError::Input)? else { break };
        let text = text.map_err(|why| ReadTrailError::Text { line, why })?;
        reader.line(text).map_err(ReadTrailError::Trail)?;
        if line.is_multiple_of(LINES_PER_UPDATE) {
            bar.show(reader.entries());
        }
    }
    reader.end(writers).map_err(ReadTrailError::Full)
}
