//! The ledger access of one batch: attempts are made and counted here.

use super::events::EventLog;
use super::{EventKind, Tally, codes};
use crate::ledger::{Cancellation, Clock, LedgerError, TransferOutcome, Writer};
use crate::model::{AccountState, CreateTransferStatus, Transfer, TransferAttempt, TransferFlags};

/// A plain transfer of coins.
pub fn coin_transfer(from: u128, to: u128, amount: u64, code: u16) -> Transfer {
    Transfer { ledger: codes::COINS, code, ..Transfer::new(from, to, amount.into()) }
}

/// The ledger access of one worker for one batch.
///
/// Methods that move coins return the status of the attempt. They return [`LedgerError`] when the ledger cannot accept
/// the attempt, which was then not made.
pub struct OperationContext<'a> {
    writer: &'a mut Writer,
    world: u128,
    clock: &'a dyn Clock,
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
        clock: &'a dyn Clock,
        cancellation: Cancellation<'a>,
        tally: &'a mut Tally,
        events: &'a mut EventLog,
    ) -> Self {
        Self { writer, world, clock, cancellation, tally, events }
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
    /// [`LedgerError`] when the ledger cannot accept it. Nothing was attempted.
    #[inline]
    pub fn transfer(&mut self, transfer: &Transfer) -> Result<CreateTransferStatus, LedgerError> {
        let status = self.writer.create_transfer_with(transfer, &self.cancellation)?.status;
        self.tally.record(status);
        Ok(status)
    }

    /// Attempts transfers one after the other and counts each as one operation.
    ///
    /// # Errors
    /// [`LedgerError`] if the ledger cannot accept a transfer. That transfer and those after it
    /// were not attempted.
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
    /// The same as [`OperationContext::transfer`].
    pub fn deposit(&mut self, to: u128, coins: u64) -> Result<CreateTransferStatus, LedgerError> {
        self.issue(to, coins, codes::DEPOSIT)
    }

    /// Moves coins from an account to the worker's `@world` account.
    ///
    /// # Errors
    /// The same as [`OperationContext::transfer`].
    pub fn withdraw(
        &mut self,
        from: u128,
        coins: u64,
    ) -> Result<CreateTransferStatus, LedgerError> {
        let transfer = coin_transfer(from, self.world, coins, codes::WITHDRAWAL);
        self.transfer_world(&transfer, -i128::from(coins))
    }

    /// Moves coins from the worker's `@world` account to another, with this transfer code.
    pub(super) fn issue(
        &mut self,
        to: u128,
        coins: u64,
        code: u16,
    ) -> Result<CreateTransferStatus, LedgerError> {
        self.transfer_world(&coin_transfer(self.world, to, coins, code), i128::from(coins))
    }

    /// Attempts a transfer from or to `@world`. `issued` is the number of coins issued, negative if
    /// coins are returned.
    fn transfer_world(
        &mut self,
        transfer: &Transfer,
        issued: i128,
    ) -> Result<CreateTransferStatus, LedgerError> {
        let status = self.transfer(transfer)?;
        if status == CreateTransferStatus::Created {
            self.record_issued(issued);
        }
        Ok(status)
    }

    /// Attempts transfers of any kind in order; linked ones succeed or fail together. The caller reports coins that
    /// enter or leave by [`OperationContext::record_issued`].
    ///
    /// # Errors
    /// As [`Writer::create_transfers_with`]. Nothing was changed.
    pub fn create_transfers(
        &mut self,
        attempts: &[TransferAttempt],
    ) -> Result<Vec<TransferOutcome>, LedgerError> {
        let cancellation = self.cancellation;
        self.create_transfers_with(attempts, &cancellation)
    }

    /// Like [`OperationContext::create_transfers`], with this cancellation instead of the batch's.
    ///
    /// # Errors
    /// The same as [`OperationContext::create_transfers`].
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

    /// The cancellation of the batch with a deadline that has passed. It simulates a late response.
    pub fn expired_cancellation(&self) -> Cancellation<'a> {
        self.cancellation.with_deadline(self.clock, self.clock.now_ns().saturating_sub(1))
    }

    /// Counts coins that other attempts of the caller issued; a negative number where they were returned.
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
        self.events.record(kind, self.clock.now_ns(), message);
    }

    /// The worker's writer.
    pub fn writer(&mut self) -> &mut Writer {
        self.writer
    }
}
