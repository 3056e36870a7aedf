//! The store as a ledger and its host see it.

use std::fmt;
use std::sync::Arc;
#[cfg(not(target_family = "wasm"))]
use std::sync::{Mutex, MutexGuard, PoisonError};
#[cfg(not(target_family = "wasm"))]
use std::thread::JoinHandle;

#[cfg(not(target_family = "wasm"))]
use super::disk_wait::DiskWait;
#[cfg(not(target_family = "wasm"))]
use super::folder_place::FolderPlace;
use super::notes::{NoteKind, Notes};
#[cfg(not(target_family = "wasm"))]
use super::scrub_result::{ScrubResult, Scrubbed};
use super::watermark::{Mark, StoreFailure, StoreStatus, Watermark};
use crate::sync::{AtomicU64, Ordering};
use crate::trail::Trail;

/// What a store shares with its committer.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) watermark: Watermark,
    pub(super) notes: Notes,
    /// 1 when the committer shall close the store.
    pub(super) closing: AtomicU64,
    /// Bytes of the log.
    pub(super) log_bytes: AtomicU64,
    /// The number of the last block that is synced.
    pub(super) synced_block: AtomicU64,
    /// What the scrubber has found in the log, and in the scratch file of the trail.
    #[cfg(not(target_family = "wasm"))]
    scrubbed: [Mutex<ScrubResult>; 2],
    #[cfg(not(target_family = "wasm"))]
    disk_wait: DiskWait,
}

impl Shared {
    pub(super) fn new(watermark: Watermark, log_bytes: u64, synced_block: u64) -> Self {
        Self {
            watermark,
            notes: Notes::default(),
            closing: AtomicU64::new(0),
            log_bytes: AtomicU64::new(log_bytes),
            synced_block: AtomicU64::new(synced_block),
            #[cfg(not(target_family = "wasm"))]
            scrubbed: Default::default(),
            #[cfg(not(target_family = "wasm"))]
            disk_wait: DiskWait::default(),
        }
    }

    /// Returns whether the store is being closed.
    pub(super) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire) == 1
    }

    /// Calls what can wait for the disk. Only the committer does so.
    pub(super) fn access_disk<T>(&self, access: impl FnOnce() -> T) -> T {
        #[cfg(not(target_family = "wasm"))]
        return self.disk_wait.during(access);
        // WebAssembly has no clock.
        #[cfg(target_family = "wasm")]
        access()
    }

    /// Locks what the scrubber has found. No writer and no committer does so.
    #[cfg(not(target_family = "wasm"))]
    pub(super) fn scrubbed(&self, what: Scrubbed) -> MutexGuard<'_, ScrubResult> {
        self.scrubbed[what as usize].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The store of a ledger: waiting for the disk, and notes of the host.
pub struct Store {
    pub(super) shared: Arc<Shared>,
    pub(super) trail: Arc<Trail>,
    /// Where its folder is, if it has one.
    #[cfg(not(target_family = "wasm"))]
    place: Option<FolderPlace>,
    #[cfg(not(target_family = "wasm"))]
    thread: Mutex<Option<JoinHandle<()>>>,
    #[cfg(not(target_family = "wasm"))]
    scrubber: Mutex<Option<JoinHandle<()>>>,
}

impl fmt::Debug for Store {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Store({:?})", self.status())
    }
}

impl Store {
    pub(super) fn new(
        shared: Arc<Shared>,
        trail: Arc<Trail>,
        #[cfg(not(target_family = "wasm"))] place: Option<FolderPlace>,
    ) -> Self {
        Self {
            shared,
            trail,
            #[cfg(not(target_family = "wasm"))]
            place,
            #[cfg(not(target_family = "wasm"))]
            thread: Mutex::new(None),
            #[cfg(not(target_family = "wasm"))]
            scrubber: Mutex::new(None),
        }
    }

