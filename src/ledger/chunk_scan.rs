//! Scanning the trail chunk by chunk for the first or the last entries of a period, past chunks whose
//! summaries exclude them.

use std::ops::Range;

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

/// The first entries of a period that match, or the last ones, as far as they have been found.
pub(super) struct Selection<'a> {
    /// The timestamps that further entries can have: from this one,
    from: u64,
    /// to before this one.
    to: u64,
    reversed: bool,
    limit: usize,
    /// The entries, in the order of the selection.
    found: Vec<EntryRef<'a>>,
}

impl<'a> Selection<'a> {
    /// Returns an empty selection of at most `limit` entries from the timestamp `from` to before `to`:
    /// the first ones, or in reverse order the last ones.
    pub(super) fn new((from, to): (u64, u64), (limit, reversed): (usize, bool)) -> Self {
        Self { from, to, reversed, limit, found: Vec::new() }
    }

    /// Adds entries.
    pub(super) fn add(&mut self, entries: Vec<EntryRef<'a>>) {
        self.found.extend(entries);
        self.found.sort_by_key(|recorded| recorded.entry.timestamp);
        if self.reversed {
            self.found.reverse();
        }
        self.found.truncate(self.limit);
        match self.found.last() {
            Some(last) if self.found.len() == self.limit => match self.reversed {
                true => self.from = last.entry.timestamp,
                false => self.to = last.entry.timestamp,
            },
            _ => {}
        }
    }

    /// Returns the entries.
    pub(super) fn into_entries(self) -> Vec<EntryRef<'a>> {
        self.found
    }
}

impl Ledger {
    /// Adds to a selection the entries of the segments that match. `candidates` returns which entries of
    /// a full chunk to look at.
    ///
    /// # Errors
    /// The reason why `policy` ended the scan. It is asked before each chunk.
    pub(super) fn scan_chunks<'a>(
        &'a self,
        selection: &mut Selection<'a>,
        policy: &impl WaitPolicy,
        candidates: &dyn Fn(&ChunkSummary) -> Option<Candidates>,
        matches: &dyn Fn(&EntryRef<'a>) -> bool,
    ) -> Result<(), Interrupted> {
        // An entry depends on others that were published before it. So all ends are of one moment.
        let ends: Vec<u64> = self.trail.segments().map(Log::len).collect();
        for ((writer, log), end) in self.trail.segments().enumerate().zip(ends) {
            let mut own = Vec::new();
            let first = first_not_before(log, selection.from);
            let end = first_not_before(log, selection.to).min(end);
            let chunks = first / CHUNK_ENTRIES..end.div_ceil(CHUNK_ENTRIES);
            let chunks = chunks.start as usize..chunks.end as usize;
            'chunks: for number in in_order(chunks, selection.reversed) {
                policy.check()?;
                let chunk = Chunk::new(writer, log, number as u64);
                let created = |one: &EntryRef<'_>| one.created_transfer(&self.trail);
                let wanted = match self.chunk_summaries.get(&chunk, created) {
                    Some(summary) => candidates(summary),
                    None => Some(Candidates::Every),
                };
                let offset = |position: u64| position.saturating_sub(chunk.start) as usize;
                let within = offset(first)..offset(end).min(chunk.records.len());
                let wanted_range = match &wanted {
                    None => 0..0,
                    Some(Candidates::Every) => within.clone(),
                    Some(Candidates::At(offsets)) => 0..offsets.len(),
                };
                for at in in_order(wanted_range, selection.reversed) {
                    let offset = match &wanted {
                        Some(Candidates::At(offsets)) => offsets[at],
                        _ => at,
                    };
                    if within.contains(&offset) {
                        own.extend(chunk.entry(offset).filter(matches));
                    }
                    if own.len() == selection.limit {
                        break 'chunks;
                    }
                }
            }
            selection.add(own);
        }
        Ok(())
    }
}

/// Returns the numbers of a range, in ascending order or reversed.
fn in_order(range: Range<usize>, reversed: bool) -> impl Iterator<Item = usize> {
    let Range { start, end } = range;
    (0..range.len()).map(move |step| if reversed { end - 1 - step } else { start + step })
}
