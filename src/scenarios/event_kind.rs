//! The kinds of event that a run can report.

use serde::Serialize;

/// The maximum number of kinds of event of a run: the scenario's own and the deadlock.
pub const EVENTS_MAX: usize = 8;

/// Workers waited for each other until the deadline. Every scenario has this kind; no correct protocol causes it.
pub(super) const DEADLOCK: EventKind = EventKind { name: "deadlock", title: "Deadlock" };

/// A kind of event that a run can report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct EventKind {
    /// The name in reports.
    pub name: &'static str,
    /// The name for people.
    pub title: &'static str,
}

/// Returns a scenario's own kinds and the deadlock, each with the position of its counters.
pub(super) fn with_positions(own: &[EventKind]) -> impl Iterator<Item = (usize, EventKind)> {
    own.iter().copied().enumerate().chain([(EVENTS_MAX - 1, DEADLOCK)])
}
