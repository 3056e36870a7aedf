//! The ledger in this process as an engine.

use std::future::ready;
use std::sync::{Arc, Mutex, PoisonError};

use super::capabilities::Capabilities;
use super::error::EngineError;
use super::interface::{Engine, EngineFuture};
use super::query::{Found, Query};
use crate::ledger::{Cancellation, Clock, Ledger, Writer};
use crate::model::{Account, CreateAccountStatus, CreateTransferStatus, Outcome, TransferAttempt};

/// The ledger in this process. Its answers are ready when a method returns.
///
/// It has one writer, so callers on many threads wait for each other. A program that wants the ledger's speed uses its
/// writers.
#[derive(Debug)]
pub struct EmbeddedEngine<C> {
    ledger: Arc<Ledger>,
    writer: Mutex<Writer>,
    clock: C,
}

impl<C: Clock + Send + Sync> EmbeddedEngine<C> {
    /// Creates an engine of a ledger and one of its writers. Events happen at the clock's time.
    pub fn new(writer: Writer, clock: C) -> Self {
        Self { ledger: Arc::clone(writer.ledger()), writer: Mutex::new(writer), clock }
    }

    /// The ledger.
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    fn write<T>(
        &self,
        write: impl FnOnce(&mut Writer) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer.set_time(self.clock.now_ns())?;
        write(&mut writer)
    }
}

impl<C: Clock + std::fmt::Debug + Send + Sync> Engine for EmbeddedEngine<C> {
    fn name(&self) -> &'static str {
        "embedded"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::all()
    }

    fn create_accounts(
        &self,
        events: Vec<Account>,
    ) -> EngineFuture<'_, Vec<Outcome<CreateAccountStatus>>> {
        Box::pin(ready(self.write(|writer| Ok(writer.create_accounts(&events)?))))
    }

    fn create_transfers(
        &self,
        events: Vec<TransferAttempt>,
    ) -> EngineFuture<'_, Vec<Outcome<CreateTransferStatus>>> {
        let never = Cancellation::never();
        Box::pin(ready(self.write(|writer| Ok(writer.create_transfers_with(&events, &never)?))))
    }

    fn find(&self, query: Query) -> EngineFuture<'_, Found> {
        // Pending transfers that are due expire before.
        let found = self.write(|_| Ok(()));
        let found = found.and_then(|()| Ok(query.run(&self.ledger, &Cancellation::never())?));
        Box::pin(ready(found))
    }

    fn unreachable_ns(&self) -> Option<u64> {
        None
    }
}
