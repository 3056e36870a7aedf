//! Cuts: how much of each segment belongs together, while writers append.
//!
//! An entry depends on those that decided what it has read: the changes of its accounts before it, the
//! use of its id, the creation of an account. A cut contains with an entry all that it depends on, so it
//! is what a serial run would have written up to some point.
//!
//! # Protocol
//! An entry is published after everything that it depends on, and its timestamp is greater.
//! 1. The lengths of all segments are read, and then read again.
//! 2. A segment whose two lengths are equal was *still*: at the moment between the two rounds it had
//!    exactly that length. An entry of the first round was published before that moment, and so was all
//!    that it depends on. So nothing that it depends on is missing in a still segment.
//! 3. In a segment that was not still, an entry may be missing, but only one later than the last one of
//!    the first round. So the cut ends at the least of these last timestamps: nothing up to there is
//!    missing in any segment.
//!
//! A segment that is never still but whose timestamps are behind the others' would hold them back for
//! ever. So its writer is asked for a later time. Proven by `tests/loom.rs`:
//! `cut_contains_what_its_entries_depend_on`.

use super::audit_trail::Trail;
use super::entry::Entry;
use super::prefix::first_unit_since;
use crate::sync::Log;

/// See the module documentation. It grows from one moment to the next.
#[derive(Debug, Default)]
pub struct Cut {
    /// The number of records of each segment in the cut.
    ends: Vec<u64>,
    /// The lengths of the first and the second round.
    lengths: [Vec<u64>; 2],
}

impl Cut {
    /// Takes the cut of what is published now. It contains the one before. Returns the time that writers
    /// must reach so that the next one contains what this one leaves out; 0 if it leaves out nothing for
    /// that reason.
    pub fn take(&mut self, trail: &Trail) -> u64 {
        self.ends.resize(trail.segments().len(), 0);
        for lengths in &mut self.lengths {
            lengths.clear();
            lengths.extend(trail.segments().map(Log::len));
        }
        let [first, second] = &self.lengths;
        let last = |segment: &Log<Entry>, length: u64| {
            let record = length.checked_sub(1).and_then(|position| segment.get(position));
            record.map_or(0, |record| record.timestamp)
        };
        let segments = || trail.segments().zip(first).zip(second);
        let moving = segments().filter(|((_, first), second)| first != second);
        let until = moving.map(|((segment, &length), _)| last(segment, length)).min();
        let until = until.unwrap_or(u64::MAX);
        let mut latest = 0;
        for ((segment, &length), end) in trail.segments().zip(first).zip(&mut self.ends) {
            let timestamp = last(segment, length);
            latest = latest.max(timestamp);
            let own = match timestamp > until {
                true => first_unit_since(segment, until, length),
                false => length,
            };
            *end = own.max(*end);
        }
        if latest > until { latest } else { 0 }
    }

    /// Returns the number of records of each segment in the cut.
    pub fn ends(&self) -> &[u64] {
        &self.ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trail::EntryFlags;

    #[test]
    fn cut_of_still_segments_contains_everything() {
        let entry = |timestamp| Entry {
            timestamp,
            entry_flags: EntryFlags::LAST.bits(),
            ..Entry::default()
        };
        let segments = vec![vec![entry(5), entry(70)], vec![], vec![entry(6)]];
        let trail = Trail::of(segments).expect("there is memory");
        let mut cut = Cut::default();
        assert_eq!((cut.take(&trail), cut.ends()), (0, &[2, 0, 1][..]));
    }
}
