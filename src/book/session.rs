//! A session: the registry and all accounts that a unit touches, held from the first look to the last write.
//!
//! # Protocol
//! The registry's latch comes first, then the latches of accounts in ascending order of their numbers. Plain transfers
//! take accounts in the same order and never the registry, so nobody waits in a circle. While the registry is held no
//! account and no id comes into being, so what was found absent stays absent until the session's timestamp.

use super::accounts::Accounts;
use super::index::{HeldShards, Index};
use super::registry::Registry;
use super::{Book, BookError};
use crate::model::{AccountState, Changes, KnownTransfer, Past, TransferAttempt};
use crate::model::{Transfer, UserData, View};
use crate::sync::{Held, Interrupted, Patience};
use crate::trail::{Entry, Trail};

/// See the module's text.
pub(super) struct Session<'a> {
    accounts: &'a Accounts,
    index: &'a Index,
    trail: &'a Trail,
    registry: Held<'a, Registry>,
    /// Numbers and cells of the accounts that are held, in ascending order.
    held: Vec<(u64, Held<'a, AccountState>)>,
    /// The greatest timestamp of any transfer, known where every account is held.
    last_transfer: u64,
}

impl<'a> Session<'a> {
    /// Holds the registry.
    ///
    /// # Errors
    /// What `patience` answered while waiting.
    pub(super) fn begin(book: &'a Book, patience: &impl Patience) -> Result<Self, Interrupted> {
        Ok(Self {
            accounts: &book.accounts,
            index: &book.index,
            trail: &book.trail,
            registry: book.registry.hold(patience)?,
            held: Vec::new(),
            last_transfer: 0,
        })
    }

    /// The registry.
    pub(super) fn registry(&mut self) -> &mut Registry {
        &mut self.registry
    }

    /// The least that this session's timestamps must be greater than.
    pub(super) fn floor(&self) -> u64 {
        let held = self.held.iter().map(|(_, held)| held.last_timestamp());
        held.fold(self.registry.last_timestamp(), u64::max)
    }

    /// Whether anything that was to be held was held by another thread at first.
    pub(super) fn waits(&self) -> u64 {
        let waited = self.held.iter().filter(|(_, held)| held.waited()).count() as u64;
        waited + u64::from(self.registry.waited())
    }

    /// Holds the accounts that a unit of transfers names, itself or by the pending transfers that it resolves.
    ///
    /// # Errors
    /// What `patience` answered while waiting.
    pub(super) fn hold_for(
        &mut self,
        unit: &[TransferAttempt],
        patience: &impl Patience,
    ) -> Result<(), Interrupted> {
        let mut ids = Vec::with_capacity(unit.len() * 2);
        for TransferAttempt { transfer, .. } in unit {
            let mut named = *transfer;
            if transfer.resolves() {
                let pending = transfer.pending_id;
                // A chain may resolve what it made pending itself.
                let own = unit.iter().find(|one| one.transfer.id == pending);
                named = match (own, View::transfer(self, pending)) {
                    (_, Some(KnownTransfer::Created(state))) => state.transfer,
                    (Some(own), _) => own.transfer,
                    _ => continue,
                };
            }
            ids.extend([named.debit_account_id, named.credit_account_id]);
        }
        let mut numbers: Vec<u64> = ids.iter().filter_map(|&id| self.index.find(id)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        self.hold_numbers(numbers.into_iter(), patience)
    }

    /// Holds every account there is: for what depends on all transfers.
    ///
    /// # Errors
    /// What `patience` answered while waiting.
    pub(super) fn hold_all(&mut self, patience: &impl Patience) -> Result<(), Interrupted> {
        self.hold_numbers(0..self.accounts.len(), patience)?;
        let moved = self.held.iter().map(|(_, held)| held.transferred_at);
        self.last_transfer = moved.max().unwrap_or(0);
        Ok(())
    }

    fn hold_numbers(
        &mut self,
        numbers: impl Iterator<Item = u64>,
        patience: &impl Patience,
    ) -> Result<(), Interrupted> {
        debug_assert!(self.held.is_empty(), "latches are taken in one ascent");
        for number in numbers {
            self.held.push((number, self.accounts.cell(number).hold(patience)?));
        }
        Ok(())
    }

    fn held(&self, number: u64) -> Option<&AccountState> {
        let at = self.held.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        Some(&self.held[at].1)
    }

    /// Opens accounts whose shards of the index are held.
    ///
    /// # Errors
    /// [`BookError`] when there is no place left; nothing has changed then.
    pub(super) fn open(
        &mut self,
        changes: &Changes,
        shards: &mut HeldShards<'_>,
        timestamp: u64,
    ) -> Result<(), BookError> {
        // Only a session opens accounts, and there is one at a time.
        self.accounts.check_room(changes.opened.len() as u64)?;
        for (state, _) in &changes.opened {
            let number = self.accounts.take()?;
            let mut held = self.accounts.cell(number).hold_unhurried();
            *held = *state;
            held.release(timestamp);
            shards.add(state.id, number);
        }
        Ok(())
    }

    /// Changes the accounts that are held and takes down the rest.
    pub(super) fn carry_out(&mut self, changes: &Changes) {
        for state in changes.accounts.values() {
            if let Some(account) = self.account_mut(state.id) {
                *account = *state;
            }
        }
        self.registry.take_down(changes);
    }

    /// Changes the two accounts of a transfer, which are held.
    pub(super) fn change_both<R>(
        &mut self,
        transfer: &Transfer,
        change: impl FnOnce(&mut AccountState, &mut AccountState) -> R,
    ) -> Option<R> {
        let (debit_id, credit_id) = (transfer.debit_account_id, transfer.credit_account_id);
        let (mut debit, mut credit) = (*self.account_mut(debit_id)?, *self.account_mut(credit_id)?);
        let answer = change(&mut debit, &mut credit);
        *self.account_mut(debit_id)? = debit;
        *self.account_mut(credit_id)? = credit;
        Some(answer)
    }

    /// An account that is held.
    fn account_mut(&mut self, id: u128) -> Option<&mut AccountState> {
        let number = self.index.find(id)?;
        let at = self.held.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        Some(&mut self.held[at].1)
    }

    /// Lets go of everything, saying that `timestamp` relied on it.
    pub(super) fn end(self, timestamp: u64) {
        for (_, held) in self.held {
            held.release(timestamp);
        }
        self.registry.release(timestamp);
    }
}

impl View for Session<'_> {
    fn account(&self, id: u128) -> Option<AccountState> {
        let number = self.index.find(id)?;
        // One that is not held is only asked for its terms, which do not change.
        Some(self.held(number).copied().unwrap_or_else(|| self.accounts.read(number)))
    }

    fn user_data(&self, id: u128) -> UserData {
        self.registry.user_data(id)
    }

    fn transfer(&self, id: u128) -> Option<KnownTransfer> {
        self.registry.known(id).or_else(|| self.trail.made(id)?.known_plain())
    }

    fn past_of_accounts(&self, timestamp: u64) -> Past {
        let own = self.trail.at_time(timestamp).is_some_and(Entry::made_a_transfer_then);
        let taken = own || self.registry.has_imported_transfer(timestamp);
        Past { last: self.registry.last_account(), taken }
    }

    fn past_of_transfers(&self, timestamp: u64) -> Past {
        let own = self.trail.at_time(timestamp).is_some_and(Entry::made_an_account_then);
        let taken = own || self.registry.has_imported_account(timestamp);
        Past { last: self.last_transfer, taken }
    }
}
