//! GoLedger's calls: a row per rejection and precedence, and its small scenarios with real threads.

mod calls;
mod races;
mod refusals;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier};

use ledgerlab::coins::{
    COINS_MAX, Coins, CoinsError, Fee, Kind, NameError, Reason, UNRECORDED_MAX,
};
use ledgerlab::coins::{CoinsSession, Rejection, WORLD, world_id};
use ledgerlab::ledger::{Cancellation, LedgerConfig};
use ledgerlab::model::Account;
use ledgerlab::trail::replay;

const TRANSFER_FAILED: &str =
    "transfer failed: user not found, insufficient funds, or invalid parameters";

fn open(sessions: usize, holders: &[(&str, i64)]) -> (Arc<Coins>, Vec<CoinsSession>) {
    let config =
        LedgerConfig { writers: sessions, trail_bytes: 256 << 20, ..LedgerConfig::default() };
    let (coins, mut sessions) = Coins::open(&config).expect("the configuration is valid");
    for &(name, amount) in holders {
        sessions[0].open(name, amount).expect("it is a new name");
    }
    (coins, sessions)
}

/// Asserts the invariants that hold when all threads have finished.
fn assert_invariants(coins: &Coins) {
    let ledger = coins.ledger();
    replay::verify(ledger.trail(), ledger.accounts(), |_| {}).expect("it is equal to a serial run");
    assert_eq!(coins.issued(), coins.held());
    assert!(ledger.accounts().all(|account| account.is_within_limits()));
}
