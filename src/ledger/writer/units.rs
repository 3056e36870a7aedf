//! Units of transfers: anything but a plain transfer, by itself or in a chain.
//!
//! # Protocol
//! What a unit needs is held in one order by everybody: the imports, where it brings timestamps from the past; the ids
//! that it names, which are thereby reserved; the shards of the index where an account that it names is absent; and
//! then its accounts, as the ledger's protocol has it. What was found absent stays absent until the unit's timestamp.

use std::collections::{HashMap, HashSet};

use super::{Writer, marks};
use crate::ledger::concurrency::{AbortReason, AccountRef, Attempt, ConcurrencyProtocol};
use crate::ledger::imports::Imports;
use crate::ledger::index::ShardGuards;
use crate::ledger::timeline::Timeline;
use crate::ledger::transfer_ids::Reserved;
use crate::ledger::unit_view::{AccountPositions, UnitView};
use crate::ledger::{Cancellation, Ledger, LedgerError, TransferOutcome};
use crate::model::{AccountState, Changes, CreateTransferStatus, KnownTransfer, Outcome, Place};
use crate::model::{Transfer, TransferAttempt, decide_transfers};
use crate::sync::{Interrupted, LatchedGuard, WaitPolicy};
use crate::trail::{Entry, Marks, SegmentWriter};

/// What is held for a unit besides its accounts.
struct Ready<'a> {
    imports: Option<LatchedGuard<'a, Imports>>,
    reserved: Reserved<'a>,
    /// Where accounts that the unit names are absent.
    absent: ShardGuards<'a>,
    /// The numbers of its accounts, in the order in which it names them.
    numbers: Vec<u64>,
}

impl Writer {
    /// Attempts one unit and answers an outcome for each of its transfers.
    pub(super) fn transfer_unit<W: ConcurrencyProtocol>(
        &mut self,
        unit: &[TransferAttempt],
        place: Place,
        cancellation: &Cancellation<'_>,
        outcomes: &mut Vec<TransferOutcome>,
    ) -> Result<(), LedgerError> {
        let done = match self.try_unit::<W>(unit, place, cancellation) {
            Ok(decided) => {
                outcomes.extend(decided);
                Ok(())
            }
            Err(AbortReason::Impossible) => Err(LedgerError::TimestampsExhausted),
            Err(AbortReason::Interrupted(interrupted)) => {
                self.interrupted(unit, place, interrupted, outcomes)
            }
        };
        self.publish_contention();
        done
    }

    fn try_unit<W: ConcurrencyProtocol>(
        &mut self,
        unit: &[TransferAttempt],
        place: Place,
        cancellation: &Cancellation<'_>,
    ) -> Result<Vec<TransferOutcome>, AbortReason> {
        cancellation.check()?;
        let Self { ledger, segment_writer, timeline, contention, .. } = self;
        let Ready { mut imports, mut reserved, absent, numbers } =
            prepare(ledger, unit, place, cancellation)?;
        contention.waits += reserved.waits();
        let imported = imports.as_ref().map_or(0, LatchedGuard::last_timestamp);
        let known = reserved.last_timestamp().max(last_plain(ledger, unit));
        let mut attempt = UnitAttempt {
            ledger,
            segment_writer,
            timeline,
            unit,
            place,
            floor: known.max(absent.last_timestamp()).max(imported),
            imports: imports.as_deref_mut(),
            reserved: &mut reserved,
            places: AccountPositions::of(&numbers),
            times: Vec::new(),
            decided: Vec::new(),
            changes: Changes::default(),
        };
        let touched: Vec<AccountRef<'_>> =
            numbers.iter().map(|&number| ledger.accounts.touch(number)).collect();
        W::transact(&ledger.accounts, &touched, cancellation, contention, &mut attempt)?;
        let UnitAttempt { times, decided, .. } = attempt;
        let last = times[times.len() - 1];
        absent.release(last);
        reserved.release(last);
        if let Some(imports) = imports {
            imports.release(last);
        }
        Ok(decided)
    }

    /// Writes down a unit that was ended from outside before it began.
    fn interrupted(
        &mut self,
        unit: &[TransferAttempt],
        place: Place,
        interrupted: Interrupted,
        outcomes: &mut Vec<TransferOutcome>,
    ) -> Result<(), LedgerError> {
        let status = CreateTransferStatus::from(interrupted);
        for (at, attempt) in unit.iter().enumerate() {
            let timestamp = self.timeline.stamp(0).ok_or(LedgerError::TimestampsExhausted)?;
            let marks = marks(place, at + 1 == unit.len()) | Marks::IN_UNIT;
            self.segment_writer.write_both(Entry::of_transfer(
                attempt,
                timestamp,
                status,
                (0, 0),
                marks,
            ));
            outcomes.push(Outcome { status, timestamp, versions: (0, 0) });
        }
        self.segment_writer.publish();
        Ok(())
    }
}

/// Holds all that a unit needs besides its accounts, and finds those.
fn prepare<'a>(
    ledger: &'a Ledger,
    unit: &[TransferAttempt],
    place: Place,
    wait_policy: &impl WaitPolicy,
) -> Result<Ready<'a>, Interrupted> {
    let imports = if place.imported { Some(ledger.imports.lock_with(wait_policy)?) } else { None };
    let reserved = reserve(ledger, unit, wait_policy)?;
    let named = named_accounts(ledger, unit, &reserved);
    let absent: Vec<u128> = named.iter().copied().filter(|&id| ledger.find(id).is_none()).collect();
    let absent = ledger.index.lock_shards_with(absent.into_iter(), wait_policy)?;
    let mut numbers: Vec<u64> = if place.imported {
        // It depends on every transfer there is, so it touches every account.
        (0..ledger.accounts.len()).collect()
    } else {
        named.into_iter().filter_map(|id| ledger.find(id)).collect()
    };
    let mut seen = HashSet::with_capacity(numbers.len());
    numbers.retain(|&number| seen.insert(number));
    Ok(Ready { imports, reserved, absent, numbers })
}

