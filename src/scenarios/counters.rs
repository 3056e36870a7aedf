//! The shared counters of a run: hosts read its progress from them, and cancel or pause it through them.
//!
//! They are plain 64-bit words in shared memory. A page reads them through a typed array without a call into the
//! module, so their layout is part of the catalogue that hosts receive.

use serde::Serialize;

use super::EVENTS_MAX;
use super::table_enum::table_enum;
use crate::sync::{AtomicU64, Ordering};

/// Words of a group: two cache lines, so that no two workers share one.
const GROUP_WORDS: usize = 16;

/// Groups before the first worker's: the run's words and the events'.
const GROUPS_BEFORE: usize = 2;

table_enum! {
    /// Words of the whole run.
    #[repr(usize)]
    pub enum Header: &'static str {
        /// Not 0 when the run is to be cancelled. Hosts write it.
        Cancel = "cancel",
        /// The number of a [`Phase`].
        Phase = "phase",
        /// The number of workers.
        Workers = "workers",
        /// The operations that all workers together are to perform.
        Operations = "operations",
        /// The time limit.
        DurationNs = "duration_ns",
        /// Trail entries that the setup has written.
        SetupEntries = "setup_entries",
        /// Trail entries that serial replay has processed.
        Replayed = "replayed",
        /// Trail entries that serial replay must process.
        ReplayTotal = "replay_total",
        /// Bytes of one trail entry.
        EntryBytes = "entry_bytes",
        /// Not 0 while the workers are to pause. Hosts write it, too.
        Pause = "pause",
    }
}

table_enum! {
    /// Words of one worker. Only that worker writes them, at the end of a batch.
    #[repr(usize)]
    pub enum PerWorker: &'static str {
        /// Attempts.
        Attempts = "attempts",
        /// Attempts that were accepted.
        Accepted = "accepted",
        /// Attempts that a rule refused.
        Refused = "refused",
        /// Attempts that were cancelled or reached their deadline.
        Interrupted = "interrupted",
        /// Trail entries.
        Entries = "entries",
        /// How often a latch was held by another worker.
        Waits = "waits",
        /// 1 while the worker runs, 2 when it has finished.
        State = "state",
        /// How often an optimistic attempt was retried because its accounts had changed.
        Conflicts = "conflicts",
        /// Completed operations.
        Operations = "operations",
        /// Balance reads.
        Reads = "reads",
    }
}

table_enum! {
    /// What a run is doing.
    #[repr(u64)]
    pub enum Phase: &'static str {
        /// Accounts are created and trail memory is reserved.
        Preparing = "preparing",
        /// The workers perform their operations.
        Running = "running",
        /// Serial replay verifies the trail.
        Checking = "checking",
        /// The report is available.
        Finished = "finished",
    }
}

impl Phase {
    /// The name in counters and responses.
    pub const fn name(self) -> &'static str {
        Self::TABLE[self as usize]
    }
}

/// Words of one kind of event.
const EVENT: &[&str] = &["count", "first_at_ns"];

/// The positions of all words, for hosts that read the memory directly.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CountersLayout {
    /// Words before those of the first worker.
    pub header_words: usize,
    /// Words of each worker.
    pub worker_words: usize,
    /// Names of the header words, in order.
    pub header: &'static [&'static str],
    /// Names of a worker's words, in order.
    pub worker: &'static [&'static str],
    /// Names of the phases, in order.
    pub phases: &'static [&'static str],
    /// Position of the words of the scenario's first kind of event; the others follow.
    pub events_begin: usize,
    /// Names of the words of one kind of event, in order: the count, and the time of the first one in nanoseconds since
    /// the start of the run.
    pub event: &'static [&'static str],
}

/// The layout of every block of counters.
pub const LAYOUT: CountersLayout = CountersLayout {
    header_words: GROUPS_BEFORE * GROUP_WORDS,
    worker_words: GROUP_WORDS,
    header: Header::TABLE,
    worker: PerWorker::TABLE,
    phases: Phase::TABLE,
    events_begin: GROUP_WORDS,
    event: EVENT,
};

const _: () = assert!(EVENTS_MAX * EVENT.len() <= GROUP_WORDS);

/// A group of words that shares no cache line with another group.
#[derive(Debug, Default)]
#[repr(C, align(128))]
struct Group([AtomicU64; GROUP_WORDS]);

/// The counters of one run.
#[derive(Debug)]
pub struct Counters {
    groups: Box<[Group]>,
}

impl Counters {
    /// Creates the counters for this many workers, all zero.
    pub fn new(workers: usize) -> Self {
        Self { groups: (0..GROUPS_BEFORE + workers).map(|_| Group::default()).collect() }
    }

    /// The address and number of the words, for hosts that read the memory directly.
    pub fn location(&self) -> (usize, usize) {
        (self.groups.as_ptr().addr(), self.groups.len() * GROUP_WORDS)
    }

