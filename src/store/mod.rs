//! The store: a ledger's trail on disk, so that nothing that was acknowledged is lost.
//!
//! The segments of the trail are the log. One committer takes a consistent cut of what the writers have
//! published, appends it to a log file as a block, syncs the file, and moves the watermark. Opening a
//! folder again reads the blocks, and [recovery](crate::ledger) applies their entries. Names and other
//! small records of a host go through the same log as notes, in the same order.
//!
//! `docs/FORMAT.md` has the format of the files. Files are only appended to, so that every host that has
//! files can be a store: see [`Files`].
#![forbid(unsafe_code)]

#[cfg(all(feature = "cli", not(target_family = "wasm")))]
mod archive;
mod backup;
mod block;
mod bytes;
mod committer;
#[cfg(not(target_family = "wasm"))]
mod disk_wait;
mod error;
mod files;
#[cfg(not(target_family = "wasm"))]
mod folder;
#[cfg(not(target_family = "wasm"))]
mod folder_place;
mod format;
mod handle;
mod head;
mod incomplete;
mod log_contents;
mod log_reader;
mod log_tail;
mod log_writer;
#[cfg(all(feature = "cli", not(target_family = "wasm")))]
mod new_store;
mod notes;
#[cfg(not(target_family = "wasm"))]
mod pid_file;
#[cfg(not(target_family = "wasm"))]
mod read_only_folder;
mod repair;
#[cfg(not(target_family = "wasm"))]
mod scrub_result;
#[cfg(not(target_family = "wasm"))]
mod scrubber;
#[cfg(feature = "laboratory")]
pub mod simulated_disk;
#[cfg(target_os = "linux")]
mod spill_file;
mod sync_proof;
mod unread_store;
mod watermark;
mod whole_block;

#[cfg(all(feature = "cli", not(target_family = "wasm")))]
pub(crate) use archive::Archive;
pub use backup::{BackupSummary, back_up};
#[cfg(feature = "http")]
pub(crate) use bytes::FieldReader;
pub use committer::{Committer, Step};
pub use error::{Damage, StoreError};
pub use files::{Files, StoreFile};
#[cfg(not(target_family = "wasm"))]
pub use folder::Folder;
#[cfg(not(target_family = "wasm"))]
pub use folder_place::FolderPlace;
pub use format::FORMAT_VERSION;
#[cfg(all(feature = "cli", not(target_family = "wasm")))]
pub(crate) use format::{HEAD_NAME, INCOMPLETE_NAME};
pub use handle::Store;
pub(crate) use head::BlockHash;
pub(crate) use log_contents::RecordSink;
pub use log_contents::{BlockSummary, LogContents};
#[cfg(all(feature = "cli", not(target_family = "wasm")))]
pub(crate) use new_store::write_new_store;
pub use notes::NoteKind;
#[cfg(not(target_family = "wasm"))]
pub use read_only_folder::ReadOnlyFolder;
pub use repair::{RepairSummary, repair};
pub(crate) use unread_store::UnreadStore;
pub use watermark::{Mark, StoreFailure, StoreStatus};
