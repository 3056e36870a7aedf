//! What happened on the way: counted where everybody sees it at once, and told in a few messages afterwards.

use std::sync::Arc;

use super::report::Event;
use super::{Counters, EventKind};
use crate::ledger::{DeadlockCycle, WaitEdge};

/// The most kinds of event: a scenario's own, and the one that all have.
pub const EVENTS_MAX: usize = 8;

/// The place of the kind that all have.
pub(super) const DEADLOCK: usize = EVENTS_MAX - 1;

/// Workers that waited for each other until the deadline. No correct protocol has it.
const DEADLOCK_KIND: EventKind = EventKind { name: "deadlock", title: "Deadlock" };

/// How many messages about one kind a worker keeps, and a report.
const SENTENCES_MAX: usize = 4;

/// What happened to one worker.
#[derive(Clone, Debug)]
pub(super) struct Events {
    counters: Arc<Counters>,
    started_ns: u64,
    told: Vec<Told>,
}

/// One description.
#[derive(Clone, Debug)]
pub(super) struct Told {
    place: usize,
    at_ns: u64,
    description: String,
}

impl Events {
    pub(super) fn new(counters: Arc<Counters>, started_ns: u64) -> Self {
        Self { counters, started_ns, told: Vec::new() }
    }

    /// The run stood still for a while, which does not count.
    pub(super) fn stood_still(&mut self, rested_ns: u64) {
        self.started_ns = self.started_ns.saturating_add(rested_ns);
    }

    pub(super) fn happened(&mut self, place: usize, now_ns: u64, detail: impl FnOnce() -> String) {
        let at_ns = now_ns.saturating_sub(self.started_ns);
        self.counters.happened(place, at_ns);
        if self.told.iter().filter(|told| told.place == place).count() < SENTENCES_MAX {
            self.told.push(Told { place, at_ns, description: detail() });
        }
    }

    pub(super) fn told(self) -> Vec<Told> {
        self.told
    }
}

/// Who waited for whom, in a description. `name` is what people call an account.
pub(super) fn deadlock(circle: &DeadlockCycle, name: impl Fn(u128) -> String) -> String {
    let mut description = String::new();
    for (place, &WaitEdge { writer, holds, wants }) in circle.0.iter().enumerate() {
        // The writer before the workers' is the set-up's, so a worker from 1 has its writer's number.
        let (holds, wants) = (name(holds), name(wants));
        description += &match place {
            0 => format!("worker {writer} held {holds} and waited for {wants}"),
            _ => format!(", which worker {writer} held while it waited for {wants}"),
        };
    }
    description
}

/// The kinds of event of a scenario, with their places.
pub(super) fn kinds(own: &[EventKind]) -> impl Iterator<Item = (usize, EventKind)> {
    own.iter().copied().enumerate().chain([(DEADLOCK, DEADLOCK_KIND)])
}

/// What happened in a run, by kind, in the order of the description. What did not happen is not among it.
pub(super) fn collect(
    own: &[EventKind],
    counters: &Counters,
    told: impl Iterator<Item = Told>,
) -> Vec<Event> {
    let mut told: Vec<_> = told.collect();
    told.sort_by_key(|told| told.at_ns);
    let all = kinds(own).filter_map(|(place, kind)| {
        let (first_at_ns, count) = counters.event(place)?;
        let messages = told.iter().filter(|told| told.place == place);
        Some(Event {
            name: kind.name.to_owned(),
            title: kind.title.to_owned(),
            count,
            first_at_ns,
            messages: messages.take(SENTENCES_MAX).map(|told| told.description.clone()).collect(),
        })
    });
    all.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [EventKind; 3] = [
        EventKind { name: "a", title: "A" },
        EventKind { name: "b", title: "B" },
        EventKind { name: "c", title: "C" },
    ];

    #[test]
    fn all_are_counted_and_the_first_are_told_in_the_order_in_which_they_happened() {
        let counters = Arc::new(Counters::new(2));
        let mut one = Events::new(Arc::clone(&counters), 100);
        let mut other = one.clone();
        for number in 0..10 {
            one.happened(2, 110 + number, || format!("c{number}"));
        }
        other.happened(2, 100, || "before".to_owned());
        other.happened(0, 130, || "once".to_owned());
        one.happened(DEADLOCK, 140, || "stuck".to_owned());
        let told = one.told().into_iter().chain(other.told());
        let events = collect(&KINDS, &counters, told);
        let seen: Vec<_> =
            events.iter().map(|its| (its.name.as_str(), its.count, its.first_at_ns)).collect();
        assert_eq!(seen, [("a", 1, 30), ("c", 11, 0), ("deadlock", 1, 40)]);
        assert_eq!(events[0].messages, ["once"]);
        assert_eq!(events[1].messages, ["before", "c0", "c1", "c2"]);
    }

    #[test]
    fn a_deadlock_reads_as_a_sentence() {
        let waiting = |writer, holds, wants| WaitEdge { writer, holds, wants };
        let circle = DeadlockCycle(vec![waiting(1, 7, 8), waiting(3, 8, 9), waiting(2, 9, 7)]);
        assert_eq!(
            deadlock(&circle, |id| format!("account_{id}")),
            "worker 1 held account_7 and waited for account_8, which worker 3 held while it waited for account_9, \
             which worker 2 held while it waited for account_7"
        );
    }
}
