//! The events of a run: counted while it runs, with a few messages for the report.

use std::sync::Arc;

use super::counters::Counters;
use super::event_kind::{EventKind, with_positions};
use super::report::Event;

/// The maximum number of messages of one kind that a worker and a report store.
const MESSAGES_MAX: usize = 4;

/// The events of one worker.
#[derive(Clone, Debug)]
pub(super) struct EventLog {
    counters: Arc<Counters>,
    kinds: &'static [EventKind],
    started_ns: u64,
    records: Vec<EventRecord>,
}

/// One event with its message.
#[derive(Clone, Debug)]
pub(super) struct EventRecord {
    position: usize,
    at_ns: u64,
    message: String,
}

impl EventLog {
    /// Creates the log of a worker. `kinds` are the scenario's own.
    pub(super) fn new(
        counters: Arc<Counters>,
        kinds: &'static [EventKind],
        started_ns: u64,
    ) -> Self {
        Self { counters, kinds, started_ns, records: Vec::new() }
    }

    /// Excludes a pause from the time since the run's start.
    pub(super) fn exclude_pause(&mut self, paused_ns: u64) {
        self.started_ns = self.started_ns.saturating_add(paused_ns);
    }

    pub(super) fn record(
        &mut self,
        kind: EventKind,
        now_ns: u64,
        message: impl FnOnce() -> String,
    ) {
        let (position, _) = with_positions(self.kinds)
            .find(|(_, listed)| *listed == kind)
            .expect("the scenario's description lists the kinds of its events");
        let at_ns = now_ns.saturating_sub(self.started_ns);
        self.counters.record_event(position, at_ns);
        let stored = self.records.iter().filter(|record| record.position == position).count();
        if stored < MESSAGES_MAX {
            self.records.push(EventRecord { position, at_ns, message: message() });
        }
    }

    pub(super) fn into_records(self) -> Vec<EventRecord> {
        self.records
    }
}

/// Returns the events of a run by kind, in the order of the description, without kinds that did not occur.
pub(super) fn collect(
    own: &[EventKind],
    counters: &Counters,
    records: impl Iterator<Item = EventRecord>,
) -> Vec<Event> {
    let mut records: Vec<_> = records.collect();
    records.sort_by_key(|record| record.at_ns);
    let events = with_positions(own).filter_map(|(position, kind)| {
        let (first_at_ns, count) = counters.event(position)?;
        let of_kind = records.iter().filter(|record| record.position == position);
        Some(Event {
            name: kind.name.to_owned(),
            title: kind.title.to_owned(),
            count,
            first_at_ns,
            messages: of_kind.take(MESSAGES_MAX).map(|record| record.message.clone()).collect(),
        })
    });
    events.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenarios::event_kind::DEADLOCK;

    const KINDS: [EventKind; 3] = [
        EventKind { name: "a", title: "A" },
        EventKind { name: "b", title: "B" },
        EventKind { name: "c", title: "C" },
    ];

    #[test]
    fn all_events_are_counted_and_first_messages_are_stored_in_order() {
        let counters = Arc::new(Counters::new(2));
        let mut one = EventLog::new(Arc::clone(&counters), &KINDS, 100);
        let mut other = one.clone();
        for number in 0..10 {
            one.record(KINDS[2], 110 + number, || format!("c{number}"));
        }
        other.record(KINDS[2], 100, || "before".to_owned());
        other.record(KINDS[0], 130, || "once".to_owned());
        one.record(DEADLOCK, 140, || "stuck".to_owned());
        let records = one.into_records().into_iter().chain(other.into_records());
        let events = collect(&KINDS, &counters, records);
        let seen: Vec<_> = events
            .iter()
            .map(|event| (event.name.as_str(), event.count, event.first_at_ns))
            .collect();
        assert_eq!(seen, [("a", 1, 30), ("c", 11, 0), ("deadlock", 1, 40)]);
        assert_eq!(events[0].messages, ["once"]);
        assert_eq!(events[1].messages, ["before", "c0", "c1", "c2"]);
    }
}
