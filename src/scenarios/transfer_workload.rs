//! A workload of plain transfers.

use super::{OperationContext, Parameters, Workload};
use crate::ledger::LedgerError;
use crate::model::Transfer;

/// Attempts the transfers that a function returns, batch by batch.
pub(super) struct TransferWorkload<F> {
    next_transfer: F,
    /// The current batch. Its memory is reused.
    batch: Vec<Transfer>,
}

impl<F: FnMut() -> Transfer> TransferWorkload<F> {
    pub(super) fn new(parameters: &Parameters, next_transfer: F) -> Self {
        Self { next_transfer, batch: Vec::with_capacity(parameters.get("batch") as usize) }
    }
}

impl<F: FnMut() -> Transfer + Send> Workload for TransferWorkload<F> {
    fn run_batch(
        &mut self,
        context: &mut OperationContext<'_>,
        operations: u64,
    ) -> Result<(), LedgerError> {
        self.batch.clear();
        self.batch.extend((0..operations).map(|_| (self.next_transfer)()));
        context.transfer_each(&self.batch)
    }
}
