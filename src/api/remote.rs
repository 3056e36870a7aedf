//! The ledger of a service that a remote engine keeps.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Builder;

use crate::coins::{CoinsComponents, CoinsHealth, EngineCoins, EngineCoinsError};
use crate::engine::{Capability, Engine, EngineError, KEYED_IDS};
use crate::ledger::HealthStatus;
use crate::model::amounts::JsonU64;
use crate::model::{CreateTransferStatus, Outcome, TransferAttempt};
use crate::wire::{Batch, Record};

/// The ledger of a service that a remote engine keeps: its coins, and what was sent.
#[derive(Debug)]
pub struct RemoteLedger {
    coins: EngineCoins,
    opened_ns: u64,
    /// Attempts to create transfers that this service has sent.
    attempts: AtomicU64,
}

/// Where the ids of events come from that ask for new ones.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NewIds<'a> {
    /// Random ones of this time, in nanoseconds.
    Random(u64),
    /// The ids that belong to an idempotency key and its user.
    OfKey(&'a [u8; 32]),
}

impl NewIds<'_> {
    /// Returns the id of the event at this index of a batch.
    ///
    /// # Errors
    /// The host's error if it has no source of randomness.
    pub(crate) fn id(self, index: usize) -> Result<u128, getrandom::Error> {
        match self {
            Self::Random(now_ns) => {
                let mut random = [0; 10];
                getrandom::fill(&mut random)?;
                let id = Builder::from_unix_timestamp_millis(now_ns / 1_000_000, &random);
                Ok(id.into_uuid().as_u128())
            }
            Self::OfKey(key) => Ok(KEYED_IDS.id(&[key, &(index as u64).to_le_bytes()])),
        }
    }

    /// Gives an id to each event of a batch that asks for one.
    ///
    /// # Errors
    /// The host's error if it has no source of randomness.
    pub(crate) fn assign<R: Record>(self, batch: &mut Batch<R>) -> Result<(), getrandom::Error> {
        for &index in &batch.unnamed {
            *batch.events[index].id_mut() = self.id(index)?;
        }
        Ok(())
    }
}

/// The health of a remote engine, as far as this service knows it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EngineHealth {
    /// The name of the engine.
    name: &'static str,
    /// `healthy` if the engine answers, otherwise `unhealthy`.
    status: HealthStatus,
    /// What it means, and what to do.
    message: String,
    /// For how many nanoseconds the engine has not answered. Absent while it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    unreachable_ns: Option<JsonU64>,
    /// Nanoseconds since this service was opened.
    uptime_ns: JsonU64,
    /// Attempts to create transfers that this service has sent.
    operations: JsonU64,
    /// What this engine does not have, beside the embedded ledger.
    lacks: Vec<&'static str>,
}

impl EngineHealth {
    /// Attempts to create transfers that the service has sent.
    pub(super) fn operations(&self) -> u64 {
        self.operations.0
    }

    /// Returns the health in GoLedger's format: an engine has one component, which answers or not.
    pub(super) fn coins(&self) -> CoinsHealth {
        let answers = self.status == HealthStatus::Healthy;
        CoinsHealth {
            status: self.status,
            uptime_seconds: self.uptime_ns.0 as f64 / 1e9,
            operation_count: self.operations.0,
            components: CoinsComponents {
                database: answers,
                audit_log: answers,
                performance: true,
            },
        }
    }
}

impl RemoteLedger {
    /// Opens the coins of an engine.
    ///
    /// # Errors
    /// [`EngineCoinsError`] with the reason.
    pub(crate) async fn open(
        engine: Arc<dyn Engine>,
        now_ns: u64,
    ) -> Result<Self, EngineCoinsError> {
        let coins = EngineCoins::open(engine).await?;
        Ok(Self { coins, opened_ns: now_ns, attempts: AtomicU64::new(0) })
    }

    /// The coins.
    pub fn coins(&self) -> &EngineCoins {
        &self.coins
    }

    /// The engine.
    pub fn engine(&self) -> &dyn Engine {
        &**self.coins.engine()
    }

    /// Creates transfers.
    ///
    /// # Errors
    /// [`EngineError`].
    pub(crate) async fn create_transfers(
        &self,
        events: Vec<TransferAttempt>,
    ) -> Result<Vec<Outcome<CreateTransferStatus>>, EngineError> {
        self.count(events.len());
        self.engine().create_transfers(events).await
    }

    /// Counts attempts that are sent.
    pub(crate) fn count(&self, attempts: usize) {
        self.attempts.fetch_add(attempts as u64, Ordering::Relaxed);
    }

    /// Returns the health of the engine.
    pub(crate) fn health(&self, now_ns: u64) -> EngineHealth {
        let engine = self.engine();
        let unreachable_ns = engine.unreachable_ns();
        let (name, capabilities) = (engine.name(), engine.capabilities());
        let lacks = Capability::ALL.into_iter().filter(|one| !capabilities.contains(*one));
        let (status, message) = match unreachable_ns {
            None => (HealthStatus::Healthy, format!("{name} answers")),
            Some(ns) => (
                HealthStatus::Unhealthy,
                format!(
                    "{name} has not answered for {} ms, so nothing is sent; check its replicas and the network",
                    ns / 1_000_000
                ),
            ),
        };
        EngineHealth {
            name,
            status,
            message,
            unreachable_ns: unreachable_ns.map(JsonU64),
            uptime_ns: now_ns.saturating_sub(self.opened_ns).into(),
            operations: self.attempts.load(Ordering::Relaxed).into(),
            lacks: lacks.map(Capability::name).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_a_key_are_the_same_each_time_and_differ_by_key_and_index() {
        let id =
            |key: u8, index| NewIds::OfKey(&[key; 32]).id(index).expect("it needs no randomness");
        assert_eq!(id(1, 0), id(1, 0));
        assert!(id(1, 0) != id(1, 1) && id(1, 0) != id(2, 0));
    }

    #[test]
    fn random_ids_are_uuids_of_version_7_and_of_the_time() {
        let now_ns = 1_700_000_000_000_000_000;
        let id = || NewIds::Random(now_ns).id(0).expect("there is randomness");
        assert_ne!(id(), id());
        assert_eq!((id() >> 80, id() >> 76 & 0xf), (u128::from(now_ns / 1_000_000), 7));
    }
}
