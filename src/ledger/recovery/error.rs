//! Why a ledger that is stored cannot be opened.

use std::fmt;

use crate::ledger::LedgerError;
use crate::store::StoreError;

/// Why a ledger that is stored cannot be opened.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// The store cannot be read.
    Store(StoreError),
    /// An entry cannot be applied after those before it, although its block is whole.
    Inconsistent {
        /// The entry.
        entry: String,
        /// Why: a clause without a full stop.
        what: String,
    },
    /// The folder has a ledger already.
    AlreadyStored,
    /// The ledger has a store already.
    HasStore,
    /// The ledger's concurrency control is incorrect on purpose.
    IncorrectProtocol,
    /// The ledger does not fit into the configuration, or cannot be created.
    Ledger(LedgerError),
}

impl fmt::Display for OpenError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => error.fmt(formatter),
            Self::Inconsistent { entry, what } => write!(
                formatter,
                "the {entry} does not follow from what is before it: {what}. The ledger is not opened; restore the \
                 folder from a backup"
            ),
            Self::AlreadyStored => {
                formatter.write_str("there is a ledger already; name a folder that does not exist")
            }
            Self::HasStore => formatter
                .write_str("the ledger is stored already, and a ledger has one store; name no second folder"),
            Self::IncorrectProtocol => formatter.write_str(
                "a ledger is stored only under a correct concurrency control: ordered-locks, global-lock or optimistic",
            ),
            Self::Ledger(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => error.source(),
            Self::Ledger(error) => Some(error),
            Self::Inconsistent { .. }
            | Self::AlreadyStored
            | Self::HasStore
            | Self::IncorrectProtocol => None,
        }
    }
}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<LedgerError> for OpenError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}
