//! How far the trail is on the disk, and waiting for it.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::thread::Thread;

use event_listener::{Event, EventListener};

use crate::sync::{AtomicU64, Log, Ordering};
use crate::trail::{Entry, Trail};

/// Something that must be on the disk: records of each writer, and notes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// The number of records of each writer. Further writers have none.
    pub(super) records: Vec<u64>,
    /// The numbers of notes before and after something.
    pub(super) notes: [u64; 2],
}

impl Mark {
    /// Returns the number of records of all writers.
    #[cfg(any(feature = "reader", not(target_family = "wasm")))]
    pub(crate) fn records(&self) -> u64 {
        self.records.iter().sum()
    }
}

/// What became of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum StoreStatus {
    /// It works.
    Working,
    /// The disk has no space. New attempts are refused until it has.
    NoSpace,
    /// The disk failed. What was not acknowledged before may be on it or not, and nothing more is written.
    Failed,
    /// It was closed.
    Closed,
}

impl StoreStatus {
    const ALL: [Self; 4] = [Self::Working, Self::NoSpace, Self::Failed, Self::Closed];

    fn of(number: u64) -> Self {
        Self::ALL.into_iter().find(|one| *one as u64 == number).unwrap_or(Self::Failed)
    }
}

/// The store stopped before something was on the disk. It may be there or not: look it up when the ledger
/// was opened again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreFailure;

impl fmt::Display for StoreFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(
            "the store failed before this was on the disk, so its outcome is unknown; open the ledger again and look \
             it up",
        )
    }
}

impl std::error::Error for StoreFailure {}

/// What the committer, writers and readers share.
#[derive(Debug)]
pub(super) struct Watermark {
    /// Records of each writer that are on the disk.
    records: Box<[AtomicU64]>,
    notes: [AtomicU64; 2],
    status: AtomicU64,
    /// 1 while the disk has no space for what was already decided.
    stalled: AtomicU64,
    /// Why it failed.
    failure: Mutex<Option<String>>,
    moved: Event,
    /// The thread of the committer, while it can sleep.
    committer: Mutex<Option<Thread>>,
    /// 1 if somebody waits and the committer was not woken since.
    requested: AtomicU64,
}

impl Watermark {
    pub(super) fn new(records: &[u64]) -> Self {
        Self {
            records: records.iter().map(|&records| AtomicU64::new(records)).collect(),
            notes: [AtomicU64::new(0), AtomicU64::new(0)],
            status: AtomicU64::new(StoreStatus::Working as u64),
            stalled: AtomicU64::new(0),
            failure: Mutex::new(None),
            moved: Event::new(),
            committer: Mutex::new(None),
            requested: AtomicU64::new(0),
        }
    }

    pub(super) fn status(&self) -> StoreStatus {
        StoreStatus::of(self.status.load(Ordering::Acquire))
    }

    pub(super) fn set_status(&self, status: StoreStatus) {
        self.status.store(status as u64, Ordering::Release);
        self.moved.notify(usize::MAX);
    }

    /// Sets whether the disk has no space for what was already decided.
    pub(super) fn set_stalled(&self, is_stalled: bool) {
        let before = self.stalled.swap(is_stalled.into(), Ordering::AcqRel);
        if is_stalled && before == 0 {
            self.moved.notify(usize::MAX);
        }
    }

    fn is_stalled(&self) -> bool {
        self.stalled.load(Ordering::Acquire) == 1
    }

