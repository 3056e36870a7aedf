//! Where a worker hands in its attempts: they are made, written down, and counted.

use super::events::Events;
use super::{COINS, Tally, codes};
use crate::ledger::{Cancellation, Clock, LedgerError, TransferOutcome, Writer};
use crate::model::{AccountState, CreateTransferStatus, Transfer, TransferAttempt, TransferFlags};
use crate::sync::AtomicU64;

/// A plain transfer of coins.
pub fn of_coins(from: u128, to: u128, amount: u64, code: u16) -> Transfer {
    Transfer {
        debit_account_id: from,
        credit_account_id: to,
        amount: amount.into(),
        ledger: COINS,
        code,
        ..Transfer::default()
    }
}

/// What may end the attempts of one batch.
#[derive(Clone, Copy)]
pub(super) struct Limits<'a> {
    pub(super) clock: &'a dyn Clock,
    /// Raised when the run is cancelled.
    pub(super) cancel: &'a AtomicU64,
    /// When the batch is late; never where there is none.
    pub(super) deadline_ns: Option<u64>,
}

impl<'a> Limits<'a> {
    fn cancellation(&self) -> Cancellation<'a> {
        let cancellation = Cancellation::never().with_flag(self.cancel);
        match self.deadline_ns {
            Some(deadline_ns) => cancellation.with_deadline(self.clock, deadline_ns),
            None => cancellation,
        }
    }
}

/// Where a worker hands in the attempts of one batch.
///
/// What moves money answers the status, and [`LedgerError`] when the ledger cannot take the attempt; it was not made then.
pub struct OperationContext<'a> {
    writer: &'a mut Writer,
    world: u128,
    limits: Limits<'a>,
    cancellation: Cancellation<'a>,
    tally: &'a mut Tally,
    events: &'a mut Events,
}

impl std::fmt::Debug for OperationContext<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "OperationContext({:?}, {:?})", self.cancellation, self.tally)
    }
}

impl<'a> OperationContext<'a> {
    /// For one batch of a worker whose `@world` is `world`.
    pub(super) fn new(
        writer: &'a mut Writer,
        world: u128,
        limits: Limits<'a>,
        tally: &'a mut Tally,
        events: &'a mut Events,
    ) -> Self {
        Self { writer, world, limits, cancellation: limits.cancellation(), tally, events }
    }

    /// Counts one operation as done. Not to be called for [`OperationContext::transfer_each`], which counts by itself.
    #[inline]
    pub fn done(&mut self) {
        self.tally.operations += 1;
    }

    /// Makes one attempt.
    ///
    /// # Errors
    /// [`LedgerError`] when the ledger cannot take it; it was not made then.
    #[inline]
    pub fn transfer(&mut self, transfer: &Transfer) -> Result<CreateTransferStatus, LedgerError> {
        let status = self.writer.create_transfer_with(transfer, &self.cancellation)?.status;
        self.tally.add(status);
        Ok(status)
    }

    /// Makes attempts one after the other, each an operation by itself.
    ///
    /// # Errors
    /// [`LedgerError`] when the ledger cannot take one; it and those after it were not made then.
    #[inline]
    pub fn transfer_each(&mut self, transfers: &[Transfer]) -> Result<(), LedgerError> {
        let Self { writer, cancellation, tally, .. } = self;
        writer.create_each(transfers, cancellation, |outcome| {
            tally.add(outcome.status);
            tally.operations += 1;
        })
    }

    /// Coins come from outside.
    ///
    /// # Errors
    /// As [`OperationContext::transfer`].
    pub fn deposit(&mut self, to: u128, coins: u64) -> Result<CreateTransferStatus, LedgerError> {
        let status = self.transfer(&of_coins(self.world, to, coins, codes::DEPOSIT))?;
        self.count_issued(status, i128::from(coins));
        Ok(status)
    }

    /// Coins go outside.
    ///
    /// # Errors
    /// As [`OperationContext::transfer`].
    pub fn withdraw(
        &mut self,
        from: u128,
        coins: u64,
    ) -> Result<CreateTransferStatus, LedgerError> {
        let status = self.transfer(&of_coins(from, self.world, coins, codes::WITHDRAWAL))?;
        self.count_issued(status, -i128::from(coins));
        Ok(status)
    }

