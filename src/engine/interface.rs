//! The operations of an engine.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use super::capabilities::Capabilities;
use super::error::EngineError;
use super::query::{Found, Query};
use crate::model::{Account, CreateAccountStatus, CreateTransferStatus, Outcome, TransferAttempt};

/// The answer of an engine, which may come from another machine.
pub type EngineFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, EngineError>> + Send + 'a>>;

/// Executes the operations of the model, under TigerBeetle's rules.
///
/// Every event has an id: an engine generates none. A request is sent when the method is called; dropping the future does not
/// take it back. Events of one call are decided in order, one after the other.
pub trait Engine: fmt::Debug + Send + Sync {
    /// The name of the engine in errors, reports and health.
    fn name(&self) -> &'static str;

    /// What the engine can do beyond the operations below.
    fn capabilities(&self) -> Capabilities;

    /// Creates accounts, at most 8,189.
    ///
    /// # Errors
    /// [`EngineError`]. With [`EngineError::OutcomeUnknown`] they may be created, with any other none is.
    fn create_accounts(
        &self,
        events: Vec<Account>,
    ) -> EngineFuture<'_, Vec<Outcome<CreateAccountStatus>>>;

    /// Creates transfers, at most 8,189.
    ///
    /// # Errors
    /// [`EngineError`]. With [`EngineError::OutcomeUnknown`] they may be created, with any other none is.
    fn create_transfers(
        &self,
        events: Vec<TransferAttempt>,
    ) -> EngineFuture<'_, Vec<Outcome<CreateTransferStatus>>>;

    /// Executes a read.
    ///
    /// # Errors
    /// [`EngineError`].
    fn find(&self, query: Query) -> EngineFuture<'_, Found>;

    /// For how many nanoseconds the engine has not answered; `None` while it answers.
    fn unreachable_ns(&self) -> Option<u64>;
}
