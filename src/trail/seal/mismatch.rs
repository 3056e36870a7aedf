//! What can be wrong with a trail that is compared with its seal.

use std::fmt;

use super::Digest;
use crate::model::amounts::grouped;
use crate::trail::Entry;

/// A place in a trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    /// The writer's number, from 0.
    pub writer: usize,
    /// The record's place in that writer's segment, from 0.
    pub place: u64,
}

impl fmt::Display for At {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "record {} of writer {}", grouped(self.place.into()), self.writer)
    }
}

/// The first difference between a trail and its seal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// The trail has more or fewer writers.
    Writers {
        /// How many were sealed.
        sealed: usize,
        /// How many it has.
        found: usize,
    },
    /// An entry, or its extension, is not what was sealed in its place.
    Changed {
        /// Where it is.
        at: At,
        /// The entry as it is now.
        entry: Entry,
        /// The extension as it is now, where it is the extension that differs.
        extension: Option<Entry>,
    },
    /// Two records stand in each other's places.
    Swapped {
        /// Where the first one is.
        at: At,
        /// The place of the second one.
        with: u64,
        /// What stands in the first place.
        entry: Entry,
        /// What stands in the second place.
        other: Entry,
    },
    /// Records that were sealed are not there.
    Missing {
        /// Where the first one was.
        at: At,
        /// How many.
        records: u64,
        /// What stands there now, if anything does.
        before: Option<Entry>,
    },
    /// Records are there that were not sealed.
    Extra {
        /// Where the first one is.
        at: At,
        /// How many.
        records: u64,
        /// The first one.
        entry: Entry,
    },
    /// A block's hash is wrong though every tag is right: the seal was changed, or a record by somebody who took care
    /// to keep its tag.
    Block {
        /// Where its first record is.
        at: At,
        /// How many records it has.
        records: u64,
        /// What was sealed.
        sealed: Digest,
        /// What the records come to.
        computed: Digest,
    },
    /// A block's hash is right and a tag in the seal is not: the seal was changed.
    Tag {
        /// The record whose tag it is.
        at: At,
    },
}

impl std::error::Error for Mismatch {}

impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Writers { sealed, found } => {
                write!(formatter, "the trail has {found} writers, and {sealed} were sealed")
            }
            Self::Changed { at, entry, extension: None } => {
                write!(formatter, "{at}, {entry}: it is not what was sealed in this place")
            }
            Self::Changed { at, entry, extension: Some(_) } => write!(
                formatter,
                "{at}, the extension of {entry}: it is not what was sealed in this place"
            ),
            Self::Swapped { at, with, entry, other } => {
                let with = grouped(u128::from(*with));
                write!(
                    formatter,
                    "{at}, {entry}: it was sealed in place {with}, and {other} in this one"
                )
            }
            Self::Missing { at, records, before } => {
                match records {
                    1 => write!(formatter, "{at}: 1 sealed record is missing")?,
                    many => {
                        let many = grouped(u128::from(*many));
                        write!(formatter, "{at}: {many} sealed records are missing")?;
                    }
                }
                match before {
                    Some(entry) => write!(formatter, " before {entry}"),
                    None => write!(formatter, " at the end"),
                }
            }
            Self::Extra { at, records: 1, entry } => {
                write!(formatter, "{at}, {entry}: it was not sealed")
            }
            Self::Extra { at, records, entry } => {
                let records = grouped(u128::from(*records));
                write!(
                    formatter,
                    "{at}, {entry}: it and what follows, {records} records in all, were not sealed"
                )
            }
            Self::Block { at, records, sealed, computed } => write!(
                formatter,
                "{at}: the block that begins with it ({} records) was sealed as {sealed} and comes to {computed}, \
                 though each tag is right; the seal was changed, or a record with care",
                grouped(u128::from(*records)),
            ),
            Self::Tag { at } => write!(
                formatter,
                "{at}: it is what was sealed, but its tag in the seal is not; the seal was changed"
            ),
        }
    }
}
