//! Committing: from what writers have published to what is on the disk.
//!
//! # Protocol
//! 1. A [cut](crate::trail) of the published records, in which nothing is missing that something in it
//!    depends on; then the notes. So a note made before an entry is in the commit of the entry, or in one
//!    before. A note made after something waits for a cut that contains it.
//! 2. The records and notes are appended to the log as one or more blocks, and the file is synced.
//! 3. The watermark moves to the cut, and those who wait for it go on.
//!
//! Only a whole commit is recovered. So what is recovered is a cut, and serial replay agrees with it.
//!
//! A sync that fails is not repeated: what it has left on the disk cannot be known, and a second one would
//! report success. The store ends then. A disk without space only makes the committer wait, and new
//! attempts are refused before, while there is space for what was already decided.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::block::{RECORDS_MAX, Run};
use super::files::Files;
use super::handle::Shared;
use super::head::{Head, HeadFile};
use super::log_writer::LogWriter;
use super::watermark::StoreStatus;
use crate::sync::Ordering;
use crate::trail::{Cut, Trail, is_no_space};

/// What a step of a committer did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It has committed something.
    Committed,
    /// There was nothing to commit.
    Idle,
    /// The disk has no space. The next step tries again.
    NoSpace,
    /// The store has failed or is closed. Further steps do nothing.
    Ended,
}

/// A block that is to be appended.
#[derive(Debug)]
struct PlannedBlock {
    runs: Vec<Run>,
    notes: Vec<u8>,
}

/// A commit that is not on the disk yet.
#[derive(Debug)]
struct Commit {
    blocks: VecDeque<PlannedBlock>,
    /// The records of each writer, and the notes, that are on the disk after it.
    records: Vec<u64>,
    notes: [u64; 2],
}

/// Commits what the writers of a ledger publish. There is one for each store.
pub struct Committer<D: Files> {
    log: LogWriter<D>,
    head_file: HeadFile<D::File>,
    head: Head,
    trail: Arc<Trail>,
    shared: Arc<Shared>,
    cut: Cut,
    /// The records of each writer that are committed.
    records: Vec<u64>,
    notes: [u64; 2],
    commit: Option<Commit>,
    /// Bytes of the log when it was opened.
    bytes_before: u64,
    has_ended: bool,
    /// The time without anything new.
    idle: Duration,
}

impl<D: Files> std::fmt::Debug for Committer<D> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Committer({:?})", self.log.end())
    }
}

/// The time without anything new after which the head is written.
const HEAD_AFTER: Duration = Duration::from_millis(50);

/// Returns the time until the next look at what is published, while nobody waits: the longer nothing was
/// new, the longer. A batch is committed while the rest of it is decided.
fn poll_after(idle: Duration) -> Duration {
    match idle.as_millis() {
        0..20 => Duration::from_micros(500),
        20..1_000 => Duration::from_millis(5),
        _ => Duration::from_millis(50),
    }
}

impl<D: Files> Committer<D> {
    /// Returns the committer of a store that was opened with so many bytes of the log and committed records of each
    /// writer.
    pub(super) fn new(
        log: LogWriter<D>,
        (head_file, head): (HeadFile<D::File>, Head),
        trail: Arc<Trail>,
        shared: Arc<Shared>,
        (bytes_before, records): (u64, Vec<u64>),
    ) -> Self {
        Self {
            log,
            head_file,
            head,
            trail,
            shared,
            cut: Cut::default(),
            records,
            notes: [0, 0],
            commit: None,
            bytes_before,
            has_ended: false,
            idle: Duration::ZERO,
        }
    }

    /// Commits on the calling thread until the store is closed or fails, or until `pauses` holds after a
    /// step. Sleeps while there is nothing to do. Returns whether the store has ended.
    pub fn run(&mut self, pauses: impl Fn() -> bool) -> bool {
        self.shared.watermark.set_committer(Some(std::thread::current()));
        while !self.has_ended && !pauses() {
            if self.shared.watermark.take_request() {
                // Others that were woken by the last commit are about to decide, too.
                std::thread::yield_now();
            }
            let is_closing = self.shared.is_closing();
            match self.step() {
                Step::Committed => self.idle = Duration::ZERO,
                Step::Idle if is_closing => self.close(),
                Step::Idle => {
                    if self.idle >= HEAD_AFTER {
                        self.write_head();
                    }
                    let timeout = poll_after(self.idle);
                    std::thread::park_timeout(timeout);
                    // WebAssembly has no clock. A sleep that ends early is followed by something new.
                    self.idle = self.idle.saturating_add(timeout);
                }
                Step::NoSpace if is_closing => {
                    self.fail("the disk has no space for what is left to write");
                }
                Step::NoSpace => std::thread::park_timeout(HEAD_AFTER),
                Step::Ended => {}
            }
        }
        self.has_ended
    }

    /// Returns why the store has failed. `None` if it has not.
    pub fn failure(&self) -> Option<String> {
        self.shared.watermark.failure()
    }

    /// Commits what is published now.
    pub fn step(&mut self) -> Step {
        let shared = Arc::clone(&self.shared);
        shared.access_disk(|| self.commit_published())
    }

