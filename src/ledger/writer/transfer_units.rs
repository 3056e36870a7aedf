//! Units of transfers: a chain of linked transfers, or one that is not plain.
//!
//! # Protocol
//! A unit locks what it needs in one order, the same for all writers: the imports, if it has
//! timestamps from the past; the shards of the transfer ids that it names, which reserves them; the
//! index shards of accounts that it names and that do not exist; then its accounts, by the ledger's
//! concurrency protocol. An account that did not exist cannot be created before the unit's
//! timestamp.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::handle::{TransferOutcome, Writer, check_batch, entry_flags};
use super::prefetch::{self, GROUP};
use super::single_transfers::uses_id;
use crate::ledger::account_set::AccountList;
use crate::ledger::concurrency::{
    AbortReason, Attempt, ConcurrencyProtocol, OrderedLocks, SHARES_CODE, dispatch, transact,
};
use crate::ledger::imports::Imports;
use crate::ledger::index::ShardGuards;
use crate::ledger::timestamp_generator::TimestampGenerator;
use crate::ledger::transfer_ids::{HashedId, Reserved};
use crate::ledger::unit_view::{AccountPositions, UnitView};
use crate::ledger::writer_state::WriterState;
use crate::ledger::{Cancellation, Ledger, LedgerError};
use crate::model::KnownTransfer;
use crate::model::{AccountState, BatchPosition, Changes, CreateTransferStatus, CreatedTransfer};
use crate::model::{
    Outcome, Side, Transfer, TransferAttempt, TransferFlags, decide_transfers, units,
};
use crate::sync::{Interrupted, LatchedGuard, WaitPolicy};
use crate::trail::{
    AccountChange, Entry, EntryFlags, EntryLocation, PreviousChanges, SegmentWriter, has_seed,
    position_in_id,
};

/// What a unit has locked besides its accounts.
struct UnitLocks<'a> {
    imports: Option<LatchedGuard<'a, Imports>>,
    reserved: Reserved<'a>,
    /// The index shards of accounts that do not exist.
    absent: ShardGuards<'a>,
    /// The numbers of the unit's accounts, in the order in which it names them.
    numbers: Vec<u64>,
}

impl Ledger {
    /// Returns whether an id can be looked up and used in the table of ids alone: it is none that this ledger
    /// has generated or will generate.
    #[inline(always)]
    pub(super) fn leaves_id_to_callers(&self, id: u128) -> bool {
        id != u128::MAX && position_in_id(id).is_none() || self.is_not_generated(id)
    }

    #[cold]
    fn is_not_generated(&self, id: u128) -> bool {
        id != u128::MAX && !has_seed(id, self.id_seed) && self.trail.find_by_id(id).is_none()
    }
}

impl Writer {
    /// Attempts to create the transfers of a batch, in order, and returns an outcome for each.
    /// Linked transfers are created together or not at all. An id of 0 is rejected, as in
    /// TigerBeetle; [`Writer::new_id`] returns a new one.
    ///
    /// Checks `cancellation` before each unit and while one waits. A unit that has begun is
    /// completed.
    ///
    /// # Errors
    /// [`LedgerError`] when the batch is too large or there is no memory for its entries or its ids.
    /// Nothing has changed then, and there is no entry.
    pub fn create_transfers_with(
        &mut self,
        batch: &[TransferAttempt],
        cancellation: &Cancellation<'_>,
    ) -> Result<Vec<TransferOutcome>, LedgerError> {
        check_batch(batch.len())?;
        self.check_ids(batch)?;
        self.reserve_ids(batch.len() as u64)?;
        self.reserve_records(batch.len() as u64 * 2)?;
        let mut outcomes = Vec::with_capacity(batch.len());
        let (mut begun, mut next_group) = (0, 0);
        prefetch::start(&self.ledger, batch);
        for (unit, batch_position) in units(batch) {
            if begun >= next_group {
                prefetch::advance(&self.ledger, batch, next_group);
                next_group += GROUP;
            }
            begun += unit.len();
            let in_time = cancellation.check();
            dispatch!(self.ledger.protocol, W => {
                let on_outcome = &mut |outcome| outcomes.push(outcome);
                self.transfer_unit::<W>(unit, batch_position, in_time, cancellation, on_outcome)
            })?;
        }
        self.publish_contention();
        self.finish()?;
        Ok(outcomes)
    }

