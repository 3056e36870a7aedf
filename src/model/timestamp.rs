//! Timestamps: their greatest value, and those that imports must not take.

/// The maximum timestamp: 2^63 - 1 nanoseconds.
pub const TIMESTAMP_MAX: u64 = (1 << 63) - 1;

/// Timestamps that an imported event must not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportBounds {
    /// The maximum timestamp of the event's own kind, accounts or transfers.
    pub last: u64,
    /// Whether an event of the other kind has the event's timestamp.
    pub taken: bool,
}

impl ImportBounds {
    /// Returns whether an imported event must not have this timestamp.
    pub(super) fn refuses(self, timestamp: u64) -> bool {
        timestamp <= self.last || self.taken
    }
}
