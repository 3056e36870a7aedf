//! Recovery: from the records of a store to the ledger that wrote them.
//!
//! The records go back to their segments, at their positions, so that links and ids of the trail lead to
//! them as before. Then they are applied in the order of their timestamps: what each attempt did to its
//! accounts is repeated, not decided again, and must lead to the versions that its entry has. Serial
//! replay, which decides everything again, is a call of its own: [`Ledger::verify`].
//!
//! Later timestamps are greater than every recovered one, so no latch has to remember what depended on
//! it.

mod apply;
mod error;
#[cfg(all(feature = "cli", not(target_family = "wasm")))]
mod import;
mod loader;
mod redo;
#[cfg(all(test, feature = "laboratory", not(target_family = "wasm")))]
mod simulation;

use std::fs::File;
use std::sync::{Arc, PoisonError};

use self::loader::{Loader, NoteReader, ReadSoFar};
use super::config::{LedgerConfig, TrailMemory};
use super::shared_ledger::Ledger;
#[cfg(any(feature = "reader", not(target_family = "wasm")))]
use crate::store::BlockSummary;
use crate::store::{Committer, Files, LogContents, Store, StoreError, UnreadStore};
#[cfg(not(target_family = "wasm"))]
use crate::store::{Folder, ReadOnlyFolder};
use crate::trail::Trail;
pub use error::OpenError;
#[cfg(all(feature = "cli", not(target_family = "wasm")))]
pub(crate) use import::{ImportFailure, Importer};

impl Ledger {
    /// Opens a ledger that is stored in a folder, and creates the folder if there is none. It has 16
    /// writers, up to 1 GiB of trail in memory, and otherwise the default [`LedgerConfig`].
    ///
    /// Older entries of the trail are moved to a scratch file in the folder, so the ledger ends where its
    /// disk does. Elsewhere than on Linux all of the trail is in memory, up to 16 GiB.
    ///
    /// What a call of a [`Writer`](super::Writer) returned before is there again. Calls return when their
    /// entries are on the disk, see [`Writer::set_deferred`](super::Writer::set_deferred).
    ///
    /// ```
    /// use ledgerlab::{Account, Ledger, Transfer};
    ///
    /// # let folder = std::env::temp_dir().join(format!("ledgerlab-example-{}", std::process::id()));
    /// # let folder = &folder;
    /// for expected in [100, 200] {
    ///     let ledger = Ledger::open(folder)?;
    ///     let mut writer = ledger.writer()?;
    ///     writer.create_accounts(&[Account::new(1, 1, 1), Account::new(2, 1, 1)])?;
    ///     writer.create_transfer(&Transfer::new(1, 2, 100))?;
    ///     assert_eq!(ledger.lookup_accounts(&[2])[0].credits_posted, expected);
    /// }
    /// # std::fs::remove_dir_all(folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`OpenError`] when the folder is in use, is no store, or is damaged, and when the ledger in it
    /// does not fit.
    #[cfg(not(target_family = "wasm"))]
    pub fn open(folder: impl AsRef<std::path::Path>) -> Result<Arc<Self>, OpenError> {
        let trail_bytes = if Trail::CAN_SPILL { 1 << 30 } else { 16 << 30 };
        let config = LedgerConfig { writers: 16, trail_bytes, ..LedgerConfig::default() };
        Self::open_with(folder, &config)
    }

    /// As [`Ledger::open`], with a configuration. The ledger has at least the writers that it had before.
    ///
    /// # Errors
    /// The same as [`Ledger::open`].
    #[cfg(not(target_family = "wasm"))]
    pub fn open_with(
        folder: impl AsRef<std::path::Path>,
        config: &LedgerConfig,
    ) -> Result<Arc<Self>, OpenError> {
        let (ledger, committer) = Self::open_files(Folder::open(folder)?, config)?;
        ledger.run_committer(committer)?;
        Ok(ledger)
    }

    /// Opens a ledger that is stored in `files`. The caller runs the committer: nothing is on the disk
    /// before its steps.
    ///
    /// # Errors
    /// The same as [`Ledger::open`].
    pub fn open_files<D: Files>(
        files: D,
        config: &LedgerConfig,
    ) -> Result<(Arc<Self>, Committer<D>), OpenError> {
        let (ledger, committer, _) = Self::recover(files, config, &mut |_, _| Ok(()))?;
        Ok((ledger, committer))
    }