    fn commit_published(&mut self) -> Step {
        if self.has_ended {
            return Step::Ended;
        }
        if let Err(error) = self.allocate() {
            self.fail(&error.to_string());
            return Step::Ended;
        }
        // Writers that were refused do not try again themselves.
        self.trail.retry_spill();
        if self.commit.is_none() {
            self.commit = self.plan();
        }
        let Some(commit) = &mut self.commit else { return Step::Idle };
        while let Some(block) = commit.blocks.front() {
            let PlannedBlock { runs, notes } = block;
            let records = runs.iter().flat_map(|run| {
                let segment = self.trail.segments().nth(run.writer as usize);
                let segment = segment.expect("a run is of one of the writers");
                segment.chunks(run.first, run.first + run.count)
            });
            match self.log.append(runs, records, notes, commit.blocks.len() > 1) {
                Ok(()) => drop(commit.blocks.pop_front()),
                Err(error) if is_no_space(&error) => {
                    self.refuse_for_space();
                    self.shared.watermark.set_stalled(true);
                    return Step::NoSpace;
                }
                Err(error) => {
                    self.fail(&format!("a block cannot be written: {error}"));
                    return Step::Ended;
                }
            }
        }
        if let Err(error) = self.log.sync() {
            self.fail(&format!("the log cannot be synced: {error}"));
            return Step::Ended;
        }
        if let Some(Commit { records, notes, .. }) = self.commit.take() {
            (self.records, self.notes) = (records, notes);
            let bytes = self.bytes_before + self.log.appended();
            self.shared.log_bytes.store(bytes, Ordering::Relaxed);
            self.shared.synced_block.store(self.log.end().block, Ordering::Release);
            self.shared.watermark.advance(&self.records, self.notes);
        }
        self.shared.watermark.set_stalled(false);
        Step::Committed
    }

    /// Returns the next commit. `None` if there is nothing to commit.
    fn plan(&mut self) -> Option<Commit> {
        let late = self.cut.take(&self.trail);
        // A writer whose timestamps are behind holds the others back until it catches up.
        self.trail.request_time(late);
        // After the cut, so that the note of an entry is not later than the entry.
        let records = self.cut.ends().to_vec();
        let (note_blocks, notes) = self.shared.notes.take(&records);
        let mut blocks: VecDeque<PlannedBlock> =
            note_blocks.into_iter().map(|notes| PlannedBlock { runs: Vec::new(), notes }).collect();
        // The last block with notes has room for records as well.
        let mut left = if blocks.is_empty() { 0 } else { RECORDS_MAX };
        let both = self.records.iter().zip(&records).enumerate();
        for (writer, (&from, &to)) in both.filter(|(_, (from, to))| from < to) {
            let mut first = from;
            while first < to {
                if left == 0 {
                    blocks.push_back(PlannedBlock { runs: Vec::new(), notes: Vec::new() });
                    left = RECORDS_MAX;
                }
                let count = (to - first).min(left);
                let last = blocks.back_mut().expect("it was added");
                last.runs.push(Run { writer: writer as u32, first, count });
                (first, left) = (first + count, left - count);
            }
        }
        (!blocks.is_empty()).then_some(Commit { blocks, records, notes })
    }

    /// Takes disk space ahead, and lets attempts in or refuses them accordingly.
    fn allocate(&mut self) -> io::Result<()> {
        match self.log.allocate() {
            Ok(()) => {
                // A host that cannot take space ahead knows that there is some when it has written what is left.
                let has_written = self.commit.is_none();
                let is_full = self.shared.watermark.status() == StoreStatus::NoSpace;
                if has_written && is_full && !self.shared.is_closing() {
                    self.trail.refuse_attempts(false);
                    self.shared.watermark.set_status(StoreStatus::Working);
                }
                Ok(())
            }
            Err(error) if is_no_space(&error) => {
                self.refuse_for_space();
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn refuse_for_space(&self) {
        // Once only: those who wait are woken by it, and would wake the committer.
        if self.shared.watermark.status() != StoreStatus::NoSpace {
            self.shared.watermark.set_status(StoreStatus::NoSpace);
            self.trail.refuse_attempts(true);
        }
    }

    fn fail(&mut self, why: &str) {
        self.has_ended = true;
        self.trail.refuse_attempts(true);
        self.shared.watermark.fail(why.to_owned());
    }

    /// Writes to the head how far the log is synced, unless it says so. A last block that is lost or
    /// damaged later is noticed by that.
    pub fn write_head(&mut self) {
        let end = self.log.end();
        if self.has_ended || self.commit.is_some() || end.block == self.head.last_block {
            return;
        }
        (self.head.last_block, self.head.last_hash) = (end.block, end.hash);
        match self.shared.access_disk(|| self.head_file.write(&mut self.head)) {
            // The older head is still there, and says less.
            Err(error) if is_no_space(&error) => {}
            Err(error) => self.fail(&format!("the head cannot be written: {error}")),
            Ok(()) => {}
        }
    }

    /// Closes the store after its last commit.
    pub fn close(&mut self) {
        if self.has_ended {
            return;
        }
        self.shared.closing.store(1, Ordering::Release);
        self.trail.refuse_attempts(true);
        // An attempt that had begun may have ended since the last step.
        loop {
            match self.step() {
                Step::Committed => {}
                Step::Idle => break,
                Step::NoSpace => {
                    return self.fail("the disk has no space for what is left to write");
                }
                Step::Ended => return,
            }
        }
        let end = self.log.end();
        (self.head.last_block, self.head.last_hash) = (end.block, end.hash);
        self.head.is_closed = true;
        let written = self.log.release_space().and_then(|()| self.head_file.write(&mut self.head));
        match written {
            Ok(()) => self.shared.watermark.set_status(StoreStatus::Closed),
            Err(error) => self.fail(&format!("the head cannot be written: {error}")),
        }
        self.has_ended = true;
    }
}

/// A caller must not wait for a committer that is gone.
impl<D: Files> Drop for Committer<D> {
    fn drop(&mut self) {
        if !self.has_ended {
            self.fail("its committer ended before it was closed");
        }
    }
}
