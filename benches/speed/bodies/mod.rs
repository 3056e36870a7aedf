//! What is measured: the same code on native threads and on web workers.
//!
//! A host lends threads and a clock ([`Host`]); everything else is here. Each figure is told as soon as it is there, as
//! a name and a number, once per round; `cargo xtask bench` takes medians and makes the table of them.

pub(crate) mod bare;
pub(crate) mod coins;
pub(crate) mod host;
pub(crate) mod load;
pub(crate) mod replay;
pub(crate) mod rounds;
pub(crate) mod snapshot;

use host::Host;
use load::{Load, Pattern};

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Rounds of each figure; the median counts.
    pub(crate) rounds: usize,
    /// Transfers of each thread in one round.
    pub(crate) transfers: u64,
    /// Transfers of each thread while a snapshot is taken.
    pub(crate) transfers_beside_snapshot: u64,
    /// Accounts of the largest ledger.
    pub(crate) accounts_max: u64,
}

impl Plan {
    /// What the table of the project's figures is made with.
    pub(crate) const FULL: Self = Self {
        rounds: 7,
        transfers: 1 << 20,
        transfers_beside_snapshot: 4 << 20,
        accounts_max: 1_000_000,
    };

    /// Enough to see that everything runs; its figures say little.
    pub(crate) const QUICK: Self = Self {
        rounds: 3,
        transfers: 1 << 17,
        transfers_beside_snapshot: 1 << 20,
        accounts_max: 1_000_000,
    };

    /// The loads under which ceiling and ledger are compared, by the names they have in figures.
    fn loads(&self) -> [(&'static str, Pattern); 5] {
        [
            ("own", Pattern::Own { accounts_each: 500 }),
            ("shared-1000", Pattern::Shared { accounts: 1_000 }),
            ("shared-100000", Pattern::Shared { accounts: 100_000 }),
            ("shared-1000000", Pattern::Shared { accounts: self.accounts_max }),
            ("hot", Pattern::Hot { others: 1_000 }),
        ]
    }
}

/// Measures everything that every host can, and tells each figure by its name.
pub(crate) async fn measure<H: Host>(host: &H, plan: &Plan, tell: &mut dyn FnMut(&str, f64)) {
    // Ceiling and ledger take turns, so that whatever else the machine does meanwhile meets both.
    for round in 0..=plan.rounds {
        // The first round is not told: memory, caches and, in a browser, the compiler get going in it.
        let mut tell = |name: &str, figure| {
            if round > 0 {
                tell(name, figure)
            }
        };
        for (name, pattern) in plan.loads() {
            for threads in 1..=2 {
                let load = Load { pattern, threads, transfers: plan.transfers };
                let ceiling = rounds::ceiling(host, load).await;
                let ledger = rounds::ledger(host, load).await;
                tell(&format!("ceiling/{name}/{threads}"), ceiling);
                tell(&format!("ledger/{name}/{threads}"), ledger);
            }
        }
        coins::measure(host, plan.transfers / 4, &mut tell).await;
        replay::measure(host, plan.transfers, &mut tell).await;
    }
    for _ in 0..plan.rounds {
        let transfers = plan.transfers_beside_snapshot;
        snapshot::measure(host, plan.accounts_max, transfers, tell).await;
    }
}
