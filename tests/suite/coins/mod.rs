//! GoLedger's calls by tables, one row per refusal and order of precedence, and its small scenarios
//! with real threads.

mod calls;
mod races;
mod refusals;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier};

use ledgerlab::book::{BookConfig, Interrupt};
use ledgerlab::coins::{COINS_MAX, Coins, CoinsError, Fee, KEPT_MAX, Kind, NameError, Reason};
use ledgerlab::coins::{Refusal, STRANGERS_MAX, Teller, WORLD, world_id};
use ledgerlab::trail::Referee;

const TRANSFER_FAILED: &str =
    "transfer failed: user not found, insufficient funds, or invalid parameters";

fn open(tellers: usize, holders: &[(&str, i64)]) -> (Arc<Coins>, Vec<Teller>) {
    let config = BookConfig { writers: tellers, trail_bytes: 256 << 20, ..BookConfig::default() };
    let (coins, mut tellers) = Coins::open(&config).expect("the configuration is sound");
    for &(name, amount) in holders {
        tellers[0].open(name, amount).expect("it is a new name");
    }
    (coins, tellers)
}

/// All that must be true once nobody works any more.
fn sound(coins: &Coins) {
    let book = coins.book();
    Referee::judge(book.trail(), book.accounts(), |_| {}).expect("it is equal to a serial run");
    assert_eq!(coins.issued(), coins.held());
    assert!(book.accounts().all(|account| account.keeps_its_limits()));
}
