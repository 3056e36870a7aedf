//! Divergences: where a run differs from a serial run.

use std::fmt;

use super::entry::Entry;
use crate::model::amounts::grouped;
use crate::model::{AccountState, TIMESTAMP_MAX};

/// The first difference between a run and a serial run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Divergence {
    /// Two entries have the same timestamp, or a writer's timestamps do not ascend.
    Order {
        /// The number of entries replayed before it.
        position: u64,
        /// The entry.
        entry: Entry,
        /// The timestamp of the entry before it.
        previous: u64,
    },
    /// An entry has a timestamp outside of 1 to 2^63 - 1.
    Time {
        /// The number of entries replayed before it.
        position: u64,
        /// The entry.
        entry: Entry,
    },
    /// An attempt has another outcome in a serial run.
    Outcome {
        /// The number of entries replayed before it.
        position: u64,
        /// The writer of its segment, from 0.
        writer: usize,
        /// The entry as it was recorded.
        entry: Entry,
        /// The status in a serial run.
        status: &'static str,
        /// The versions of the debit and the credit account after it, in a serial run.
        versions: (u64, u64),
    },
    /// An account has another state at the end of a serial run.
    Account {
        /// The state in the ledger. `None` if the ledger has no such account.
        ledger: Option<AccountState>,
        /// The state in a serial run. `None` if it has no such account.
        serial: Option<AccountState>,
    },
}

impl std::error::Error for Divergence {}

impl Divergence {
    /// Returns the timestamp of the entry that differs. `None` for an account.
    pub fn timestamp(&self) -> Option<u64> {
        match self {
            Self::Order { entry, .. } | Self::Time { entry, .. } | Self::Outcome { entry, .. } => {
                Some(entry.timestamp)
            }
            Self::Account { .. } => None,
        }
    }

    /// Returns the id of the account that differs. `None` for an entry.
    pub fn account_id(&self) -> Option<u128> {
        match self {
            Self::Account { ledger, serial } => ledger.or(*serial).map(|state| state.id),
            Self::Order { .. } | Self::Time { .. } | Self::Outcome { .. } => None,
        }
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order { position, entry, previous } => write!(
                formatter,
                "entry {}, {entry}: the entry before it has timestamp {previous}, so the two have no order",
                number(*position),
            ),
            Self::Time { position, entry } => write!(
                formatter,
                "entry {}, {entry}: timestamps are 1 to {TIMESTAMP_MAX}",
                number(*position),
            ),
            Self::Outcome { position, writer, entry, status, versions } => write!(
                formatter,
                "entry {} (writer {writer}), {entry}: recorded as {} with account versions {} and {}; \
                 a serial run says {status} with versions {} and {}",
                number(*position),
                entry.status_name().unwrap_or("a status that does not exist"),
                entry.debit_version,
                entry.credit_version,
                versions.0,
                versions.1,
            ),
            Self::Account { ledger, serial } => {
                let id = ledger.or(*serial).map_or(0, |state| state.id);
                write!(formatter, "account {id} at the end: the ledger says ")?;
                describe(formatter, ledger)?;
                write!(formatter, "; a serial run says ")?;
                describe(formatter, serial)
            }
        }
    }
}

/// Returns the number of an entry, from 1.
fn number(position: u64) -> String {
    grouped(u128::from(position) + 1)
}

fn describe(formatter: &mut fmt::Formatter<'_>, state: &Option<AccountState>) -> fmt::Result {
    match state {
        None => write!(formatter, "there is none"),
        Some(state) => write!(
            formatter,
            "debits {}, credits {}, {} changes",
            grouped(state.debits_posted),
            grouped(state.credits_posted),
            grouped(state.version.into()),
        ),
    }
}
