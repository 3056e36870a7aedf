//! Transfers one by one. Plain ones take the fast path; posts and voids have one of their own, see `resolutions.rs`.
//!
//! A plain transfer has two accounts and an amount. Its id is the ledger's or its caller's; with its caller's it can
//! be pending, but has no timeout. Its path allocates nothing, reads no clock and draws no random number. Beyond the
//! two accounts it writes only what belongs to the writer, and the shard of its caller's id.

use super::handle::{TransferOutcome, Writer, check_batch};
use super::plain_attempt::{
    ChosenId, GeneratedId, PlainAttempt, is_in_id_table, is_plain, plain, undecided, write,
};
use super::prefetch::{self, GROUP, WritePrefetcher};
use super::resolutions::is_simple_resolution;
use super::single_transfers::uses_id;
use crate::ledger::accounts::AccountRef;
use crate::ledger::concurrency::{
    AbortReason, ConcurrencyProtocol, OrderedLocks, SHARES_CODE, dispatch, transact_pair,
};
use crate::ledger::writer_state::WriterState;
use crate::ledger::{Cancellation, Ledger, LedgerError};
use crate::model::transfer_is_consistent;
use crate::model::{CreateTransferStatus, Outcome};
use crate::model::{Transfer, TransferAttempt, TransferFlags};
use crate::sync::{Interrupted, WaitPolicy};
use crate::trail::PreviousChanges;

impl Writer {
    /// Attempts to create a transfer. Where its id is 0, the ledger generates one, a UUID of
    /// version 7.
    ///
    /// # Errors
    /// [`LedgerError`] when the trail is full. Nothing has changed then, and there is no entry.
    #[inline]
    pub fn create_transfer(&mut self, transfer: &Transfer) -> Result<TransferOutcome, LedgerError> {
        self.create_transfer_with(transfer, &Cancellation::never())
    }

    /// As [`Writer::create_transfer`]. Waits for the accounts until `cancellation` ends the wait.
    ///
    /// # Errors
    /// The same as [`Writer::create_transfer`].
    #[inline]
    pub fn create_transfer_with(
        &mut self,
        transfer: &Transfer,
        cancellation: &Cancellation<'_>,
    ) -> Result<TransferOutcome, LedgerError> {
        let mut outcome = undecided(0);
        let mut on_result = |one| outcome = one;
        let transfers = std::slice::from_ref(transfer);
        self.begin()?;
        if SHARES_CODE {
            self.groups(transfers, cancellation, &mut shared(&mut on_result))?;
        } else {
            prefetch::start(&self.ledger, transfers);
            dispatch!(self.ledger.protocol, W => {
                self.group::<W>(transfers, cancellation, &mut on_result)
            })?;
        }
        self.finish()?;
        Ok(outcome)
    }

    /// Attempts to create the transfers of a batch, in order, and returns an outcome for each.
    /// Linked transfers are created together or not at all. Where an id is 0, the ledger generates
    /// one.
    ///
    /// ```
    /// use ledgerlab::{Account, CreateTransferStatus, Ledger, Transfer};
    ///
    /// let mut writer = Ledger::in_memory().writer()?;
    /// writer.create_accounts(&[Account::new(1, 1, 1), Account::new(2, 1, 1)])?;
    /// // The second account does not exist, so neither transfer of the chain is created.
    /// let chain = [Transfer::new(1, 2, 100).linked(), Transfer::new(2, 3, 100)];
    /// let statuses = writer.create_transfers(&chain)?.into_iter().map(|outcome| outcome.status);
    /// let expected =
    ///     [CreateTransferStatus::LinkedEventFailed, CreateTransferStatus::CreditAccountNotFound];
    /// assert!(statuses.eq(expected));
    /// # Ok::<(), ledgerlab::LedgerError>(())
    /// ```
    ///
    /// # Errors
    /// [`LedgerError`] when the batch is too large or the trail has no memory for it. Nothing has
    /// changed then, and there is no entry.
    pub fn create_transfers(
        &mut self,
        transfers: &[Transfer],
    ) -> Result<Vec<TransferOutcome>, LedgerError> {
        let bound = TransferFlags::LINKED.union(TransferFlags::IMPORTED);
        if transfers.iter().any(|transfer| transfer.flags.intersects(bound)) {
            let attempts: Vec<_> = transfers.iter().map(|one| self.attempt_of(one)).collect();
            return self.create_transfers_with(&attempts, &Cancellation::never());
        }
        self.reserve_batch(transfers)?;
        let mut outcomes = Vec::with_capacity(transfers.len());
        self.create_each(transfers, &Cancellation::never(), |outcome| outcomes.push(outcome))?;
        Ok(outcomes)
    }

