//! Expiry of pending transfers.
//!
//! A pending transfer expires at the first [`Writer::set_time`] of any writer at or after its end; a
//! service calls that for each request. It releases both pending sums, reopens what the transfer had
//! closed, posts nothing, and writes an entry of kind `expiry`. A post or void that comes after the end
//! is rejected even before that.

use super::handle::Writer;
use crate::ledger::concurrency::{Attempt, transact};
use crate::ledger::expiry_queue::Due;
use crate::ledger::timestamp_generator::TimestampGenerator;
use crate::ledger::writer_state::WriterState;
use crate::ledger::{Cancellation, Ledger, LedgerError};
use crate::model::{
    AccountState, KnownTransfer, Resolution, Side, Transfer, TransferState, expire,
};
use crate::sync::WaitForever;
use crate::trail::{AccountChange, Entry, PreviousChanges, SegmentWriter, TrailAccess};

impl Ledger {
    /// Returns whether the next [`Writer::set_time`] at `now_ns` expires a pending transfer. It locks
    /// nothing.
    pub fn has_due_expiry(&self, now_ns: u64) -> bool {
        self.expiry_queue.has_due(now_ns)
    }
}

impl Writer {
    /// Sets the time in nanoseconds, once per batch. Later timestamps are greater. A time earlier
    /// than the current one changes nothing. Pending transfers whose timeout has passed expire.
    ///
    /// # Errors
    /// [`LedgerError`] when there is no memory for an expiry's entry. The next call tries again.
    pub fn set_time(&mut self, now_ns: u64) -> Result<(), LedgerError> {
        self.ledger.begin(now_ns);
        let now = self.state.timestamps.set_time(now_ns);
        self.state.ids.set_time(now);
        while let Some(due) = self.ledger.expiry_queue.due(now) {
            if !self.expire_one(due, now)? {
                break;
            }
            self.ledger.expiry_queue.remove(due);
        }
        self.publish_contention();
        Ok(())
    }

    /// Expires a transfer if it is still pending. Returns whether it has been resolved, by this
    /// writer or another one.
    fn expire_one(&mut self, due: Due, now: u64) -> Result<bool, LedgerError> {
        let access = self.state.segment_writer.set_access(TrailAccess::Expiry);
        let reserved = self.reserve_records(1);
        self.state.segment_writer.set_access(access);
        reserved?;
        let Self { ledger, state, .. } = self;
        let WriterState { segment_writer, timestamps, contention, .. } = state;
        let Some(recorded) = ledger.trail.entry_at(due.location()) else { return Ok(false) };
        let id = ledger.transfer_ids.hashed(recorded.entry.id);
        let one = || std::iter::once(id);
        let mut reserved = WaitForever::finish(ledger.transfer_ids.reserve(one(), &WaitForever));
        let KnownTransfer::Created(TransferState { transfer: pending, resolution }) =
            reserved.known(id, &recorded)
        else {
            return Ok(false);
        };
        let is_due = pending.expires_at().is_some_and(|at| at <= now);
        if resolution != Some(Resolution::Pending) || !is_due {
            return Ok(true);
        }
        if !reserved.reserve_memory(one()) {
            return Err(LedgerError::TransferIdsFull { budget_bytes: ledger.memory.limit() });
        }
        let numbers = [pending.debit_account_id, pending.credit_account_id]
            .map(|account| ledger.find(account).expect("a created transfer has two accounts"));
        let previous = reserved.last_timestamp();
        let mut attempt = ExpiryAttempt {
            segment_writer,
            timestamps,
            pending,
            previous,
            timestamp: 0,
            versions: (0, 0),
        };
        let at = attempt.segment_writer.next_location();
        let accounts = numbers.map(|number| ledger.accounts.get(number));
        let (protocol, all, never) = (ledger.protocol, &ledger.accounts, Cancellation::never());
        if transact(protocol, all, &accounts, &never, contention, &mut attempt).is_err() {
            // The protocol has bounded the wait, or no timestamp is left. The next `set_time` tries
            // again.
            return Ok(false);
        }
        let timestamp = attempt.timestamp;
        reserved.record_resolution(id, at);
        ledger.trail.forget_expiry();
        reserved.release(timestamp);
        Ok(true)
    }
}

/// The expiry of a pending transfer.
struct ExpiryAttempt<'w> {
    segment_writer: &'w mut SegmentWriter,
    timestamps: &'w mut TimestampGenerator,
    pending: Transfer,
    /// The last timestamp that depended on the transfer's id.
    previous: u64,
    timestamp: u64,
    versions: (u64, u64),
}

impl Attempt for ExpiryAttempt<'_> {
    fn decide(&mut self, states: &mut [AccountState], previous: u64) -> Option<u64> {
        let [debit, credit] = states else { unreachable!("a transfer has two accounts") };
        self.timestamp = self.timestamps.next_after(previous.max(self.previous))?;
        expire(&self.pending, debit, credit);
        self.versions = (debit.version, credit.version);
        Some(self.timestamp)
    }

    fn commit(&mut self, newest: &mut [AccountChange]) {
        let [debit, credit] = newest else { unreachable!("a transfer has two accounts") };
        let previous = PreviousChanges::of(*debit, *credit);
        *debit = self.segment_writer.next_change(Side::Debit);
        *credit = self.segment_writer.next_change(Side::Credit);
        let entry = Entry::of_expiry(self.pending.id, self.timestamp, self.versions);
        self.segment_writer.write(Entry { previous, ..entry });
        self.segment_writer.publish();
    }
}
