//! Who waits for whom: what writers say of themselves while they wait, so that a circle of them has a name.
//!
//! Only `unordered-locks` uses it. A writer says which latches it holds and which it wants, on words of its own, before it
//! waits. One that gives up waiting reads the others': whoever is in a circle with it stands still, so what they say
//! holds together.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::sync::{AtomicU64, Ordering};

/// How many of its latches a writer names. One that holds more is found by these only.
const NAMED_MAX: usize = 8;

/// What one writer says. A number of an account is told as one more, 0 for none.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Slot {
    holds: [AtomicU64; NAMED_MAX],
    wants: AtomicU64,
    /// The circle that it found last. Its writer alone asks for it, so nobody ever waits here.
    found: Mutex<Option<DeadlockCycle>>,
}

/// What all writers say.
#[derive(Debug)]
pub(in crate::ledger) struct WaitForGraph {
    slots: Box<[Slot]>,
}

/// One in a circle of writers: it holds an account that the one before it wants, and wants one that the next one holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitEdge {
    /// The writer's number, from 0.
    pub writer: usize,
    /// The id of the account that it holds.
    pub holds: u128,
    /// The id of the account that it waits for.
    pub wants: u128,
}

/// Writers that wait for each other: each for an account that the next one holds, the last for one of the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadlockCycle(pub Vec<WaitEdge>);

/// Without the names of accounts.
impl fmt::Display for DeadlockCycle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, WaitEdge { writer, holds, wants }) in self.0.iter().enumerate() {
            let link = if place == 0 { "" } else { ", which " };
            write!(formatter, "{link}writer {writer} held {holds} and waited for {wants}")?;
        }
        Ok(())
    }
}

impl WaitForGraph {
    pub(in crate::ledger) fn new(writers: usize) -> Self {
        Self { slots: (0..writers).map(|_| Slot::default()).collect() }
    }

    /// A writer begins to take latches.
    pub(super) fn begin(&self, writer: usize) -> WriterLatches<'_> {
        WriterLatches { wait_for_graph: self, writer, held: 0 }
    }

    /// The circle that ended `writer`'s last waiting for ever; told once.
    pub(in crate::ledger) fn take_deadlock_cycle(&self, writer: usize) -> Option<DeadlockCycle> {
        self.slots[writer].found.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// What every writer that waits holds and wants, as numbers of accounts, each looked at by itself.
    pub(in crate::ledger) fn waiting(&self) -> impl Iterator<Item = (usize, Vec<u64>, u64)> {
        self.slots.iter().enumerate().filter_map(|(writer, slot)| {
            let wants = slot.wants.load(Ordering::Acquire).checked_sub(1)?;
            let holds =
                slot.holds.iter().filter_map(|held| held.load(Ordering::Acquire).checked_sub(1));
            Some((writer, holds.collect(), wants))
        })
    }

    /// The circle that `writer` is in, as numbers of accounts; none where it only waits for somebody who is busy.
    fn circle(&self, writer: usize) -> Option<Vec<(usize, u64, u64)>> {
        let mut circle = Vec::new();
        let (mut at, mut holds) = (writer, 0);
        loop {
            let wants = self.slots[at].wants.load(Ordering::Acquire);
            circle.push((at, holds, wants));
            if wants == 0 || circle.len() > self.slots.len() {
                return None;
            }
            let holder = self.slots.iter().position(|slot| {
                slot.holds.iter().any(|held| held.load(Ordering::Acquire) == wants)
            })?;
            if holder == writer {
                circle[0].1 = wants;
                return (circle.len() > 1)
                    .then(|| circle.iter().map(|&(at, h, w)| (at, h - 1, w - 1)).collect());
            }
            if circle.iter().any(|&(known, ..)| known == holder) {
                // It waits for a circle, and is not in it.
                return None;
            }
            (at, holds) = (holder, wants);
        }
    }
}

/// What a writer says while it takes the latches of one attempt.
pub(super) struct WriterLatches<'b> {
    wait_for_graph: &'b WaitForGraph,
    writer: usize,
    held: usize,
}

