//! What the rules see of a ledger while a unit is decided: what is held for it, and what does not change.

use super::Ledger;
use super::imports::Imports;
use super::transfer_ids::Reserved;
use crate::model::{AccountState, KnownTransfer, Past, UserData, View};
use crate::trail::Entry;

/// The accounts that a unit touches, found again by their number.
#[derive(Debug)]
pub(super) struct AccountPositions {
    /// AccountIndex and places in the order in which the accounts were named, by ascending number.
    by_number: Vec<(u64, usize)>,
}

impl AccountPositions {
    /// Of these numbers, in the order in which they were named.
    pub(super) fn of(numbers: &[u64]) -> Self {
        let mut by_number: Vec<_> = numbers.iter().copied().zip(0..).collect();
        by_number.sort_unstable();
        Self { by_number }
    }

    /// Where the account of this number was named.
    pub(super) fn find(&self, number: u64) -> Option<usize> {
        let at = self.by_number.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        Some(self.by_number[at].1)
    }
}

/// See the module's text.
pub(super) struct UnitView<'a> {
    pub(super) ledger: &'a Ledger,
    /// The ids that were reserved; none are looked at where accounts are opened.
    pub(super) reserved: Option<&'a Reserved<'a>>,
    /// LatchedGuard where the unit is imported or opens accounts.
    pub(super) imports: Option<&'a Imports>,
    pub(super) places: &'a AccountPositions,
    /// The touched accounts, as they were named.
    pub(super) states: &'a [AccountState],
    /// The greatest timestamp of any transfer, where the unit is imported.
    pub(super) last_transfer: u64,
}

impl View for UnitView<'_> {
    fn account(&self, id: u128) -> Option<AccountState> {
        let number = self.ledger.find(id)?;
        // One that is not touched is only asked for its terms, which do not change.
        let touched = self.places.find(number).map(|place| self.states[place]);
        Some(touched.unwrap_or_else(|| self.ledger.accounts.read(number)))
    }

    fn user_data(&self, id: u128) -> UserData {
        let number = self.ledger.find(id);
        number.map_or_else(UserData::default, |number| self.ledger.accounts.user_data(number))
    }

    fn transfer(&self, id: u128) -> Option<KnownTransfer> {
        let known = self.reserved.and_then(|reserved| reserved.get(id));
        known.or_else(|| self.ledger.trail.made(id)?.known_plain())
    }

    fn past_of_accounts(&self, timestamp: u64) -> Past {
        let own = self.ledger.trail.at_time(timestamp).is_some_and(Entry::made_a_transfer_then);
        let brought = self.imports.is_some_and(|imports| imports.has_transfer(timestamp));
        let last = self.imports.map_or(0, Imports::last_account);
        Past { last, taken: own || brought }
    }

    fn past_of_transfers(&self, timestamp: u64) -> Past {
        let own = self.ledger.trail.at_time(timestamp).is_some_and(Entry::made_an_account_then);
        let brought = self.imports.is_some_and(|imports| imports.has_account(timestamp));
        Past { last: self.last_transfer, taken: own || brought }
    }
}
