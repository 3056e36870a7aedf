//! The files of a store in one file: a tar archive of its folder, as `tar` and the page write it. It is only read.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::files::{Files, StoreFile};
use super::format::HEAD_NAME;
use super::log_writer::file_number;

/// Headers and contents begin at multiples of this.
const RECORD_BYTES: u64 = 512;

/// The maximum number of files in an archive. A log file has up to 256 MiB.
const FILES_MAX: usize = 1 << 16;

/// Where a file is in the archive.
#[derive(Clone, Copy, Debug)]
struct Member {
    offset: u64,
    len: u64,
}

/// An archive of a store.
#[derive(Clone, Debug)]
pub(crate) struct Archive {
    file: Arc<File>,
    members: Arc<BTreeMap<String, Member>>,
}

/// A file in an [`Archive`].
#[derive(Debug)]
pub(crate) struct ArchivedFile {
    file: Arc<File>,
    offset: u64,
    len: u64,
}

fn is_read_only<T>() -> io::Result<T> {
    Err(io::Error::new(io::ErrorKind::ReadOnlyFilesystem, "the archive is only read"))
}

fn invalid<T>(what: String) -> io::Result<T> {
    Err(io::Error::new(io::ErrorKind::InvalidData, what))
}

impl Archive {
    /// Returns whether a file begins like a tar archive.
    pub(crate) fn is_archive(path: &Path) -> bool {
        let mut header = [0; RECORD_BYTES as usize];
        let file = File::open(path);
        file.and_then(|file| StoreFile::read_at(&file, &mut header, 0))
            .is_ok_and(|len| len == header.len() && has_magic(&header))
    }

    /// Opens an archive, and reads where its files are.
    ///
    /// # Errors
    /// The system's, and [`io::ErrorKind::InvalidData`] when the archive is damaged, cut off, or has no store.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let members = read_members(&file)?;
        if !members.contains_key(HEAD_NAME) {
            return invalid(format!("it has no {HEAD_NAME}, so it is not the archive of a ledger"));
        }
        Ok(Self { file: Arc::new(file), members: Arc::new(members) })
    }
}

/// Reads the headers of an archive. Files that are none of a store are left out.
fn read_members(file: &File) -> io::Result<BTreeMap<String, Member>> {
    let (mut members, mut offset) = (BTreeMap::new(), 0);
    let end = StoreFile::len(file)?;
    let mut header = [0; RECORD_BYTES as usize];
    while StoreFile::read_at(file, &mut header, offset)? == header.len() {
        // Zeros end it.
        if header.iter().all(|&byte| byte == 0) {
            return Ok(members);
        }
        let Some((name, len)) = read_header(&header) else {
            return invalid(format!("it has no header of a file at byte {offset}"));
        };
        offset += RECORD_BYTES;
        let there = end.saturating_sub(offset);
        if len > there {
            return invalid(format!("{name} has {len} bytes, and it ends after {there} of them"));
        }
        let is_store_file = name == HEAD_NAME || file_number(&name).is_some();
        if is_store_file && is_regular(&header) {
            if members.contains_key(&name) || members.len() == FILES_MAX {
                return invalid(format!("it has {name} twice, or more files than a ledger"));
            }
            members.insert(name, Member { offset, len });
        }
        offset += len.next_multiple_of(RECORD_BYTES);
    }
    invalid(format!("it is cut off after {end} bytes"))
}

fn has_magic(header: &[u8]) -> bool {
    header[257..262] == *b"ustar"
}

fn is_regular(header: &[u8]) -> bool {
    matches!(header[156], b'0' | 0)
}

/// Returns the name of a file without its folders, and its length. `None` if this is not a header, or its sum is wrong.
fn read_header(header: &[u8; RECORD_BYTES as usize]) -> Option<(String, u64)> {
    let number = |field: &[u8]| {
        let text = std::str::from_utf8(field).ok()?.trim_matches([' ', '\0']);
        u64::from_str_radix(text, 8).ok()
    };
    // The sum is of a header whose own field has spaces.
    let sum = header[..148].iter().chain(&header[156..]).map(|&byte| u64::from(byte)).sum::<u64>()
        + 8 * u64::from(b' ');
    if !has_magic(header) || number(&header[148..156]) != Some(sum) {
        return None;
    }
    let name = header[..100].split(|&byte| byte == 0).next()?;
    let name = String::from_utf8_lossy(name);
    let name = name.rsplit('/').next().unwrap_or_default().to_owned();
    Some((name, number(&header[124..136])?))
}

impl Files for Archive {
    type File = ArchivedFile;

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.members.keys().cloned().collect())
    }

    fn open(&self, name: &str) -> io::Result<ArchivedFile> {
        let &Member { offset, len } = self.members.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(ArchivedFile { file: Arc::clone(&self.file), offset, len })
    }

    fn remove(&self, _name: &str) -> io::Result<()> {
        is_read_only()
    }

    fn sync_folder(&self) -> io::Result<()> {
        is_read_only()
    }

    /// The file is in the system's folder for temporary files. If that cannot be written, there is none.
    #[cfg(target_os = "linux")]
    fn spill_file(&self) -> io::Result<Option<File>> {
        Ok(super::spill_file::create(&std::env::temp_dir()).ok())
    }
}

impl StoreFile for ArchivedFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.len)
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let left = self.len.saturating_sub(offset).min(bytes.len() as u64) as usize;
        StoreFile::read_at(&*self.file, &mut bytes[..left], self.offset + offset.min(self.len))
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
        Ok(())
    }
}
