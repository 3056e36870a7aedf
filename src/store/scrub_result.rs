//! What a scrubber has found.

use super::error::Damage;

/// The maximum number of damaged parts that are named.
pub(super) const NAMED_MAX: usize = 16;

/// What a scrubber reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scrubbed {
    Log,
    ScratchFile,
}

/// Damaged parts that a scrubber has found: blocks of the log, or chunks of the scratch file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ScrubResult {
    /// The first ones.
    pub(super) named: Vec<Damage>,
    /// The number of all of them.
    pub(super) count: u64,
}

impl ScrubResult {
    pub(super) fn add(&mut self, damage: Damage) {
        self.count += 1;
        if self.named.len() < NAMED_MAX {
            self.named.push(damage);
        }
    }
}
