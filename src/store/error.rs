//! Why a store cannot be opened.

use std::fmt;
use std::io;

/// What is wrong with a store's files, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The name of the file.
    pub file: String,
    /// Where in the file, in bytes.
    pub offset: u64,
    /// The number of the block that should be there. 0 if it is not a block.
    pub block: u64,
    /// What is wrong: a clause without a full stop.
    pub what: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, offset, block, what } = self;
        match block {
            0 => write!(formatter, "{file}, byte {offset}: {what}"),
            _ => write!(formatter, "block {block} ({file}, byte {offset}): {what}"),
        }
    }
}

/// Why a store cannot be opened.
#[derive(Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process, or another ledger of this one, has opened it.
    InUse {
        /// The process, if it has left its number.
        process: Option<u32>,
    },
    /// The folder has files, but no store.
    NotAStore {
        /// The name of one of the files.
        file: String,
    },
    /// There is no store in the folder.
    NoStore,
    /// Two stores that should be of one ledger are of two.
    AnotherLedger,
    /// A backup has blocks that its store does not have: they share a history and then diverged.
    AnotherHistory {
        /// The number of the backup's blocks.
        blocks: u64,
    },
    /// The store has another version of the format.
    Version {
        /// The version that it has.
        found: u32,
    },
    /// It has a scrubber already.
    HasScrubber,
    /// Something that was acknowledged cannot be read.
    Damaged(Damage),
    /// The block of a backup is not the one that is damaged: the two have different histories, or nothing proves that
    /// they have the same.
    AnotherBlock {
        /// What is wrong with the block.
        damage: Damage,
    },
    /// The system refused an operation.
    Io {
        /// What was attempted: a verb and its object.
        action: String,
        /// The system's reason.
        error: io::Error,
    },
}

impl StoreError {
    /// Returns a function that names the operation that the system refused.
    pub(super) fn io(action: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let action = action.into();
        move |error| match error.kind() {
            io::ErrorKind::ResourceBusy => Self::InUse { process: None },
            _ => Self::Io { action, error },
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse { process: Some(process) } => {
                write!(
                    formatter,
                    "process {process} has it open; a store has one process at a time"
                )
            }
            Self::InUse { process: None } => {
                write!(formatter, "another process has it open; a store has one process at a time")
            }
            Self::NotAStore { file } => write!(
                formatter,
                "it is not a store: it has {file:?} but no {:?}; name an empty folder or one that does not exist",
                super::format::HEAD_NAME
            ),
            Self::NoStore => {
                write!(formatter, "it has no {:?}, so it is not a store", super::format::HEAD_NAME)
            }
            Self::AnotherLedger => formatter.write_str("it is a store of another ledger"),
            Self::AnotherHistory { blocks } => write!(
                formatter,
                "it does not have the {blocks} blocks of the backup: they share a history and then diverged, so name a \
                 new folder for its backup"
            ),
            Self::Version { found } => write!(
                formatter,
                "it has version {found} of the format, and this program reads version {}; open it with the program \
                 that wrote it",
                super::format::FORMAT_VERSION
            ),
            Self::HasScrubber => formatter.write_str(
                "it has a scrubber already, which reads it until it is closed; one is enough",
            ),
            Self::Damaged(damage) => write!(
                formatter,
                "{damage}. Some acknowledged data cannot be read, so the ledger was not opened; repair it from a backup \
                 with `ledgerlab repair`"
            ),
            Self::AnotherBlock { damage } => write!(
                formatter,
                "{damage}. The backup has another block in its place, or nothing of the ledger proves that it is the same: \
                 it does not follow from the block before it, or the block after it does not follow from it. Nothing was \
                 changed; name another backup, or restore this one to a new folder"
            ),
            Self::Io { action, error } => write!(formatter, "cannot {action}: {error}"),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { error, .. } => Some(error),
            _ => None,
        }
    }
}
