//! Where a record is in a trail.

use std::fmt;

use crate::model::amounts::grouped;

/// Bits of a packed position, in which 0 stands for "none". A segment of 2^39 records has 64 TiB.
const POSITION_BITS: u32 = 39;

/// Bits of a packed location: the writer, and the position plus one.
pub(crate) const LOCATION_BITS: u32 = 8 + POSITION_BITS;

/// The location of a record in a trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryLocation {
    /// The writer's number, from 0.
    pub writer: usize,
    /// The position in that writer's segment, from 0.
    pub position: u64,
}

impl EntryLocation {
    /// Returns the location in [`LOCATION_BITS`], never 0.
    #[inline(always)]
    pub(crate) fn pack(self) -> u64 {
        let Self { writer, position } = self;
        debug_assert!(position < (1 << POSITION_BITS) - 1 && writer < 256);
        (writer as u64) << POSITION_BITS | (position + 1)
    }

    /// Returns the location that was packed. `None` for 0.
    #[inline(always)]
    pub(crate) fn unpack(packed: u64) -> Option<Self> {
        let position = (packed & ((1 << POSITION_BITS) - 1)).checked_sub(1)?;
        Some(Self { writer: (packed >> POSITION_BITS & 0xff) as usize, position })
    }
}

impl fmt::Display for EntryLocation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "record {} of writer {}", grouped(self.position.into()), self.writer)
    }
}
