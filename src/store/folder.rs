//! A folder of the file system, for one process at a time.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;

use super::error::StoreError;
use super::files::{Files, StoreFile};
use super::folder_place::FolderPlace;
use super::format::HEAD_NAME;
use super::pid_file;

/// The name of the file whose lock says that the store is open.
const LOCK: &str = "ledger.lock";

/// A folder that this process has locked.
#[derive(Debug)]
pub struct Folder {
    place: FolderPlace,
    /// Keeps the lock.
    _lock: File,
}

impl Folder {
    /// Opens a folder, and creates it if there is none. It is locked until it is dropped.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another process has locked it, and the system's errors.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref().to_owned();
        let mut folder = fs::DirBuilder::new();
        folder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
        let is_new = !path.exists();
        folder.create(&path).map_err(StoreError::io(format!("create {}", path.display())))?;
        if is_new {
            // Else a power failure could take the whole folder back.
            let synced = sync_ancestors(&path);
            synced.map_err(StoreError::io(format!("sync the folders above {}", path.display())))?;
        }
        let name = path.join(LOCK);
        let locked = || -> io::Result<Result<File, Option<u32>>> {
            let mut file = options().open(&name)?;
            match file.try_lock() {
                // Node looks for this lock after it has left its file, so at least one of the two sees the other.
                Ok(()) if let Some(process) = pid_file::owner(&path) => Ok(Err(Some(process))),
                Ok(()) => {
                    file.set_len(0)?;
                    file.rewind()?;
                    write!(file, "{}", std::process::id())?;
                    Ok(Ok(file))
                }
                Err(TryLockError::WouldBlock) => {
                    let mut process = String::new();
                    // A number is short. Whatever else is there is not worth an error.
                    let _ = Read::by_ref(&mut file).take(16).read_to_string(&mut process);
                    Ok(Err(process.trim().parse().ok()))
                }
                Err(TryLockError::Error(error)) => Err(error),
            }
        };
        match locked().map_err(StoreError::io(format!("lock {}", name.display())))? {
            Ok(lock) => {
                let place = FolderPlace::of(&path);
                let place = place.map_err(StoreError::io(format!("find {}", path.display())))?;
                Ok(Self { place, _lock: lock })
            }
            Err(process) => Err(StoreError::InUse { process }),
        }
    }
}

/// Syncs the folders above a path, as far as this process may read them.
fn sync_ancestors(path: &Path) -> io::Result<()> {
    let path = path.canonicalize()?;
    for folder in path.ancestors().skip(1).filter(|_| cfg!(unix)) {
        match File::open(folder) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => break,
            opened => opened?.sync_all()?,
        }
    }
    Ok(())
}

/// Returns the names of the files in a folder, without those of its locks.
pub(super) fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        // A name that is not Unicode is none of ours, and is reported with replacements.
        let name = entry?.file_name().to_string_lossy().into_owned();
        #[cfg(target_os = "linux")]
        if super::spill_file::is_name(&name) {
            continue;
        }
        if name != LOCK && !pid_file::is_lock(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

/// Returns how files are opened: for reading and writing, created if there is none, for the owner only, and never
/// through a link.
fn options() -> fs::OpenOptions {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits() as i32);
    }
    options
}

impl Files for Folder {
    type File = File;

    fn list(&self) -> io::Result<Vec<String>> {
        names(self.place.path())
    }

    fn open(&self, name: &str) -> io::Result<File> {
        if let Some(problem) = self.place.problem() {
            // A file would be created in the place of another folder.
            return Err(io::Error::new(io::ErrorKind::NotFound, problem));
        }
        let file = options().open(self.place.path().join(name))?;
        if name == HEAD_NAME {
            // Locked as well, so that a lock file that somebody has removed lets no second process in.
            file.try_lock().map_err(|error| match error {
                TryLockError::WouldBlock => io::ErrorKind::ResourceBusy.into(),
                TryLockError::Error(error) => error,
            })?;
        }
        Ok(file)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.place.path().join(name))
    }

    fn sync_folder(&self) -> io::Result<()> {
        // Other systems cannot open a folder, and make its changes durable with those of the file.
        match cfg!(unix) {
            true => File::open(self.place.path())?.sync_all(),
            false => Ok(()),
        }
    }

    fn place(&self) -> Option<FolderPlace> {
        Some(self.place.clone())
    }

    #[cfg(target_os = "linux")]
    fn spill_file(&self) -> io::Result<Option<File>> {
        super::spill_file::create(self.place.path()).map(Some)
    }
}

impl StoreFile for File {
    fn len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut read = 0;
        while read < bytes.len() {
            match read_some(self, &mut bytes[read..], offset + read as u64) {
                Ok(0) => break,
                Ok(more) => read += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(read)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut written = 0;
        while written < bytes.len() {
            match write_some(self, &bytes[written..], offset + written as u64) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(more) => written += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }

    #[cfg(target_os = "linux")]
    fn allocate(&self, offset: u64, len: u64) -> io::Result<()> {
        use rustix::fs::{FallocateFlags, fallocate};
        use rustix::io::Errno;
        loop {
            match fallocate(self, FallocateFlags::KEEP_SIZE, offset, len) {
                // The file system cannot.
                Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn allocate(&self, _offset: u64, _len: u64) -> io::Result<()> {
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}

#[cfg(unix)]
fn read_some(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, bytes, offset)
}

#[cfg(unix)]
fn write_some(file: &File, bytes: &[u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::write_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_some(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, bytes, offset)
}

#[cfg(windows)]
fn write_some(file: &File, bytes: &[u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_write(file, bytes, offset)
}