    /// Attempts one transfer, for whose entry memory is reserved.
    pub(super) fn create_one<W: ConcurrencyProtocol>(
        &mut self,
        attempt: &TransferAttempt,
        in_time: Result<(), Interrupted>,
        cancellation: &Cancellation<'_>,
        on_outcome: &mut impl FnMut(TransferOutcome),
    ) -> Result<(), LedgerError> {
        let unit = std::slice::from_ref(attempt);
        self.check_id(attempt.transfer.id)?;
        self.check_id(attempt.transfer.pending_id)?;
        self.reserve_ids(1)?;
        self.reserve_more_records(2)?;
        let imported = attempt.transfer.flags.contains(TransferFlags::IMPORTED);
        let batch_position = BatchPosition { imported, last: true };
        self.transfer_unit::<W>(unit, batch_position, in_time, cancellation, on_outcome)
    }

    /// Checks that a batch names no id that this ledger has yet to generate, see [`Writer::check_id`].
    pub(super) fn check_ids(&self, batch: &[TransferAttempt]) -> Result<(), LedgerError> {
        named_ids(batch).try_for_each(|id| self.check_id(id))
    }

    /// Checks that this ledger will not generate this id for a plain transfer to come. Such ids are not
    /// reserved, so nothing would order the outcome before that transfer.
    #[inline]
    pub(super) fn check_id(&self, id: u128) -> Result<(), LedgerError> {
        let Ledger { id_seed, trail, .. } = &*self.ledger;
        match has_seed(id, *id_seed) && trail.find_by_id(id).is_none() {
            true => Err(LedgerError::IdReserved { id }),
            false => Ok(()),
        }
    }

    /// Records an attempt of one transfer that ended while it waited.
    #[cold]
    pub(super) fn record_abort_of_one(
        &mut self,
        attempt: &TransferAttempt,
        reason: AbortReason,
        on_outcome: &mut dyn FnMut(TransferOutcome),
    ) -> Result<(), LedgerError> {
        let interrupted = self.interruption(reason)?;
        let batch_position = BatchPosition { imported: false, last: true };
        let unit = std::slice::from_ref(attempt);
        self.record_interruption(unit, batch_position, interrupted, on_outcome)
    }

    /// Returns what ended the wait of an attempt that was aborted, or why else it was.
    #[cold]
    pub(super) fn interruption(&self, reason: AbortReason) -> Result<Interrupted, LedgerError> {
        match reason {
            AbortReason::Impossible => Err(LedgerError::TimestampsExhausted),
            AbortReason::OutOfMemory => Err(self.ids_full()),
            AbortReason::Interrupted(interrupted) => Ok(interrupted),
        }
    }

    /// Attempts one unit, unless it is too late, and calls `on_outcome` with the outcome of each of its
    /// transfers.
    #[inline]
    fn transfer_unit<W: ConcurrencyProtocol>(
        &mut self,
        unit: &[TransferAttempt],
        batch_position: BatchPosition,
        in_time: Result<(), Interrupted>,
        cancellation: &Cancellation<'_>,
        on_outcome: &mut impl FnMut(TransferOutcome),
    ) -> Result<(), LedgerError> {
        if let Err(interrupted) = in_time {
            return self.record_interruption(unit, batch_position, interrupted, on_outcome);
        }
        let single = match unit {
            _ if batch_position.imported => Ok(None),
            [one] => {
                let flags = entry_flags(batch_position, true);
                match SHARES_CODE {
                    true => self.try_single::<OrderedLocks>(one, flags, cancellation),
                    false => self.try_single::<W>(one, flags, cancellation),
                }
            }
            chain => match self.try_chain(chain, batch_position, cancellation, on_outcome) {
                Ok(true) => return Ok(()),
                Ok(false) => Ok(None),
                Err(reason) => Err(reason),
            },
        };
        let outcomes = match single {
            Ok(Some(outcome)) => {
                on_outcome(outcome);
                return Ok(());
            }
            Ok(None) => self.try_unit(unit, batch_position, cancellation),
            Err(reason) => Err(reason),
        };
        match outcomes {
            Ok(outcomes) => {
                outcomes.into_iter().for_each(on_outcome);
                Ok(())
            }
            Err(reason) => {
                let interrupted = self.interruption(reason)?;
                self.record_interruption(unit, batch_position, interrupted, on_outcome)
            }
        }
    }