impl WriterLatches<'_> {
    pub(super) fn wants(&self, number: u64) {
        self.wait_for_graph.slots[self.writer].wants.store(number + 1, Ordering::Release);
    }

    pub(super) fn holds(&mut self, number: u64) {
        let slot = &self.wait_for_graph.slots[self.writer];
        slot.wants.store(0, Ordering::Release);
        if let Some(word) = slot.holds.get(self.held) {
            word.store(number + 1, Ordering::Release);
        }
        self.held += 1;
    }

    /// Keeps the circle that the writer is in, if it is in one; `id` knows the id of a number.
    pub(super) fn record_deadlock_cycle(&self, id: impl Fn(u64) -> u128) {
        let Some(circle) = self.wait_for_graph.circle(self.writer) else { return };
        let waiting = circle.into_iter().map(|(writer, holds, wants)| WaitEdge {
            writer,
            holds: id(holds),
            wants: id(wants),
        });
        let circle = DeadlockCycle(waiting.collect());
        let found = &self.wait_for_graph.slots[self.writer].found;
        *found.lock().unwrap_or_else(PoisonError::into_inner) = Some(circle);
    }
}

/// Whatever ended the attempt, it holds nothing any more.
impl Drop for WriterLatches<'_> {
    fn drop(&mut self) {
        let slot = &self.wait_for_graph.slots[self.writer];
        slot.wants.store(0, Ordering::Release);
        for word in slot.holds.iter().take(self.held) {
            word.store(0, Ordering::Release);
        }
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_named_by_whoever_is_in_it() {
        let wait_for_graph = WaitForGraph::new(4);
        let mut places: Vec<_> = (0..3).map(|writer| wait_for_graph.begin(writer)).collect();
        for (place, number) in places.iter_mut().zip([7, 8, 0]) {
            place.holds(number);
        }
        let circle = |writer| wait_for_graph.circle(writer);
        assert_eq!(circle(0), None, "nobody waits");
        assert_eq!(wait_for_graph.waiting().count(), 0);
        for (place, number) in places.iter().zip([8, 0, 7]) {
            place.wants(number);
        }
        assert_eq!(circle(0), Some(vec![(0, 7, 8), (1, 8, 0), (2, 0, 7)]));
        assert_eq!(circle(2), Some(vec![(2, 0, 7), (0, 7, 8), (1, 8, 0)]));
        let waiting: Vec<_> = wait_for_graph.waiting().collect();
        assert_eq!(waiting, [(0, vec![7], 8), (1, vec![8], 0), (2, vec![0], 7)]);
        // One who only waits for a circle is not in it.
        let outside = wait_for_graph.begin(3);
        outside.wants(7);
        assert_eq!(circle(3), None);
        drop(places.remove(1));
        assert_eq!(circle(0), None, "one has given up");
    }

    #[test]
    fn a_chain_that_holds_many_is_found_by_the_first_of_them() {
        let wait_for_graph = WaitForGraph::new(2);
        let (mut chain, mut other) = (wait_for_graph.begin(0), wait_for_graph.begin(1));
        for number in 0..20 {
            chain.holds(number);
        }
        other.holds(30);
        chain.wants(30);
        for (number, found) in [(0, true), (7, true), (8, false)] {
            other.wants(number);
            assert_eq!(wait_for_graph.circle(1).is_some(), found, "{number}");
        }
    }

    #[test]
    fn a_circle_that_was_found_is_told_once_with_ids() {
        let wait_for_graph = WaitForGraph::new(2);
        let (mut one, mut other) = (wait_for_graph.begin(0), wait_for_graph.begin(1));
        one.holds(0);
        one.wants(1);
        one.record_deadlock_cycle(u128::from);
        assert_eq!(wait_for_graph.take_deadlock_cycle(0), None, "nobody holds what it wants");
        other.holds(1);
        other.wants(0);
        one.record_deadlock_cycle(|number| u128::from(number) + 100);
        let waiting = |writer, holds, wants| WaitEdge { writer, holds, wants };
        let circle = DeadlockCycle(vec![waiting(0, 100, 101), waiting(1, 101, 100)]);
        assert_eq!(wait_for_graph.take_deadlock_cycle(0), Some(circle));
        assert_eq!(
            (wait_for_graph.take_deadlock_cycle(0), wait_for_graph.take_deadlock_cycle(1)),
            (None, None)
        );
    }

    #[test]
    fn a_circle_reads_as_a_sentence() {
        let circle = DeadlockCycle(vec![
            WaitEdge { writer: 1, holds: 10, wants: 20 },
            WaitEdge { writer: 2, holds: 20, wants: 10 },
        ]);
        let sentence =
            "writer 1 held 10 and waited for 20, which writer 2 held 20 and waited for 10";
        assert_eq!(circle.to_string(), sentence);
    }
}
