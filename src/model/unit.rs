//! Batches and units. A unit is one event or a chain of linked events, which are carried out
//! together or not at all.

use std::borrow::Borrow;
use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::transfer_rules::ExpectedVersions;
use super::{Account, AccountFlags, AccountState, Resolution, Transfer, TransferFlags};
use super::{TransferState, UserData};

pub(super) type Map<K, V> = HashMap<K, V, FixedState>;

/// An attempt to create a transfer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransferAttempt {
    /// The requested transfer.
    pub transfer: Transfer,
    /// The account versions that it requires.
    pub versions: ExpectedVersions,
}

/// Requires no versions.
impl From<Transfer> for TransferAttempt {
    fn from(transfer: Transfer) -> Self {
        Self { transfer, versions: ExpectedVersions::default() }
    }
}

impl Borrow<Transfer> for TransferAttempt {
    fn borrow(&self) -> &Transfer {
        &self.transfer
    }
}

/// The outcome of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome<S> {
    /// The id of the account or transfer: the requested one, or where that was 0, the one that the
    /// ledger generated.
    pub id: u128,
    /// The status.
    pub status: S,
    /// When it was created, for `exists` when the existing one was, otherwise the timestamp of the
    /// attempt.
    pub timestamp: u64,
    /// The versions of the debit and the credit account after the attempt. 0 where the account was
    /// not read.
    pub versions: (u64, u64),
}

/// A new transfer, and its accounts right after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreatedTransfer {
    /// The transfer.
    pub state: TransferState,
    /// The debit account.
    pub debit: AccountState,
    /// The credit account.
    pub credit: AccountState,
}

/// The changes that a unit makes to a ledger.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// New accounts with their user data, in order.
    pub opened: Vec<(AccountState, UserData)>,
    /// New states of existing accounts, by id.
    pub accounts: Map<u128, AccountState>,
    /// New transfers, in order.
    pub transfers: Vec<CreatedTransfer>,
    /// New resolutions of existing pending transfers, by id.
    pub resolutions: Map<u128, Resolution>,
    /// Ids of transfers that failed for a transient reason. They stay consumed even if the chain is
    /// not carried out.
    pub failed: Vec<u128>,
}

impl Changes {
    /// Returns the changes of a chain that is not carried out: the consumed ids only.
    pub(super) fn rolled_back(self) -> Self {
        Self { failed: self.failed, ..Self::default() }
    }
}

/// The position of a unit in its batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchPosition {
    /// Whether the first event of the batch is imported.
    pub imported: bool,
    /// Whether the unit is the last one of the batch.
    pub last: bool,
}

/// An event of a batch.
pub trait Event {
    /// Returns the id.
    fn id(&self) -> u128;
    /// Returns whether the event is linked to the next one.
    fn is_linked(&self) -> bool;
    /// Returns whether the event is imported: it has a timestamp from the past.
    fn is_imported(&self) -> bool;
}

impl Event for Account {
    fn id(&self) -> u128 {
        self.id
    }

    fn is_linked(&self) -> bool {
        self.flags.contains(AccountFlags::LINKED)
    }

    fn is_imported(&self) -> bool {
        self.flags.contains(AccountFlags::IMPORTED)
    }
}

impl Event for TransferAttempt {
    fn id(&self) -> u128 {
        self.transfer.id
    }

    fn is_linked(&self) -> bool {
        self.transfer.flags.contains(TransferFlags::LINKED)
    }

    fn is_imported(&self) -> bool {
        self.transfer.flags.contains(TransferFlags::IMPORTED)
    }
}

/// Returns the units of a batch, in order.
pub fn units<E: Event>(batch: &[E]) -> impl Iterator<Item = (&[E], BatchPosition)> {
    let imported = batch.first().is_some_and(Event::is_imported);
    let mut rest = batch;
    std::iter::from_fn(move || {
        let chain = rest.iter().take_while(|event| event.is_linked()).count();
        let (unit, after) = rest.split_at((chain + 1).min(rest.len()));
        rest = after;
        let batch_position = BatchPosition { imported, last: rest.is_empty() };
        (!unit.is_empty()).then_some((unit, batch_position))
    })
}
