//! Plain transfers: an amount from one account to another, under an id of the ledger's making, and nothing else.
//!
//! This is the hot path. It allocates nothing, reads no clock and draws no random number; beyond the two
//! accounts it writes only what belongs to the writer.

use super::prefetch::{self, GROUP, Writes};
use super::{Writer, check_batch};
use crate::ledger::concurrency::{AbortReason, AccountRef, Attempt, ConcurrencyProtocol, dispatch};
use crate::ledger::timeline::Timeline;
use crate::ledger::{Cancellation, Ledger, LedgerError, TransferOutcome};
use crate::model::{AccountState, CreateTransferStatus, Outcome};
use crate::model::{Transfer, TransferAttempt, TransferFlags, UserData};
use crate::model::{create_plain_transfer, transfer_is_consistent};
use crate::sync::{Interrupted, WaitPolicy};
use crate::trail::{Entry, Marks, SegmentWriter};

impl Writer {
    /// Attempts a transfer, waiting for its accounts until `cancellation` ends the waiting.
    ///
    /// With an id of 0 the ledger gives it one, a UUID of version 7.
    ///
    /// # Errors
    /// [`LedgerError`] when the trail is full; nothing has changed then, and there is no entry.
    #[inline]
    pub fn create_transfer(
        &mut self,
        transfer: &Transfer,
        cancellation: &Cancellation<'_>,
    ) -> Result<TransferOutcome, LedgerError> {
        let mut outcome = UNDECIDED;
        prefetch::begin(&self.ledger, std::slice::from_ref(transfer));
        dispatch!(self.ledger.protocol, W => {
            self.group::<W>(std::slice::from_ref(transfer), cancellation, &mut |_, on_result| outcome = on_result)
        })?;
        Ok(outcome)
    }

    /// Attempts transfers one after the other, each by itself, as [`Writer::create_transfer`] does, and tells `on_result` the id
    /// of each and what came of it, in order. It is faster than one by one. `cancellation`'s flag is asked before each of them, its
    /// clock before every sixteenth.
    ///
    /// # Errors
    /// [`LedgerError`] when there are more than [`BATCH_MAX`](crate::ledger::BATCH_MAX), or the trail is full: those that
    /// `on_result` has not heard of were not attempted.
    pub fn create_each(
        &mut self,
        transfers: &[Transfer],
        cancellation: &Cancellation<'_>,
        mut on_result: impl FnMut(u128, TransferOutcome),
    ) -> Result<(), LedgerError> {
        check_batch(transfers.len())?;
        prefetch::begin(&self.ledger, transfers);
        dispatch!(self.ledger.protocol, W => {
            let mut groups = transfers.chunks(GROUP).enumerate();
            groups.try_for_each(|(number, group)| {
                prefetch::go_on(&self.ledger, transfers, number * GROUP);
                self.group::<W>(group, cancellation, &mut on_result)
            })
        })
    }

    /// Attempts up to [`GROUP`] transfers.
    #[inline(always)]
    fn group<W: ConcurrencyProtocol>(
        &mut self,
        transfers: &[Transfer],
        cancellation: &Cancellation<'_>,
        on_result: &mut impl FnMut(u128, TransferOutcome),
    ) -> Result<(), LedgerError> {
        self.reserve_records(transfers.len() as u64)?;
        let late = cancellation.check();
        let mut rest = transfers;
        loop {
            let (made, stopped) = self.fast_path::<W>(rest, late, cancellation, on_result);
            let Some((first, others)) = rest[made..].split_first() else { break };
            let (id, outcome) = match stopped {
                Some(stopped) => self.stopped(first, stopped)?,
                None => {
                    let ended = late.and_then(|()| cancellation.check_flag());
                    let Some(done) = self.slow_path(first, ended, cancellation)? else {
                        // Its accounts are there after all.
                        rest = &rest[made..];
                        continue;
                    };
                    done
                }
            };
            on_result(id, outcome);
            rest = others;
            // One that is not plain may have used the room of those after it.
            self.reserve_records(transfers.len() as u64)?;
        }
        self.publish_contention();
        Ok(())
    }

