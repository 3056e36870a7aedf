//! The whole ledger: a snapshot at one timestamp, and verification.

use serde::Serialize;
use utoipa::ToSchema;

use super::service::Service;
use crate::ledger::{Cancellation, Interrupted, Snapshot, Verification};
use crate::model::AccountState;
use crate::model::amounts::{JsonU64, JsonU128};
use crate::trail::Digest;

/// An account as it was at one timestamp.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SnapshotAccount)]
#[serde(deny_unknown_fields)]
pub struct AccountSnapshot {
    id: JsonU128,
    /// The name of the holder, if there is one.
    name: Option<String>,
    debits_pending: JsonU128,
    debits_posted: JsonU128,
    credits_pending: JsonU128,
    credits_posted: JsonU128,
    version: JsonU64,
}

/// A snapshot of the ledger: every account at one timestamp.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Snapshot)]
#[serde(deny_unknown_fields)]
pub struct LedgerSnapshot {
    /// The snapshot includes everything up to this time, and nothing later.
    timestamp: JsonU64,
    accounts: Vec<AccountSnapshot>,
}

/// The result of replaying the trail.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyResult {
    /// Whether the ledger is identical to the result of a serial run.
    identical: bool,
    /// The number of entries that were replayed; 0 if there is a difference.
    entries: JsonU64,
    /// The replay includes everything up to this time, and nothing later.
    timestamp: JsonU64,
    /// A description of the first difference.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    divergence: Option<String>,
    /// BLAKE3 over the trail up to this time, in 64 hexadecimal digits.
    #[schema(value_type = String, pattern = "^[0-9a-f]{64}$")]
    trail_hash: Digest,
}

impl AccountSnapshot {
    /// Returns an account with the name of its holder.
    pub(super) fn new(state: &AccountState, name: Option<&str>) -> Self {
        Self {
            id: JsonU128(state.id),
            name: name.map(str::to_owned),
            debits_pending: JsonU128(state.debits_pending),
            debits_posted: JsonU128(state.debits_posted),
            credits_pending: JsonU128(state.credits_pending),
            credits_posted: JsonU128(state.credits_posted),
            version: state.version.into(),
        }
    }
}

impl Service {
    /// Returns every account at one timestamp, while others write.
    pub fn snapshot(&self) -> LedgerSnapshot {
        let coins = self.coins();
        let Snapshot { timestamp, accounts } = coins.ledger().snapshot();
        let accounts =
            accounts.iter().map(|state| AccountSnapshot::new(state, coins.name(state.id)));
        LedgerSnapshot { timestamp: timestamp.into(), accounts: accounts.collect() }
    }

    /// Replays the trail serially and compares the result with the ledger, while others write.
    pub fn verify(&self) -> VerifyResult {
        let result = self.verify_with(&Cancellation::never());
        result.expect("it is never cancelled")
    }

    /// Like [`Service::verify`], unless it is cancelled.
    ///
    /// # Errors
    /// [`Interrupted`] when `cancellation` took effect.
    pub fn verify_with(
        &self,
        cancellation: &Cancellation<'_>,
    ) -> Result<VerifyResult, Interrupted> {
        let ledger = self.coins().ledger();
        let Verification { timestamp, trail_hash, result } =
            ledger.verify_beside_writers(self.now_ns(), cancellation)?;
        Ok(VerifyResult {
            identical: result.is_ok(),
            entries: result.as_ref().map_or(0, |entries| *entries).into(),
            timestamp: timestamp.into(),
            divergence: result.err().map(|divergence| divergence.to_string()),
            trail_hash,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::api::{Service, ServiceConfig, Users};

    #[test]
    fn verification_and_snapshot_wait_for_no_writer() {
        let service = Service::open(ServiceConfig::default(), Users::demo(), || 1);
        let service = service.expect("it can be opened");
        let _sessions = service.all_sessions();
        assert!(service.verify().identical);
        assert!(!service.snapshot().accounts.is_empty());
    }
}