/// Reserves the ids that a unit names: its own, those that it resolves, and where its own are taken by transfers that have
/// resolved something, that.
fn reserve<'a>(
    ledger: &'a Ledger,
    unit: &[TransferAttempt],
    wait_policy: &impl WaitPolicy,
) -> Result<Reserved<'a>, Interrupted> {
    let resolved = |known| match known {
        Some(KnownTransfer::Created(state)) => Some(state.transfer.pending_id),
        _ => None,
    };
    loop {
        let taken =
            unit.iter().filter_map(|one| resolved(ledger.transfer_ids.peek(one.transfer.id)));
        let own = unit.iter().flat_map(|one| [one.transfer.id, one.transfer.pending_id]);
        let ids: Vec<u128> = own.chain(taken).filter(|&id| id != 0).collect();
        let reserved = ledger.transfer_ids.reserve(ids.into_iter(), wait_policy)?;
        let mut taken = unit.iter().filter_map(|one| resolved(reserved.get(one.transfer.id)));
        // An id may have been taken between the look and the reservation; what it resolved is known the next time.
        if taken.all(|id| id == 0 || reserved.includes(id)) {
            return Ok(reserved);
        }
    }
}

/// The greatest timestamp of the plain transfers that a unit names. They reserve no ids, and the unit need not touch their
/// accounts, but what is said of one comes after it.
fn last_plain(ledger: &Ledger, unit: &[TransferAttempt]) -> u64 {
    let named = unit.iter().flat_map(|one| [one.transfer.id, one.transfer.pending_id]);
    let made = named.filter_map(|id| ledger.trail.made(id));
    made.map(|recorded| recorded.entry.timestamp).max().unwrap_or(0)
}

/// The ids of the accounts that a unit names, itself or by the pending transfers that it resolves.
fn named_accounts(ledger: &Ledger, unit: &[TransferAttempt], reserved: &Reserved<'_>) -> Vec<u128> {
    // A chain may resolve what it made pending itself.
    let own: HashMap<u128, &Transfer> = match unit {
        [_] => HashMap::new(),
        _ => unit.iter().map(|one| (one.transfer.id, &one.transfer)).collect(),
    };
    let known = |id| {
        let known = reserved.get(id);
        known.or_else(|| ledger.trail.made(id)?.known_plain())
    };
    let mut ids = Vec::with_capacity(unit.len() * 2);
    for TransferAttempt { transfer, .. } in unit {
        let mut named = *transfer;
        if transfer.resolves() {
            named = match (known(transfer.pending_id), own.get(&transfer.pending_id)) {
                (Some(KnownTransfer::Created(state)), _) => state.transfer,
                (_, Some(own)) => **own,
                _ => continue,
            };
        }
        ids.extend([named.debit_account_id, named.credit_account_id]);
    }
    ids
}

/// A unit on its accounts.
struct UnitAttempt<'w, 'a> {
    ledger: &'w Ledger,
    segment_writer: &'w mut SegmentWriter,
    timeline: &'w mut Timeline,
    unit: &'w [TransferAttempt],
    place: Place,
    floor: u64,
    imports: Option<&'w mut Imports>,
    reserved: &'w mut Reserved<'a>,
    places: AccountPositions,
    times: Vec<u64>,
    decided: Vec<TransferOutcome>,
    changes: Changes,
}

impl Attempt for UnitAttempt<'_, '_> {
    fn decide(&mut self, states: &mut [AccountState], floor: u64) -> Option<u64> {
        let floor = floor.max(self.floor);
        self.times = self.timeline.stamps(floor, self.unit.len())?;
        let last_transfer = match &mut self.imports {
            Some(imports) => imports.last_transfer(&self.ledger.trail),
            None => 0,
        };
        let sight = UnitView {
            ledger: self.ledger,
            reserved: Some(self.reserved),
            imports: self.imports.as_deref(),
            places: &self.places,
            states,
            last_transfer,
        };
        let mut next = self.times.iter().copied();
        let now = || next.next().expect("there is a time for each event");
        (self.decided, self.changes) = decide_transfers(&sight, self.unit, self.place, now);
        for state in self.changes.accounts.values() {
            let number = self.ledger.find(state.id);
            let place = number.and_then(|number| self.places.find(number));
            states[place.expect("what a unit changes it has named")] = *state;
        }
        self.times.last().copied()
    }

    fn commit(&mut self) {
        self.ledger.expiry_queue.apply(&self.changes, |id| self.reserved.get(id));
        self.reserved.apply(&self.changes);
        if let Some(imports) = &mut self.imports {
            imports.apply(&self.changes);
        }
        for (at, (attempt, one)) in self.unit.iter().zip(&self.decided).enumerate() {
            let marks = marks(self.place, at + 1 == self.unit.len()) | Marks::IN_UNIT;
            let time = self.times[at];
            self.segment_writer.write_both(Entry::of_transfer(
                attempt,
                time,
                one.status,
                one.versions,
                marks,
            ));
        }
        self.segment_writer.publish();
    }
}
