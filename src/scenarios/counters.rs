//! The block of counters through which a run is watched and cancelled while it runs.
//!
//! Plain 64-bit words in memory that all threads share. A page reads them through a typed array, without a call into
//! the module, so their places are part of the description that hosts are given.

use serde::Serialize;

use crate::sync::{AtomicU64, Ordering};

/// Words before the first worker's, and words of each worker: two cache lines, so that no two workers share one.
const GROUP_WORDS: usize = 16;

/// Words that concern the whole run.
#[derive(Clone, Copy, Debug)]
#[repr(usize)]
pub enum Header {
    /// Not 0 once somebody asked the run to end. The one word that hosts write.
    Cancel,
    /// The number of a [`Phase`].
    Phase,
    /// Workers of the run.
    Workers,
    /// Attempts that the workers are to make together.
    Operations,
    /// Time limit.
    DurationNs,
    /// Entries that the set-up has written.
    SetupEntries,
    /// Entries that the referee has replayed.
    Replayed,
    /// Entries that the referee has to replay.
    ReplayTotal,
    /// Bytes that one trail entry takes.
    EntryBytes,
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
}

const PER_WORKER: &[&str] =
    &["attempts", "accepted", "refused", "interrupted", "entries", "waits", "state", "conflicts"];

/// What a run is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Phase {
    /// Opening accounts, and getting memory for the trail.
    Preparing,
    /// The workers work.
    Running,
    /// The referee replays.
    Checking,
    /// The report is there.
    Finished,
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
}

/// The layout of every block of counters.
pub const LAYOUT: CountersLayout = CountersLayout {
    header_words: GROUP_WORDS,
    worker_words: GROUP_WORDS,
    header: HEADER,
    worker: PER_WORKER,
    phases: PHASES,
};

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
        Self { groups: (0..=workers).map(|_| Group::default()).collect() }
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
        &self.groups[worker + 1].0[word as usize]
    }

    /// The sum of one word over all workers.
    pub fn sum(&self, word: PerWorker) -> u64 {
        let words = self.groups[1..].iter().map(|group| &group.0[word as usize]);
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
        assert_eq!(HEADER.len(), Header::EntryBytes as usize + 1);
        assert_eq!(PER_WORKER[PerWorker::Attempts as usize], "attempts");
        assert_eq!(PER_WORKER[PerWorker::State as usize], "state");
        assert_eq!(PER_WORKER[PerWorker::Conflicts as usize], "conflicts");
        assert_eq!(PER_WORKER.len(), PerWorker::Conflicts as usize + 1);
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
        assert_eq!(words, 3 * GROUP_WORDS);
        assert_eq!(counters.sum(PerWorker::Accepted), 9);
    }
}
