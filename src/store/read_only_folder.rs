//! A folder that is read without its lock: beside a process that has it open, or on a disk that cannot
//! be written.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::files::{Files, StoreFile};
use super::folder::names;

/// A folder that is only read.
#[derive(Clone, Debug)]
pub struct ReadOnlyFolder {
    path: PathBuf,
}

/// An open file of a [`ReadOnlyFolder`].
#[derive(Debug)]
pub struct ReadOnlyFile(File);

impl ReadOnlyFolder {
    /// Returns the folder at this path, which need not exist.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_owned() }
    }
}

fn is_read_only<T>() -> io::Result<T> {
    Err(io::Error::new(io::ErrorKind::ReadOnlyFilesystem, "the store is only read"))
}

impl Files for ReadOnlyFolder {
    type File = ReadOnlyFile;

    fn list(&self) -> io::Result<Vec<String>> {
        names(&self.path)
    }

    fn open(&self, name: &str) -> io::Result<ReadOnlyFile> {
        Ok(ReadOnlyFile(File::open(self.path.join(name))?))
    }

    fn remove(&self, _name: &str) -> io::Result<()> {
        is_read_only()
    }

    fn sync_folder(&self) -> io::Result<()> {
        is_read_only()
    }

    /// The file is on the disk of the ledger. If that cannot be written, it is in the system's folder for
    /// temporary files. If that cannot be written either, there is none.
    #[cfg(target_os = "linux")]
    fn spill_file(&self) -> io::Result<Option<File>> {
        use super::spill_file::create;
        Ok(create(&self.path).or_else(|_| create(&std::env::temp_dir())).ok())
    }
}

impl StoreFile for ReadOnlyFile {
    fn len(&self) -> io::Result<u64> {
        StoreFile::len(&self.0)
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        StoreFile::read_at(&self.0, bytes, offset)
    }

    #[cfg(target_os = "linux")]
    fn forget_cached(&self) {
        // Advice. What is not written back yet stays.
        let _ = rustix::fs::fadvise(&self.0, 0, None, rustix::fs::Advice::DontNeed);
    }

    fn write_at(&self, _bytes: &[u8], _offset: u64) -> io::Result<()> {
        is_read_only()
    }

    fn truncate(&self, _len: u64) -> io::Result<()> {
        is_read_only()
    }

    fn allocate(&self, _offset: u64, _len: u64) -> io::Result<()> {
        is_read_only()
    }

    fn sync(&self) -> io::Result<()> {
        // It changes nothing, and needs no right to write.
        self.0.sync_data()
    }
}