    /// Attempts transfers from the first on, as long as each is plain, names accounts that are there, and nothing ends
    /// it: how many were made, and what stopped the next one while it waited. All their accounts are looked up before
    /// the first of them takes a latch, so that the look-ups need not wait for each other, and the cells, which another
    /// thread may have written last, and the trail are on their way when they are written.
    #[inline(always)]
    fn fast_path<W: ConcurrencyProtocol>(
        &mut self,
        transfers: &[Transfer],
        late: Result<(), Interrupted>,
        cancellation: &Cancellation<'_>,
        on_result: &mut impl FnMut(u128, TransferOutcome),
    ) -> (usize, Option<AbortReason>) {
        let Self { ledger, segment_writer, timeline, contention, ids, .. } = self;
        let ledger: &Ledger = ledger;
        if late.is_err() {
            return (0, None);
        }
        let mut writes = Writes::of(transfers, segment_writer);
        let mut found = [None; GROUP];
        for (touched, transfer) in found.iter_mut().zip(transfers) {
            *touched = find(ledger, transfer);
            touched.iter().for_each(|both| writes.expect(both));
        }
        let mut made = 0;
        for (transfer, touched) in transfers.iter().zip(&found) {
            let Some(touched) = touched else { break };
            if cancellation.is_cancelled() {
                break;
            }
            let id = ids.at(segment_writer.written());
            let mut attempt =
                PlainAttempt { segment_writer, timeline, transfer, id, outcome: UNDECIDED };
            match W::transact(&ledger.accounts, touched, cancellation, contention, &mut attempt) {
                Ok(()) => on_result(id, attempt.outcome),
                Err(stopped) => return (made, Some(stopped)),
            }
            made += 1;
        }
        (made, None)
    }

    /// What ended an attempt while it waited for its accounts.
    #[cold]
    fn stopped(
        &mut self,
        transfer: &Transfer,
        stopped: AbortReason,
    ) -> Result<(u128, TransferOutcome), LedgerError> {
        match stopped {
            AbortReason::Impossible => Err(LedgerError::TimestampsExhausted),
            AbortReason::Interrupted(interrupted) => {
                self.contention.waits += 1;
                self.record_rejection(transfer, interrupted.into())
            }
        }
    }

    /// A transfer that is not plain, or was ended from outside, or names no two accounts that were there; `None` when they
    /// are there by now, so that it is a fast_path one.
    #[cold]
    fn slow_path(
        &mut self,
        transfer: &Transfer,
        ended: Result<(), Interrupted>,
        cancellation: &Cancellation<'_>,
    ) -> Result<Option<(u128, TransferOutcome)>, LedgerError> {
        if !is_plain(transfer) {
            let id = if transfer.id == 0 { self.new_id() } else { transfer.id };
            let transfer = Transfer { id, ..*transfer };
            let attempt = TransferAttempt { transfer, ..TransferAttempt::default() };
            let done = self.create_transfers(&[attempt], cancellation)?.pop();
            return Ok(done.map(|outcome| (id, outcome)));
        }
        if let Err(interrupted) = ended {
            return self.record_rejection(transfer, interrupted.into()).map(Some);
        }
        if let Err(status) = transfer_is_consistent(transfer) {
            return self.record_rejection(transfer, status).map(Some);
        }
        let debit = self.ledger.find(transfer.debit_account_id);
        let credit = self.ledger.find(transfer.credit_account_id);
        match (debit, credit) {
            (Some(_), Some(_)) => Ok(None),
            _ => self.without_account(transfer, debit),
        }
    }

    /// Decides that an account is absent, under the latch that guards its absence; `None` when it is there after all.
    #[cold]
    fn without_account(
        &mut self,
        transfer: &Transfer,
        debit: Option<u64>,
    ) -> Result<Option<(u128, TransferOutcome)>, LedgerError> {
        let ledger = &self.ledger;
        let (absent_id, status, seen) = match debit {
            None => (transfer.debit_account_id, CreateTransferStatus::DebitAccountNotFound, 0),
            // It saw that the debit account is there, so it comes after that one's creation.
            Some(debit) => (
                transfer.credit_account_id,
                CreateTransferStatus::CreditAccountNotFound,
                ledger.accounts.touch(debit).cell.latch().last_timestamp(),
            ),
        };
        let shards = ledger.index.lock_shards(std::iter::once(absent_id));
        if ledger.find(absent_id).is_some() {
            return Ok(None);
        }
        let timestamp = self.timeline.stamp(shards.last_timestamp().max(seen));
        let timestamp = timestamp.ok_or(LedgerError::TimestampsExhausted)?;
        let outcome = Outcome { status, timestamp, versions: (0, 0) };
        let id = self.ids.at(self.segment_writer.written());
        write(&mut self.segment_writer, &plain(transfer, id), &outcome);
        shards.release(timestamp);
        Ok(Some((id, outcome)))
    }

