//! Counts attempts by their status. Each entry of the trail is counted once.

use std::collections::BTreeMap;

use super::text::MetricsText;
use crate::trail::{EntryKind, Trail};

/// The counts of the entries so far. Each update counts only what is new.
#[derive(Debug, Default)]
pub(super) struct AttemptCounts {
    /// The number of records of each writer that were counted.
    counted: Vec<u64>,
    by_status: BTreeMap<(&'static str, &'static str), u64>,
}

impl AttemptCounts {
    /// Counts the new entries of the trail.
    pub(super) fn catch_up(&mut self, trail: &Trail) {
        let segments = trail.segments();
        self.counted.resize(segments.len(), 0);
        for (log, counted) in segments.zip(&mut self.counted) {
            let end = log.len();
            while *counted < end {
                let chunk = log.chunk_from(*counted, end);
                for entry in chunk {
                    if entry.kind == EntryKind::Extension {
                        continue;
                    }
                    let status = entry.status_name().unwrap_or("unknown");
                    *self.by_status.entry((entry.kind.name(), status)).or_default() += 1;
                }
                *counted += chunk.len() as u64;
            }
        }
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