    /// A word of the run.
    pub fn header(&self, word: Header) -> &AtomicU64 {
        &self.groups[0].0[word as usize]
    }

    /// A word of a worker.
    pub fn worker(&self, worker: usize, word: PerWorker) -> &AtomicU64 {
        &self.groups[GROUPS_BEFORE + worker].0[word as usize]
    }

    /// The sum of one word over all workers.
    pub fn sum(&self, word: PerWorker) -> u64 {
        let words = self.groups[GROUPS_BEFORE..].iter().map(|group| &group.0[word as usize]);
        words.map(|word| word.load(Ordering::Relaxed)).sum()
    }

    /// What the run is doing.
    pub fn phase(&self) -> Phase {
        match self.header(Header::Phase).load(Ordering::Acquire) {
            0 => Phase::Preparing,
            1 => Phase::Running,
            2 => Phase::Checking,
            _ => Phase::Finished,
        }
    }

    /// Cancels the run. Each worker stops after its current attempt.
    pub fn cancel(&self) {
        self.header(Header::Cancel).store(1, Ordering::Relaxed);
    }

    /// Whether the run is cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.header(Header::Cancel).load(Ordering::Relaxed) != 0
    }

    /// Pauses the workers before their next batch, or resumes them.
    pub fn pause(&self, paused: bool) {
        self.header(Header::Pause).store(paused.into(), Ordering::Relaxed);
    }

    /// Whether the workers are to pause.
    pub fn is_paused(&self) -> bool {
        self.header(Header::Pause).load(Ordering::Relaxed) != 0
    }

    fn event_word(&self, position: usize, word: usize) -> &AtomicU64 {
        &self.groups[1].0[position * EVENT.len() + word]
    }

    /// Counts an event. Events are rare, so all workers share their words.
    pub(super) fn record_event(&self, position: usize, at_ns: u64) {
        let first = self.event_word(position, 1);
        // The time is stored before the count, so that a reader of the count finds the time. The smallest remains.
        let _ =
            crate::sync::update(first, |seen| (seen == 0 || at_ns + 1 < seen).then_some(at_ns + 1));
        self.event_word(position, 0).fetch_add(1, Ordering::Release);
    }

    /// The time of the first event at a position, in nanoseconds since the start of the run, and the count; `None`
    /// where none occurred.
    pub fn event(&self, position: usize) -> Option<(u64, u64)> {
        let count = self.event_word(position, 0).load(Ordering::Acquire);
        let first = self.event_word(position, 1).load(Ordering::Relaxed);
        (count > 0).then(|| (first.saturating_sub(1), count))
    }

    pub(super) fn set_phase(&self, phase: Phase) {
        self.header(Header::Phase).store(phase as u64, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_its_name() {
        assert_eq!(Header::TABLE[Header::Cancel as usize], "cancel");
        assert_eq!(Header::TABLE[Header::EntryBytes as usize], "entry_bytes");
        assert_eq!(Header::TABLE[Header::Pause as usize], "pause");
        assert_eq!(Header::TABLE.len(), Header::Pause as usize + 1);
        assert_eq!(PerWorker::TABLE[PerWorker::Attempts as usize], "attempts");
        assert_eq!(PerWorker::TABLE[PerWorker::State as usize], "state");
        assert_eq!(PerWorker::TABLE[PerWorker::Conflicts as usize], "conflicts");
        assert_eq!(PerWorker::TABLE[PerWorker::Reads as usize], "reads");
        assert_eq!(PerWorker::TABLE.len(), PerWorker::Reads as usize + 1);
        assert_eq!(Phase::Finished.name(), "finished");
    }

    #[test]
    fn layout_describes_the_memory() {
        let counters = Counters::new(2);
        counters.worker(1, PerWorker::Accepted).store(9, Ordering::Relaxed);
        let (start, words) = counters.location();
        let word = std::ptr::from_ref(counters.worker(1, PerWorker::Accepted)).addr();
        let expected = LAYOUT.header_words + LAYOUT.worker_words + PerWorker::Accepted as usize;
        assert_eq!((word - start) / 8, expected);
        assert_eq!(words, 4 * GROUP_WORDS);
        assert_eq!(counters.sum(PerWorker::Accepted), 9);
    }

    #[test]
    fn event_has_its_count_and_first_time() {
        let counters = Counters::new(1);
        assert_eq!(counters.event(7), None);
        for at_ns in [5, 3, 9] {
            counters.record_event(7, at_ns);
        }
        counters.record_event(0, 0);
        assert_eq!((counters.event(7), counters.event(0)), (Some((3, 3)), Some((0, 1))));
        // The position that the layout promises.
        let (start, _) = counters.location();
        let word = std::ptr::from_ref(counters.event_word(7, 0)).addr();
        assert_eq!((word - start) / 8, LAYOUT.events_begin + 7 * LAYOUT.event.len());
        assert!((word - start) / 8 + 1 < LAYOUT.header_words);
    }
}
