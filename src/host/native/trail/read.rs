//! Reads a trail from a file.

use std::io::Read;
use std::sync::Arc;

use crate::host::native::exit::CommandError;
use crate::host::native::lines::LineReader;
use crate::host::native::progress::StepBar;
use crate::model::amounts::grouped;
use crate::trail::Trail;
use crate::wire::{TrailParseErrorKind, TrailReader};

/// The number of lines between two updates of the progress bar.
const LINES_PER_UPDATE: u64 = 1 << 12;

/// Reads a trail of at least this many writers.
pub(crate) fn read(
    input: impl Read,
    trail_bytes: u64,
    writers: usize,
) -> Result<Arc<Trail>, CommandError> {
    let mut lines = LineReader::new(input);
    let mut reader = TrailReader::new(trail_bytes);
    let bar = StepBar::start("Reading  ", None, "entries");
    loop {
        let number = lines.number() + 1;
        let line = lines
            .next()
            .map_err(|error| CommandError::InvalidInput(format!("it cannot be read: {error}")))?;
        let Some(text) = line else { break };
        let text = text.map_err(|why| {
            CommandError::InvalidInput(format!("line {} {why}", grouped(number.into())))
        })?;
        reader.line(text).map_err(|why| match why.kind {
            // The trail was changed.
            TrailParseErrorKind::Position { .. } => CommandError::failed(why),
            TrailParseErrorKind::Full { .. } => {
                CommandError::InvalidInput(format!("{why}; --trail-mib sets a higher limit"))
            }
            _ => CommandError::invalid_input(why),
        })?;
        if number.is_multiple_of(LINES_PER_UPDATE) {
            bar.show(reader.entries());
        }
    }
    reader.end(writers).map_err(CommandError::invalid_input)
}
