//! The native side of `cargo xtask package --bench`: the same accounts, transfers and calls as in
//! `npm/bench.mjs`. One round, reported in seconds as one line of JSON.
//!
//! `cargo bench --bench batch -- <batches> <singles>`

use std::hint::black_box;
use std::time::Instant;

use ledgerlab::coins::Coins;
use ledgerlab::ledger::{Cancellation, LedgerConfig};
use ledgerlab::model::Account;
use ledgerlab::wire::{TRANSFER_BYTES, create_transfers_of_bytes};

/// As in `npm/bench.mjs`.
const ACCOUNTS: u64 = 1_000;
const FIRST_ID: u128 = 5_000_000_000;
const BATCH: u64 = 8_189;

fn main() {
    let numbers: Vec<u64> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let &[batches, singles] = &numbers[..] else {
        eprintln!("two arguments are required: the number of batches, and of single transfers");
        std::process::exit(2);
    };
    let (_, mut sessions) = Coins::open(&LedgerConfig::default()).expect("a ledger");
    let mut session = sessions.remove(0);
    for (name, coins) in [("aaron", 1 << 40), ("bryan", 1 << 40)] {
        session.open(name, coins).expect("the trail has memory");
    }
    for number in 0..ACCOUNTS {
        let id = FIRST_ID + u128::from(number);
        session.writer().create_account(&Account::new(id, 1, 1)).expect("the trail has memory");
    }
    let bytes = batch();
    let began = Instant::now();
    for _ in 0..batches {
        let outcomes = create_transfers_of_bytes(session.writer(), &bytes, &Cancellation::never());
        black_box(outcomes.expect("the trail has memory"));
    }
    let batch_s = began.elapsed().as_secs_f64();
    let began = Instant::now();
    for _ in 0..singles {
        let receipt = session.transfer("aaron", "bryan", 1, &Cancellation::never());
        black_box(receipt.expect("the sender has coins"));
    }
    let single_s = began.elapsed().as_secs_f64();
    println!("{{\"batch_s\":{batch_s},\"single_s\":{single_s}}}");
}

/// Returns transfers between accounts that a linear congruential generator chooses, as in JavaScript.
fn batch() -> Vec<u8> {
    let mut state: u64 = 1;
    let mut draw = || {
        state = (state * 1_103_515_245 + 12_345) % (1 << 31);
        (state >> 8) % ACCOUNTS
    };
    let mut bytes = Vec::with_capacity(BATCH as usize * TRANSFER_BYTES);
    for _ in 0..BATCH {
        let from = draw();
        let to = (from + 1 + draw() % (ACCOUNTS - 1)) % ACCOUNTS;
        let mut record = [0; TRANSFER_BYTES];
        record[16..32].copy_from_slice(&(FIRST_ID + u128::from(from)).to_le_bytes());
        record[32..48].copy_from_slice(&(FIRST_ID + u128::from(to)).to_le_bytes());
        record[48] = 1;
        record[112] = 1;
        record[116] = 1;
        bytes.extend(record);
    }
    bytes
}
