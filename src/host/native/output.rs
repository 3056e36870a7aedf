//! Standard output, notes on standard error, and files that are written beside their place and renamed.

use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, StdoutLock, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Prints a message to standard error. Unlike `eprintln!`, it does not panic if nobody reads it.
pub(super) fn note(message: impl Display) {
    let _ = writeln!(io::stderr(), "ledgerlab: {message}");
}

/// Standard output. When its reader has closed the pipe, the rest is dropped, so that `ledgerlab … |
/// head` ends quietly and with the exit code that it has without `head`.
pub(super) struct Output {
    output: StdoutLock<'static>,
    is_closed: bool,
}

/// Locks standard output.
pub(super) fn stdout() -> Output {
    Output { output: io::stdout().lock(), is_closed: false }
}

impl Output {
    fn unless_closed<T>(&mut self, written: io::Result<T>, dropped: T) -> io::Result<T> {
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.is_closed = true;
                Ok(dropped)
            }
            written => written,
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_closed {
            return Ok(bytes.len());
        }
        let written = self.output.write(bytes);
        self.unless_closed(written, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.is_closed {
            return Ok(());
        }
        let flushed = self.output.flush();
        self.unless_closed(flushed, ())
    }
}

/// A new file that gets its name when it is complete. Until then there is a file with a random name
/// beside it, which is removed if this is dropped.
#[derive(Debug)]
pub(super) struct NewFile {
    path: PathBuf,
    overwrite: bool,
    beside: NamedTempFile,
}

impl NewFile {
    /// Creates the file beside its place. Rejects a place that is taken, unless a regular file is
    /// there and `overwrite` is set. Links are never followed.
    pub(super) fn create(path: PathBuf, overwrite: bool) -> Result<Self, String> {
        let taken = |why: &str| Err(format!("{path:?} {why}"));
        match fs::symlink_metadata(&path) {
            Ok(there) if there.is_symlink() => {
                return taken("is a symbolic link; give the path of a file");
            }
            Ok(there) if !there.is_file() => return taken("is not a regular file"),
            Ok(_) if !overwrite => return taken("exists already; --overwrite replaces it"),
            _ => {}
        }
        let folder = path.parent().filter(|folder| *folder != Path::new(""));
        let mut beside = tempfile::Builder::new();
        beside.prefix(".ledgerlab-");
        // As any new file; the system takes away what the umask says.
        #[cfg(unix)]
        beside.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let beside = beside.tempfile_in(folder.unwrap_or(Path::new(".")));
        let beside = beside.map_err(|error| cannot_write(&path, &unnamed(&error)))?;
        Ok(Self { path, overwrite, beside })
    }

    /// Writes the temporary file, then renames it to its final path.
    pub(super) fn write(
        self,
        content: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> Result<(), String> {
        let Self { path, overwrite, mut beside } = self;
        let written = content(beside.as_file_mut()).and_then(|()| beside.as_file().sync_all());
        let named = written.and_then(|()| match overwrite {
            true => beside.persist(&path).map(drop).map_err(|error| error.error),
            false => beside.persist_noclobber(&path).map(drop).map_err(|error| error.error),
        });
        named.map_err(|error| cannot_write(&path, &error))
    }
}

/// Returns the system's error without the random name, which nobody has given.
fn unnamed(error: &io::Error) -> io::Error {
    let text = error.to_string();
    let reason = text.split(" at path \"").next().unwrap_or_default();
    io::Error::new(error.kind(), reason)
}

fn cannot_write(path: &Path, why: &io::Error) -> String {
    format!("{path:?} cannot be written: {why}")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn file_has_its_name_only_when_it_is_complete() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("new");
        let files = || fs::read_dir(folder.path()).expect("a folder").count();
        let text = |text: &'static str| move |file: &mut File| file.write_all(text.as_bytes());
        let fails = |_: &mut File| Err(io::ErrorKind::StorageFull.into());

        let file = NewFile::create(path.clone(), false).expect("there is none");
        assert!(!path.exists());
        file.write(fails).expect_err("the disk is full");
        assert_eq!(files(), 0, "nothing is left");

        // Somebody else was faster.
        let file = NewFile::create(path.clone(), false).expect("there is none");
        fs::write(&path, "theirs").expect("written");
        file.write(text("ours")).expect_err("it is taken");
        assert_eq!((fs::read_to_string(&path).expect("read").as_str(), files()), ("theirs", 1));

        let error = NewFile::create(path.clone(), false).expect_err("it is taken");
        assert!(error.ends_with("exists already; --overwrite replaces it"), "{error}");
        let file = NewFile::create(path.clone(), true).expect("it may be replaced");
        file.write(fails).expect_err("the disk is full");
        assert_eq!(fs::read_to_string(&path).expect("read"), "theirs");
        let file = NewFile::create(path.clone(), true).expect("it may be replaced");
        file.write(text("ours")).expect("it can be written");
        assert_eq!((fs::read_to_string(&path).expect("read").as_str(), files()), ("ours", 1));

        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).expect("linked");
        for overwrite in [false, true] {
            let error = NewFile::create(link.clone(), overwrite).expect_err("it is a link");
            assert!(error.contains("symbolic link"), "{error}");
            let error = NewFile::create(folder.path().to_owned(), overwrite).expect_err("a folder");
            assert!(error.contains("not a regular file"), "{error}");
        }
    }
}
