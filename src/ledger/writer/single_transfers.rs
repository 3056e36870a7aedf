//! Transfers that are a unit of their own, with everything but a chain or a timestamp from the past: ids
//! that callers chose, pending transfers, posts and voids, balancing transfers, expected versions, user
//! data.
//!
//! # Protocol
//! As a unit's, see `transfer_units.rs`: the shards of the transfer's own id and of the one that it
//! resolves, then the two accounts. The path allocates nothing. What it does not find as it should be,
//! such as an id that is used or an account that does not exist, it leaves to the path of units.

use super::handle::{TransferOutcome, Writer};
use crate::ledger::concurrency::{AbortReason, Attempt, ConcurrencyProtocol, transact_pair};
use crate::ledger::timestamp_generator::TimestampGenerator;
use crate::ledger::transfer_ids::{HashedId, Reserved};
use crate::ledger::writer_state::WriterState;
use crate::ledger::{Cancellation, Ledger};
use crate::model::{AccountState, CreateTransferStatus, KnownTransfer, Outcome, Side};
use crate::model::{Transfer, TransferAttempt, TransferFlags, TransferState};
use crate::model::{decide_alone, transfer_is_consistent};
use crate::trail::SegmentWriter;
use crate::trail::{AccountChange, Entry, EntryFlags, EntryLocation, PreviousChanges};

impl Writer {
    /// Attempts a transfer for whose entry and id memory is reserved. `None` when it is not single, or
    /// something about it needs the path of units.
    ///
    /// # Errors
    /// [`AbortReason`] when `cancellation` ended a wait, no timestamp is left, or there is no memory.
    /// Nothing has changed then.
    #[cfg_attr(not(target_family = "wasm"), inline)]
    #[cfg_attr(target_family = "wasm", inline(never))]
    pub(super) fn try_single<W: ConcurrencyProtocol>(
        &mut self,
        attempt: &TransferAttempt,
        flags: EntryFlags,
        cancellation: &Cancellation<'_>,
    ) -> Result<Option<TransferOutcome>, AbortReason> {
        let transfer = &attempt.transfer;
        let Self { ledger, state, .. } = self;
        let ledger: &Ledger = ledger;
        let WriterState { segment_writer, timestamps, contention, reserved_ids, .. } = state;
        if !is_single(transfer) || ledger.trail.find_by_id(transfer.id).is_some() {
            return Ok(None);
        }
        let id = ledger.transfer_ids.hashed(transfer.id);
        let pending_id =
            transfer.resolves().then(|| ledger.transfer_ids.hashed(transfer.pending_id));
        let ids = || std::iter::once(id).chain(pending_id);
        let mut reserved = ledger.transfer_ids.reserve(ids(), cancellation)?;
        contention.waits += reserved.waits();
        if reserved.entry(id).is_some() {
            return Ok(None);
        }
        let mut pending = None;
        if let Some(id) = pending_id {
            let Some(recorded) = reserved.entry(id) else { return Ok(None) };
            let KnownTransfer::Created(state) = reserved.known(id, &recorded) else {
                return Ok(None);
            };
            pending = Some(PendingTransfer { id, location: recorded.location(), state });
        }
        let named = pending.as_ref().map_or(transfer, |pending| &pending.state.transfer);
        let find = |id| ledger.index.find(id, &ledger.accounts);
        let (debit, credit) = (find(named.debit_account_id), find(named.credit_account_id));
        let (Some(debit), Some(credit)) = (debit, credit) else { return Ok(None) };
        if !reserved.reserve_memory(ids())
            || transfer.timeout > 0 && !ledger.expiry_queue.reserve_memory(contention.writer, 1)
        {
            return Err(AbortReason::OutOfMemory);
        }
        let status = CreateTransferStatus::Created;
        let mut single = SingleAttempt {
            ledger,
            segment_writer,
            timestamps,
            attempt,
            id,
            flags: flags | EntryFlags::IN_UNIT,
            previous: reserved.last_timestamp(),
            reserved: &mut reserved,
            pending: pending.as_ref(),
            outcome: Outcome { id: transfer.id, status, timestamp: 0, versions: (0, 0) },
            amount: None,
        };
        let accounts = [debit, credit];
        let (protocol, all) = (ledger.protocol, &ledger.accounts);
        transact_pair::<W>(protocol, all, &accounts, cancellation, contention, &mut single)?;
        let outcome = single.outcome;
        *reserved_ids -= u64::from(uses_id(outcome.status));
        reserved.release(outcome.timestamp);
        Ok(Some(outcome))
    }
}

