//! Folders to which a store is being copied or imported: they say so until their head is written.

use std::io;

use super::error::StoreError;
use super::files::{Files, StoreFile};
use super::format::{HEAD_NAME, INCOMPLETE_NAME};
use super::head::{Head, HeadFile};

/// What the file says.
const INCOMPLETE_TEXT: &[u8] =
    b"A backup, a restore or an import to this folder was interrupted. Run it again, or remove the folder.\n";

/// Marks a folder: it is not a store yet, and not an empty folder for a new one.
pub(super) fn mark<D: Files>(files: &D) -> Result<(), StoreError> {
    let marked = files.open(INCOMPLETE_NAME).and_then(|file| file.write_at(INCOMPLETE_TEXT, 0));
    let marked = marked.and_then(|()| files.sync_folder());
    marked.map_err(StoreError::io(format!("write {INCOMPLETE_NAME}")))
}

/// Writes the head, and removes the mark of a folder that has one.
pub(super) fn finish<D: Files>(
    files: &D,
    head: &mut Head,
    is_marked: bool,
) -> Result<(), StoreError> {
    let mut write = || -> io::Result<()> {
        let head_file = HeadFile::of(files.open(HEAD_NAME)?);
        head_file.write(head)?;
        head_file.write(head)?;
        files.sync_folder()?;
        if is_marked {
            files.remove(INCOMPLETE_NAME)?;
        }
        files.sync_folder()
    };
    write().map_err(StoreError::io(format!("write {HEAD_NAME}")))
}