    /// Attempts to create transfers one by one, as [`Writer::create_transfer_with`] does but
    /// faster, and calls `on_result` with the outcome of each, in order, before it is on the disk of a store. Checks the flag of
    /// `cancellation` before each of them, its clock before every sixteenth.
    ///
    /// # Errors
    /// [`LedgerError`] when there are more than [`BATCH_MAX`](crate::ledger::BATCH_MAX), or the
    /// trail is full. Transfers for which `on_result` was not called were not attempted.
    pub fn create_each(
        &mut self,
        transfers: &[Transfer],
        cancellation: &Cancellation<'_>,
        mut on_result: impl FnMut(TransferOutcome),
    ) -> Result<(), LedgerError> {
        check_batch(transfers.len())?;
        self.begin()?;
        self.groups(transfers, cancellation, &mut shared(&mut on_result))?;
        self.finish()
    }

    /// Checks the ids of a batch and reserves memory for all of it, so that what refuses a part of it refuses it
    /// before anything is recorded.
    pub(crate) fn reserve_batch(&mut self, transfers: &[Transfer]) -> Result<(), LedgerError> {
        check_batch(transfers.len())?;
        let mut named = transfers.iter().flat_map(|one| [one.id, one.pending_id]);
        named.try_for_each(|id| self.check_id(id))?;
        let ids = transfers.iter().filter(|one| is_in_id_table(one)).count();
        self.reserve_ids(ids as u64)?;
        // Each may need an extension.
        self.reserve_records(transfers.len() as u64 * 2)
    }

    /// Attempts transfers in groups.
    #[cfg_attr(not(target_family = "wasm"), inline)]
    #[cfg_attr(target_family = "wasm", inline(never))]
    fn groups(
        &mut self,
        transfers: &[Transfer],
        cancellation: &Cancellation<'_>,
        on_result: &mut impl FnMut(TransferOutcome),
    ) -> Result<(), LedgerError> {
        prefetch::start(&self.ledger, transfers);
        dispatch!(self.ledger.protocol, W => {
            let mut groups = transfers.chunks(GROUP).enumerate();
            groups.try_for_each(|(number, group)| {
                prefetch::advance(&self.ledger, transfers, number * GROUP);
                self.group::<W>(group, cancellation, on_result)
            })
        })
    }

    /// Returns an attempt of a transfer, with a new id where that is 0.
    fn attempt_of(&mut self, transfer: &Transfer) -> TransferAttempt {
        let id = if transfer.id == 0 { self.new_id() } else { transfer.id };
        Transfer { id, ..*transfer }.into()
    }

