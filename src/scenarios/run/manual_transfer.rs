//! Money that is moved by hand in the ledger of a run, while its workers are at work and after.

use std::fmt;

use serde::Serialize;

use super::{Run, lock};
use crate::ledger::{Clock, LedgerError};
use crate::model::CreateTransferStatus;
use crate::model::amounts::JsonU128;
use crate::scenarios::{Header, WorkError, codes, of_coins};
use crate::sync::Ordering;
use crate::trail::Divergence;

/// What became of a transfer by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ManualTransfer {
    /// The name of its status.
    pub status: &'static str,
    /// Its place in the order of the trail.
    pub timestamp: JsonU128,
}

/// Why nothing could be moved by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ManualTransferError {
    /// The accounts are not open yet.
    NotOpen,
    /// The ledger cannot take the attempt.
    Ledger(LedgerError),
}

impl fmt::Display for ManualTransferError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOpen => {
                write!(
                    formatter,
                    "money is moved by hand when the accounts of the run are open, and they are not yet"
                )
            }
            Self::Ledger(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for ManualTransferError {}

impl Run {
    /// Makes a transfer by hand. From `@world` it is a deposit, to it a withdrawal. The trail has it among the set-up's
    /// entries; a report that is made afterwards leaves out what only the scenario knows.
    ///
    /// While the run is judged it waits.
    ///
    /// # Errors
    /// [`ManualTransferError`]; nothing was attempted then. What a rule refuses is a status.
    pub fn transfer_manually(
        &self,
        from: u128,
        to: u128,
        amount: u64,
    ) -> Result<ManualTransfer, ManualTransferError> {
        let mut hand = lock(&self.writers[0]);
        // Until all accounts are open it is the set-up's, which has taken it or will.
        let is_open = self.counters.header(Header::SetupEntries).load(Ordering::Acquire) > 0;
        let writer = hand.as_mut().filter(|_| is_open).ok_or(ManualTransferError::NotOpen)?;
        // After all that can be seen by now.
        writer
            .set_time(self.ledger.trail().last_timestamp())
            .map_err(ManualTransferError::Ledger)?;
        let brought = i128::from(self.layout.is_world(from)) - i128::from(self.layout.is_world(to));
        let code = match brought {
            1 => codes::DEPOSIT,
            -1 => codes::WITHDRAWAL,
            _ => codes::TRANSFER,
        };
        let transfer = of_coins(from, to, amount, code);
        let outcome = writer.create_transfer(&transfer);
        let outcome = outcome.map_err(ManualTransferError::Ledger)?;
        self.counters.header(Header::SetupEntries).store(writer.entries(), Ordering::Release);
        self.by_hand.fetch_add(1, Ordering::Relaxed);
        if outcome.status == CreateTransferStatus::Created {
            *lock(&self.issued) += brought * i128::from(amount);
        }
        Ok(ManualTransfer {
            status: outcome.status.name(),
            timestamp: JsonU128(outcome.timestamp.into()),
        })
    }

    /// Replays the trail once more, which is for when money was moved by hand after the report. The number of entries, or
    /// where the run differs from a serial one.
    ///
    /// # Errors
    /// [`WorkError::Unfinished`] while a worker works.
    pub fn verify_again(
        &self,
        clock: &dyn Clock,
        progress: impl FnMut(u64),
    ) -> Result<Result<u64, Box<Divergence>>, WorkError> {
        let (done, workers) = (self.done(), self.workers());
        if done < workers {
            return Err(WorkError::Unfinished { done, workers });
        }
        // Nobody moves money by hand while it is judged.
        let _hand = lock(&self.writers[0]);
        Ok(self.ledger.verify_with(clock.now_ns(), progress))
    }
}