    /// A refusal that depends on nothing in the ledger.
    #[cold]
    fn record_rejection(
        &mut self,
        transfer: &Transfer,
        status: CreateTransferStatus,
    ) -> Result<(u128, TransferOutcome), LedgerError> {
        let timestamp = self.timeline.stamp(0).ok_or(LedgerError::TimestampsExhausted)?;
        let outcome = Outcome { status, timestamp, versions: (0, 0) };
        let id = self.ids.at(self.segment_writer.written());
        write(&mut self.segment_writer, &plain(transfer, id), &outcome);
        Ok((id, outcome))
    }
}

/// A plain transfer's accounts, where they are there and its own fields are as they should be.
#[inline(always)]
fn find<'a>(ledger: &'a Ledger, transfer: &Transfer) -> Option<[AccountRef<'a>; 2]> {
    if !is_plain(transfer) || transfer_is_consistent(&plain(transfer, 0)).is_err() {
        return None;
    }
    let debit = ledger.index.find(transfer.debit_account_id, &ledger.accounts)?;
    Some([debit, ledger.index.find(transfer.credit_account_id, &ledger.accounts)?])
}

/// Whether a transfer asks for nothing but an amount from one account to another, under an id of the ledger's making.
#[inline(always)]
fn is_plain(transfer: &Transfer) -> bool {
    transfer.id == 0
        && transfer.flags.is_empty()
        && transfer.pending_id == 0
        && transfer.timeout == 0
        && transfer.timestamp == 0
        && transfer.user_data.user_data_128 == 0
}

/// A plain transfer under its id. Saying again that all else is nothing lets the compiler leave out every rule
/// about it.
#[inline(always)]
fn plain(transfer: &Transfer, id: u128) -> Transfer {
    Transfer {
        id,
        pending_id: 0,
        user_data: UserData { user_data_128: 0, ..transfer.user_data },
        timeout: 0,
        flags: TransferFlags::empty(),
        timestamp: 0,
        ..*transfer
    }
}

const UNDECIDED: TransferOutcome =
    Outcome { status: CreateTransferStatus::Created, timestamp: 0, versions: (0, 0) };

/// A plain transfer on its two accounts.
struct PlainAttempt<'w> {
    segment_writer: &'w mut SegmentWriter,
    timeline: &'w mut Timeline,
    transfer: &'w Transfer,
    id: u128,
    outcome: TransferOutcome,
}

impl Attempt for PlainAttempt<'_> {
    #[inline(always)]
    fn decide(&mut self, states: &mut [AccountState], floor: u64) -> Option<u64> {
        let [debit, credit] = states else { unreachable!("a transfer touches two accounts") };
        let timestamp = self.timeline.stamp(floor)?;
        let transfer = plain(self.transfer, self.id);
        let moved = create_plain_transfer(&transfer, timestamp, debit, credit);
        self.outcome = Outcome {
            status: moved.err().unwrap_or(CreateTransferStatus::Created),
            timestamp,
            versions: (debit.version, credit.version),
        };
        Some(timestamp)
    }

    #[inline(always)]
    fn commit(&mut self) {
        write(self.segment_writer, &plain(self.transfer, self.id), &self.outcome);
    }
}

#[inline(always)]
fn write(segment_writer: &mut SegmentWriter, transfer: &Transfer, outcome: &TransferOutcome) {
    let attempt = TransferAttempt { transfer: *transfer, ..TransferAttempt::default() };
    let Outcome { status, timestamp, versions } = *outcome;
    let (entry, extension) = Entry::of_transfer(&attempt, timestamp, status, versions, Marks::LAST);
    debug_assert!(extension.is_none(), "a plain transfer has nothing to put into an extension");
    segment_writer.write(entry);
    segment_writer.publish();
}
