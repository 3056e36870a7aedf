//! Manual transfers: a user moves money in the ledger of a run, during the run and after it.

use serde::Serialize;

use super::state::{Run, lock};
use crate::ledger::Clock;
use crate::model::CreateTransferStatus;
use crate::model::amounts::JsonU64;
use crate::scenarios::{Header, WorkError, codes, coin_transfer};
use crate::sync::Ordering;
use crate::trail::Divergence;

/// The result of a manual transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ManualTransfer {
    /// The name of the status.
    pub status: &'static str,
    /// The timestamp in the trail.
    pub timestamp: JsonU64,
}

impl Run {
    /// Makes a manual transfer. From `@world` it is a deposit, to `@world` a withdrawal.
    ///
    /// The trail has it among the setup's entries, and a later report omits the scenario's own checks. The call waits
    /// while the run is checked.
    ///
    /// # Errors
    /// [`WorkError`] when nothing was attempted. A refusal by a rule is a status and not an error.
    pub fn transfer_manually(
        &self,
        from: u128,
        to: u128,
        amount: u64,
    ) -> Result<ManualTransfer, WorkError> {
        let mut writer = lock(&self.writers[0]);
        // The writer belongs to the setup until all accounts are open.
        let is_open = self.counters.header(Header::SetupEntries).load(Ordering::Acquire) > 0;
        let writer = writer.as_mut().filter(|_| is_open).ok_or(WorkError::NotOpen)?;
        // The transfer comes after everything that is visible by now.
        writer.set_time(self.ledger.trail().last_timestamp())?;
        let direction =
            i128::from(self.layout.is_world(from)) - i128::from(self.layout.is_world(to));
        let code = match direction {
            1 => codes::DEPOSIT,
            -1 => codes::WITHDRAWAL,
            _ => codes::TRANSFER,
        };
        let outcome = writer.create_transfer(&coin_transfer(from, to, amount, code))?;
        self.counters.header(Header::SetupEntries).store(writer.entries(), Ordering::Release);
        self.manual_attempts.fetch_add(1, Ordering::Relaxed);
        if outcome.status == CreateTransferStatus::Created {
            *lock(&self.issued) += direction * i128::from(amount);
        }
        Ok(ManualTransfer { status: outcome.status.name(), timestamp: JsonU64(outcome.timestamp) })
    }

    /// Replays the trail again, for manual transfers after the report. Returns the number of entries, or where the run
    /// differs from a serial one.
    ///
    /// # Errors
    /// [`WorkError::Unfinished`] when a worker is still running or has failed.
    pub fn verify_again(
        &self,
        clock: &dyn Clock,
        progress: impl FnMut(u64),
    ) -> Result<Result<u64, Box<Divergence>>, WorkError> {
        self.ensure_finished()?;
        // The lock keeps manual transfers out during the replay.
        let _manual_writer = lock(&self.writers[0]);
        Ok(self.ledger.verify_with(clock.now_ns(), progress))
    }
}
