//! The scratch file of a trail that is larger than its memory.

use std::fs::File;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;

/// The name that the file has for a moment, where the file system cannot create one without a name. What is
/// left of one is of no use, and the next one replaces it.
const NAME: &str = "trail.spill";

/// Returns whether this is the name of a scratch file.
pub(super) fn is_name(name: &str) -> bool {
    name == NAME
}

/// Creates the file in a folder. It has no name there, so it is gone with the process.
pub(super) fn create(folder: &Path) -> io::Result<File> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC | OFlags::EXCL;
    match openat(CWD, folder, flags, Mode::RUSR | Mode::WUSR) {
        Ok(file) => Ok(file.into()),
        Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL | Errno::NOSYS) => {
            create_and_unlink(folder)
        }
        Err(error) => Err(error.into()),
    }
}

fn create_and_unlink(folder: &Path) -> io::Result<File> {
    let path = folder.join(NAME);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let file = File::options().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_has_no_name_and_replaces_what_was_left() {
        let folder = std::env::temp_dir().join(format!("ledgerlab-spill-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("it can be created");
        let names = || std::fs::read_dir(&folder).expect("it is there").count();
        for create in [create, create_and_unlink] {
            std::fs::write(folder.join(NAME), "left over").expect("it can be written");
            let file = create(&folder).expect("it can be created");
            std::os::unix::fs::FileExt::write_all_at(&file, &[7; 10], 5)
                .expect("it can be written");
            assert_eq!(file.metadata().expect("it is open").len(), 15);
            let _ = std::fs::remove_file(folder.join(NAME));
            assert_eq!(names(), 0);
        }
        std::fs::remove_dir_all(&folder).expect("it is empty");
    }
}