    pub(super) fn try_unit(
        &mut self,
        unit: &[TransferAttempt],
        batch_position: BatchPosition,
        cancellation: &Cancellation<'_>,
    ) -> Result<Vec<TransferOutcome>, AbortReason> {
        let Self { ledger, state, .. } = self;
        let WriterState { segment_writer, timestamps, contention, reserved_ids, .. } = state;
        let UnitLocks { mut imports, mut reserved, absent, numbers } =
            lock(ledger, unit, batch_position, cancellation)?;
        contention.waits += reserved.waits();
        let timed = unit.iter().filter(|one| one.transfer.timeout > 0).count();
        if !reserved.reserve_memory(hashed_ids(ledger, unit))
            || timed > 0 && !ledger.expiry_queue.reserve_memory(contention.writer, timed)
        {
            return Err(AbortReason::OutOfMemory);
        }
        let imported = imports.as_ref().map_or(0, LatchedGuard::last_timestamp);
        let known = reserved.last_timestamp().max(last_plain(ledger, unit));
        let mut attempt = TransferUnitAttempt {
            ledger,
            segment_writer,
            timestamps,
            unit,
            batch_position,
            previous: known.max(absent.last_timestamp()).max(imported),
            imports: imports.as_deref_mut(),
            reserved: &mut reserved,
            positions: AccountPositions::of(&numbers),
            times: Vec::new(),
            outcomes: Vec::new(),
            changes: Changes::default(),
            used_ids: 0,
            locations: Vec::new(),
        };
        let accounts: AccountList<'_> =
            numbers.iter().map(|&number| ledger.accounts.get(number)).collect();
        let (protocol, all) = (ledger.protocol, &ledger.accounts);
        transact(protocol, all, &accounts, cancellation, contention, &mut attempt)?;
        let TransferUnitAttempt { times, outcomes, used_ids, .. } = attempt;
        *reserved_ids -= used_ids;
        let last = times[times.len() - 1];
        absent.release(last);
        reserved.release(last);
        if let Some(imports) = imports {
            imports.release(last);
        }
        Ok(outcomes)
    }

    /// Writes the entries of a unit that was interrupted before it began.
    #[cold]
    fn record_interruption(
        &mut self,
        unit: &[TransferAttempt],
        batch_position: BatchPosition,
        interrupted: Interrupted,
        on_outcome: &mut dyn FnMut(TransferOutcome),
    ) -> Result<(), LedgerError> {
        let WriterState { segment_writer, timestamps, .. } = &mut self.state;
        let status = CreateTransferStatus::from(interrupted);
        for (at, attempt) in unit.iter().enumerate() {
            let timestamp = timestamps.next_after(0).ok_or(LedgerError::TimestampsExhausted)?;
            let id = attempt.transfer.id;
            let outcome = Outcome { id, status, timestamp, versions: (0, 0) };
            let flags = unit_flags(batch_position, at + 1 == unit.len());
            let entry = Entry::of_transfer(attempt, timestamp, status, (0, 0), flags, 0);
            segment_writer.write_with_extension(entry);
            on_outcome(outcome);
        }
        segment_writer.publish();
        Ok(())
    }
}

/// Locks all that a unit needs besides its accounts, and finds those.
fn lock<'a>(
    ledger: &'a Ledger,
    unit: &[TransferAttempt],
    batch_position: BatchPosition,
    wait_policy: &impl WaitPolicy,
) -> Result<UnitLocks<'a>, Interrupted> {
    let imports = batch_position.imported.then(|| ledger.imports.lock_with(wait_policy));
    let imports = imports.transpose()?;
    let reserved = ledger.transfer_ids.reserve(hashed_ids(ledger, unit), wait_policy)?;
    let named = named_accounts(ledger, unit, &reserved);
    let absent = named.iter().copied().filter(|&id| ledger.find(id).is_none());
    let absent = ledger.index.lock_shards_with(absent, wait_policy)?;
    let numbers = if batch_position.imported {
        // It depends on every existing transfer, so it accesses every account.
        (0..ledger.accounts.len()).collect()
    } else {
        named.into_iter().filter_map(|id| ledger.find(id)).collect()
    };
    Ok(UnitLocks { imports, reserved, absent, numbers })
}

