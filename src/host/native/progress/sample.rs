//! The progress of a run at one moment, read from its counters.

use std::time::Duration;

use crate::host::native::text::units::{count, moment};
use crate::scenarios::{Counters, Description, Header, PerWorker, Phase};
use crate::sync::Ordering;

/// The minimum time before the first log line and between two of them.
pub(super) const QUIET_TIME: Duration = Duration::from_secs(1);

/// The progress of a run at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ProgressSample {
    pub(super) phase: Phase,
    /// The operations done; in the checking phase, the entries replayed.
    pub(super) done: u64,
    pub(super) total: u64,
    pub(super) refused: u64,
}

impl ProgressSample {
    pub(super) fn read(counters: &Counters) -> Self {
        let header = |word| counters.header(word).load(Ordering::Relaxed);
        let phase = counters.phase();
        let (done, total) = match phase {
            Phase::Checking => (header(Header::Replayed), header(Header::ReplayTotal)),
            _ => (counters.sum(PerWorker::Operations), header(Header::Operations)),
        };
        Self { phase, done, total, refused: counters.sum(PerWorker::Refused) }
    }

    pub(super) fn refused(&self) -> String {
        format!("{} refused", count(self.refused))
    }
}

/// Watches for the first event of each kind.
pub(super) struct EventWatcher(Vec<(usize, &'static str)>);

impl EventWatcher {
    pub(super) fn new(description: &Description) -> Self {
        Self(description.event_kinds().map(|(index, kind)| (index, kind.title)).collect())
    }

    /// Returns a line for each kind of event that has occurred since the previous call. Reports
    /// each kind once.
    pub(super) fn poll(&mut self, counters: &Counters) -> Vec<String> {
        let mut lines = Vec::new();
        self.0.retain(|&(index, title)| {
            let event = counters.event(index);
            lines.extend(event.map(|(at_ns, _)| format!("{title} at {}", moment(at_ns))));
            event.is_none()
        });
        lines
    }
}
