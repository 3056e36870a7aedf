//! Units of transfers: a chain of linked transfers, or one that is not plain.
//!
//! # Protocol
//! A unit locks what it needs in one order, the same for all writers: the imports, if it has
//! timestamps from the past; the shards of the transfer ids that it names, which reserves them; the
//! index shards of accounts that it names and that do not exist; then its accounts, by the ledger's
//! concurrency protocol. An account that did not exist cannot be created before the unit's
//! timestamp.

use std::collections::{HashMap, HashSet};

use super::handle::{TransferOutcome, Writer, check_batch, entry_flags};
use crate::ledger::accounts::AccountRef;
use crate::ledger::concurrency::{AbortReason, Attempt, ConcurrencyProtocol, dispatch};
use crate::ledger::imports::Imports;
use crate::ledger::index::ShardGuards;
use crate::ledger::timestamp_generator::TimestampGenerator;
use crate::ledger::transfer_ids::Reserved;
use crate::ledger::unit_view::{AccountPositions, UnitView};
use crate::ledger::writer_state::WriterState;
use crate::ledger::{Cancellation, Ledger, LedgerError};
use crate::model::{AccountState, BatchPosition, Changes, CreateTransferStatus, KnownTransfer};
use crate::model::{Outcome, Side, Transfer, TransferAttempt, decide_transfers, units};
use crate::sync::{Interrupted, LatchedGuard, WaitPolicy};
use crate::trail::{AccountChange, Entry, EntryFlags, PreviousChanges, SegmentWriter, has_seed};

/// What a unit has locked besides its accounts.
struct UnitLocks<'a> {
    imports: Option<LatchedGuard<'a, Imports>>,
    reserved: Reserved<'a>,
    /// The index shards of accounts that do not exist.
    absent: ShardGuards<'a>,
    /// The numbers of the unit's accounts, in the order in which it names them.
    numbers: Vec<u64>,
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
        for (unit, batch_position) in units(batch) {
            dispatch!(self.ledger.protocol, W => {
                self.transfer_unit::<W>(unit, batch_position, cancellation, &mut outcomes)
            })?;
        }
        Ok(outcomes)
    }

    /// Checks that a batch names no id that this ledger has yet to generate for a plain transfer.
    /// Those ids are not reserved, so nothing would order this outcome before that transfer.
    pub(super) fn check_ids(&self, batch: &[TransferAttempt]) -> Result<(), LedgerError> {
        let Ledger { id_seed, trail, .. } = &*self.ledger;
        let reserved = |id| has_seed(id, *id_seed) && trail.find_by_id(id).is_none();
        let mut named = batch.iter().flat_map(|one| [one.transfer.id, one.transfer.pending_id]);
        match named.find(|&id| reserved(id)) {
            Some(id) => Err(LedgerError::IdReserved { id }),
            None => Ok(()),
        }
    }

    /// Attempts one unit and adds an outcome for each of its transfers.
    fn transfer_unit<W: ConcurrencyProtocol>(
        &mut self,
        unit: &[TransferAttempt],
        batch_position: BatchPosition,
        cancellation: &Cancellation<'_>,
        outcomes: &mut Vec<TransferOutcome>,
    ) -> Result<(), LedgerError> {
        let done = match self.try_unit::<W>(unit, batch_position, cancellation) {
            Ok(of_unit) => {
                outcomes.extend(of_unit);
                Ok(())
            }
            Err(AbortReason::Impossible) => Err(LedgerError::TimestampsExhausted),
            Err(AbortReason::Interrupted(interrupted)) => {
                self.record_interruption(unit, batch_position, interrupted, outcomes)
            }
        };
        self.publish_contention();
        done
    }

    fn try_unit<W: ConcurrencyProtocol>(
        &mut self,
        unit: &[TransferAttempt],
        batch_position: BatchPosition,
        cancellation: &Cancellation<'_>,
    ) -> Result<Vec<TransferOutcome>, AbortReason> {
        cancellation.check()?;
        let Self { ledger, state } = self;
        let WriterState { segment_writer, timestamps, contention, reserved_ids, .. } = state;
        let UnitLocks { mut imports, mut reserved, absent, numbers } =
            lock(ledger, unit, batch_position, cancellation)?;
        contention.waits += reserved.waits();
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
        };
        let accounts: Vec<AccountRef<'_>> =
            numbers.iter().map(|&number| ledger.accounts.get(number)).collect();
        W::transact(&ledger.accounts, &accounts, cancellation, contention, &mut attempt)?;
        let TransferUnitAttempt { times, outcomes, changes, .. } = attempt;
        *reserved_ids -= (changes.transfers.len() + changes.failed.len()) as u64;
        let last = times[times.len() - 1];
        absent.release(last);
        reserved.release(last);
        if let Some(imports) = imports {
            imports.release(last);
        }
        Ok(outcomes)
    }

    /// Writes the entries of a unit that was interrupted before it began.
    fn record_interruption(
        &mut self,
        unit: &[TransferAttempt],
        batch_position: BatchPosition,
        interrupted: Interrupted,
        outcomes: &mut Vec<TransferOutcome>,
    ) -> Result<(), LedgerError> {
        let WriterState { segment_writer, timestamps, .. } = &mut self.state;
        let status = CreateTransferStatus::from(interrupted);
        for (at, attempt) in unit.iter().enumerate() {
            let timestamp = timestamps.next_after(0).ok_or(LedgerError::TimestampsExhausted)?;
            let id = attempt.transfer.id;
            let outcome = Outcome { id, status, timestamp, versions: (0, 0) };
            let flags = unit_flags(batch_position, at + 1 == unit.len());
            let entry = Entry::of_transfer(attempt, timestamp, status, (0, 0), flags);
            segment_writer.write_with_extension(entry);
            outcomes.push(outcome);
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
    let reserved = reserve(ledger, unit, wait_policy)?;
    let named = named_accounts(ledger, unit, &reserved);
    let absent = named.iter().copied().filter(|&id| ledger.find(id).is_none());
    let absent = ledger.index.lock_shards_with(absent, wait_policy)?;
    let mut numbers: Vec<u64> = if batch_position.imported {
        // It depends on every existing transfer, so it accesses every account.
        (0..ledger.accounts.len()).collect()
    } else {
        named.into_iter().filter_map(|id| ledger.find(id)).collect()
    };
    let mut seen = HashSet::with_capacity(numbers.len());
    numbers.retain(|&number| seen.insert(number));
    Ok(UnitLocks { imports, reserved, absent, numbers })
}

/// Reserves the transfer ids that a unit names: its own; those that it resolves; and where its own
/// ids exist, those that the existing transfers have resolved.
fn reserve<'a>(
    ledger: &'a Ledger,
    unit: &[TransferAttempt],
    wait_policy: &impl WaitPolicy,
) -> Result<Reserved<'a>, Interrupted> {
    let resolved = |known: Option<KnownTransfer>| Some(known?.created()?.pending_id);
    loop {
        let by_existing =
            unit.iter().filter_map(|one| resolved(ledger.transfer_ids.peek(one.transfer.id)));
        let own = unit.iter().flat_map(|one| [one.transfer.id, one.transfer.pending_id]);
        let ids: Vec<u128> = own.chain(by_existing).filter(|&id| id != 0).collect();
        let reserved = ledger.transfer_ids.reserve(ids.into_iter(), wait_policy)?;
        let mut by_existing = unit.iter().filter_map(|one| resolved(reserved.get(one.transfer.id)));
        // Another writer may have created an id between the look-up and the reservation. The next
        // round knows it.
        if by_existing.all(|id| id == 0 || reserved.includes(id)) {
            return Ok(reserved);
        }
    }
}

