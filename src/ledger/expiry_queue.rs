//! Pending transfers with a timeout, in the order in which they expire.
//!
//! Each writer has a heap of those that it created, so writers share none. A transfer that was posted or
//! voided stays in its heap until it would have expired. The latch of a heap is the last in the order of
//! latches: its holder waits for nothing.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::sync::{AtomicU64, Latched, Ordering};
use crate::trail::EntryLocation;

/// When a pending transfer expires, and where its entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Due {
    at: u64,
    entry: u64,
}

impl Due {
    /// Returns the location of its entry.
    pub(super) fn location(self) -> EntryLocation {
        EntryLocation::unpack(self.entry).expect("it was packed")
    }
}

/// The pending transfers of one writer.
#[derive(Debug)]
struct Heap {
    due: Latched<BinaryHeap<Reverse<Due>>>,
    /// When the next one expires: a hint that saves locking the latch when none does.
    next: AtomicU64,
}

impl Heap {
    fn change(&self, change: impl FnOnce(&mut BinaryHeap<Reverse<Due>>)) {
        let mut due = self.due.lock();
        change(&mut due);
        let next = due.peek().map_or(u64::MAX, |next| next.0.at);
        self.next.store(next, Ordering::Relaxed);
    }
}

/// See the module documentation.
#[derive(Debug)]
pub(super) struct ExpiryQueue {
    /// One for each writer.
    heaps: Box<[Heap]>,
}

impl ExpiryQueue {
    /// Returns an empty queue of a ledger with this many writers.
    pub(super) fn new(writers: usize) -> Self {
        let heap =
            |_| Heap { due: Latched::new(BinaryHeap::new(), 0), next: AtomicU64::new(u64::MAX) };
        Self { heaps: (0..writers).map(heap).collect() }
    }

    /// Returns whether a transfer may be due at `now`. It locks nothing.
    pub(super) fn has_due(&self, now: u64) -> bool {
        self.heaps.iter().any(|heap| heap.next.load(Ordering::Relaxed) <= now)
    }

    /// Returns the next transfer that may be due at `now`. It can be resolved already.
    pub(super) fn due(&self, now: u64) -> Option<Due> {
        let waiting = self.heaps.iter().filter(|heap| heap.next.load(Ordering::Relaxed) <= now);
        let due = waiting.filter_map(|heap| heap.due.lock().peek().map(|next| next.0));
        due.filter(|due| due.at <= now).min()
    }

    /// Makes room for `more` transfers of a writer. Returns `false` if the system has no memory.
    pub(super) fn reserve_memory(&self, writer: usize, more: usize) -> bool {
        self.heaps[writer].due.lock().try_reserve(more).is_ok()
    }

    /// Adds a pending transfer with a timeout, for which there is room.
    pub(super) fn add(&self, expires_at: u64, entry: EntryLocation) {
        let due = Due { at: expires_at, entry: entry.pack() };
        self.heaps[entry.writer].change(|heap| heap.push(Reverse(due)));
    }

    /// Removes a transfer that [`ExpiryQueue::due`] returned and that is resolved now.
    pub(super) fn remove(&self, due: Due) {
        self.heaps[due.location().writer].change(|heap| {
            // Another writer can have removed it.
            if heap.peek() == Some(&Reverse(due)) {
                heap.pop();
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transfers_of_all_writers_are_due_in_order_of_time() {
        let queue = ExpiryQueue::new(2);
        let at = |writer, position| EntryLocation { writer, position };
        for (expires_at, entry) in [(30, at(0, 0)), (10, at(0, 1)), (20, at(1, 0))] {
            assert!(queue.reserve_memory(entry.writer, 1));
            queue.add(expires_at, entry);
        }
        assert!(!queue.has_due(9) && queue.has_due(10));
        let mut order = Vec::new();
        while let Some(due) = queue.due(25) {
            order.push(due.location());
            queue.remove(due);
            queue.remove(due);
        }
        assert_eq!(order, [at(0, 1), at(1, 0)]);
        assert_eq!((queue.has_due(29), queue.due(30).map(Due::location)), (false, Some(at(0, 0))));
    }
}
