//! Applying the entries of a trail to the ledger that they made.

use super::error::OpenError;
use crate::ledger::limits::TRANSFER_ID_BYTES;
use crate::ledger::transfer_ids::{HashedId, Reserved};
use crate::ledger::writer::uses_id;
use crate::ledger::{Ledger, LedgerError};
use crate::model::{
    AccountFlags, AccountState, CreateAccountStatus, Side, Transfer, TransferFlags,
};
use crate::sync::{Prefetcher, WaitForever};
use crate::trail::{AccountChange, EntryKind, EntryLocation, EntryRef};

/// Why an entry cannot be applied.
pub(super) enum RedoFailure {
    /// The ledger is full.
    Full(LedgerError),
    /// It does not fit what is before it: a clause.
    Inconsistent(&'static str),
}

use RedoFailure::Inconsistent;

impl From<LedgerError> for RedoFailure {
    fn from(error: LedgerError) -> Self {
        Self::Full(error)
    }
}

/// Applies entries again, in the order of their timestamps.
pub(super) struct Redo<'a> {
    ledger: &'a Ledger,
    /// Pending transfers with a timeout: when they expire, and where their entries are.
    expiring: Vec<(u64, HashedId, EntryLocation)>,
}

impl<'a> Redo<'a> {
    pub(super) fn new(ledger: &'a Ledger) -> Self {
        Self { ledger, expiring: Vec::new() }
    }

    /// Prefetches where the look-ups of an entry begin.
    pub(super) fn prefetch_slots(&self, recorded: &EntryRef<'_>, prefetcher: &mut Prefetcher) {
        let entry = recorded.entry;
        if entry.kind == EntryKind::Transfer {
            for id in [entry.debit_account_id, entry.credit_account_id] {
                prefetcher.will_read(self.ledger.index.first_slot(id));
            }
            if !recorded.is_plain() {
                self.ledger.transfer_ids.prefetch(entry.id, prefetcher);
            }
        }
    }

    /// Prefetches the accounts of an entry.
    pub(super) fn prefetch_cells(&self, recorded: &EntryRef<'_>, prefetcher: &mut Prefetcher) {
        let entry = recorded.entry;
        if entry.kind == EntryKind::Transfer {
            for id in [entry.debit_account_id, entry.credit_account_id] {
                let number = self.ledger.index.first_number(id);
                self.ledger.accounts.prefetch(number, prefetcher);
            }
        }
    }

    /// Applies the next entry.
    pub(super) fn apply(&mut self, recorded: &EntryRef<'_>) -> Result<(), OpenError> {
        self.redo(recorded).map_err(|failure| match failure {
            RedoFailure::Full(error) => OpenError::Ledger(error),
            Inconsistent(what) => {
                OpenError::Inconsistent { entry: recorded.entry.to_string(), what: what.to_owned() }
            }
        })
    }

    /// As [`Redo::apply`], with the reason alone.
    pub(super) fn redo(&mut self, recorded: &EntryRef<'_>) -> Result<(), RedoFailure> {
        match recorded.entry.kind {
            EntryKind::Account => self.account(recorded),
            EntryKind::Transfer => self.transfer(recorded),
            EntryKind::Expiry => self.expiry(recorded),
            EntryKind::Extension => Err(Inconsistent("its entry is missing")),
        }
    }

    fn account(&self, recorded: &EntryRef<'_>) -> Result<(), RedoFailure> {
        let (ledger, entry) = (self.ledger, recorded.entry);
        if entry.status != CreateAccountStatus::Created as u16 {
            return Ok(());
        }
        let account = entry.account(recorded.extension);
        let imported = account.flags.contains(AccountFlags::IMPORTED);
        let timestamp = if imported { account.timestamp } else { entry.timestamp };
        if account.id == 0 {
            return Err(Inconsistent("an account with the id 0 cannot exist"));
        }
        let state = AccountState::opened(&account, timestamp);
        let mut imports = ledger.imports.lock();
        let mut shards = ledger.index.lock_shards(std::iter::once(account.id));
        if ledger.find(account.id).is_some() {
            return Err(Inconsistent("the account exists already"));
        }
        let number = ledger.accounts.open(&state, account.user_data, entry.timestamp)?;
        shards.add(account.id, number, &ledger.accounts);
        imports.add_account(&state);
        Ok(())
    }

