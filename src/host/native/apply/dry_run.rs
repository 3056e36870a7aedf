//! A dry run: reads all inputs, reports every invalid line, and applies nothing.

use std::fmt::Display;
use std::io::{self, Read};
use std::path::Path;
use std::process::ExitCode;

use super::csv::{RowBatch, TransferRows};
use super::inputs::{Input, Inputs};
use super::rows::RowError;
use crate::host::native::exit::{CommandError, CommandResult};
use crate::host::native::lines::{LineError, LineReader};
use crate::host::native::output::note;
use crate::model::amounts::grouped;
use crate::wire;

/// The maximum number of invalid lines that are listed.
const LISTED_MAX: u64 = 100;

/// What was read so far.
#[derive(Default)]
struct DryRun {
    valid: u64,
    invalid: u64,
}

/// Reads all inputs. Fails if a line is invalid.
pub(super) fn run(inputs: Inputs<'_>) -> CommandResult {
    let mut dry_run = DryRun::default();
    let unreadable = |file: &Path, error: io::Error| {
        CommandError::InvalidInput(format!("it cannot be read: {error}")).in_file(file)
    };
    if let Some(Input { file, content }) = inputs.operations {
        let read = dry_run.read_operations(content, file);
        read.map_err(|error| unreadable(file, error))?;
    }
    if let Some(Input { file, content }) = inputs.transfers {
        dry_run.read_rows(content, file).map_err(|error| unreadable(file, error))?;
    }
    let DryRun { valid, invalid } = dry_run;
    let total = grouped((valid + invalid).into());
    if invalid == 0 {
        note(format_args!("{total} lines are valid; nothing was applied"));
        return Ok(ExitCode::SUCCESS);
    }
    let first = if invalid > LISTED_MAX { ", of which the first 100 are listed" } else { "" };
    let invalid = grouped(invalid.into());
    let message = format!("{invalid} of {total} lines are invalid{first}; nothing was applied");
    Err(CommandError::InvalidInput(message))
}

impl DryRun {
    /// Counts a line, and lists it if it is invalid.
    fn count(&mut self, file: &Path, line: u64, read: Result<(), impl Display>) {
        match read {
            Ok(()) => self.valid += 1,
            Err(error) => {
                self.invalid += 1;
                if self.invalid <= LISTED_MAX {
                    let file = file.display();
                    note(format_args!("{file}: line {line}{error}"));
                }
            }
        }
    }

    fn read_operations(&mut self, input: impl Read, file: &Path) -> io::Result<()> {
        let mut lines = LineReader::new(input);
        while let Some(text) = lines.next()? {
            let read = match text {
                Ok(text) if text.trim_ascii().is_empty() => continue,
                Ok(text) => wire::read(text).map(drop).map_err(|error| {
                    let colon = if error.field().is_empty() { "" } else { ":" };
                    format!("{colon} {error}")
                }),
                Err(error) => {
                    if error == LineError::TooLong {
                        lines.skip_rest()?;
                    }
                    Err(format!(" {error}"))
                }
            };
            self.count(file, lines.number(), read);
        }
        Ok(())
    }

    fn read_rows(&mut self, mut rows: TransferRows<impl Read>, file: &Path) -> io::Result<()> {
        let mut batch = RowBatch::empty().transfers;
        while let Some(read) = rows.next(&mut batch)? {
            batch.events.clear();
            batch.unnamed.clear();
            let is_last = read == Err(RowError::TooLong);
            self.count(file, rows.line(), read);
            if is_last {
                break;
            }
        }
        Ok(())
    }
}
