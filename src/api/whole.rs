//! The book as a whole: taken as of one moment, and verified. Whoever asks, over HTTP or by a call, is told the same.

use serde::Serialize;

use super::Service;
use crate::model::amounts::Exact;
use crate::trail::{Digest, Seal};

/// An account of a snapshot.
#[derive(Clone, Debug, Serialize)]
pub struct WholeRow {
    id: Exact,
    name: Option<String>,
    debits_pending: Exact,
    debits_posted: Exact,
    credits_pending: Exact,
    credits_posted: Exact,
    version: Exact,
}

/// Every account at one timestamp.
#[derive(Clone, Debug, Serialize)]
pub struct WholeBook {
    timestamp: Exact,
    accounts: Vec<WholeRow>,
}

/// What the referee says of a trail.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// Whether a serial run says the same.
    identical: bool,
    entries: Exact,
    /// The first difference, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    divergence: Option<String>,
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
