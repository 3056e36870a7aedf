//! The wait-for graph: which writer holds and wants which latches, so that a deadlock can be
//! reported.
//!
//! Only `unordered-locks` uses it. Before a writer waits, it stores the latches that it holds and
//! the one that it wants in words of its own. A writer whose wait ends reads the words of the others.
//! All writers of its cycle are waiting, so their words are consistent.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::sync::{AtomicU64, Ordering};

/// The maximum number of latches that a writer reports. The latches that it holds beyond these are not found.
const REPORTED_MAX: usize = 8;

/// What one writer holds and wants: numbers of accounts plus one, 0 for none. On cache lines of its
/// own.
#[derive(Debug, Default)]
#[repr(align(128))]
struct WaitState {
    holds: [AtomicU64; REPORTED_MAX],
    wants: AtomicU64,
    /// The cycle that it found last. Only its writer accesses it, so this never waits.
    found: Mutex<Option<DeadlockCycle>>,
}

/// What all writers hold and want.
#[derive(Debug)]
pub(super) struct WaitForGraph {
    writers: Box<[WaitState]>,
}

/// One writer of a deadlock cycle: it holds the account that the writer before it wants, and wants
/// one that the next one holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitEdge {
    /// The writer's number, from 0.
    pub writer: usize,
    /// The id of the account that it holds.
    pub holds: u128,
    /// The id of the account that it waits for.
    pub wants: u128,
}

/// Writers that wait for each other: each for an account that the next one holds, the last for one
/// of the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadlockCycle(pub Vec<WaitEdge>);

/// Describes the cycle with the ids of the accounts.
impl fmt::Display for DeadlockCycle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.describe("writer", |id| id.to_string()))
    }
}

impl DeadlockCycle {
    /// Returns a sentence about who waited for whom. `role` is what a writer is called, and `name`
    /// returns the name of an account.
    pub fn describe(&self, role: &str, name: impl Fn(u128) -> String) -> String {
        let edges = self.0.iter().enumerate();
        let clauses = edges.map(|(at, &WaitEdge { writer, holds, wants })| match at {
            0 => format!("{role} {writer} held {} and waited for {}", name(holds), name(wants)),
            _ => format!("which {role} {writer} held while it waited for {}", name(wants)),
        });
        clauses.collect::<Vec<_>>().join(", ")
    }
}

impl WaitForGraph {
    pub(super) fn new(writers: usize) -> Self {
        Self { writers: (0..writers).map(|_| WaitState::default()).collect() }
    }

    /// Returns the latches of a new attempt by this writer. None of them is locked yet.
    pub(super) fn begin(&self, writer: usize) -> WriterLatches<'_> {
        WriterLatches { graph: self, writer, held: 0 }
    }

    /// Takes the cycle that ended `writer`'s last wait.
    pub(super) fn take_deadlock_cycle(&self, writer: usize) -> Option<DeadlockCycle> {
        self.writers[writer].found.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Returns each writer that waits, with the numbers of the accounts that it holds and of the
    /// one that it wants.
    pub(super) fn waiting(&self) -> impl Iterator<Item = (usize, Vec<u64>, u64)> {
        self.writers.iter().enumerate().filter_map(|(writer, state)| {
            let wants = state.wants.load(Ordering::Acquire).checked_sub(1)?;
            let holds =
                state.holds.iter().filter_map(|held| held.load(Ordering::Acquire).checked_sub(1));
            Some((writer, holds.collect(), wants))
        })
    }

    /// Returns the cycle of `writer` as numbers of accounts. `None` where it waits for a writer
    /// that is running.
    fn cycle(&self, writer: usize) -> Option<Vec<(usize, u64, u64)>> {
        let mut cycle = Vec::new();
        let (mut at, mut holds) = (writer, 0);
        loop {
            let wants = self.writers[at].wants.load(Ordering::Acquire);
            cycle.push((at, holds, wants));
            if wants == 0 || cycle.len() > self.writers.len() {
                return None;
            }
            let holder = self.writers.iter().position(|state| {
                state.holds.iter().any(|held| held.load(Ordering::Acquire) == wants)
            })?;
            if holder == writer {
                cycle[0].1 = wants;
                return (cycle.len() > 1)
                    .then(|| cycle.iter().map(|&(at, h, w)| (at, h - 1, w - 1)).collect());
            }
            if cycle.iter().any(|&(known, ..)| known == holder) {
                // The writer waits for a cycle but is not part of it.
                return None;
            }
            (at, holds) = (holder, wants);
        }
    }
}

/// The latches of one attempt, reported while they are locked.
pub(super) struct WriterLatches<'b> {
    graph: &'b WaitForGraph,
    writer: usize,
    held: usize,
}