    /// Sets the thread that runs the committer: who waits wakes it, and closing the store waits for its end.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn set_thread(&self, thread: JoinHandle<()>) {
        self.shared.watermark.set_committer(Some(thread.thread().clone()));
        *self.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
    }

    /// Locks the thread of the scrubber, if there is one. Closing the store waits for its end.
    #[cfg(not(target_family = "wasm"))]
    pub(super) fn scrubber(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        self.scrubber.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the mark of everything that was decided and noted until now.
    pub fn mark(&self) -> Mark {
        Watermark::mark(&self.trail, self.shared.notes.made())
    }

    /// Returns the mark of a writer's records until now.
    pub(crate) fn mark_of(&self, writer: usize, records: u64) -> Mark {
        let mut all = vec![0; writer + 1];
        all[writer] = records;
        Mark { records: all, notes: [0, 0] }
    }

    /// Returns whether a mark is on the disk.
    pub fn has_synced(&self, mark: &Mark) -> bool {
        self.shared.watermark.has_reached(mark)
    }

    /// Returns the number of records of all writers that are on the disk.
    #[cfg(any(feature = "reader", not(target_family = "wasm")))]
    pub(crate) fn synced_records(&self) -> u64 {
        self.shared.watermark.records()
    }

    /// Waits until a mark is on the disk.
    ///
    /// # Errors
    /// [`StoreFailure`] when the store failed or was closed before.
    pub fn wait(&self, mark: &Mark) -> Result<(), StoreFailure> {
        self.shared.watermark.wait(mark)
    }

    /// As [`Store::wait`], but does not wait for space on the disk either.
    ///
    /// # Errors
    /// The same as [`Store::wait`], and when the disk has no space for what was decided. With the status
    /// [`StoreStatus::NoSpace`] it can be on the disk later.
    pub fn wait_unless_stalled(&self, mark: &Mark) -> Result<(), StoreFailure> {
        self.shared.watermark.wait_unless_stalled(mark)
    }

    /// As [`Store::wait_unless_stalled`], for asynchronous hosts.
    ///
    /// # Errors
    /// The same as [`Store::wait_unless_stalled`].
    pub async fn wait_async(&self, mark: &Mark) -> Result<(), StoreFailure> {
        self.shared.watermark.wait_async(mark).await
    }

    /// Adds a note to the log that is never on the disk without what `mark` has.
    ///
    /// # Panics
    /// When the note has more than 16 MiB.
    pub fn note_after(&self, mark: Mark, kind: NoteKind, note: &[u8]) {
        self.shared.notes.add_after(mark.records, kind, note);
    }

    /// Adds a note to the log. An entry that is written later is never on the disk without it.
    ///
    /// # Panics
    /// When the note has more than 16 MiB.
    pub fn note(&self, kind: NoteKind, note: &[u8]) {
        self.shared.notes.add(kind, note);
    }

    /// Returns what became of the store.
    pub fn status(&self) -> StoreStatus {
        self.shared.watermark.status()
    }

    /// Returns why it failed. `None` if it did not.
    pub fn failure(&self) -> Option<String> {
        self.shared.watermark.failure()
    }

    /// Returns how long the disk has not answered until now. Zero while nothing is asked of it.
    #[cfg(not(target_family = "wasm"))]
    pub fn waited_for_disk(&self) -> std::time::Duration {
        self.shared.disk_wait.waited()
    }

    /// Returns what is wrong with the place of its folder: a clause that says that it was moved or removed. `None` if it is where
    /// it was. Asks the system, and neither the disk nor the committer.
    #[cfg(not(target_family = "wasm"))]
    pub fn folder_problem(&self) -> Option<String> {
        self.place.as_ref()?.problem()
    }

    /// Returns the bytes of the log that are on the disk.
    pub fn log_bytes(&self) -> u64 {
        self.shared.log_bytes.load(Ordering::Relaxed)
    }

    /// Writes what is left, and closes the files. Later attempts are refused.
    ///
    /// # Errors
    /// [`StoreFailure`] when not everything is on the disk.
    pub fn close(&self) -> Result<(), StoreFailure> {
        self.shared.closing.store(1, Ordering::Release);
        self.shared.watermark.request();
        #[cfg(not(target_family = "wasm"))]
        if let Some(scrubber) = self.scrubber().take() {
            scrubber.thread().unpark();
            // One that has panicked has changed nothing.
            let _ = scrubber.join();
        }
        #[cfg(not(target_family = "wasm"))]
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // A committer that panics has not closed the store, which is noticed below.
            let _ = thread.join();
        }
        match self.status() {
            StoreStatus::Closed => Ok(()),
            _ => Err(StoreFailure),
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // A host that has to know calls `close` itself.
        let _ = self.close();
    }
}
