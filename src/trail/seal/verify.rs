//! Comparing a trail with its seal, down to the first wrong entry.
//!
//! A block whose hash is right is right. In the first one that is not, the tags tell which record differs, and how: where
//! the trail goes on as sealed a few places further, something is missing or was put in.

use super::mismatch::{At, Mismatch};
use super::record::{RECORD_BYTES, encode, tag};
use super::{BLOCK_RECORDS, Block, Digest, Seal, SealedSegment};
use crate::sync::Log;
use crate::trail::{Entry, EntryKind, Trail};

/// How many places further a record is looked for that is not where it was sealed.
const SHIFT_MAX: u64 = BLOCK_RECORDS;

/// How many records must go on as sealed to say that they were moved together. One may be alike by chance or at the end.
const ALIKE: u64 = 3;

impl Seal {
    /// Checks that a trail is what was sealed, no less and no more.
    ///
    /// # Errors
    /// The first difference: of the writer of the least number that has one, in the least place.
    pub fn verify(&self, trail: &Trail) -> Result<(), Box<Mismatch>> {
        self.verify_with(trail, true, |_| {})
    }

    /// Checks that a trail begins with what was sealed: it may have grown since.
    ///
    /// # Errors
    /// The first difference, as in [`Seal::verify`].
    pub fn verify_beginning(&self, trail: &Trail) -> Result<(), Box<Mismatch>> {
        self.verify_with(trail, false, |_| {})
    }

    /// The same as one of the two; `progress` is told after each block how many records were compared.
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
        let (mut block, mut compared) = (Block::default(), 0);
        for (writer, (sealed, log)) in self.segments.iter().zip(trail.segments()).enumerate() {
            let segment = Compared { sealed, log, writer };
            let mut before = Digest::default();
            for place in 0..sealed.blocks.len() {
                before = segment.block(place, before, &mut block)?;
                compared += block.tags.len() as u64;
                progress(compared);
            }
            if whole {
                segment.ends()?;
            }
        }
        Ok(())
    }
}

/// A segment beside its seal.
struct Compared<'a> {
    sealed: &'a SealedSegment,
    log: &'a Log<Entry>,
    writer: usize,
}

impl Compared<'_> {
    fn at(&self, place: u64) -> At {
        At { writer: self.writer, place }
    }

    /// Compares one block, and answers its hash.
    fn block(
        &self,
        number: usize,
        before: Digest,
        block: &mut Block,
    ) -> Result<Digest, Box<Mismatch>> {
        let first = number as u64 * BLOCK_RECORDS;
        let records = BLOCK_RECORDS.min(self.sealed.records - first);
        let computed = block.hash(self.log, self.writer, first, records, before);
        let sealed = self.sealed.blocks[number];
        let tags = &self.sealed.tags[first as usize..(first + records) as usize];
        let different = tags.iter().zip(&block.tags).position(|(sealed, found)| sealed != found);
        let absent = (block.tags.len() < tags.len()).then_some(block.tags.len());
        match different.or(absent) {
            None if computed == sealed => Ok(computed),
            None => {
                let at = self.at(first);
                Err(Box::new(Mismatch::Block { at, records, sealed, computed }))
            }
            Some(offset) if computed == sealed => {
                Err(Box::new(Mismatch::Tag { at: self.at(first + offset as u64) }))
            }
            Some(offset) => Err(Box::new(self.name(first + offset as u64))),
        }
    }

    /// Checks that nothing comes after what was sealed.
    fn ends(&self) -> Result<(), Box<Mismatch>> {
        let (end, sealed) = (self.log.len(), self.sealed.records);
        match self.log.get(sealed) {
            None => Ok(()),
            Some(entry) => {
                let at = self.at(sealed);
                Err(Box::new(Mismatch::Extra { at, records: end - sealed, entry }))
            }
        }
    }

    fn sealed_tag(&self, place: u64) -> Option<u32> {
        self.sealed.tags.get(place as usize).copied()
    }

    fn found_tag(&self, place: u64) -> Option<u32> {
        let entry = self.log.get(place)?;
        let mut bytes = [0; RECORD_BYTES];
        encode(&entry, &mut bytes);
        Some(tag(&bytes))
    }

    /// Says in which way the record in the first wrong place is wrong.
    fn name(&self, place: u64) -> Mismatch {
        let at = self.at(place);
        let Some(entry) = self.log.get(place) else {
            return Mismatch::Missing { at, records: self.sealed.records - place, before: None };
        };
        let shifts = 1..=SHIFT_MAX;
        let swapped = |shift: &u64| {
            self.found_tag(place) == self.sealed_tag(place + shift)
                && self.found_tag(place + shift) == self.sealed_tag(place)
        };
        if let Some(with) = shifts.clone().find(swapped).map(|shift| place + shift)
            && let Some(other) = self.log.get(with)
        {
            return Mismatch::Swapped { at, with, entry, other };
        }
        if let Some(records) = shifts.clone().find(|shift| self.goes_on(place, place + shift)) {
            return Mismatch::Missing { at, records, before: Some(entry) };
        }
        if let Some(records) = { shifts }.find(|shift| self.goes_on(place + shift, place)) {
            return Mismatch::Extra { at, records, entry };
        }
        self.changed(place, entry)
    }

    /// Whether the trail goes on from `found` as it was sealed from `sealed` on.
    fn goes_on(&self, found: u64, sealed: u64) -> bool {
        let ends_alike = |step| {
            let (found, sealed) = (self.found_tag(found + step), self.sealed_tag(sealed + step));
            found == sealed
        };
        // The first two tags are there; the others may be past both ends.
        self.found_tag(found).is_some() && (0..ALIKE).all(ends_alike)
    }

    fn changed(&self, place: u64, found: Entry) -> Mismatch {
        let at = self.at(place);
        let before = place.checked_sub(1).and_then(|before| self.log.get(before));
        match before.filter(|_| found.kind == EntryKind::Extension) {
            Some(entry) => Mismatch::Changed { at, entry, extension: Some(found) },
            None => Mismatch::Changed { at, entry: found, extension: None },
        }
    }
}
