//! Where the folder of an open store is, to notice that it was moved or removed.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// A folder as it was when its store was opened.
#[derive(Clone, Debug)]
pub struct FolderPlace {
    path: PathBuf,
    /// The device and the inode. `None` where the system has none.
    identity: Option<(u64, u64)>,
}

#[cfg(unix)]
fn identity(folder: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((folder.dev(), folder.ino()))
}

/// Elsewhere a folder with open files cannot be moved.
#[cfg(not(unix))]
fn identity(_folder: &Metadata) -> Option<(u64, u64)> {
    None
}

impl FolderPlace {
    /// Returns the place of the folder that is at a path now.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        // The process can change its own folder.
        let path = std::path::absolute(path)?;
        let identity = identity(&fs::metadata(&path)?);
        Ok(Self { path, identity })
    }

    /// Returns the path, from the root.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns what is at the path instead of the folder: a clause. `None` if the folder is there, or if nothing can be said.
    pub(super) fn problem(&self) -> Option<String> {
        let expected = self.identity?;
        let path = self.path.display();
        match fs::metadata(&self.path) {
            Ok(found) if identity(&found) == Some(expected) => None,
            Ok(_) => {
                Some(format!("its folder was moved or removed, and something else is at {path}"))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Some(format!("its folder was moved or removed: nothing is at {path}"))
            }
            Err(_) => None,
        }
    }
}

#[cfg(all(test, unix, feature = "cli"))]
mod tests {
    use super::*;
    use crate::ledger::{HealthStatus, Ledger, LedgerConfig};
    use crate::model::{Account, Transfer};
    use crate::store::{Files, Folder};

    /// The ledger went on in a folder that nobody would find, and its next log file was written to whatever was in its place.
    #[test]
    fn folder_that_is_moved_or_removed_is_noticed() {
        let parent = tempfile::tempdir().expect("there is a disk");
        let [path, other] = ["ledger", "other"].map(|name| parent.path().join(name));
        let config = LedgerConfig { trail_bytes: 16 << 20, ..LedgerConfig::default() };
        let ledger = Ledger::open_with(&path, &config).expect("it is new");
        let health = || ledger.health(0).components.store;
        assert_eq!(health().status, HealthStatus::Healthy);
        fs::rename(&path, &other).expect("it is there");
        let moved = health();
        assert_eq!(moved.status, HealthStatus::Unhealthy, "{}", moved.message);
        let expected = format!("its folder was moved or removed: nothing is at {}", path.display());
        assert!(moved.message.starts_with(&expected), "{}", moved.message);
        fs::create_dir(&path).expect("nothing is there");
        assert!(health().message.contains("something else is at"), "{}", health().message);
        fs::remove_dir(&path).expect("it is empty");
        fs::rename(&other, &path).expect("it is there");
        assert_eq!(health().status, HealthStatus::Healthy, "it is back");
        let mut writer = ledger.writer().expect("it is free");
        let accounts = [1, 2].map(|id| Account::new(id, 1, 1));
        writer.create_accounts(&accounts).expect("there is room");
        writer.create_transfer(&Transfer::new(1, 2, 5)).expect("its files are open");
        drop((writer, ledger));

        // No file is created in the place of another folder.
        let folder = Folder::open(&path).expect("nobody has it");
        fs::rename(&path, &other).expect("it is there");
        fs::create_dir(&path).expect("nothing is there");
        let refused = folder.open("00000002.log").expect_err("it is another folder");
        assert!(refused.to_string().contains("something else is at"), "{refused}");
        assert_eq!(fs::read_dir(&path).expect("it is there").count(), 0);
    }
}