    /// Attempts up to [`GROUP`] transfers.
    #[inline(always)]
    fn group<W: ConcurrencyProtocol>(
        &mut self,
        transfers: &[Transfer],
        cancellation: &Cancellation<'_>,
        on_result: &mut impl FnMut(TransferOutcome),
    ) -> Result<(), LedgerError> {
        self.reserve_more_records(transfers.len() as u64)?;
        let late = cancellation.check();
        let mut rest = transfers;
        loop {
            let (count, mut aborted) = self.fast_path::<W>(rest, late, cancellation, on_result);
            let Some((first, others)) = rest[count..].split_first() else { break };
            if is_simple_resolution(first) && late.is_ok() && !cancellation.is_cancelled() {
                // It has an extension.
                self.reserve_more_records(others.len() as u64 + 2)?;
                match self.try_resolution::<W>(first, cancellation) {
                    Ok(Some(outcome)) => {
                        on_result(outcome);
                        rest = others;
                        continue;
                    }
                    Ok(None) => {}
                    Err(reason) => aborted = Some(reason),
                }
            }
            if is_in_id_table(first) {
                let attempt = self.attempt_of(first);
                // A cancelled or late transfer gets its outcome from the path of units.
                let in_time = late.and_then(|()| cancellation.check_flag());
                match aborted {
                    None => self.create_one::<W>(&attempt, in_time, cancellation, on_result)?,
                    Some(reason) => self.record_abort_of_one(&attempt, reason, on_result)?,
                }
            } else {
                let outcome = match aborted {
                    Some(reason) => self.record_abort(first, reason)?,
                    None => {
                        let interrupted = late.and_then(|()| cancellation.check_flag());
                        let Some(outcome) = self.slow_path(first, interrupted)? else {
                            // Its accounts exist by now.
                            rest = &rest[count..];
                            continue;
                        };
                        outcome
                    }
                };
                on_result(outcome);
            }
            rest = others;
            // A transfer that is not plain may have used the records reserved for those after it.
            self.reserve_more_records(rest.len() as u64)?;
        }
        self.publish_contention();
        Ok(())
    }

    /// Attempts transfers from the first on, as long as each is plain, its accounts exist, its id is
    /// not used, and nothing ends it. Returns how many were attempted, and what ended the next one while
    /// it waited.
    ///
    /// All accounts are looked up before the first latch is taken, so that the look-ups overlap,
    /// and the cells and the trail are prefetched by the time they are written.
    #[inline(always)]
    fn fast_path<W: ConcurrencyProtocol>(
        &mut self,
        transfers: &[Transfer],
        late: Result<(), Interrupted>,
        cancellation: &Cancellation<'_>,
        on_result: &mut impl FnMut(TransferOutcome),
    ) -> (usize, Option<AbortReason>) {
        let Self { ledger, state, .. } = self;
        let ledger: &Ledger = ledger;
        let plain = transfers.iter().take_while(|transfer| is_plain(transfer)).count();
        if late.is_err() || plain == 0 {
            return (0, None);
        }
        let transfers = &transfers[..plain];
        let mut writes = WritePrefetcher::new(transfers, &state.segment_writer);
        let mut found = [None; GROUP];
        for (accounts, transfer) in found.iter_mut().zip(transfers) {
            *accounts = find(ledger, transfer);
            accounts.iter().for_each(|accounts| writes.prefetch(accounts));
        }
        let mut count = 0;
        for (transfer, accounts) in transfers.iter().zip(&found) {
            let Some(accounts) = accounts else { break };
            if cancellation.is_cancelled() {
                break;
            }
            let done = if transfer.id == 0 {
                create_with_generated_id::<W>(ledger, state, transfer, accounts, cancellation)
            } else if SHARES_CODE {
                create_with_chosen_id::<OrderedLocks, false>(
                    ledger,
                    state,
                    transfer,
                    accounts,
                    cancellation,
                )
            } else if transfer.flags.is_empty() {
                create_with_chosen_id::<W, false>(ledger, state, transfer, accounts, cancellation)
            } else {
                create_with_chosen_id::<W, true>(ledger, state, transfer, accounts, cancellation)
            };
            match done {
                Ok(Some(outcome)) => on_result(outcome),
                Ok(None) => break,
                Err(reason) => return (count, Some(reason)),
            }
            count += 1;
        }
        (count, None)
    }

    /// Records an attempt that ended while it waited for its accounts.
    #[cold]
    fn record_abort(
        &mut self,
        transfer: &Transfer,
        reason: AbortReason,
    ) -> Result<TransferOutcome, LedgerError> {
        let interrupted = self.interruption(reason)?;
        self.state.contention.waits += 1;
        record_rejection(&mut self.state, transfer, interrupted.into(), 0)
    }

