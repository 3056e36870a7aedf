//! The book as a whole: taken as of one moment, and verified. Whoever asks, over HTTP or by a call, is told the same.

use serde::Serialize;
use utoipa::ToSchema;

use super::Service;
use crate::model::amounts::Exact;
use crate::trail::{Digest, Seal};

/// One account of a snapshot.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SnapshotAccount)]
#[serde(deny_unknown_fields)]
pub struct WholeRow {
    id: Exact,
    /// The name of the holder, where there is one.
    name: Option<String>,
    debits_pending: Exact,
    debits_posted: Exact,
    credits_pending: Exact,
    credits_posted: Exact,
    version: Exact,
}

/// A snapshot of the book: every account at one timestamp.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Snapshot)]
#[serde(deny_unknown_fields)]
pub struct WholeBook {
    /// All that was created up to then is in it, and nothing later.
    timestamp: Exact,
    accounts: Vec<WholeRow>,
}

/// What replaying the trail has found.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TrailVerdict)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// Whether a serial run says the same.
    identical: bool,
    /// Entries that were replayed; 0 where there is a difference.
    entries: Exact,
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
    pub fn snapshot(&self) -> WholeBook {
        let coins = self.coins();
        let taken = coins.book().snapshot();
        let accounts = taken.accounts.iter().map(|state| WholeRow {
            id: Exact(state.id),
            name: coins.name(state.id).map(str::to_owned),
            debits_pending: Exact(state.debits_pending),
            debits_posted: Exact(state.debits_posted),
            credits_pending: Exact(state.credits_pending),
            credits_posted: Exact(state.credits_posted),
            version: Exact(state.version.into()),
        });
        WholeBook { timestamp: Exact(taken.timestamp.into()), accounts: accounts.collect() }
    }

    /// Replays the trail. Nobody writes meanwhile: a fortieth of a second for each million entries.
    pub fn verify(&self) -> Verdict {
        let book = self.coins().book();
        let _nobody_writes = self.all_tellers();
        let seal = Seal::of(book.trail());
        let verdict = book.judge(self.now_ns(), |_| {});
        Verdict {
            identical: verdict.is_ok(),
            entries: Exact(verdict.as_ref().map_or(0, |entries| *entries).into()),
            divergence: verdict.err().map(|divergence| divergence.to_string()),
            trail_hash: seal.trail_hash(),
        }
    }
}
