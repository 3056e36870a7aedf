//! The block of counters through which a run is watched and cancelled while it runs.
//!
//! Plain 64-bit words in memory that all threads share. A page reads them through a typed array, without a call into
//! the module, so their places are part of the description that hosts are given.

use serde::Serialize;

use super::events::EVENTS_MAX;
use crate::sync::{AtomicU64, Ordering};

/// Words of each worker, and of the run, and of the events: two cache lines, so that no two workers share one.
const GROUP_WORDS: usize = 16;

/// Groups before the first worker's: the run's words, and the events'.
const GROUPS_BEFORE: usize = 2;

/// Words that concern the whole run.
#[derive(Clone, Copy, Debug)]
#[repr(usize)]
pub enum Header {
    /// Not 0 once somebody asked the run to end. Hosts write it.
    Cancel,
    /// The number of a [`Phase`].
    Phase,
    /// Workers of the run.
    Workers,
    /// Operations that the workers are to do together.
    Operations,
    /// Time limit.
    DurationNs,
    /// Entries that the set-up has written.
    SetupEntries,
    /// Entries that serial replay has replayed.
    Replayed,
    /// Entries that serial replay has to replay.
    ReplayTotal,
    /// Bytes that one trail entry takes.
    EntryBytes,
    /// Not 0 while somebody wants the workers to rest. Hosts write it, too.
    Pause,
}

const HEADER: &[&str] = &[
    "cancel",
    "phase",
    "workers",
    "operations",
    "duration_ns",
    "setup_entries",
    "replayed",
    "replay_total",
    "entry_bytes",
    "pause",
];

/// Words of one worker. Each is written by that worker alone, at the end of a batch.
#[derive(Clone, Copy, Debug)]
#[repr(usize)]
pub enum PerWorker {
    /// Attempts made.
    Attempts,
    /// Of these, accepted.
    Accepted,
    /// Of these, refused by a rule.
    Refused,
    /// Of these, cancelled or too late.
    Interrupted,
    /// Entries written.
    Entries,
    /// Times a latch was found held.
    Waits,
    /// 1 while it works, 2 when it is done.
    State,
    /// Times that an optimistic attempt found its accounts changed and was made again.
    Conflicts,
    /// Operations done.
    Operations,
    /// Balances read.
    Reads,
}

const PER_WORKER: &[&str] = &[
    "attempts",
    "accepted",
    "refused",
    "interrupted",
    "entries",
    "waits",
    "state",
    "conflicts",
    "operations",
    "reads",
];

/// Words of one kind of event.
const EVENT: &[&str] = &["count", "first_at_ns"];

/// What a run is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Phase {
    /// Opening accounts, and getting memory for the trail.
    Preparing,
    /// The workers work.
    Running,
    /// Serial replay replays.
    Checking,
    /// The report is there.
    Finished,
}

impl Phase {
    /// Its name in counters and answers.
    pub const fn name(self) -> &'static str {
        PHASES[self as usize]
    }
}

const PHASES: &[&str] = &["preparing", "running", "checking", "finished"];

/// Where each word is, for hosts that read the memory themselves.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CountersLayout {
    /// Words before the first worker's.
    pub header_words: usize,
    /// Words of each worker.
    pub worker_words: usize,
    /// Names of the header's words, in order.
    pub header: &'static [&'static str],
    /// Names of a worker's words, in order.
    pub worker: &'static [&'static str],
    /// Names of the phases, in order.
    pub phases: &'static [&'static str],
    /// Where the words of the scenario's first kind of event begin; the others follow.
    pub events_begin: usize,
    /// Names of the words of one kind of event, in order: how often it happened, and when first, in nanoseconds since the
    /// run began.
    pub event: &'static [&'static str],
}

/// The layout of every block of counters.
pub const LAYOUT: CountersLayout = CountersLayout {
    header_words: GROUPS_BEFORE * GROUP_WORDS,
    worker_words: GROUP_WORDS,
    header: HEADER,
    worker: PER_WORKER,
    phases: PHASES,
    events_begin: GROUP_WORDS,
    event: EVENT,
};

