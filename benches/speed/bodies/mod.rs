//! The measurements: the same code on native threads and on web workers.
//!
//! A [`Host`] provides threads and a clock. Each figure is reported at once as a name and a number,
//! once per round; `cargo xtask bench` takes medians and prints a table.

pub(crate) mod bare;
pub(crate) mod coins;
pub(crate) mod host;
pub(crate) mod kinds;
pub(crate) mod load;
pub(crate) mod replay;
pub(crate) mod rounds;
pub(crate) mod snapshot;

use host::Host;
use load::{Load, Pattern};

/// The amount of work.
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
    /// The amount for the project's published figures.
    pub(crate) const FULL: Self = Self {
        rounds: 7,
        transfers: 1 << 20,
        transfers_beside_snapshot: 4 << 20,
        accounts_max: 1_000_000,
    };

    /// Enough to check that everything runs. Its figures mean little.
    pub(crate) const QUICK: Self = Self {
        rounds: 3,
        transfers: 1 << 17,
        transfers_beside_snapshot: 1 << 20,
        accounts_max: 1_000_000,
    };

    /// Returns the loads that compare the bare loop and the ledger, with their names in figures.
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

/// Measures everything and reports each figure.
pub(crate) async fn measure<H: Host>(host: &H, plan: &Plan, report: &mut dyn FnMut(&str, f64)) {
    // Bare loop and ledger take turns, so that other activity of the machine affects both.
    for round in 0..=plan.rounds {
        // The first round is not reported: it warms up memory, caches and a browser's compiler.
        let mut report = |name: &str, figure| {
            if round > 0 {
                report(name, figure)
            }
        };
        for (name, pattern) in plan.loads() {
            for threads in 1..=2 {
                let load = Load { pattern, threads, transfers: plan.transfers };
                let ceiling = rounds::ceiling(host, load).await;
                let ledger = rounds::ledger(host, load).await;
                report(&format!("ceiling/{name}/{threads}"), ceiling);
                report(&format!("ledger/{name}/{threads}"), ledger);
            }
        }
        kinds::measure(host, plan.transfers, plan.accounts_max, &mut report).await;
        coins::measure(host, plan.transfers / 4, &mut report).await;
        replay::measure(host, plan.transfers, &mut report).await;
    }
    for _ in 0..plan.rounds {
        let transfers = plan.transfers_beside_snapshot;
        snapshot::measure(host, plan.accounts_max, transfers, report).await;
    }
}
