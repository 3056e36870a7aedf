//! The ledger access of one batch: attempts are made and counted here.

use super::codes;
use super::event_kind::EventKind;
use super::events::EventLog;
use super::tally::Tally;
use crate::ledger::{Cancellation, Clock, LedgerError, TransferOutcome, Writer};
use crate::model::{AccountState, CreateTransferStatus, Transfer, TransferAttempt, TransferFlags};
use crate::sync::AtomicU64;

/// A plain transfer of coins.
pub fn coin_transfer(from: u128, to: u128, amount: u64, code: u16) -> Transfer {
    Transfer {
        debit_account_id: from,
        credit_account_id: to,
        amount: amount.into(),
        ledger: codes::COINS,
        code,
        ..Transfer::default()
    }
}

/// What can end the attempts of a batch early.
#[derive(Clone, Copy)]
pub(super) struct BatchLimits<'a> {
    pub(super) clock: &'a dyn Clock,
    /// Not 0 when the run is cancelled.
    pub(super) cancel: &'a AtomicU64,
    pub(super) deadline_ns: Option<u64>,
}

impl<'a> BatchLimits<'a> {
    fn cancellation(&self) -> Cancellation<'a> {
        let cancellation = Cancellation::never().with_flag(self.cancel);
        match self.deadline_ns {
            Some(deadline_ns) => cancellation.with_deadline(self.clock, deadline_ns),
            None => cancellation,
        }
    }
}

/// The ledger access of one worker for one batch.
///
/// Methods that move coins return the status of the attempt. They return [`LedgerError`] when the ledger cannot accept
/// the attempt, which was then not made.
pub struct OperationContext<'a> {
    writer: &'a mut Writer,
    world: u128,
    limits: BatchLimits<'a>,
    cancellation: Cancellation<'a>,
    tally: &'a mut Tally,
    events: &'a mut EventLog,
}

impl std::fmt::Debug for OperationContext<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "OperationContext({:?}, {:?})", self.cancellation, self.tally)
    }
}

impl<'a> OperationContext<'a> {
    /// Creates the context for a worker whose `@world` account is `world`.
    pub(super) fn new(
        writer: &'a mut Writer,
        world: u128,
        limits: BatchLimits<'a>,
        tally: &'a mut Tally,
        events: &'a mut EventLog,
    ) -> Self {
        Self { writer, world, limits, cancellation: limits.cancellation(), tally, events }
    }

    /// Performs an operation a number of times and counts it each time.
    ///
    /// # Errors
    /// The first error of the operation. That operation is not counted.
    #[inline]
    pub fn repeat(
        &mut self,
        operations: u64,
        mut operation: impl FnMut(&mut Self) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        for _ in 0..operations {
            operation(self)?;
            self.tally.operations += 1;
        }
        Ok(())
    }

    /// Attempts one transfer.
    ///
    /// # Errors
    /// [`LedgerError`] when the ledger cannot accept it. Nothing was attempted then.
    #[inline]
    pub fn transfer(&mut self, transfer: &Transfer) -> Result<CreateTransferStatus, LedgerError> {
        let status = self.writer.create_transfer_with(transfer, &self.cancellation)?.status;
        self.tally.record(status);
        Ok(status)
    }

    /// Attempts transfers one after the other and counts each as one operation.
    ///
    /// # Errors
    /// [`LedgerError`] when the ledger cannot accept one. It and the ones after it were not attempted.
    #[inline]
    pub fn transfer_each(&mut self, transfers: &[Transfer]) -> Result<(), LedgerError> {
        let Self { writer, cancellation, tally, .. } = self;
        writer.create_each(transfers, cancellation, |outcome| {
            tally.record(outcome.status);
            tally.operations += 1;
        })
    }

    /// Moves coins from the worker's `@world` account to another.
    ///
    /// # Errors
    /// As [`OperationContext::transfer`].
    pub fn deposit(&mut self, to: u128, coins: u64) -> Result<CreateTransferStatus, LedgerError> {
        self.issue_as(to, coins, codes::DEPOSIT)
    }

