//! A ledger of coins that is stored, with the names and the idempotency keys that its notes have.

use std::sync::Arc;

#[cfg(feature = "http")]
use super::http::NotedKeys;
use crate::coins::read_name_note;
use crate::ledger::{Ledger, LedgerConfig, OpenError};
use crate::store::{Committer, Files, LogContents, NoteKind};

/// A ledger of coins that was opened from a store. [`Service::open_stored`](super::Service::open_stored) makes
/// a service of it.
pub struct StoredLedger {
    pub(super) ledger: Arc<Ledger>,
    pub(super) names: Vec<(u128, String)>,
    #[cfg(feature = "http")]
    pub(super) keys: NotedKeys,
    contents: LogContents,
}

impl std::fmt::Debug for StoredLedger {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "StoredLedger({} names)", self.names.len())
    }
}

impl StoredLedger {
    /// Opens the ledger that is stored in `files`. The caller runs the committer: no response is sent before its steps.
    ///
    /// # Errors
    /// [`OpenError`] when the store is in use or damaged, or does not fit into `config`.
    pub fn open_files<D: Files>(
        files: D,
        config: &LedgerConfig,
    ) -> Result<(Self, Committer<D>), OpenError> {
        let mut names = Vec::new();
        #[cfg(feature = "http")]
        let mut keys = NotedKeys::default();
        let (ledger, committer, contents) = Ledger::recover(files, config, &mut |kind, note| {
            match kind {
                NoteKind::Name => {
                    names.push(read_name_note(note).ok_or("a name cannot be read")?);
                }
                #[cfg(feature = "http")]
                kind => keys.read(kind, note).ok_or("an idempotency key cannot be read")?,
                #[cfg(not(feature = "http"))]
                _ => {}
            }
            Ok(())
        })?;
        let stored = Self {
            ledger,
            names,
            #[cfg(feature = "http")]
            keys,
            contents,
        };
        Ok((stored, committer))
    }

    /// Opens the ledger that is stored in a folder. A thread commits what it decides.
    ///
    /// # Errors
    /// The same as [`StoredLedger::open_files`].
    #[cfg(not(target_family = "wasm"))]
    pub fn open(
        folder: impl AsRef<std::path::Path>,
        config: &LedgerConfig,
    ) -> Result<Self, OpenError> {
        let (stored, committer) = Self::open_files(crate::store::Folder::open(folder)?, config)?;
        stored.ledger.run_committer(committer)?;
        Ok(stored)
    }

    /// Returns the ledger.
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    /// Returns what its log contained.
    pub fn contents(&self) -> &LogContents {
        &self.contents
    }
}
