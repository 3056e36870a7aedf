//! Writing a whole trail as a new store.

use std::io;

use super::block::{RECORDS_MAX, Run};
use super::error::StoreError;
use super::files::{Files, StoreFile};
use super::format::{HEAD_NAME, INCOMPLETE_NAME};
use super::head::Head;
use super::incomplete::{finish, mark};
use super::log_writer::{LogEnd, LogWriter, file_name, file_number};
use crate::trail::{EntryRef, Trail};

/// The records after which a block ends with the next entry that no chain goes on with.
const RECORDS_USUAL: u64 = RECORDS_MAX / 2;

/// Writes a trail as a new store to `files`, which have no store. Its writers must have stopped. Calls `progress` with the
/// number of records so far.
///
/// Until the last write the files are no store, and say that they are incomplete.
///
/// # Errors
/// [`StoreError`] when there is something else, and the system's errors.
pub(crate) fn write_new_store<D: Files>(
    files: D,
    trail: &Trail,
    ledger_id: u128,
    mut progress: impl FnMut(u64),
) -> Result<(), StoreError> {
    let names = files.list().map_err(StoreError::io("list the folder's files"))?;
    let is_incomplete = names.iter().any(|name| name == INCOMPLETE_NAME);
    if let Some(file) = names.first().filter(|_| !is_incomplete) {
        return Err(StoreError::NotAStore { file: file.clone() });
    }
    mark(&files)?;
    let logs = names.iter().filter(|name| *name == HEAD_NAME || file_number(name).is_some());
    let removed = logs.into_iter().try_for_each(|name| files.remove(name));
    removed.map_err(StoreError::io("remove what was written before"))?;

    let writers = trail.segments().len();
    // The first file is also the folder for the head, which is written last.
    let first = files.open(&file_name(LogEnd::EMPTY.file));
    first.and_then(|file| file.truncate(0)).map_err(StoreError::io("create the log"))?;
    let (files, end) = write_log(files, trail, ledger_id, &mut progress)
        .map_err(StoreError::io("write the log"))?;
    let mut head = Head {
        ledger_id,
        generation: 0,
        openings: 0,
        segments: u32::try_from(writers).unwrap_or(u32::MAX),
        is_closed: true,
        last_block: end.block,
        last_hash: end.hash,
    };
    finish(&files, &mut head, true)
}

/// Writes the log. Returns the files again, and where the log ends.
fn write_log<D: Files>(
    files: D,
    trail: &Trail,
    ledger_id: u128,
    progress: &mut impl FnMut(u64),
) -> io::Result<(D, LogEnd)> {
    let mut log = LogWriter::open(files, ledger_id, LogEnd::EMPTY)?;
    let mut written = vec![0; trail.segments().len()];
    let mut ends = written.clone();
    let mut records = 0;
    let mut total = 0;
    for recorded in trail.in_order() {
        let EntryRef { writer, position, entry, extension } = recorded;
        let count = 1 + u64::from(extension.is_some());
        if records + count > RECORDS_MAX {
            write_block(&mut log, trail, &mut written, &ends)?;
            records = 0;
        }
        ends[writer] = position + count;
        records += count;
        total += count;
        if records >= RECORDS_USUAL && !entry.is_linked() {
            write_block(&mut log, trail, &mut written, &ends)?;
            records = 0;
            progress(total);
        }
    }
    if records > 0 {
        write_block(&mut log, trail, &mut written, &ends)?;
    }
    log.sync()?;
    let end = log.end();
    Ok((log.into_files(), end))
}

/// Appends the records of each writer from `written` to `ends` as one block.
fn write_block<D: Files>(
    log: &mut LogWriter<D>,
    trail: &Trail,
    written: &mut [u64],
    ends: &[u64],
) -> io::Result<()> {
    let both = written.iter().zip(ends).enumerate().filter(|(_, (first, end))| first < end);
    let runs: Vec<Run> = both
        .map(|(writer, (&first, &end))| Run { writer: writer as u32, first, count: end - first })
        .collect();
    let records = runs.iter().flat_map(|run| {
        let segment = trail.segments().nth(run.writer as usize).expect("it is one of the writers");
        segment.chunks(run.first, run.first + run.count)
    });
    log.append(&runs, records, &[], false)?;
    written.copy_from_slice(ends);
    Ok(())
}
