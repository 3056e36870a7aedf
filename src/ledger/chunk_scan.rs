//! Scanning the trail chunk by chunk for the first or the last entries of a period, past chunks whose
//! summaries exclude them.

use super::chunk_summary::ChunkSummary;
use super::shared_ledger::Ledger;
use crate::sync::{Interrupted, Log, WaitPolicy};
use crate::trail::{CHUNK_ENTRIES, Chunk, EntryRef, first_not_before};

/// The entries of a chunk that a scan looks at.
pub(super) enum Candidates {
    Every,
    /// Those at these offsets, in ascending order.
    At(Vec<usize>),
}

/// The first results of a period, or the last ones, as far as they have been found.
pub(super) struct Selection<R> {
    /// The timestamps that further results can have: from this one,
    from: u64,
    /// to before this one.
    to: u64,
    reversed: bool,
    limit: usize,
    /// The results, each with the timestamp of its entry, in the order of the selection.
    found: Vec<(u64, R)>,
}

impl<R> Selection<R> {
    /// Returns an empty selection of at most `limit` results of the entries from the timestamp `from`
    /// to before `to`: the first ones, or in reverse order the last ones.
    pub(super) fn new((from, to): (u64, u64), (limit, reversed): (usize, bool)) -> Self {
        Self { from, to, reversed, limit, found: Vec::new() }
    }

    /// Adds results, each with the timestamp of its entry.
    pub(super) fn add(&mut self, results: impl IntoIterator<Item = (u64, R)>) {
        self.found.extend(results);
        self.found.sort_by_key(|(timestamp, _)| *timestamp);
        if self.reversed {
            self.found.reverse();
        }
        self.found.truncate(self.limit);
        match self.found.last() {
            Some((last, _)) if self.found.len() == self.limit => match self.reversed {
                true => self.from = *last,
                false => self.to = *last,
            },
            _ => {}
        }
    }

    /// Returns the results.
    pub(super) fn into_results(self) -> Vec<R> {
        self.found.into_iter().map(|(_, result)| result).collect()
    }
}

impl Ledger {
    /// Adds to a selection what `find` returns for entries of the segments. `candidates` returns which
    /// entries of a full chunk to look at.
    ///
    /// # Errors
    /// The reason why `policy` ended the scan. It is asked before each chunk.
    pub(super) fn scan_chunks<'a, R>(
        &'a self,
        selection: &mut Selection<R>,
        policy: &impl WaitPolicy,
        candidates: impl Fn(&ChunkSummary) -> Option<Candidates>,
        mut find: impl FnMut(EntryRef<'a>) -> Option<R>,
    ) -> Result<(), Interrupted> {
        // An entry depends on others that were published before it. So all ends are of one moment.
        let ends: Vec<u64> = self.trail.segments().map(Log::len).collect();
        for ((writer, log), end) in self.trail.segments().enumerate().zip(ends) {
            let mut own = Vec::new();
            let first = first_not_before(log, selection.from);
            let end = first_not_before(log, selection.to).min(end);
            let chunks = first / CHUNK_ENTRIES..end.div_ceil(CHUNK_ENTRIES);
            let mut scan = |number| {
                policy.check()?;
                let chunk = Chunk::new(writer, log, number);
                let wanted =
                    match self.chunk_summaries.get(&chunk, |one| one.created_transfer(&self.trail))
                    {
                        Some(summary) => candidates(summary),
                        None => Some(Candidates::Every),
                    };
                let offset = |position: u64| position.saturating_sub(chunk.start) as usize;
                let within = offset(first)..offset(end).min(chunk.records.len());
                let mut visit = |offset: usize| {
                    let found = chunk.entry(offset).and_then(&mut find);
                    let timestamp = chunk.records[offset].timestamp;
                    own.extend(found.map(|found| (timestamp, found)));
                    own.len() == selection.limit
                };
                let is_within = |offset: &usize| within.contains(offset);
                Ok(match (wanted, selection.reversed) {
                    (None, _) => false,
                    (Some(Candidates::Every), false) => within.into_iter().any(visit),
                    (Some(Candidates::Every), true) => within.into_iter().rev().any(visit),
                    (Some(Candidates::At(all)), false) => {
                        all.into_iter().filter(is_within).any(visit)
                    }
                    (Some(Candidates::At(all)), true) => {
                        all.into_iter().rev().filter(is_within).any(&mut visit)
                    }
                })
            };
            match selection.reversed {
                false => scan_until(chunks, &mut scan)?,
                true => scan_until(chunks.rev(), &mut scan)?,
            }
            selection.add(own);
        }
        Ok(())
    }
}

/// Scans chunks until one fills the selection.
fn scan_until(
    chunks: impl Iterator<Item = u64>,
    mut scan: impl FnMut(u64) -> Result<bool, Interrupted>,
) -> Result<(), Interrupted> {
    for number in chunks {
        if scan(number)? {
            break;
        }
    }
    Ok(())
}
