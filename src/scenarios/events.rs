//! What happened on the way: counted where everybody sees it at once, and told in a few sentences afterwards.

use std::sync::Arc;

use serde::Serialize;

use super::{Counters, EventKind};

/// The most kinds of event that a scenario has.
pub const EVENTS_MAX: usize = 8;

/// How many sentences about one kind a worker keeps, and a report.
const SENTENCES_MAX: usize = 4;

/// What happened to one worker.
#[derive(Clone, Debug)]
pub(super) struct Events {
    counters: Arc<Counters>,
    started_ns: u64,
    told: Vec<Told>,
}

/// One sentence.
#[derive(Clone, Debug)]
pub(super) struct Told {
    place: usize,
    at_ns: u64,
    sentence: String,
}

impl Events {
    pub(super) fn new(counters: Arc<Counters>, started_ns: u64) -> Self {
        Self { counters, started_ns, told: Vec::new() }
    }

    pub(super) fn happened(&mut self, place: usize, now_ns: u64, detail: impl FnOnce() -> String) {
        let at_ns = now_ns.saturating_sub(self.started_ns);
        self.counters.happened(place, at_ns);
        if self.told.iter().filter(|told| told.place == place).count() < SENTENCES_MAX {
            self.told.push(Told { place, at_ns, sentence: detail() });
        }
    }

    pub(super) fn told(self) -> Vec<Told> {
        self.told
    }
}

/// A kind of event in a report.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    /// Its name.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// How often it happened.
    pub count: u64,
    /// When it happened first, since the run began.
    pub first_at_ns: u64,
    /// The first ones, in sentences.
    pub sentences: Vec<String>,
}

/// What happened in a run, by kind, in the order of the description. What did not happen is not among it.
pub(super) fn collect(
    kinds: &[EventKind],
    counters: &Counters,
    told: impl Iterator<Item = Told>,
) -> Vec<Event> {
    let mut told: Vec<_> = told.collect();
    told.sort_by_key(|told| told.at_ns);
    let all = kinds.iter().enumerate().filter_map(|(place, kind)| {
        let (first_at_ns, count) = counters.event(place)?;
        let sentences = told.iter().filter(|told| told.place == place);
        Some(Event {
            name: kind.name,
            title: kind.title,
            count,
            first_at_ns,
            sentences: sentences.take(SENTENCES_MAX).map(|told| told.sentence.clone()).collect(),
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
        let told = one.told().into_iter().chain(other.told());
        let events = collect(&KINDS, &counters, told);
        let seen: Vec<_> =
            events.iter().map(|its| (its.name, its.count, its.first_at_ns)).collect();
        assert_eq!(seen, [("a", 1, 30), ("c", 11, 0)]);
        assert_eq!(events[0].sentences, ["once"]);
        assert_eq!(events[1].sentences, ["before", "c0", "c1", "c2"]);
    }
}
