//! A budget for memory that grows with what callers send: transfer ids of the ledger, and the runs of
//! its host.

use crate::sync::{AtomicU64, Ordering, update};

/// See the module documentation.
#[derive(Debug)]
pub struct MemoryBudget {
    limit: u64,
    left: AtomicU64,
}

impl MemoryBudget {
    /// Creates a budget in bytes.
    pub fn new(limit: u64) -> Self {
        Self { limit, left: AtomicU64::new(limit) }
    }

    /// The budget in bytes.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// The bytes that nobody has taken.
    pub fn left(&self) -> u64 {
        self.left.load(Ordering::Acquire)
    }

    /// Takes memory, if that much is left.
    #[must_use]
    pub fn take(&self, bytes: u64) -> bool {
        update(&self.left, |left| left.checked_sub(bytes)).is_ok()
    }

    /// Releases memory that was taken.
    pub fn release(&self, bytes: u64) {
        let released = update(&self.left, |left| Some(left.saturating_add(bytes).min(self.limit)));
        debug_assert!(released.is_ok(), "it always changes");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budget_is_never_exceeded() {
        let budget = MemoryBudget::new(100);
        assert!(budget.take(60) && !budget.take(41) && budget.take(40) && !budget.take(1));
        budget.release(41);
        assert_eq!((budget.left(), budget.limit()), (41, 100));
    }
}
