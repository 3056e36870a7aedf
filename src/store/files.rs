//! The files of a store, by the few operations that every host has.

use std::io;

/// A folder of files that belongs to one store.
///
/// Natively it is a [`Folder`](super::Folder). A browser's origin private file system has the same
/// operations; it has no way to rename an open file, so a store never renames.
pub trait Files: Send + 'static {
    /// An open file.
    type File: StoreFile;

    /// Returns the names of the files.
    ///
    /// # Errors
    /// The system's.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Opens a file for reading and writing, and creates it if there is none.
    ///
    /// # Errors
    /// The system's.
    fn open(&self, name: &str) -> io::Result<Self::File>;

    /// Removes a file.
    ///
    /// # Errors
    /// The system's.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Returns when every file that was created or removed is so on the disk.
    ///
    /// # Errors
    /// The system's. The state on the disk is unknown then.
    fn sync_folder(&self) -> io::Result<()>;

    /// Returns where the folder is, to notice later that it was moved or removed. `None` if the host cannot tell.
    #[cfg(not(target_family = "wasm"))]
    fn place(&self) -> Option<super::FolderPlace> {
        None
    }

    /// Returns a new file without a name, to which a trail that is larger than its memory can move its older
    /// records. It is gone with the process. `None` if the host has none.
    ///
    /// # Errors
    /// The system's.
    fn spill_file(&self) -> io::Result<Option<std::fs::File>> {
        Ok(None)
    }
}

/// Bytes that are copied at once.
const PIECE_BYTES: u64 = 1 << 20;

/// Copies the bytes from `first` to `last` of a file to the same place of another one, or of itself. Returns how many.
///
/// # Errors
/// The system's, and [`io::ErrorKind::UnexpectedEof`] when the file ends before `last`.
pub(super) fn copy_range(
    source: &impl StoreFile,
    target: &impl StoreFile,
    first: u64,
    last: u64,
) -> io::Result<u64> {
    let mut offset = first;
    let mut piece = vec![0; PIECE_BYTES as usize];
    while offset < last {
        let wanted = (last - offset).min(PIECE_BYTES) as usize;
        let count = source.read_at(&mut piece[..wanted], offset)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        target.write_at(&piece[..count], offset)?;
        offset += count as u64;
    }
    Ok(last.saturating_sub(first))
}

/// An open file of a store.
pub trait StoreFile: Send {
    /// Returns its length in bytes.
    ///
    /// # Errors
    /// The system's.
    fn len(&self) -> io::Result<u64>;

    /// Returns whether it has no bytes.
    ///
    /// # Errors
    /// The system's.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Reads bytes from `offset` on. Returns how many there were: fewer than asked for only at the end.
    ///
    /// # Errors
    /// The system's.
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Lets the system forget what it has of the file in memory, where it can: the next reads are from the disk.
    fn forget_cached(&self) {}

    /// Writes all bytes from `offset` on. The file grows if necessary.
    ///
    /// # Errors
    /// The system's. Some of the bytes can be written then.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Cuts the file off at `len` bytes.
    ///
    /// # Errors
    /// The system's.
    fn truncate(&self, len: u64) -> io::Result<()>;

    /// Takes space on the disk for `len` bytes from `offset` on, without changing the file's length. A
    /// host that cannot returns `Ok`, and writes may fail later.
    ///
    /// # Errors
    /// [`io::ErrorKind::StorageFull`] when the disk has no space, and the system's other errors.
    fn allocate(&self, offset: u64, len: u64) -> io::Result<()>;

    /// Returns when all that was written is on the disk.
    ///
    /// # Errors
    /// The system's. What is on the disk is unknown then, and another call cannot tell.
    fn sync(&self) -> io::Result<()>;
}
