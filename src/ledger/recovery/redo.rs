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
#[derive(Debug)]
pub(super) enum RedoFailure {
    /// The ledger is full.
    Full(LedgerError),
    /// It does not fit what is before it: a clause.
    Inconsistent(&'static str),
}

use RedoFailure::Inconsistent;

impl RedoFailure {
    /// Returns the error of an opening that ends at this entry.
    pub(super) fn at(self, recorded: &EntryRef<'_>) -> OpenError {
        match self {
            Self::Full(error) => OpenError::Ledger(error),
            Inconsistent(what) => {
                OpenError::Inconsistent { entry: recorded.entry.to_string(), what: what.to_owned() }
            }
        }
    }
}

impl From<LedgerError> for RedoFailure {
    fn from(error: LedgerError) -> Self {
        Self::Full(error)
    }
}

/// Transfer ids for which memory is taken at once.
const IDS_STEP: u64 = 1_024;

/// Applies entries again, in the order of their timestamps.
///
/// What an entry did has two parts: to accounts, and to transfer ids. Neither part reads what the other one writes, except
/// that an expiry names a pending transfer by its id. So two threads can each apply one part of all entries.
pub(super) struct Redo<'a> {
    ledger: &'a Ledger,
    /// Transfer ids for which memory was taken.
    taken_ids: u64,
    /// Pending transfers with a timeout: when they expire, and where their entries are.
    expiring: Vec<(u64, HashedId, EntryLocation)>,
}

impl<'a> Redo<'a> {
    pub(super) fn new(ledger: &'a Ledger) -> Self {
        Self { ledger, taken_ids: 0, expiring: Vec::new() }
    }

    /// Applies the next entry.
    pub(super) fn redo(&mut self, recorded: &EntryRef<'_>) -> Result<(), RedoFailure> {
        self.redo_accounts(recorded, &mut || ())?;
        self.redo_ids(recorded)
    }

    /// Applies what the next entry did to accounts. Calls `until_ids` before it looks up an id, which returns when what all
    /// entries before did to ids is applied.
    pub(super) fn redo_accounts(
        &self,
        recorded: &EntryRef<'_>,
        until_ids: &mut dyn FnMut(),
    ) -> Result<(), RedoFailure> {
        match recorded.entry.kind {
            EntryKind::Account => self.account(recorded),
            EntryKind::Transfer => self.transfer(recorded),
            EntryKind::Expiry => {
                until_ids();
                self.expiry(recorded)
            }
            EntryKind::Extension => Err(Inconsistent("its entry is missing")),
        }
    }