const _: () = assert!(EVENTS_MAX * EVENT.len() <= GROUP_WORDS);

/// One cache-line pair of words.
#[derive(Debug, Default)]
#[repr(C, align(128))]
struct Group([AtomicU64; GROUP_WORDS]);

/// The counters of one run.
#[derive(Debug)]
pub struct Counters {
    groups: Box<[Group]>,
}

impl Counters {
    /// All zero, for this many workers.
    pub fn new(workers: usize) -> Self {
        Self { groups: (0..GROUPS_BEFORE + workers).map(|_| Group::default()).collect() }
    }

    /// Where the words begin, and how many there are: for hosts that read the memory themselves.
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

    /// Asks the run to end. The workers stop at the end of the attempt that they are in.
    pub fn cancel(&self) {
        self.header(Header::Cancel).store(1, Ordering::Relaxed);
    }

    /// Whether somebody asked the run to end.
    pub fn is_cancelled(&self) -> bool {
        self.header(Header::Cancel).load(Ordering::Relaxed) != 0
    }

    /// Has the workers rest before their next batch, or go on.
    pub fn pause(&self, pauses: bool) {
        self.header(Header::Pause).store(pauses.into(), Ordering::Relaxed);
    }

    /// Whether the workers are to rest.
    pub fn is_paused(&self) -> bool {
        self.header(Header::Pause).load(Ordering::Relaxed) != 0
    }

    fn event_word(&self, place: usize, word: usize) -> &AtomicU64 {
        &self.groups[1].0[place * EVENT.len() + word]
    }

    /// Counts an event. It is rare, so all workers may share its words.
    pub(super) fn happened(&self, place: usize, at_ns: u64) {
        let first = self.event_word(place, 1);
        // Before the count, so that whoever sees a count sees when; the smallest stays.
        let _ =
            crate::sync::update(first, |seen| (seen == 0 || at_ns + 1 < seen).then_some(at_ns + 1));
        self.event_word(place, 0).fetch_add(1, Ordering::Release);
    }

    /// When an event happened first, in nanoseconds since the run began, and how often; none where it did not.
    pub fn event(&self, place: usize) -> Option<(u64, u64)> {
        let count = self.event_word(place, 0).load(Ordering::Acquire);
        let first = self.event_word(place, 1).load(Ordering::Relaxed);
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
    fn names_stand_where_the_words_are() {
        assert_eq!(HEADER[Header::Cancel as usize], "cancel");
        assert_eq!(HEADER[Header::EntryBytes as usize], "entry_bytes");
        assert_eq!(HEADER[Header::Pause as usize], "pause");
        assert_eq!(HEADER.len(), Header::Pause as usize + 1);
        assert_eq!(PER_WORKER[PerWorker::Attempts as usize], "attempts");
        assert_eq!(PER_WORKER[PerWorker::State as usize], "state");
        assert_eq!(PER_WORKER[PerWorker::Conflicts as usize], "conflicts");
        assert_eq!(PER_WORKER[PerWorker::Reads as usize], "reads");
        assert_eq!(PER_WORKER.len(), PerWorker::Reads as usize + 1);
        assert_eq!(PHASES[Phase::Finished as usize], "finished");
    }

    #[test]
    fn the_layout_describes_the_memory() {
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
    fn an_event_is_counted_and_its_first_time_stays() {
        let counters = Counters::new(1);
        assert_eq!(counters.event(7), None);
        for at_ns in [5, 3, 9] {
            counters.happened(7, at_ns);
        }
        counters.happened(0, 0);
        assert_eq!((counters.event(7), counters.event(0)), (Some((3, 3)), Some((0, 1))));
        // Where hosts look for it.
        let (start, _) = counters.location();
        let word = std::ptr::from_ref(counters.event_word(7, 0)).addr();
        assert_eq!((word - start) / 8, LAYOUT.events_begin + 7 * LAYOUT.event.len());
        assert!((word - start) / 8 + 1 < LAYOUT.header_words);
    }
}