/// Returns the greatest timestamp of the plain transfers that a unit names. They reserve no ids,
/// and the unit may not access their accounts, but its outcome depends on them.
fn last_plain(ledger: &Ledger, unit: &[TransferAttempt]) -> u64 {
    let named = unit.iter().flat_map(|one| [one.transfer.id, one.transfer.pending_id]);
    let recorded = named.filter_map(|id| ledger.trail.find_by_id(id));
    recorded.map(|recorded| recorded.entry.timestamp).max().unwrap_or(0)
}

/// Returns the ids of the accounts that a unit names, itself or by the pending transfers that it
/// resolves.
fn named_accounts(ledger: &Ledger, unit: &[TransferAttempt], reserved: &Reserved<'_>) -> Vec<u128> {
    // A chain may resolve a pending transfer of its own.
    let own: HashMap<u128, &Transfer> = match unit {
        [_] => HashMap::new(),
        _ => unit.iter().map(|one| (one.transfer.id, &one.transfer)).collect(),
    };
    let known = |id| {
        let known = reserved.get(id);
        known.or_else(|| ledger.trail.find_by_id(id)?.known_transfer())
    };
    let mut ids = Vec::with_capacity(unit.len() * 2);
    for TransferAttempt { transfer, .. } in unit {
        let mut named = *transfer;
        if transfer.resolves() {
            let pending = known(transfer.pending_id).and_then(KnownTransfer::created);
            let pending = pending.or_else(|| own.get(&transfer.pending_id).map(|own| **own));
            let Some(pending) = pending else { continue };
            named = pending;
        }
        ids.extend([named.debit_account_id, named.credit_account_id]);
    }
    ids
}

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
        self.ledger.expiry_queue.apply(&self.changes, |id| self.reserved.get(id));
        self.reserved.apply(&self.changes);
        if let Some(imports) = &mut self.imports {
            imports.apply(&self.changes);
        }
        // Either every transfer of a unit is created or none is.
        let mut created = self.changes.transfers.iter();
        for (at, (attempt, outcome)) in self.unit.iter().zip(&self.outcomes).enumerate() {
            let mut previous = PreviousChanges::default();
            if let Some(created) = created.next() {
                let position = |id| {
                    let number = self.ledger.find(id);
                    let position = number.and_then(|number| self.positions.find(number));
                    position.expect("a unit changes only accounts that it names")
                };
                let [debit, credit] = [position(created.debit.id), position(created.credit.id)];
                previous = PreviousChanges::of(newest[debit], newest[credit]);
                newest[debit] = self.segment_writer.next_change(Side::Debit);
                newest[credit] = self.segment_writer.next_change(Side::Credit);
            }
            let is_last = at + 1 == self.unit.len();
            let flags = unit_flags(self.batch_position, is_last);
            let (status, versions) = (outcome.status, outcome.versions);
            let (entry, extension) =
                Entry::of_transfer(attempt, self.times[at], status, versions, flags);
            self.segment_writer.write_with_extension((Entry { previous, ..entry }, extension));
        }
        self.segment_writer.publish();
    }
}

/// Returns the flags of the entry of one transfer of a unit.
fn unit_flags(batch_position: BatchPosition, is_last: bool) -> EntryFlags {
    entry_flags(batch_position, is_last) | EntryFlags::IN_UNIT
}
