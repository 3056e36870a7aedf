//! What a scrubber has found.

use super::error::Damage;

/// The maximum number of damaged blocks that are named.
pub(super) const NAMED_MAX: usize = 16;

/// Damaged blocks that a scrubber has found.
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