impl WriterLatches<'_> {
    pub(super) fn wants(&self, number: u64) {
        self.graph.writers[self.writer].wants.store(number + 1, Ordering::Release);
    }

    pub(super) fn holds(&mut self, number: u64) {
        let state = &self.graph.writers[self.writer];
        state.wants.store(0, Ordering::Release);
        if let Some(word) = state.holds.get(self.held) {
            word.store(number + 1, Ordering::Release);
        }
        self.held += 1;
    }

    /// Stores the cycle that the writer is in, if any. `id` returns the id of an account's number.
    pub(super) fn record_deadlock_cycle(&self, id: impl Fn(u64) -> u128) {
        let Some(cycle) = self.graph.cycle(self.writer) else { return };
        let waiting = cycle.into_iter().map(|(writer, holds, wants)| WaitEdge {
            writer,
            holds: id(holds),
            wants: id(wants),
        });
        let cycle = DeadlockCycle(waiting.collect());
        let found = &self.graph.writers[self.writer].found;
        *found.lock().unwrap_or_else(PoisonError::into_inner) = Some(cycle);
    }
}

/// Clears the words when the attempt ends, because it then holds no latch.
impl Drop for WriterLatches<'_> {
    fn drop(&mut self) {
        let state = &self.graph.writers[self.writer];
        state.wants.store(0, Ordering::Release);
        for word in state.holds.iter().take(self.held) {
            word.store(0, Ordering::Release);
        }
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn every_writer_of_a_cycle_finds_it() {
        let graph = WaitForGraph::new(4);
        let mut latches: Vec<_> = (0..3).map(|writer| graph.begin(writer)).collect();
        for (one, number) in latches.iter_mut().zip([7, 8, 0]) {
            one.holds(number);
        }
        let cycle = |writer| graph.cycle(writer);
        assert_eq!(cycle(0), None, "no writer waits");
        assert_eq!(graph.waiting().count(), 0);
        for (one, number) in latches.iter().zip([8, 0, 7]) {
            one.wants(number);
        }
        assert_eq!(cycle(0), Some(vec![(0, 7, 8), (1, 8, 0), (2, 0, 7)]));
        assert_eq!(cycle(2), Some(vec![(2, 0, 7), (0, 7, 8), (1, 8, 0)]));
        let waiting: Vec<_> = graph.waiting().collect();
        assert_eq!(waiting, [(0, vec![7], 8), (1, vec![8], 0), (2, vec![0], 7)]);
        // A writer that waits for a cycle is not part of it.
        let outside = graph.begin(3);
        outside.wants(7);
        assert_eq!(cycle(3), None);
        drop(latches.remove(1));
        assert_eq!(cycle(0), None, "one has given up");
    }

    #[test]
    fn writer_is_found_by_its_first_latches() {
        let graph = WaitForGraph::new(2);
        let (mut chain, mut other) = (graph.begin(0), graph.begin(1));
        for number in 0..20 {
            chain.holds(number);
        }
        other.holds(30);
        chain.wants(30);
        for (number, found) in [(0, true), (7, true), (8, false)] {
            other.wants(number);
            assert_eq!(graph.cycle(1).is_some(), found, "{number}");
        }
    }

    #[test]
    fn recorded_cycle_has_ids_and_is_taken_once() {
        let graph = WaitForGraph::new(2);
        let (mut one, mut other) = (graph.begin(0), graph.begin(1));
        one.holds(0);
        one.wants(1);
        one.record_deadlock_cycle(u128::from);
        assert_eq!(graph.take_deadlock_cycle(0), None, "no writer holds that latch");
        other.holds(1);
        other.wants(0);
        one.record_deadlock_cycle(|number| u128::from(number) + 100);
        let waiting = |writer, holds, wants| WaitEdge { writer, holds, wants };
        let cycle = DeadlockCycle(vec![waiting(0, 100, 101), waiting(1, 101, 100)]);
        assert_eq!(graph.take_deadlock_cycle(0), Some(cycle));
        assert_eq!((graph.take_deadlock_cycle(0), graph.take_deadlock_cycle(1)), (None, None));
    }

    #[test]
    fn cycle_displays_as_a_sentence() {
        let cycle = DeadlockCycle(vec![
            WaitEdge { writer: 1, holds: 10, wants: 20 },
            WaitEdge { writer: 2, holds: 20, wants: 10 },
        ]);
        let sentence =
            "writer 1 held 10 and waited for 20, which writer 2 held while it waited for 10";
        assert_eq!(cycle.to_string(), sentence);
        let waiting = |writer, holds, wants| WaitEdge { writer, holds, wants };
        let cycle = DeadlockCycle(vec![waiting(1, 7, 8), waiting(3, 8, 9), waiting(2, 9, 7)]);
        assert_eq!(
            cycle.describe("worker", |id| format!("account_{id}")),
            "worker 1 held account_7 and waited for account_8, which worker 3 held while it waited for account_9, \
             which worker 2 held while it waited for account_7"
        );
    }
}
