//! The whole ledger: a snapshot at one timestamp, and verification.

use serde::Serialize;
use utoipa::ToSchema;

use super::service::Service;
use crate::model::amounts::{JsonU64, JsonU128};
use crate::trail::{Digest, Seal};

/// One account of a snapshot.
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
    /// A description of the first difference.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    divergence: Option<String>,
    /// BLAKE3 over the whole trail, in 64 hexadecimal digits.
    #[schema(value_type = String, pattern = "^[0-9a-f]{64}$")]
    trail_hash: Digest,
}

impl Service {
    /// Returns every account at one timestamp, while others write.
    pub fn snapshot(&self) -> LedgerSnapshot {
        let coins = self.coins();
        let snapshot = coins.ledger().snapshot();
        let accounts = snapshot.accounts.iter().map(|state| AccountSnapshot {
            id: JsonU128(state.id),
            name: coins.name(state.id).map(str::to_owned),
            debits_pending: JsonU128(state.debits_pending),
            debits_posted: JsonU128(state.debits_posted),
            credits_pending: JsonU128(state.credits_pending),
            credits_posted: JsonU128(state.credits_posted),
            version: state.version.into(),
        });
        LedgerSnapshot { timestamp: snapshot.timestamp.into(), accounts: accounts.collect() }
    }

    /// Replays the trail serially and compares the result with the ledger. Writers wait while it runs.
    pub fn verify(&self) -> VerifyResult {
        let ledger = self.coins().ledger();
        let _sessions = self.all_sessions();
        let seal = Seal::of(ledger.trail());
        let result = ledger.verify_with(self.now_ns(), |_| {});
        VerifyResult {
            identical: result.is_ok(),
            entries: result.as_ref().map_or(0, |entries| *entries).into(),
            divergence: result.err().map(|divergence| divergence.to_string()),
            trail_hash: seal.trail_hash(),
        }
    }
}
