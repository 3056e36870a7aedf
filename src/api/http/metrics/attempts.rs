//! How attempts have ended: counted from the trail, each entry once.

use std::collections::BTreeMap;

use super::text::Text;
use crate::trail::{EntryKind, Trail};

/// Counts up to a place of each writer. A look counts what was written since the look before.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    /// Records of each writer that are counted.
    counted: Vec<u64>,
    by_end: BTreeMap<(&'static str, &'static str), u64>,
}

impl Attempts {
    /// Counts what is new in the trail.
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
                    *self.by_end.entry((entry.kind.name(), status)).or_default() += 1;
                }
                *counted += chunk.len() as u64;
            }
        }
    }

    pub(super) fn write(&self, text: &mut Text) {
        let help = "Attempts in the trail, by what they were to make and how they ended; all but created and expired are refusals.";
        text.family("attempts_total", "counter", help);
        for ((kind, status), count) in &self.by_end {
            text.sample("attempts_total", &[("kind", kind), ("status", status)], count);
        }
    }
}