    /// Attempts a plain transfer that was interrupted, or names an account that did not exist. `None` when both accounts exist by now, so that it can take the fast path.
    #[cold]
    fn slow_path(
        &mut self,
        transfer: &Transfer,
        interrupted: Result<(), Interrupted>,
    ) -> Result<Option<TransferOutcome>, LedgerError> {
        if let Err(interrupted) = interrupted {
            return record_rejection(&mut self.state, transfer, interrupted.into(), 0).map(Some);
        }
        if let Err(status) = transfer_is_consistent(transfer) {
            return record_rejection(&mut self.state, transfer, status, 0).map(Some);
        }
        let debit = self.ledger.find(transfer.debit_account_id);
        let credit = self.ledger.find(transfer.credit_account_id);
        match (debit, credit) {
            (Some(_), Some(_)) => Ok(None),
            _ => self.record_missing_account(transfer, debit),
        }
    }

    /// Decides that an account does not exist, under the latch of its index shard. `None` when it
    /// exists by now.
    #[cold]
    fn record_missing_account(
        &mut self,
        transfer: &Transfer,
        debit: Option<u64>,
    ) -> Result<Option<TransferOutcome>, LedgerError> {
        let Self { ledger, state, .. } = self;
        let (missing_id, status, previous) = match debit {
            None => (transfer.debit_account_id, CreateTransferStatus::DebitAccountNotFound, 0),
            // It saw the debit account, so it is later than that account's creation.
            Some(debit) => (
                transfer.credit_account_id,
                CreateTransferStatus::CreditAccountNotFound,
                ledger.accounts.get(debit).cell.latch.last_timestamp(),
            ),
        };
        let shards = ledger.index.lock_shards(std::iter::once(missing_id));
        if ledger.find(missing_id).is_some() {
            return Ok(None);
        }
        let previous = shards.last_timestamp().max(previous);
        let outcome = record_rejection(state, transfer, status, previous)?;
        shards.release(outcome.timestamp);
        Ok(Some(outcome))
    }
}