    /// Stores a ledger that is in memory in a new folder from now on: a thread commits what it has decided and will decide.
    /// Its trail stays in memory and ends with its budget.
    ///
    /// # Errors
    /// [`OpenError::AlreadyStored`] when the folder has a ledger, [`OpenError::HasStore`] when this one is stored already, also
    /// by another thread meanwhile, and [`OpenError::IncorrectProtocol`] when its concurrency control is incorrect on purpose:
    /// nobody could open what that leaves behind.
    #[cfg(not(target_family = "wasm"))]
    pub fn store_in(&self, folder: impl AsRef<std::path::Path>) -> Result<(), OpenError> {
        let committer = self.store_in_files(|| Folder::open(folder))?;
        self.run_committer(committer)
    }

    /// As [`Ledger::store_in`], in the files that `open` opens. The caller runs the committer.
    ///
    /// # Errors
    /// The same as [`Ledger::store_in`].
    #[cfg(any(feature = "reader", not(target_family = "wasm")))]
    pub(crate) fn store_in_files<D: Files>(
        &self,
        open: impl FnOnce() -> Result<D, StoreError>,
    ) -> Result<Committer<D>, OpenError> {
        if !self.protocol.is_correct() {
            return Err(OpenError::IncorrectProtocol);
        }
        // A second one would write the head of its folder and then stop the attempts of the first one.
        let _one_at_a_time = self.storing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.store.get().is_some() {
            return Err(OpenError::HasStore);
        }
        let unread = UnreadStore::open(open()?, random_id()?)?;
        if !unread.is_new() {
            return Err(OpenError::AlreadyStored);
        }
        #[cfg(not(target_family = "wasm"))]
        if self.trail.has_window()
            && let Some(file) = unread.spill_file()
        {
            self.set_spill_file(file);
        }
        let refuse = &mut |_, _: &[u8]| Err("it is not new".to_owned());
        let (store, committer, _) =
            self.load(refuse, |ledger, loader| unread.recover(&ledger.trail, loader))?;
        self.store.set(store).map_err(|_| OpenError::HasStore)?;
        Ok(committer)
    }

