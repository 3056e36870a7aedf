//! The end of the log after a crash: what was never acknowledged is cut off, and what may not be on the disk is
//! written again.

use std::io;

use super::error::StoreError;
use super::files::{Files, StoreFile, copy_range};
use super::log_contents::LogContents;
use super::log_writer::{LogEnd, file_name, file_number};

/// Cuts off what follows the end of the log.
///
/// # Errors
/// The system's.
pub(super) fn cut_off<D: Files>(files: &D, end: LogEnd) -> Result<(), StoreError> {
    let cut = || -> io::Result<()> {
        let names = files.list()?;
        let mut later: Vec<u64> = names.iter().filter_map(|name| file_number(name)).collect();
        later.retain(|number| *number > end.file);
        later.sort_unstable();
        // The last one first: a crash in between leaves no gap.
        later.iter().rev().try_for_each(|number| files.remove(&file_name(*number)))?;
        let file = files.open(&file_name(end.file))?;
        if file.len()? > end.offset {
            file.truncate(end.offset)?;
        }
        file.sync()?;
        files.sync_folder()
    };
    cut().map_err(StoreError::io("cut off the end of the log"))
}

/// Writes and syncs again what may not be on the disk, although it can be read: a process that was killed before its sync
/// leaves it in the system's memory. Only after that it may be shown. A sync alone would not do: after one that has failed, the next
/// reports success without writing.
///
/// # Errors
/// The system's.
pub(super) fn rewrite_unproven<D: Files>(
    files: &D,
    contents: &LogContents,
    end: LogEnd,
) -> Result<(), StoreError> {
    let rewrite = |(first, from): (u64, u64)| -> io::Result<()> {
        for number in first..=end.file {
            let file = files.open(&file_name(number))?;
            // The zeros of the last page can be missing.
            let length = file.len()?;
            let until = if number == end.file { end.offset.min(length) } else { length };
            copy_range(&file, &file, if number == first { from } else { 0 }, until)?;
            file.sync()?;
        }
        files.sync_folder()
    };
    contents.unproven.map_or(Ok(()), rewrite).map_err(StoreError::io("sync the end of the log"))
}