/// Returns the transfer ids that a unit names: its own, and those that it resolves.
fn named_ids(unit: &[TransferAttempt]) -> impl Iterator<Item = u128> {
    let named = unit.iter().flat_map(|one| [one.transfer.id, one.transfer.pending_id]);
    named.filter(|&id| id != 0)
}

fn hashed_ids(ledger: &Ledger, unit: &[TransferAttempt]) -> impl Iterator<Item = HashedId> {
    named_ids(unit).map(|id| ledger.transfer_ids.hashed(id))
}

/// Returns the greatest timestamp of the plain transfers that a unit names. They reserve no ids,
/// and the unit may not access their accounts, but its outcome depends on them.
fn last_plain(ledger: &Ledger, unit: &[TransferAttempt]) -> u64 {
    let recorded = named_ids(unit).filter_map(|id| ledger.trail.find_by_id(id));
    recorded.map(|recorded| recorded.entry.timestamp).max().unwrap_or(0)
}

/// Returns the ids of the accounts that a unit names, itself or by the pending transfers that it
/// resolves: each once, in the order in which it names them.
fn named_accounts(ledger: &Ledger, unit: &[TransferAttempt], reserved: &Reserved<'_>) -> Vec<u128> {
    // A chain may resolve a pending transfer of its own.
    let own: PositionsById = match unit {
        [_] => PositionsById::default(),
        _ => unit.iter().map(|one| one.transfer.id).zip(0..).collect(),
    };
    let known = |id| {
        let known = reserved.get(reserved.hashed(id));
        known.or_else(|| ledger.trail.find_by_id(id)?.known_transfer())
    };
    let mut ids = Vec::with_capacity(unit.len() * 2);
    let mut positions = PositionsById::default();
    for TransferAttempt { transfer, .. } in unit {
        let mut named = *transfer;
        if transfer.resolves() {
            let pending = known(transfer.pending_id).and_then(KnownTransfer::created);
            let own = || own.get(&transfer.pending_id).map(|&position| unit[position].transfer);
            let Some(pending) = pending.or_else(own) else { continue };
            named = pending;
        }
        for id in [named.debit_account_id, named.credit_account_id] {
            if positions.insert(id, ids.len()).is_none() {
                ids.push(id);
            }
        }
    }
    ids
}

/// Positions in a list, by id.
type PositionsById = HashMap<u128, usize, FixedState>;

struct TransferUnitAttempt<'w, 'a> {
    ledger: &'w Ledger,
    segment_writer: &'w mut SegmentWriter,
    timestamps: &'w mut TimestampGenerator,
    unit: &'w [TransferAttempt],
    batch_position: BatchPosition,
    /// The last timestamp that depended on what is locked besides the accounts.
    previous: u64,
    imports: Option<&'w mut Imports>,
    reserved: &'w mut Reserved<'a>,
    positions: AccountPositions,
    times: Vec<u64>,
    outcomes: Vec<TransferOutcome>,
    changes: Changes,
    /// The transfer ids that the unit has used.
    used_ids: u64,
    /// The locations of its entries.
    locations: Vec<EntryLocation>,
}

impl Attempt for TransferUnitAttempt<'_, '_> {
    fn decide(&mut self, states: &mut [AccountState], previous: u64) -> Option<u64> {
        let previous = previous.max(self.previous);
        self.times = self.timestamps.next_many_after(previous, self.unit.len())?;
        let last_transfer = match &mut self.imports {
            Some(imports) => imports.last_transfer(&self.ledger.trail),
            None => 0,
        };
        let view = UnitView {
            ledger: self.ledger,
            reserved: Some(self.reserved),
            imports: self.imports.as_deref(),
            positions: &self.positions,
            states,
            last_transfer,
        };
        let mut next = self.times.iter().copied();
        let now = || next.next().expect("there is a timestamp for each event");
        (self.outcomes, self.changes) =
            decide_transfers(&view, self.unit, self.batch_position, now);
        for state in self.changes.accounts.values() {
            let number = self.ledger.find(state.id);
            let position = number.and_then(|number| self.positions.find(number));
            states[position.expect("a unit changes only accounts that it names")] = *state;
        }
        self.times.last().copied()
    }