    /// Gives an account its coins at the start.
    pub(super) fn issue(
        &mut self,
        to: u128,
        coins: u64,
    ) -> Result<CreateTransferStatus, LedgerError> {
        let status = self.transfer(&of_coins(self.world, to, coins, codes::ISSUE))?;
        self.count_issued(status, i128::from(coins));
        Ok(status)
    }

    fn count_issued(&mut self, status: CreateTransferStatus, coins: i128) {
        if status == CreateTransferStatus::Created {
            self.tally.issued += coins;
        }
    }

    /// Makes attempts of any kind, linked ones all or nothing, in order. What they bring from outside is to be counted
    /// by [`OperationContext::brought`].
    ///
    /// # Errors
    /// As [`Writer::create_transfers_with`]; nothing was attempted then.
    pub fn attempt(
        &mut self,
        attempts: &[TransferAttempt],
    ) -> Result<Vec<TransferOutcome>, LedgerError> {
        let cancellation = self.cancellation;
        self.attempt_until(attempts, &cancellation)
    }

    /// The same, but neither the deadline nor the end of the run stops it: for what must be put right.
    ///
    /// # Errors
    /// As [`OperationContext::attempt`].
    pub fn settle(
        &mut self,
        attempts: &[TransferAttempt],
    ) -> Result<Vec<TransferOutcome>, LedgerError> {
        self.attempt_until(attempts, &Cancellation::never())
    }

    /// The same, under an cancellation of the caller's own.
    ///
    /// # Errors
    /// As [`OperationContext::attempt`].
    pub fn attempt_until(
        &mut self,
        attempts: &[TransferAttempt],
        cancellation: &Cancellation<'_>,
    ) -> Result<Vec<TransferOutcome>, LedgerError> {
        let outcomes = self.writer.create_transfers_with(attempts, cancellation)?;
        for outcome in &outcomes {
            self.tally.add(outcome.status);
        }
        Ok(outcomes)
    }

    /// What may end the batch's attempts.
    pub fn cancellation(&self) -> Cancellation<'a> {
        self.cancellation
    }

    /// The same with a deadline that has passed: for an answer that comes too late.
    pub fn late(&self) -> Cancellation<'a> {
        let long_ago_ns = self.limits.clock.now_ns().saturating_sub(1);
        self.cancellation.with_deadline(self.limits.clock, long_ago_ns)
    }

    /// Counts coins that attempts of the caller's own have brought from outside, or less than 0 where they took some there.
    pub fn brought(&mut self, coins: i128) {
        self.tally.issued += coins;
    }

    /// The account that coins come from and go to.
    pub fn world(&self) -> u128 {
        self.world
    }

    /// An account as it is now, read past its latch. Counted as a read.
    pub fn read(&mut self, id: u128) -> Option<AccountState> {
        self.tally.reads += 1;
        self.writer.ledger().account(id)
    }

    /// An id for an attempt that is to be found again.
    pub fn new_id(&mut self) -> u128 {
        self.writer.new_id()
    }

    /// An attempt under a new id, which [`OperationContext::attempt`] and its like take.
    pub fn leg(&mut self, transfer: Transfer, flags: TransferFlags) -> TransferAttempt {
        let transfer = Transfer { id: self.new_id(), flags, ..transfer };
        TransferAttempt { transfer, ..TransferAttempt::default() }
    }

    /// Makes sure that so many records can be written, so that what is begun can be ended.
    ///
    /// # Errors
    /// [`LedgerError::TrailFull`] when they cannot.
    pub fn room(&mut self, records: u64) -> Result<(), LedgerError> {
        self.writer.reserve(records)
    }

    /// Something that the scenario's description lists at `place` has happened; `detail` says it in a description, of which
    /// the first few are kept.
    pub fn happened(&mut self, place: usize, detail: impl FnOnce() -> String) {
        self.events.happened(place, self.limits.clock.now_ns(), detail);
    }

    /// What it writes the ledger with.
    pub fn writer(&mut self) -> &mut Writer {
        self.writer
    }
}
