//! Memory that transfers use, and how often they allocate.

use std::hint::black_box;

use ledgerlab::model::{CreateTransferStatus, Transfer};
use ledgerlab::trail::ENTRY_BYTES;

use super::bodies::load::{BATCH, Move, Moves, Pattern};
use super::bodies::rounds::{Attempts, id_of, open, open_unreserved};
use super::counting::{Counted, counted};

/// The number of transfers after which memory is measured: a million, then in steps up to two
/// million, because the fill level of a table that doubles depends on the number.
const TRANSFERS: u64 = 1 << 20;
const STEPS: u64 = 4;

/// Transfers that must not allocate: 100,000, in whole batches.
const HOT_TRANSFERS: u64 = 100_000_u64.next_multiple_of(BATCH as u64);

const PATTERN: Pattern = Pattern::Shared { accounts: 1_000 };

/// Reports the bytes of a transfer, by who generates its id, and the allocations of a plain one.
pub(crate) fn measure(report: &mut dyn FnMut(&str, f64)) {
    bytes_with_ledger_ids(report);
    bytes_with_caller_ids(report);
    report("allocations", allocations() as f64 / HOT_TRANSFERS as f64);
}

fn bytes_with_ledger_ids(report: &mut dyn FnMut(&str, f64)) {
    let (_ledger, mut writers) = open_unreserved(1, 1_000, 2 * TRANSFERS);
    let (mut attempts, mut moves) = (Attempts::default(), Moves::new(PATTERN, 0));
    let before = counted();
    let mut made = 0;
    for step in 0..=STEPS {
        while made < TRANSFERS + step * TRANSFERS / STEPS {
            attempts.draw(&mut moves);
            attempts.make(&mut writers[0]);
            made += BATCH as u64;
        }
        report("bytes/ids-of-the-ledger", bytes_each(before, made));
    }
}

fn bytes_with_caller_ids(report: &mut dyn FnMut(&str, f64)) {
    let (_ledger, mut writers) = open_unreserved(1, 1_000, 4 * TRANSFERS);
    let mut moves = Moves::new(PATTERN, 0);
    let (mut id, mut made, mut batch) = (0, 0, Vec::with_capacity(BATCH));
    let before = counted();
    for step in 0..=STEPS {
        while made < TRANSFERS + step * TRANSFERS / STEPS {
            batch.clear();
            batch.extend((0..BATCH).map(|_| {
                id += 1;
                let Move { debit, credit, amount } = moves.draw();
                Transfer::new(id_of(debit), id_of(credit), amount.into()).with_id(id)
            }));
            let outcomes = writers[0].create_transfers(&batch).expect("the trail has memory");
            assert!(outcomes.iter().all(|outcome| outcome.status == CreateTransferStatus::Created));
            made += BATCH as u64;
        }
        report("bytes/ids-of-the-caller", bytes_each(before, made));
    }
}

/// Returns the bytes of each of `transfers` transfers, by what has been allocated since `before`.
fn bytes_each(before: Counted, transfers: u64) -> f64 {
    let held = counted().since(before).bytes_held;
    let entries = transfers as i64 * ENTRY_BYTES as i64;
    assert!(held >= entries, "{held} bytes are less than the {entries} of the trail alone");
    held as f64 / transfers as f64
}

/// Returns the allocations of transfers for which memory was reserved.
fn allocations() -> u64 {
    let (_ledger, mut writers) = open(1, 1_000, HOT_TRANSFERS + BATCH as u64);
    let (mut attempts, mut moves) = (Attempts::default(), Moves::new(PATTERN, 0));
    // The first batch makes the one-time allocations.
    attempts.draw(&mut moves);
    attempts.make(&mut writers[0]);
    let before = counted();
    for _ in 0..HOT_TRANSFERS / BATCH as u64 {
        attempts.draw(&mut moves);
        attempts.make(&mut writers[0]);
    }
    black_box(&writers);
    counted().since(before).allocations
}
