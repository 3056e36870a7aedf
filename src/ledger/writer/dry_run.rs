//! Dry runs: the outcomes that a batch would have now. Nothing is locked, written or recorded.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::handle::{TransferOutcome, Writer, check_batch};
use crate::ledger::{Ledger, LedgerError};
use crate::model::{AccountState, Changes, ImportBounds, KnownTransfer};
use crate::model::{Transfer, TransferAttempt, TransferState, UserData, View};
use crate::model::{decide_transfers, units};
use crate::trail::Entry;

/// The debit and the credit account of a transfer. `None` for one that does not exist.
pub(crate) type TransferAccounts = [Option<AccountState>; 2];

/// What an attempt would result in: its outcome, and its accounts right after it.
pub(crate) type DryRunOutcome = (TransferOutcome, TransferAccounts);

impl Writer {
    /// Returns the outcomes that [`Writer::create_transfers_with`] would have for this batch at the
    /// writer's time, if no other writer wrote meanwhile. Nothing changes, and there is no entry.
    ///
    /// # Errors
    /// [`LedgerError`] when the batch is too large, or names an id that is reserved.
    pub fn dry_run(&self, batch: &[TransferAttempt]) -> Result<Vec<TransferOutcome>, LedgerError> {
        let results = self.dry_run_with_accounts(batch)?;
        Ok(results.into_iter().map(|(outcome, _)| outcome).collect())
    }

    /// As [`Writer::dry_run`], with the accounts of each transfer right after it.
    pub(crate) fn dry_run_with_accounts(
        &self,
        batch: &[TransferAttempt],
    ) -> Result<Vec<DryRunOutcome>, LedgerError> {
        check_batch(batch.len())?;
        self.check_ids(batch)?;
        let mut view = DryRunView::new(&self.ledger);
        let mut time = self.time();
        let mut results = Vec::with_capacity(batch.len());
        for (unit, batch_position) in units(batch) {
            let now = || {
                time += 1;
                time
            };
            let (outcomes, changes) = decide_transfers(&view, unit, batch_position, now);
            // In the order of the events that were created: all of the unit, or none.
            let mut created =
                changes.transfers.iter().map(|one| [Some(one.debit), Some(one.credit)]);
            let after: Vec<_> = outcomes.iter().map(|_| created.next()).collect();
            drop(created);
            view.apply(changes);
            for ((outcome, after), attempt) in outcomes.into_iter().zip(after).zip(unit) {
                let accounts = after.unwrap_or_else(|| view.accounts_of(&attempt.transfer));
                results.push((outcome, accounts));
            }
        }
        Ok(results)
    }
}

type Map<V> = HashMap<u128, V, FixedState>;

/// A ledger with the changes of a batch so far.
struct DryRunView<'a> {
    ledger: &'a Ledger,
    accounts: Map<AccountState>,
    transfers: Map<KnownTransfer>,
    /// The greatest timestamp of the batch's transfers.
    last_transfer: u64,
}

impl<'a> DryRunView<'a> {
    fn new(ledger: &'a Ledger) -> Self {
        Self { ledger, accounts: Map::default(), transfers: Map::default(), last_transfer: 0 }
    }

    fn apply(&mut self, changes: Changes) {
        self.accounts.extend(changes.accounts);
        for (id, resolution) in changes.resolutions {
            if let Some(KnownTransfer::Created(state)) = self.transfer(id) {
                let state = TransferState { resolution: Some(resolution), ..state };
                self.transfers.insert(id, KnownTransfer::Created(state));
            }
        }
        for created in changes.transfers {
            let transfer = &created.state.transfer;
            self.last_transfer = self.last_transfer.max(transfer.timestamp);
            self.transfers.insert(transfer.id, KnownTransfer::Created(created.state));
        }
        self.transfers.extend(changes.failed.into_iter().map(|id| (id, KnownTransfer::Failed)));
    }

    /// Returns the accounts that a transfer names, itself or by the pending transfer that it ends.
    fn accounts_of(&self, transfer: &Transfer) -> TransferAccounts {
        let ended = self.transfer(transfer.pending_id).filter(|_| transfer.resolves());
        let named = ended.and_then(KnownTransfer::created).unwrap_or(*transfer);
        [named.debit_account_id, named.credit_account_id].map(|id| self.account(id))
    }
}

impl View for DryRunView<'_> {
    fn account(&self, id: u128) -> Option<AccountState> {
        self.accounts.get(&id).copied().or_else(|| self.ledger.account(id))
    }

    fn user_data(&self, id: u128) -> UserData {
        let number = self.ledger.find(id);
        number.map_or_else(UserData::default, |number| self.ledger.accounts.user_data(number))
    }

    fn transfer(&self, id: u128) -> Option<KnownTransfer> {
        let known = self.transfers.get(&id).copied().or_else(|| self.ledger.transfer_ids.state(id));
        known.or_else(|| self.ledger.trail.find_by_id(id)?.known_transfer())
    }

    fn pending_of(&self, existing: &Transfer) -> Option<Transfer> {
        self.transfer(existing.pending_id)?.created()
    }

    /// Accounts are not part of a dry run.
    fn account_import_bounds(&self, _timestamp: u64) -> ImportBounds {
        ImportBounds::default()
    }

    fn transfer_import_bounds(&self, timestamp: u64) -> ImportBounds {
        let trail = &self.ledger.trail;
        let mut imports = self.ledger.imports.lock();
        let last = imports.last_transfer(trail).max(self.last_transfer);
        let recorded = trail.find_by_timestamp(timestamp);
        let own = recorded.is_some_and(Entry::created_account_at_its_timestamp);
        ImportBounds { last, taken: own || imports.accounts.binary_search(&timestamp).is_ok() }
    }
}
