//! The ledger as a whole: taken as of one moment, and verified. Whoever asks, over HTTP or by a call, is told the same.

use serde::Serialize;
use utoipa::ToSchema;

use super::Service;
use crate::model::amounts::JsonU128;
use crate::trail::{Digest, Seal};

/// One account of a snapshot.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SnapshotAccount)]
#[serde(deny_unknown_fields)]
pub struct SnapshotRow {
    id: JsonU128,
    /// The name of the holder, where there is one.
    name: Option<String>,
    debits_pending: JsonU128,
    debits_posted: JsonU128,
    credits_pending: JsonU128,
    credits_posted: JsonU128,
    version: JsonU128,
}

/// A snapshot of the ledger: every account at one timestamp.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Snapshot)]
#[serde(deny_unknown_fields)]
pub struct LedgerSnapshot {
    /// All that was created up to then is in it, and nothing later.
    timestamp: JsonU128,
    accounts: Vec<SnapshotRow>,
}

/// What replaying the trail has found.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TrailVerdict)]
#[serde(deny_unknown_fields)]
pub struct VerifyResult {
    /// Whether a serial run says the same.
    identical: bool,
    /// Entries that were replayed; 0 where there is a difference.
    entries: JsonU128,
    /// The first difference, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    divergence: Option<String>,
    /// BLAKE3 over the whole trail, in 64 hexadecimal digits.
    #[schema(value_type = String, pattern = "^[0-9a-f]{64}$")]
    trail_hash: Digest,
}

impl Service {
    /// Every account at one timestamp, while others write.
    pub fn snapshot(&self) -> LedgerSnapshot {
        let coins = self.coins();
        let taken = coins.ledger().snapshot();
        let accounts = taken.accounts.iter().map(|state| SnapshotRow {
            id: JsonU128(state.id),
            name: coins.name(state.id).map(str::to_owned),
            debits_pending: JsonU128(state.debits_pending),
            debits_posted: JsonU128(state.debits_posted),
            credits_pending: JsonU128(state.credits_pending),
            credits_posted: JsonU128(state.credits_posted),
            version: JsonU128(state.version.into()),
        });
        LedgerSnapshot { timestamp: JsonU128(taken.timestamp.into()), accounts: accounts.collect() }
    }

    /// Replays the trail. Nobody writes meanwhile: a fortieth of a second for each million entries.
    pub fn verify(&self) -> VerifyResult {
        let ledger = self.coins().ledger();
        let _nobody_writes = self.all_sessions();
        let seal = Seal::of(ledger.trail());
        let verdict = ledger.verify_with(self.now_ns(), |_| {});
        VerifyResult {
            identical: verdict.is_ok(),
            entries: JsonU128(verdict.as_ref().map_or(0, |entries| *entries).into()),
            divergence: verdict.err().map(|divergence| divergence.to_string()),
            trail_hash: seal.trail_hash(),
        }
    }
}