    fn commit(&mut self, newest: &mut [AccountChange]) {
        if let Some(imports) = &mut self.imports {
            imports.apply(&self.changes);
        }
        // Either every transfer of a unit is created or none is.
        let mut created = std::mem::take(&mut self.changes.transfers).into_iter();
        for (at, attempt) in self.unit.iter().enumerate() {
            let outcome = self.outcomes[at];
            let location = self.segment_writer.next_location();
            let (status, versions) = (outcome.status, outcome.versions);
            let flags = unit_flags(self.batch_position, at + 1 == self.unit.len());
            let created = created.next();
            let moved = created.map_or(0, |created| created.state.transfer.amount);
            let moved = if attempt.transfer.is_balancing() { moved } else { 0 };
            let (mut entry, mut extension) =
                Entry::of_transfer(attempt, self.times[at], status, versions, flags, moved);
            if let Some(created) = &created {
                entry.previous = self.link(created, newest);
                if attempt.transfer.resolves() {
                    let pending = self.resolve(&attempt.transfer, location);
                    extension = extension.map(|extension| extension.with_pending_at(pending));
                }
                self.expect_expiry(created, location);
            }
            if uses_id(status) {
                let id = self.reserved.hashed(attempt.transfer.id);
                self.reserved.record_use(id, location);
                self.used_ids += 1;
            }
            self.segment_writer.write_with_extension((entry, extension));
            self.locations.push(location);
        }
        self.segment_writer.publish();
    }
}

impl TransferUnitAttempt<'_, '_> {
    /// Links a new transfer to the changes of its accounts before it, and makes it the newest one.
    fn link(&self, created: &CreatedTransfer, newest: &mut [AccountChange]) -> PreviousChanges {
        let position = |id| {
            let number = self.ledger.find(id);
            let position = number.and_then(|number| self.positions.find(number));
            position.expect("a unit changes only accounts that it names")
        };
        let [debit, credit] = [position(created.debit.id), position(created.credit.id)];
        let previous = PreviousChanges::of(newest[debit], newest[credit]);
        newest[debit] = self.segment_writer.next_change(Side::Debit);
        newest[credit] = self.segment_writer.next_change(Side::Credit);
        previous
    }

    /// Records that the entry at this location resolves a pending transfer. Returns where that one is.
    fn resolve(&mut self, transfer: &Transfer, at: EntryLocation) -> EntryLocation {
        let id = self.reserved.hashed(transfer.pending_id);
        let (timeout, pending) = match self.reserved.entry(id) {
            Some(recorded) => (recorded.entry.timeout, recorded.location()),
            // It is of this unit, whose entries are not published yet.
            None => {
                let mut unit = self.unit.iter().zip(&self.locations);
                let own = unit.find(|(one, _)| one.transfer.id == transfer.pending_id);
                let (own, at) = own.expect("a created transfer resolves an existing one");
                (own.transfer.timeout, *at)
            }
        };
        if timeout > 0 {
            self.ledger.trail.forget_expiry();
        }
        self.reserved.record_resolution(id, at);
        pending
    }

    /// Adds a pending transfer with a timeout to the queue.
    fn expect_expiry(&self, created: &CreatedTransfer, at: EntryLocation) {
        if let Some(expires_at) = created.state.transfer.expires_at() {
            self.ledger.trail.expect_expiry();
            self.ledger.expiry_queue.add(expires_at, at);
        }
    }
}

/// Returns the flags of the entry of one transfer of a unit.
pub(super) fn unit_flags(batch_position: BatchPosition, is_last: bool) -> EntryFlags {
    entry_flags(batch_position, is_last) | EntryFlags::IN_UNIT
}
