//! Counts attempts by their status. Each entry of the trail is counted once.

use std::collections::BTreeMap;

use super::text::MetricsText;
use crate::trail::{Entry, EntryKind, Trail};

/// The maximum number of records of each writer that are counted at once.
pub(crate) const RECORDS_MAX: u64 = 4_096;

/// The counts of the entries so far. Each update counts only what is new.
#[derive(Debug, Default)]
pub(crate) struct AttemptCounts {
    /// The number of records of each writer that were counted.
    counted: Vec<u64>,
    by_status: BTreeMap<(&'static str, &'static str), u64>,
}

impl AttemptCounts {
    /// Counts new entries of the trail: about `records_max` of each writer, or all. Returns whether
    /// all are counted.
    pub(crate) fn catch_up(&mut self, trail: &Trail, records_max: u64) -> bool {
        let segments = trail.segments();
        self.counted.resize(segments.len(), 0);
        let mut is_complete = true;
        for (log, counted) in segments.zip(&mut self.counted) {
            let end = log.len().min(counted.saturating_add(records_max));
            is_complete &= end == log.len();
            while *counted < end {
                let chunk = log.chunk_from(*counted, end);
                // Neighbours often have the same status, and are added together.
                let same =
                    |one: &Entry, next: &Entry| (one.kind, one.status) == (next.kind, next.status);
                for run in chunk.chunk_by(same).filter(|run| run[0].kind != EntryKind::Extension) {
                    let status = run[0].status_name().unwrap_or("unknown");
                    let count = self.by_status.entry((run[0].kind.name(), status)).or_default();
                    *count += run.len() as u64;
                }
                *counted += chunk.len() as u64;
            }
        }
        is_complete
    }

    pub(super) fn write(&self, text: &mut MetricsText) {
        let help =
            "Attempts in the trail by kind and status. All but created and expired are rejections.";
        text.family("attempts_total", "counter", help);
        for ((kind, status), count) in &self.by_status {
            text.sample("attempts_total", &[("kind", kind), ("status", status)], count);
        }
    }
}
