//! The view of a ledger that the rules have while they decide a unit: what the unit has locked, and
//! what does not change.

use super::imports::Imports;
use super::shared_ledger::Ledger;
use super::transfer_ids::Reserved;
use crate::model::{AccountState, ImportBounds, KnownTransfer, Transfer, UserData, View};
use crate::trail::Entry;

/// The positions of a unit's accounts, by account number.
#[derive(Debug)]
pub(super) struct AccountPositions {
    /// Account numbers in ascending order, each with its position in the unit's order.
    by_number: Vec<(u64, usize)>,
}

impl AccountPositions {
    /// Returns the positions of the unit's accounts, given in the order in which it names them.
    pub(super) fn of(numbers: &[u64]) -> Self {
        let mut by_number: Vec<_> = numbers.iter().copied().zip(0..).collect();
        by_number.sort_unstable();
        Self { by_number }
    }

    /// Returns the position of the account of this number.
    pub(super) fn find(&self, number: u64) -> Option<usize> {
        let at = self.by_number.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        Some(self.by_number[at].1)
    }
}

/// See the module documentation.
pub(super) struct UnitView<'a, 'r> {
    pub(super) ledger: &'a Ledger,
    /// The reserved ids. None when accounts are created.
    pub(super) reserved: Option<&'a Reserved<'r>>,
    /// Locked when the unit is imported or creates accounts.
    pub(super) imports: Option<&'a Imports>,
    pub(super) positions: &'a AccountPositions,
    /// The unit's accounts, in its order.
    pub(super) states: &'a [AccountState],
    /// The maximum timestamp of any transfer, when the unit is imported.
    pub(super) last_transfer: u64,
}

impl View for UnitView<'_, '_> {
    fn account(&self, id: u128) -> Option<AccountState> {
        let number = self.ledger.find(id)?;
        // Of other accounts only the terms matter, which do not change.
        let own = self.positions.find(number).map(|position| self.states[position]);
        Some(own.unwrap_or_else(|| self.ledger.accounts.read(number)))
    }

    fn user_data(&self, id: u128) -> UserData {
        let number = self.ledger.find(id);
        number.map_or_else(UserData::default, |number| self.ledger.accounts.user_data(number))
    }

    fn transfer(&self, id: u128) -> Option<KnownTransfer> {
        let known = self.reserved.and_then(|reserved| reserved.get(reserved.hashed(id)));
        known.or_else(|| self.ledger.trail.find_by_id(id)?.known_transfer())
    }

    fn pending_of(&self, existing: &Transfer) -> Option<Transfer> {
        let reserved = self.reserved?;
        let recorded = reserved.entry(reserved.hashed(existing.id))?;
        let trail = &self.ledger.trail;
        recorded.resolved_entry(trail)?.created_transfer(trail)
    }

    fn account_import_bounds(&self, timestamp: u64) -> ImportBounds {
        let recorded = self.ledger.trail.find_by_timestamp(timestamp);
        let own = recorded.is_some_and(Entry::created_transfer_at_its_timestamp);
        let imported =
            self.imports.is_some_and(|all| all.transfers.binary_search(&timestamp).is_ok());
        let last = self.imports.map_or(0, |imports| imports.last_account);
        ImportBounds { last, taken: own || imported }
    }

    fn transfer_import_bounds(&self, timestamp: u64) -> ImportBounds {
        let recorded = self.ledger.trail.find_by_timestamp(timestamp);
        let own = recorded.is_some_and(Entry::created_account_at_its_timestamp);
        let imported =
            self.imports.is_some_and(|all| all.accounts.binary_search(&timestamp).is_ok());
        ImportBounds { last: self.last_transfer, taken: own || imported }
    }
}