    /// Applies what the next entry did to transfer ids.
    pub(super) fn redo_ids(&mut self, recorded: &EntryRef<'_>) -> Result<(), RedoFailure> {
        match recorded.entry.kind {
            EntryKind::Transfer => self.transfer_ids(recorded),
            EntryKind::Expiry => self.record_resolution(recorded.entry.id, recorded.location()),
            EntryKind::Account | EntryKind::Extension => Ok(()),
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

    fn transfer(&self, recorded: &EntryRef<'_>) -> Result<(), RedoFailure> {
        let ledger = self.ledger;
        let status = recorded.entry.transfer_status();
        let status = status.ok_or(Inconsistent("its status is unknown"))?;
        if status.is_interruption() || !recorded.entry.is_created_transfer() {
            return Ok(());
        }
        let created = recorded.created_transfer(&ledger.trail);
        let transfer = created.ok_or(Inconsistent("its pending transfer is missing"))?;
        let resolved = self.resolved(recorded, &transfer)?;
        let pending = resolved.as_ref();
        self.change(recorded, &transfer, |state, side| state.redo(side, &transfer, pending))?;
        if transfer.flags.contains(TransferFlags::IMPORTED) {
            ledger.imports.lock().add_transfer(&transfer);
        }
        Ok(())
    }

    fn transfer_ids(&mut self, recorded: &EntryRef<'_>) -> Result<(), RedoFailure> {
        let (ledger, entry) = (self.ledger, recorded.entry);
        let Some(status) = entry.transfer_status() else { return Ok(()) };
        if status.is_interruption() {
            return Ok(());
        }
        if recorded.is_plain() {
            return Ok(());
        }
        if entry.is_created_transfer() {
            let transfer = entry.attempt(recorded.extension).transfer;
            if transfer.resolves() {
                self.record_resolution(transfer.pending_id, recorded.location())?;
            }
            let timestamp = match transfer.flags.contains(TransferFlags::IMPORTED) {
                true => transfer.timestamp,
                false => entry.timestamp,
            };
            if let Some(expires_at) = (Transfer { timestamp, ..transfer }).expires_at() {
                let id = ledger.transfer_ids.hashed(transfer.id);
                self.expiring.push((expires_at, id, recorded.location()));
            }
        }
        if uses_id(status) {
            self.take_id()?;
            // A plain transfer uses the id that encodes its place, and is not among the others.
            let plain = ledger.trail.find_by_id(entry.id);
            if plain.is_some_and(|plain| plain.known_transfer().is_some()) {
                return Err(Inconsistent("its id was used before"));
            }
            let reserved = ledger.transfer_ids.reserve_unused(entry.id, &WaitForever);
            if let Some(mut reserved) = WaitForever::finish(reserved) {
                reserved.record_use(recorded.location());
                return Ok(());
            }
            return Err(match ledger.transfer_ids.find(entry.id) {
                Some(_) => Inconsistent("its id was used before"),
                None => self.ids_full().into(),
            });
        }
        Ok(())
    }

    /// Takes the memory of a transfer id.
    fn take_id(&mut self) -> Result<(), LedgerError> {
        if self.taken_ids == 0 {
            let memory = &self.ledger.memory;
            let steps = [IDS_STEP, 1];
            let taken = steps.into_iter().find(|ids| memory.take(ids * TRANSFER_ID_BYTES));
            self.taken_ids = taken.ok_or_else(|| self.ids_full())?;
        }
        self.taken_ids -= 1;
        Ok(())
    }

    fn ids_full(&self) -> LedgerError {
        LedgerError::TransferIdsFull { budget_bytes: self.ledger.memory.limit() }
    }

    /// Returns the pending transfer that a transfer posts or voids.
    fn resolved(
        &self,
        recorded: &EntryRef<'_>,
        transfer: &Transfer,
    ) -> Result<Option<Transfer>, RedoFailure> {
        if !transfer.resolves() {
            return Ok(None);
        }
        let trail = &self.ledger.trail;
        let pending = recorded.resolved_entry(trail);
        let pending = pending.filter(|pending| pending.entry.timestamp < recorded.entry.timestamp);
        let found = pending.and_then(|pending| pending.created_transfer(trail));
        let found =
            found.filter(|pending| is_pending(pending) && pending.id == transfer.pending_id);
        found.map(Some).ok_or(Inconsistent("its pending transfer is missing"))
    }

    fn expiry(&self, recorded: &EntryRef<'_>) -> Result<(), RedoFailure> {
        let ledger = self.ledger;
        let pending = ledger.transfer_ids.find(recorded.entry.id);
        // Later entries can have used ids by now.
        let pending = pending.filter(|pending| pending.entry.timestamp < recorded.entry.timestamp);
        let pending = pending.and_then(|pending| pending.created_transfer(&ledger.trail));
        let pending =
            pending.filter(is_pending).ok_or(Inconsistent("its pending transfer is missing"))?;
        self.change(recorded, &pending, |state, side| state.redo_expiry(side, &pending))
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
        let id = ledger.transfer_ids.hashed(id);
        let one = || std::iter::once(id);
        let mut reserved = WaitForever::finish(ledger.transfer_ids.reserve(one(), &WaitForever));
        if !reserved.reserve_memory(one()) {
            return Err(self.ids_full().into());
        }
        record(&mut reserved, id)
    }

    /// Lets the pending transfers that were not resolved expire, each in its time.
    pub(super) fn finish(self) -> Result<(), LedgerError> {
        let ledger = self.ledger;
        ledger.memory.release(self.taken_ids * TRANSFER_ID_BYTES);
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

/// Prefetches where the look-ups of an entry's accounts begin.
pub(super) fn prefetch_slots(ledger: &Ledger, one: &EntryRef<'_>, prefetcher: &mut Prefetcher) {
    if one.entry.kind == EntryKind::Transfer {
        for id in [one.entry.debit_account_id, one.entry.credit_account_id] {
            prefetcher.will_read(ledger.index.first_slot(id));
        }
    }
}

/// Prefetches the accounts of an entry.
pub(super) fn prefetch_cells(ledger: &Ledger, one: &EntryRef<'_>, prefetcher: &mut Prefetcher) {
    if one.entry.kind == EntryKind::Transfer {
        for id in [one.entry.debit_account_id, one.entry.credit_account_id] {
            ledger.accounts.prefetch(ledger.index.first_number(id), prefetcher);
        }
    }
}

/// Prefetches where the look-up of an entry's id begins.
pub(super) fn prefetch_id(ledger: &Ledger, one: &EntryRef<'_>, prefetcher: &mut Prefetcher) {
    if one.entry.kind == EntryKind::Transfer && !one.is_plain() {
        ledger.transfer_ids.prefetch(one.entry.id, prefetcher);
    }
}