    /// Runs the committer of this ledger's store on a thread of its own.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn run_committer<D: Files>(
        &self,
        mut committer: Committer<D>,
    ) -> Result<(), OpenError>
    where
        D::File: 'static,
    {
        let store = self.store().expect("a ledger with a committer has a store");
        let builder = std::thread::Builder::new().name("ledgerlab-committer".to_owned());
        let failed = |error| StoreError::Io { action: "start a thread".to_owned(), error };
        let run = move || {
            committer.run(|| false);
        };
        store.set_thread(builder.spawn(run).map_err(failed)?);
        Ok(())
    }

    /// Opens a ledger that is stored in `files`, and hands its notes over.
    pub(crate) fn recover<D: Files>(
        files: D,
        config: &LedgerConfig,
        on_note: NoteReader<'_>,
    ) -> Result<(Arc<Self>, Committer<D>, LogContents), OpenError> {
        let ledger_id = random_id()?;
        let unread = UnreadStore::open(files, ledger_id)?;
        let openings = unread.openings();
        let ledger = Self::with_segments(&unread, config)?;
        let (store, committer, contents) =
            ledger.load(on_note, |ledger, loader| unread.recover(&ledger.trail, loader))?;
        ledger.apply_trail(openings)?;
        ledger.store.set(store).expect("the ledger is new");
        Ok((ledger, committer, contents))
    }

    /// Reads a ledger that is stored in a folder, as it was at a timestamp: with everything that was decided by then, and
    /// nothing later. Pending transfers that were resolved later are pending. A chain is at the timestamp of its first
    /// transfer. Before the first entry the ledger is empty, and after the last one it is all of it.
    ///
    /// The folder is not locked and not changed, and another process can have it open. What is attempted on the ledger is
    /// not stored.
    ///
    /// ```
    /// use ledgerlab::{Account, Ledger, LedgerConfig, Transfer};
    ///
    /// # let folder = std::env::temp_dir().join(format!("ledgerlab-past-{}", std::process::id()));
    /// # let folder = &folder;
    /// let ledger = Ledger::open(folder)?;
    /// let mut writer = ledger.writer()?;
    /// writer.create_accounts(&[Account::new(1, 1, 1), Account::new(2, 1, 1)])?;
    /// let first = writer.create_transfer(&Transfer::new(1, 2, 100))?;
    /// writer.create_transfer(&Transfer::new(1, 2, 50))?;
    ///
    /// let past = Ledger::read_at(folder, first.timestamp, &LedgerConfig::default())?;
    /// assert_eq!(past.lookup_accounts(&[2])[0].credits_posted, 100);
    /// # drop((writer, ledger));
    /// # std::fs::remove_dir_all(folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`OpenError`] when the folder is no store or is damaged, and when the ledger in it does not fit.
    #[cfg(not(target_family = "wasm"))]
    pub fn read_at(
        folder: impl AsRef<std::path::Path>,
        timestamp: u64,
        config: &LedgerConfig,
    ) -> Result<Arc<Self>, OpenError> {
        let files = ReadOnlyFolder::new(folder);
        let until = Some(timestamp);
        let read = Self::read_files(files, config, until, &mut |_| {}, &mut |_, _| Ok(()));
        Ok(read?.0)
    }

    /// Reads a ledger that is stored in `files` without changing them, up to a timestamp if there is one. It has no store:
    /// what is attempted on it is not stored.
    #[cfg(any(feature = "reader", not(target_family = "wasm")))]
    pub(crate) fn read_files<D: Files>(
        files: D,
        config: &LedgerConfig,
        until: Option<u64>,
        on_block: &mut dyn FnMut(BlockSummary),
        on_note: NoteReader<'_>,
    ) -> Result<(Arc<Self>, LogContents), OpenError> {
        let unread = UnreadStore::open(files, 0)?;
        let openings = unread.openings();
        let ledger = Self::with_segments(&unread, config)?;
        // The disk is for the process that has the ledger open.
        #[cfg(not(target_family = "wasm"))]
        ledger.trail.share_spill_disk();
        let contents = ledger.load(on_note, |_, loader| {
            loader.on_block = Some(on_block);
            loader.until = until;
            unread.read(loader)
        })?;
        ledger.apply_trail(openings)?;
        Ok((ledger, contents))
    }

    fn with_segments<D: Files>(
        unread: &UnreadStore<D>,
        config: &LedgerConfig,
    ) -> Result<Arc<Self>, OpenError> {
        let writers = config.writers.max(unread.segments());
        let config = LedgerConfig { writers, id_seed: unread.id_seed(config.id_seed), ..*config };
        let spill_file = unread.spill_file().filter(|_| Trail::CAN_SPILL);
        let Some(file) = spill_file else { return Ok(Self::with_config(&config)?) };
        let ledger = Self::under(&config, config.concurrency.into(), TrailMemory::Window)?;
        ledger.set_spill_file(file);
        Ok(ledger)
    }

    /// Sets the file for older entries of the trail. On a file system that cannot map it as it must be, there is
    /// none, and the trail ends with its memory.
    fn set_spill_file(&self, file: File) {
        let _ = self.trail.set_spill_file(file);
    }

    /// Lets `read` write records to the segments.
    fn load<'n, T>(
        &self,
        on_note: NoteReader<'n>,
        read: impl FnOnce(&Self, &mut Loader<'_, 'n>) -> Result<T, StoreError>,
    ) -> Result<T, OpenError> {
        let mut states = self.free_writers.lock().unwrap_or_else(PoisonError::into_inner);
        let read_so_far = vec![ReadSoFar::default(); states.len()];
        let mut loader = Loader {
            states: &mut states,
            read_so_far,
            on_note,
            on_block: None,
            until: None,
            full: None,
        };
        let loaded = read(self, &mut loader);
        match loader.full {
            Some(full) => Err(full.into()),
            None => Ok(loaded?),
        }
    }

    /// Applies everything that is in the trail. `openings` is how often the ledger was opened before.
    fn apply_trail(&self, openings: u64) -> Result<(), OpenError> {
        apply::apply_trail(self)?;
        self.resume_writers(openings);
        Ok(())
    }

    /// Lets the writers go on after what is in the trail.
    fn resume_writers(&self, openings: u64) {
        let last = self.trail.last_timestamp();
        let mut states = self.free_writers.lock().unwrap_or_else(PoisonError::into_inner);
        for state in states.iter_mut() {
            let now = state.timestamps.set_time(last);
            state.ids.resume(now, openings);
        }
    }

    /// Returns the store of the ledger, if it has one.
    pub fn store(&self) -> Option<&Store> {
        self.store.get()
    }
}

/// Returns a random id for a new ledger.
pub(crate) fn random_id() -> Result<u128, StoreError> {
    let mut bytes = [0; 16];
    let drawn = getrandom::fill(&mut bytes);
    drawn.map_err(|error| StoreError::Io {
        action: "draw random numbers".to_owned(),
        error: std::io::Error::other(error.to_string()),
    })?;
    Ok(u128::from_le_bytes(bytes))
}
