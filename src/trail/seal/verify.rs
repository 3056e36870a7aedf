//! Comparison of a trail with its seal, down to the first entry that differs.
//!
//! A block with a matching hash is unchanged. In the first block that differs, the tags show which record
//! differs, and how: if the trail continues as sealed a few positions further, records are missing
//! or were inserted.

use super::digest::Digest;
use super::mismatch::Mismatch;
use super::sealer::{BLOCK_RECORDS, BlockHasher, Seal, SealedSegment};
use crate::sync::Log;
use crate::trail::audit_trail::Trail;
use crate::trail::entry::{Entry, EntryKind};
use crate::trail::location::EntryLocation;
use crate::trail::record::{SEALED_BYTES, encode, tag};

/// The maximum distance at which a displaced record is searched for.
const SHIFT_MAX: u64 = BLOCK_RECORDS;

/// Consecutive records that must match to conclude that they were moved together. A single one may
/// match by chance or at the end.
const SAME_RECORDS_MIN: u64 = 3;

impl Seal {
    /// Checks that a trail is what was sealed, no less and no more.
    ///
    /// # Errors
    /// The first difference: in the segment of the lowest-numbered writer that has one, at the
    /// lowest position.
    pub fn verify(&self, trail: &Trail) -> Result<(), Box<Mismatch>> {
        self.verify_with(trail, true, |_| {})
    }

    /// Checks that a trail begins with what was sealed. It may have grown since.
    ///
    /// # Errors
    /// The first difference, as in [`Seal::verify`].
    pub fn verify_beginning(&self, trail: &Trail) -> Result<(), Box<Mismatch>> {
        self.verify_with(trail, false, |_| {})
    }

    /// As [`Seal::verify`] if `whole`, else as [`Seal::verify_beginning`]. Calls `progress` after
    /// each block with the number of records compared so far.
    ///
    /// # Errors
    /// The first difference.
    pub fn verify_with(
        &self,
        trail: &Trail,
        whole: bool,
        mut progress: impl FnMut(u64),
    ) -> Result<(), Box<Mismatch>> {
        let (sealed, found) = (self.segments.len(), trail.segments().len());
        if sealed != found {
            return Err(Box::new(Mismatch::Writers { sealed, found }));
        }
        let (mut hasher, mut compared) = (BlockHasher::default(), 0);
        for (writer, (sealed, log)) in self.segments.iter().zip(trail.segments()).enumerate() {
            let segment = SegmentComparison { sealed, log, writer };
            let mut previous = Digest::default();
            for position in 0..sealed.blocks.len() {
                previous = segment.block(position, previous, &mut hasher)?;
                compared += hasher.tags.len() as u64;
                progress(compared);
            }
            if whole {
                segment.check_end()?;
            }
        }
        Ok(())
    }
}

/// A segment and its seal.
struct SegmentComparison<'a> {
    sealed: &'a SealedSegment,
    log: &'a Log<Entry>,
    writer: usize,
}

impl SegmentComparison<'_> {
    fn at(&self, position: u64) -> EntryLocation {
        EntryLocation { writer: self.writer, position }
    }

    /// Compares one block. Returns its hash.
    fn block(
        &self,
        number: usize,
        previous: Digest,
        hasher: &mut BlockHasher,
    ) -> Result<Digest, Box<Mismatch>> {
        let first = number as u64 * BLOCK_RECORDS;
        let records = BLOCK_RECORDS.min(self.sealed.records - first);
        let computed = hasher.hash(self.log, self.writer, first, records, previous);
        let sealed = self.sealed.blocks[number];
        let tags = &self.sealed.tags[first as usize..(first + records) as usize];
        let different = tags.iter().zip(&hasher.tags).position(|(sealed, found)| sealed != found);
        let absent = (hasher.tags.len() < tags.len()).then_some(hasher.tags.len());
        match different.or(absent) {
            None if computed == sealed => Ok(computed),
            None => {
                let at = self.at(first);
                Err(Box::new(Mismatch::Block { at, records, sealed, computed }))
            }
            Some(offset) if computed == sealed => {
                Err(Box::new(Mismatch::Tag { at: self.at(first + offset as u64) }))
            }
            Some(offset) => Err(Box::new(self.classify(first + offset as u64))),
        }
    }

    /// Checks that nothing follows what was sealed.
    fn check_end(&self) -> Result<(), Box<Mismatch>> {
        let (end, sealed) = (self.log.len(), self.sealed.records);
        match self.log.get(sealed) {
            None => Ok(()),
            Some(entry) => {
                let at = self.at(sealed);
                Err(Box::new(Mismatch::Extra { at, records: end - sealed, entry }))
            }
        }
    }

    fn sealed_tag(&self, position: u64) -> Option<u32> {
        self.sealed.tags.get(position as usize).copied()
    }

    fn found_tag(&self, position: u64) -> Option<u32> {
        let entry = self.log.get(position)?;
        let mut bytes = [0; SEALED_BYTES];
        encode(&entry, &mut bytes);
        Some(tag(&bytes))
    }

    /// Returns the kind of mismatch at the first position that differs.
    fn classify(&self, position: u64) -> Mismatch {
        let at = self.at(position);
        let Some(entry) = self.log.get(position) else {
            return Mismatch::Missing { at, records: self.sealed.records - position, before: None };
        };
        let shifts = 1..=SHIFT_MAX;
        let swapped = |shift: &u64| {
            self.found_tag(position) == self.sealed_tag(position + shift)
                && self.found_tag(position + shift) == self.sealed_tag(position)
        };
        if let Some(with) = shifts.clone().find(swapped).map(|shift| position + shift)
            && let Some(other) = self.log.get(with)
        {
            return Mismatch::Swapped { at, with, entry, other };
        }
        if let Some(records) =
            shifts.clone().find(|shift| self.continues(position, position + shift))
        {
            return Mismatch::Missing { at, records, before: Some(entry) };
        }
        if let Some(records) = { shifts }.find(|shift| self.continues(position + shift, position)) {
            return Mismatch::Extra { at, records, entry };
        }
        self.changed(position, entry)
    }

    /// Returns whether the trail continues from `found` as it was sealed from `sealed` on.
    fn continues(&self, found: u64, sealed: u64) -> bool {
        let matches = |step| {
            let (found, sealed) = (self.found_tag(found + step), self.sealed_tag(sealed + step));
            found == sealed
        };
        // The first two tags exist. The others can be past both ends.
        self.found_tag(found).is_some() && (0..SAME_RECORDS_MIN).all(matches)
    }

    fn changed(&self, position: u64, found: Entry) -> Mismatch {
        let at = self.at(position);
        let before = position.checked_sub(1).and_then(|before| self.log.get(before));
        match before.filter(|_| found.kind == EntryKind::Extension) {
            Some(entry) => Mismatch::Changed { at, entry, extension: Some(found) },
            None => Mismatch::Changed { at, entry: found, extension: None },
        }
    }
}