    fn transfer(&mut self, recorded: &EntryRef<'_>) -> Result<(), RedoFailure> {
        let ledger = self.ledger;
        let status = recorded.entry.transfer_status();
        let status = status.ok_or(Inconsistent("its status is unknown"))?;
        if status.is_interruption() {
            return Ok(());
        }
        if recorded.entry.is_created_transfer() {
            let created = recorded.created_transfer(&ledger.trail);
            let transfer = created.ok_or(Inconsistent("its pending transfer is missing"))?;
            let resolved = self.resolved(recorded, &transfer)?;
            let pending = resolved.as_ref().map(|(pending, _)| pending);
            self.change(recorded, &transfer, |state, side| state.redo(side, &transfer, pending))?;
            if let Some((pending, _)) = &resolved {
                self.record_resolution(pending.id, recorded.location())?;
            }
            if let Some(expires_at) = transfer.expires_at() {
                let id = ledger.transfer_ids.hashed(transfer.id);
                self.expiring.push((expires_at, id, recorded.location()));
            }
            ledger.imports.lock().add_transfer(&transfer);
        }
        if uses_id(status) && !recorded.is_plain() {
            if !ledger.memory.take(TRANSFER_ID_BYTES) {
                let budget_bytes = ledger.memory.limit();
                return Err(LedgerError::TransferIdsFull { budget_bytes }.into());
            }
            // A plain transfer uses the id that encodes its place, and is not among the others.
            let plain = ledger.trail.find_by_id(recorded.entry.id);
            let is_plain_too = plain.is_some_and(|plain| plain.known_transfer().is_some());
            self.record(recorded.entry.id, |reserved, id| {
                if is_plain_too || reserved.entry(id).is_some() {
                    return Err(Inconsistent("its id was used before"));
                }
                reserved.record_use(id, recorded.location());
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Returns the pending transfer that a transfer posts or voids, and where its entry is.
    fn resolved(
        &self,
        recorded: &EntryRef<'_>,
        transfer: &Transfer,
    ) -> Result<Option<(Transfer, EntryLocation)>, RedoFailure> {
        if !transfer.resolves() {
            return Ok(None);
        }
        let trail = &self.ledger.trail;
        let pending = recorded.resolved_entry(trail);
        let pending = pending.filter(|pending| pending.entry.timestamp < recorded.entry.timestamp);
        let found = pending
            .and_then(|pending| Some((pending.created_transfer(trail)?, pending.location())));
        let found =
            found.filter(|(pending, _)| is_pending(pending) && pending.id == transfer.pending_id);
        found.map(Some).ok_or(Inconsistent("its pending transfer is missing"))
    }

    fn expiry(&self, recorded: &EntryRef<'_>) -> Result<(), RedoFailure> {
        let ledger = self.ledger;
        let pending = ledger.transfer_ids.find(recorded.entry.id);
        let pending = pending.and_then(|pending| pending.created_transfer(&ledger.trail));
        let pending =
            pending.filter(is_pending).ok_or(Inconsistent("its pending transfer is missing"))?;
        self.change(recorded, &pending, |state, side| state.redo_expiry(side, &pending))?;
        self.record_resolution(pending.id, recorded.location())
    }

    /// Changes both accounts of a transfer.
    fn change(
        &self,
        recorded: &EntryRef<'_>,
        transfer: &Transfer,
        redo: impl Fn(&mut AccountState, Side) -> Option<()>,
    ) -> Result<(), RedoFailure> {
        let entry = recorded.entry;
        if transfer.debit_account_id == transfer.credit_account_id {
            return Err(Inconsistent("both of its accounts are the same"));
        }
        let sides = [
            (Side::Debit, transfer.debit_account_id, entry.debit_version),
            (Side::Credit, transfer.credit_account_id, entry.credit_version),
        ];
        for (side, id, version) in sides {
            let account = self.ledger.index.find(id, &self.ledger.accounts);
            let account = account.ok_or(Inconsistent("one of its accounts is missing"))?;
            let before = account.cell.load();
            let mut after = before;
            redo(&mut after, side).ok_or(Inconsistent("a sum leaves its range"))?;
            if after.version != version {
                return Err(Inconsistent("a change of its account before it is missing"));
            }
            if entry.previous.on(side) != account.cell.newest() {
                return Err(Inconsistent(
                    "its link to the change of its account before it is wrong",
                ));
            }
            let newest = AccountChange::at(recorded.writer, recorded.position, side);
            account.cell.change(&before, &after, newest);
        }
        Ok(())
    }

    fn record_resolution(&self, id: u128, at: EntryLocation) -> Result<(), RedoFailure> {
        self.record(id, |reserved, id| {
            if !reserved.is_pending(id) {
                return Err(Inconsistent("its pending transfer was resolved before"));
            }
            reserved.record_resolution(id, at);
            Ok(())
        })
    }

    /// Records something about an id.
    fn record(
        &self,
        id: u128,
        record: impl FnOnce(&mut Reserved<'_>, HashedId) -> Result<(), RedoFailure>,
    ) -> Result<(), RedoFailure> {
        let ledger = self.ledger;
        let full = || LedgerError::TransferIdsFull { budget_bytes: ledger.memory.limit() };
        let id = ledger.transfer_ids.hashed(id);
        let one = || std::iter::once(id);
        let mut reserved = WaitForever::finish(ledger.transfer_ids.reserve(one(), &WaitForever));
        if !reserved.reserve_memory(one()) {
            return Err(full().into());
        }
        record(&mut reserved, id)
    }

    /// Lets the pending transfers that were not resolved expire, each in its time.
    pub(super) fn finish(self) -> Result<(), LedgerError> {
        let ledger = self.ledger;
        for (expires_at, id, at) in self.expiring {
            let one = std::iter::once(id);
            let reserved = WaitForever::finish(ledger.transfer_ids.reserve(one, &WaitForever));
            if reserved.is_pending(id) {
                if !ledger.expiry_queue.reserve_memory(at.writer, 1) {
                    let budget_bytes = ledger.memory.limit();
                    return Err(LedgerError::TransferIdsFull { budget_bytes });
                }
                ledger.trail.expect_expiry();
                ledger.expiry_queue.add(expires_at, at);
            }
        }
        Ok(())
    }
}

fn is_pending(transfer: &Transfer) -> bool {
    transfer.flags.contains(TransferFlags::PENDING)
}