    /// Ends the store, with the reason.
    pub(super) fn fail(&self, why: String) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
        self.set_status(StoreStatus::Failed);
    }

    pub(super) fn failure(&self) -> Option<String> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Moves the watermark to what is on the disk now.
    pub(super) fn advance(&self, records: &[u64], notes: [u64; 2]) {
        for (word, &records) in self.records.iter().zip(records) {
            word.store(records, Ordering::Release);
        }
        for (word, notes) in self.notes.iter().zip(notes) {
            word.store(notes, Ordering::Release);
        }
        self.moved.notify(usize::MAX);
    }

    /// Returns the number of records of all writers that are on the disk.
    #[cfg(any(feature = "reader", not(target_family = "wasm")))]
    pub(super) fn records(&self) -> u64 {
        self.records.iter().map(|word| word.load(Ordering::Acquire)).sum()
    }

    pub(super) fn has_reached(&self, mark: &Mark) -> bool {
        let mut records = self.records.iter().zip(&mark.records);
        let mut notes = self.notes.iter().zip(mark.notes);
        records.all(|(word, &records)| word.load(Ordering::Acquire) >= records)
            && notes.all(|(word, notes)| word.load(Ordering::Acquire) >= notes)
    }

    /// Returns the mark of everything that is published.
    pub(super) fn mark(trail: &Trail, notes: [u64; 2]) -> Mark {
        Mark { records: trail.segments().map(Log::<Entry>::len).collect(), notes }
    }

    fn has_ended(&self) -> bool {
        matches!(self.status(), StoreStatus::Failed | StoreStatus::Closed)
    }

    /// Waits until a mark is on the disk.
    pub(super) fn wait(&self, mark: &Mark) -> Result<(), StoreFailure> {
        self.wait_until(mark, || self.has_ended())
    }

    /// As [`Watermark::wait`], but also ends when the disk has no space for what was decided. It may be
    /// on the disk later then.
    pub(super) fn wait_unless_stalled(&self, mark: &Mark) -> Result<(), StoreFailure> {
        self.wait_until(mark, || self.has_ended() || self.is_stalled())
    }

    fn wait_until(&self, mark: &Mark, gives_up: impl Fn() -> bool) -> Result<(), StoreFailure> {
        while let Some(moved) = self.listen_for(mark, &gives_up)? {
            block_on(moved);
        }
        Ok(())
    }

    /// As [`Watermark::wait_unless_stalled`], without a thread.
    pub(super) async fn wait_async(&self, mark: &Mark) -> Result<(), StoreFailure> {
        let gives_up = || self.has_ended() || self.is_stalled();
        while let Some(moved) = self.listen_for(mark, &gives_up)? {
            moved.await;
        }
        Ok(())
    }

    /// Returns what to wait for until a mark is looked for again, and requests a commit. `None` when the mark is on the disk.
    fn listen_for(
        &self,
        mark: &Mark,
        gives_up: &impl Fn() -> bool,
    ) -> Result<Option<EventListener>, StoreFailure> {
        if self.has_reached(mark) {
            return Ok(None);
        }
        // Before the second look, so that nothing is missed in between.
        let moved = self.moved.listen();
        if self.has_reached(mark) {
            return Ok(None);
        }
        if gives_up() {
            return Err(StoreFailure);
        }
        self.request();
        Ok(Some(moved))
    }

    /// Wakes the committer, unless somebody else has.
    pub(super) fn request(&self) {
        let woken = self.requested.compare_exchange(0, 1, Ordering::AcqRel, Ordering::Acquire);
        if woken.is_ok()
            && let Some(thread) = &*self.committer.lock().unwrap_or_else(PoisonError::into_inner)
        {
            thread.unpark();
        }
    }

    /// Takes the request. The committer does so before it looks at what is published.
    pub(super) fn take_request(&self) -> bool {
        self.requested.swap(0, Ordering::AcqRel) == 1
    }

    /// Sets the thread that requests wake.
    pub(super) fn set_committer(&self, thread: Option<Thread>) {
        *self.committer.lock().unwrap_or_else(PoisonError::into_inner) = thread;
    }
}

/// Waits on the calling thread.
#[cfg(not(target_family = "wasm"))]
fn block_on(listener: EventListener) {
    event_listener::Listener::wait(listener);
}

/// Waits on the calling thread. Listeners have no waiting of their own here.
#[cfg(target_family = "wasm")]
fn block_on(listener: EventListener) {
    struct Unpark(Thread);

    impl std::task::Wake for Unpark {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = std::sync::Arc::new(Unpark(std::thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    let mut listener = std::pin::pin!(listener);
    while Future::poll(listener.as_mut(), &mut context).is_pending() {
        std::thread::park();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wait_ends_when_the_disk_has_no_space_for_what_was_decided() {
        let watermark = Watermark::new(&[0]);
        let mark = Mark { records: vec![1], notes: [0, 0] };
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| watermark.wait_unless_stalled(&mark));
            while !watermark.take_request() {
                std::thread::yield_now();
            }
            watermark.set_stalled(true);
            assert_eq!(waits.join().expect("it does not panic"), Err(StoreFailure));
        });
        assert_eq!(watermark.wait_unless_stalled(&mark), Err(StoreFailure));
        watermark.set_stalled(false);
        watermark.advance(&[1], [0, 0]);
        assert_eq!(watermark.wait_unless_stalled(&mark), Ok(()));
    }
}
