//! Mismatches between a trail and its seal.

use std::fmt;

use super::digest::Digest;
use crate::model::amounts::grouped;
use crate::trail::entry::Entry;
use crate::trail::location::EntryLocation;

/// The first difference between a trail and its seal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// The trail has another number of writers.
    Writers {
        /// The number in the seal.
        sealed: usize,
        /// The number in the trail.
        found: usize,
    },
    /// An entry, or its extension, is not what was sealed at its position.
    Changed {
        /// Its location.
        at: EntryLocation,
        /// The entry as it is now.
        entry: Entry,
        /// The extension as it is now, if the extension differs.
        extension: Option<Entry>,
    },
    /// Two records have swapped positions.
    Swapped {
        /// The location of the first one.
        at: EntryLocation,
        /// The position of the second one.
        with: u64,
        /// The record at the first position.
        entry: Entry,
        /// The record at the second position.
        other: Entry,
    },
    /// Sealed records are missing.
    Missing {
        /// The location of the first one.
        at: EntryLocation,
        /// Their number.
        records: u64,
        /// The record that is there now, if any.
        before: Option<Entry>,
    },
    /// There are records that were not sealed.
    Extra {
        /// The location of the first one.
        at: EntryLocation,
        /// Their number.
        records: u64,
        /// The first one.
        entry: Entry,
    },
    /// A block's hash differs but every tag matches. Either the seal was altered, or a record was
    /// altered so that its tag stays the same.
    Block {
        /// The location of its first record.
        at: EntryLocation,
        /// Its number of records.
        records: u64,
        /// The hash in the seal.
        sealed: Digest,
        /// The hash of the records.
        computed: Digest,
    },
    /// A block's hash matches but a tag in the seal differs: the seal was altered.
    Tag {
        /// The location of the tag's record.
        at: EntryLocation,
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
                write!(formatter, "{at}, {entry}: it is not what was sealed at this position")
            }
            Self::Changed { at, entry, extension: Some(_) } => write!(
                formatter,
                "{at}, the extension of {entry}: it is not what was sealed at this position"
            ),
            Self::Swapped { at, with, entry, other } => {
                let with = grouped(u128::from(*with));
                write!(
                    formatter,
                    "{at}, {entry}: it was sealed at position {with}, and {other} at this one"
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
                "{at}: the block that begins with it ({} records) was sealed as {sealed}, but its hash is {computed} \
                 although each tag matches; the seal was changed, or a record was changed so that it has the same tag",
                grouped(u128::from(*records)),
            ),
            Self::Tag { at } => write!(
                formatter,
                "{at}: the record matches the seal, but its tag differs; the seal was changed"
            ),
        }
    }
}
