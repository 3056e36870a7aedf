//! The traits that a scenario implements.

use super::account_layout::AccountLayout;
use super::check_results::{CheckInput, CheckResults, WorkerObservations};
use super::description::Description;
use super::operation_context::OperationContext;
use super::parameters::Parameters;
use super::request_error::RequestError;
use crate::ledger::LedgerError;

/// A workload with its accounts, parameters and checks.
pub trait Scenario: Sync {
    /// Returns the texts, parameters and presets.
    fn description(&self) -> &'static Description;

    /// Checks conditions between parameters. The bounds of each parameter hold already.
    ///
    /// # Errors
    /// [`RequestError`] with a message that names the values.
    fn validate(&self, _parameters: &Parameters) -> Result<(), RequestError> {
        Ok(())
    }

    /// Returns the accounts of a run.
    fn layout(&self, parameters: &Parameters) -> AccountLayout;

    /// Returns how many trail records one operation typically writes. Their memory is reserved before the run.
    fn records_per_operation(&self) -> u64 {
        1
    }

    /// Creates the workload of one worker. It depends on the parameters and the worker only, not on the host.
    fn workload(&self, parameters: &Parameters, worker: u64) -> Box<dyn Workload>;

    /// Computes the scenario's own checks and facts when a run is over.
    fn check(&self, _input: &CheckInput<'_>) -> CheckResults {
        CheckResults::default()
    }
}

/// The operations of one worker.
pub trait Workload: Send {
    /// Performs a number of operations. Each is counted by [`OperationContext::repeat`] or
    /// [`OperationContext::transfer_each`].
    ///
    /// # Errors
    /// [`LedgerError`] when the ledger accepts no more attempts. The operations before that remain.
    fn run_batch(
        &mut self,
        context: &mut OperationContext<'_>,
        operations: u64,
    ) -> Result<(), LedgerError>;

    /// Returns what the workload observed, for the scenario's checks.
    fn observations(self: Box<Self>) -> WorkerObservations {
        WorkerObservations::default()
    }
}