    /// Moves coins from an account to the worker's `@world` account.
    ///
    /// # Errors
    /// As [`OperationContext::transfer`].
    pub fn withdraw(
        &mut self,
        from: u128,
        coins: u64,
    ) -> Result<CreateTransferStatus, LedgerError> {
        let status = self.transfer(&coin_transfer(from, self.world, coins, codes::WITHDRAWAL))?;
        self.count_issued(status, -i128::from(coins));
        Ok(status)
    }

    /// Issues the initial coins of an account.
    pub(super) fn issue(
        &mut self,
        to: u128,
        coins: u64,
    ) -> Result<CreateTransferStatus, LedgerError> {
        self.issue_as(to, coins, codes::ISSUE)
    }

    fn issue_as(
        &mut self,
        to: u128,
        coins: u64,
        code: u16,
    ) -> Result<CreateTransferStatus, LedgerError> {
        let status = self.transfer(&coin_transfer(self.world, to, coins, code))?;
        self.count_issued(status, i128::from(coins));
        Ok(status)
    }

    fn count_issued(&mut self, status: CreateTransferStatus, coins: i128) {
        if status == CreateTransferStatus::Created {
            self.record_issued(coins);
        }
    }

    /// Attempts transfers of any kind in order; linked ones succeed or fail together. The caller reports coins that
    /// enter or leave by [`OperationContext::record_issued`].
    ///
    /// # Errors
    /// As [`Writer::create_transfers_with`]. Nothing was attempted then.
    pub fn create_transfers(
        &mut self,
        attempts: &[TransferAttempt],
    ) -> Result<Vec<TransferOutcome>, LedgerError> {
        let cancellation = self.cancellation;
        self.create_transfers_with(attempts, &cancellation)
    }

    /// The same, with the caller's own cancellation in place of the batch's.
    ///
    /// # Errors
    /// As [`OperationContext::create_transfers`].
    pub fn create_transfers_with(
        &mut self,
        attempts: &[TransferAttempt],
        cancellation: &Cancellation<'_>,
    ) -> Result<Vec<TransferOutcome>, LedgerError> {
        let outcomes = self.writer.create_transfers_with(attempts, cancellation)?;
        for outcome in &outcomes {
            self.tally.record(outcome.status);
        }
        Ok(outcomes)
    }

    /// The cancellation of the batch's attempts.
    pub fn cancellation(&self) -> Cancellation<'a> {
        self.cancellation
    }

    /// The same with a deadline that has passed. It simulates a late response.
    pub fn expired_cancellation(&self) -> Cancellation<'a> {
        let past_ns = self.limits.clock.now_ns().saturating_sub(1);
        self.cancellation.with_deadline(self.limits.clock, past_ns)
    }

    /// Counts coins that the caller's own attempts brought into the system; negative where they left it.
    pub fn record_issued(&mut self, coins: i128) {
        self.tally.issued += coins;
    }

    /// The id of the worker's `@world` account.
    pub fn world(&self) -> u128 {
        self.world
    }

    /// Reads an account without its latch. Counted as a read.
    pub fn read(&mut self, id: u128) -> Option<AccountState> {
        self.tally.reads += 1;
        self.writer.ledger().account(id)
    }

    /// Creates a transfer id.
    pub fn new_id(&mut self) -> u128 {
        self.writer.new_id()
    }

    /// Gives a transfer a new id and flags, for [`OperationContext::create_transfers`].
    pub fn new_attempt(&mut self, transfer: Transfer, flags: TransferFlags) -> TransferAttempt {
        let transfer = Transfer { id: self.new_id(), flags, ..transfer };
        TransferAttempt { transfer, ..TransferAttempt::default() }
    }

    /// Reserves memory for trail records, so that an operation of several steps can be completed.
    ///
    /// # Errors
    /// [`LedgerError::TrailFull`] when there is not enough memory.
    pub fn reserve(&mut self, records: u64) -> Result<(), LedgerError> {
        self.writer.reserve(records)
    }

    /// Counts an event. The report shows the first few messages of each kind.
    ///
    /// # Panics
    /// When the scenario's description does not list the kind.
    pub fn record_event(&mut self, kind: EventKind, message: impl FnOnce() -> String) {
        self.events.record(kind, self.limits.clock.now_ns(), message);
    }

    /// The worker's writer.
    pub fn writer(&mut self) -> &mut Writer {
        self.writer
    }
}