/// Returns whether a transfer is well-formed, consistent, and neither linked nor imported.
#[inline]
fn is_single(transfer: &Transfer) -> bool {
    !transfer.flags.contains(TransferFlags::LINKED) && is_well_formed_and_consistent(transfer)
}

/// Returns whether a transfer is well-formed and consistent, and not imported.
#[inline]
pub(super) fn is_well_formed_and_consistent(transfer: &Transfer) -> bool {
    TransferFlags::all().difference(TransferFlags::IMPORTED).contains(transfer.flags)
        && transfer.id != 0
        && transfer.id != u128::MAX
        && transfer.timestamp == 0
        && transfer_is_consistent(transfer).is_ok()
}

/// Returns whether an attempt with this status has used its id.
#[inline]
pub(in crate::ledger) fn uses_id(status: CreateTransferStatus) -> bool {
    status == CreateTransferStatus::Created || status.is_transient()
}

struct SingleAttempt<'w, 'a> {
    ledger: &'w Ledger,
    segment_writer: &'w mut SegmentWriter,
    timestamps: &'w mut TimestampGenerator,
    attempt: &'w TransferAttempt,
    id: HashedId,
    flags: EntryFlags,
    /// The last timestamp that depended on the ids.
    previous: u64,
    reserved: &'w mut Reserved<'a>,
    /// The pending transfer that it posts or voids.
    pending: Option<&'w PendingTransfer>,
    outcome: TransferOutcome,
    /// The amount of the new transfer, if it is created.
    amount: Option<u128>,
}

/// A pending transfer, and where its entry is.
struct PendingTransfer {
    id: HashedId,
    location: EntryLocation,
    state: TransferState,
}

impl Attempt for SingleAttempt<'_, '_> {
    #[inline]
    fn decide(&mut self, states: &mut [AccountState], previous: u64) -> Option<u64> {
        let [debit, credit] = states else { unreachable!("a transfer has two accounts") };
        let timestamp = self.timestamps.next_after(previous.max(self.previous))?;
        self.outcome = Outcome { timestamp, versions: (0, 0), ..self.outcome };
        let pending = self.pending.map(|pending| &pending.state);
        self.amount = decide_alone(self.attempt, pending, debit, credit, &mut self.outcome);
        Some(timestamp)
    }

    #[inline]
    fn commit(&mut self, newest: &mut [AccountChange]) {
        let [debit, credit] = newest else { unreachable!("a transfer has two accounts") };
        let at = self.segment_writer.next_location();
        let transfer = &self.attempt.transfer;
        let Outcome { status, timestamp, versions, .. } = self.outcome;
        let moved = self.amount.filter(|_| transfer.is_balancing()).unwrap_or(0);
        let (mut entry, mut extension) =
            Entry::of_transfer(self.attempt, timestamp, status, versions, self.flags, moved);
        if self.amount.is_some() {
            entry.previous = PreviousChanges::of(*debit, *credit);
            *debit = self.segment_writer.next_change(Side::Debit);
            *credit = self.segment_writer.next_change(Side::Credit);
            if let Some(PendingTransfer { id, location, state }) = self.pending {
                extension = extension.map(|extension| extension.with_pending_at(*location));
                self.reserved.record_resolution(*id, at);
                if state.transfer.timeout > 0 {
                    self.ledger.trail.forget_expiry();
                }
            }
            if let Some(expires_at) = (Transfer { timestamp, ..*transfer }).expires_at() {
                self.ledger.trail.expect_expiry();
                self.ledger.expiry_queue.add(expires_at, at);
            }
        }
        if uses_id(status) {
            self.reserved.record_use(self.id, at);
        }
        self.segment_writer.write_with_extension((entry, extension));
        self.segment_writer.publish();
    }
}