#[inline(always)]
fn create_with_generated_id<W: ConcurrencyProtocol>(
    ledger: &Ledger,
    state: &mut WriterState,
    transfer: &Transfer,
    accounts: &[AccountRef<'_>; 2],
    cancellation: &Cancellation<'_>,
) -> Result<Option<TransferOutcome>, AbortReason> {
    let WriterState { segment_writer, timestamps, contention, ids, .. } = state;
    let outcome = undecided(ids.id_at(segment_writer.written()));
    let id = GeneratedId;
    let mut attempt = PlainAttempt { segment_writer, timestamps, transfer, id, outcome };
    W::transact(&ledger.accounts, accounts, cancellation, contention, &mut attempt)?;
    Ok(Some(attempt.outcome))
}

/// `Ok(None)` when the id is used, or memory for it is to be reserved first.
#[cfg_attr(not(target_family = "wasm"), inline(always))]
#[cfg_attr(target_family = "wasm", inline(never))]
fn create_with_chosen_id<W: ConcurrencyProtocol, const PENDING: bool>(
    ledger: &Ledger,
    state: &mut WriterState,
    transfer: &Transfer,
    accounts: &[AccountRef<'_>; 2],
    cancellation: &Cancellation<'_>,
) -> Result<Option<TransferOutcome>, AbortReason> {
    let WriterState { segment_writer, timestamps, contention, reserved_ids, .. } = state;
    if *reserved_ids == 0 || !ledger.leaves_id_to_callers(transfer.id) {
        return Ok(None);
    }
    let reserved = ledger.transfer_ids.reserve_unused(transfer.id, cancellation)?;
    let Some(reserved) = reserved else { return Ok(None) };
    contention.waits += u64::from(reserved.waited());
    let (id, outcome) = (ChosenId::<PENDING>(reserved), undecided(transfer.id));
    let mut attempt = PlainAttempt { segment_writer, timestamps, transfer, id, outcome };
    let (protocol, all) = (ledger.protocol, &ledger.accounts);
    transact_pair::<W>(protocol, all, accounts, cancellation, contention, &mut attempt)?;
    let PlainAttempt { id: ChosenId(reserved), outcome, .. } = attempt;
    *reserved_ids -= u64::from(uses_id(outcome.status));
    reserved.release(outcome.timestamp);
    Ok(Some(outcome))
}

/// Returns a function that the shared code calls without knowing its type.
#[cfg(target_family = "wasm")]
fn shared(on_result: &mut impl FnMut(TransferOutcome)) -> &mut dyn FnMut(TransferOutcome) {
    on_result
}

/// Returns the function, since no code is shared.
#[cfg(not(target_family = "wasm"))]
fn shared<F: FnMut(TransferOutcome)>(on_result: &mut F) -> &mut F {
    on_result
}

/// Writes the entry of a rejected transfer, later than `previous`.
#[cold]
fn record_rejection(
    state: &mut WriterState,
    transfer: &Transfer,
    status: CreateTransferStatus,
    previous: u64,
) -> Result<TransferOutcome, LedgerError> {
    let WriterState { segment_writer, timestamps, ids, .. } = state;
    let timestamp = timestamps.next_after(previous).ok_or(LedgerError::TimestampsExhausted)?;
    let id = ids.id_at(segment_writer.written());
    let outcome = Outcome { id, status, timestamp, versions: (0, 0) };
    write::<GeneratedId>(segment_writer, transfer, &outcome, PreviousChanges::default());
    Ok(outcome)
}

/// Returns the accounts of a plain transfer if it is consistent and both exist.
#[inline(always)]
fn find<'a>(ledger: &'a Ledger, transfer: &Transfer) -> Option<[AccountRef<'a>; 2]> {
    if transfer_is_consistent(&plain::<GeneratedId>(transfer, 0)).is_err() {
        return None;
    }
    let debit = ledger.index.find(transfer.debit_account_id, &ledger.accounts)?;
    Some([debit, ledger.index.find(transfer.credit_account_id, &ledger.accounts)?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::LedgerConfig;
    use crate::model::Account;

    fn writer() -> Writer {
        let (_, mut writers) = Ledger::with_writers(&LedgerConfig::default()).expect("a ledger");
        let mut writer = writers.remove(0);
        let accounts = [1, 2].map(|id| Account::new(id, 1, 1));
        writer.create_accounts(&accounts).expect("there is room");
        writer
    }

    #[test]
    fn call_that_has_begun_is_not_refused() {
        let mut writer = writer();
        let ledger = std::sync::Arc::clone(writer.ledger());
        // With ids and without, and one that takes the path of single transfers.
        let transfer = |number| match number % 5 {
            0 => Transfer::new(1, 2, 1),
            1 => Transfer::new(1, 2, 1).pending(60),
            _ => Transfer::new(1, 2, 1).with_id(number),
        };
        let batch: Vec<Transfer> = (100..200).map(transfer).collect();
        let mut created = 0;
        let done = writer.create_each(&batch, &Cancellation::never(), |outcome| {
            assert_eq!(outcome.status, CreateTransferStatus::Created);
            ledger.trail.refuse_attempts(true);
            created += 1;
        });
        assert_eq!((done, created), (Ok(()), batch.len()));
        let entries = writer.entries();
        let refused = LedgerError::StoreEnded;
        assert_eq!(writer.create_transfers(&batch), Err(refused));
        assert_eq!(writer.create_transfer(&batch[0]), Err(refused));
        assert_eq!(writer.entries(), entries);
    }

    #[test]
    fn batch_with_a_reserved_id_records_nothing() {
        let mut writer = writer();
        let reserved = writer.state.ids.id_at(1_000);
        let entries = writer.entries();
        let good = Transfer::new(1, 2, 1).with_id(7);
        for bad in [good.with_id(reserved), Transfer::post(reserved).with_id(8)] {
            let done = writer.create_transfers(&[good, bad]);
            assert_eq!(done, Err(LedgerError::IdReserved { id: reserved }));
        }
        assert_eq!(writer.entries(), entries);
    }
}
