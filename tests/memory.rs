//! The memory of queries is bounded by their limit, not by the number of matches. Posts and voids take none.
//!
//! A program of its own, because it counts allocations.
#![cfg(not(any(target_family = "wasm", loom, shuttle)))]

#[path = "../benches/speed/counting.rs"]
#[allow(dead_code, unreachable_pub, reason = "the test uses a part of it")]
mod counting;

use counting::{counted, peak_bytes};
use ledgerlab::{
    Account, AccountFilter, AccountFilterFlags, AccountFlags, Cancellation, CreateTransferStatus,
    Ledger, QueryFilter, QueryFilterFlags, TrailFilter, Transfer, TransferFlags,
    ledger::TransferOutcome,
};

const TRANSFERS: usize = 60_000;
const LIMIT: u32 = 3;

/// Enough for a few results and the positions in all segments. A list of all matches has many times more.
const BYTES_MAX: i64 = 16 << 10;

#[test]
fn newest_first_queries_hold_no_more_than_their_limit() {
    let ledger = Ledger::in_memory();
    let mut writer = ledger.writer().expect("there is a writer");
    for id in [1, 2] {
        let account = Account::new(id, 1, 1).with_flags(AccountFlags::HISTORY);
        writer.create_account(&account).expect("the trail has room");
    }
    for number in 0..TRANSFERS {
        // Pending transfers, so that they are those that an export must know.
        let transfer = Transfer { id: 10 + number as u128, ..Transfer::new(1, 2, 1) };
        let transfer = Transfer { flags: TransferFlags::PENDING, ..transfer };
        writer.create_transfer(&transfer).expect("the trail has room");
    }
    let flags = AccountFilterFlags::all();
    let of_account =
        AccountFilter { account_id: 1, limit: LIMIT, flags, ..AccountFilter::default() };
    let of_all =
        QueryFilter { limit: LIMIT, flags: QueryFilterFlags::all(), ..QueryFilter::default() };
    let entries =
        TrailFilter { account_id: Some(1), limit: LIMIT, reversed: true, ..TrailFilter::default() };
    let wanted = LIMIT as usize;
    let queries: [(&str, &dyn Fn()); 5] = [
        ("query_accounts", &|| assert_eq!(ledger.query_accounts(&of_all).len(), 2)),
        ("query_transfers", &|| assert_eq!(ledger.query_transfers(&of_all).len(), wanted)),
        ("get_account_transfers", &|| {
            assert_eq!(ledger.get_account_transfers(&of_account).len(), wanted)
        }),
        ("get_account_balances", &|| {
            assert_eq!(ledger.get_account_balances(&of_account).len(), wanted)
        }),
        ("select_entries", &|| {
            let page = ledger.select_entries(&entries, &Cancellation::never());
            assert_eq!(page.expect("it is not cancelled").entries.len(), wanted);
        }),
    ];
    for (name, query) in queries {
        let bytes = peak_bytes(query);
        assert!(bytes < BYTES_MAX, "{name} held {bytes} bytes at once");
    }
}

#[test]
fn post_and_void_allocate_nothing() {
    let ledger = Ledger::in_memory();
    let mut writer = ledger.writer().expect("there is a writer");
    for id in [1, 2] {
        writer.create_account(&Account::new(id, 1, 1)).expect("the trail has room");
    }
    writer.reserve(1_000).expect("the trail has room");
    let pending = |id| Transfer::new(1, 2, 1).with_id(id).pending(0);
    let pending: Vec<Transfer> = (100..164).map(pending).collect();
    let outcomes = writer.create_transfers(&pending).expect("the trail has room");
    let resolution = |one: &Transfer| match one.id % 2 {
        0 => Transfer::post(one.id).with_id(one.id + 1_000),
        _ => Transfer::void(one.id).with_id(one.id + 1_000),
    };
    let batch: Vec<Transfer> = pending.iter().map(resolution).collect();
    let mut made = Vec::with_capacity(3 * batch.len());
    let mut make = |batch: &[Transfer]| {
        let before = counted();
        let never = Cancellation::never();
        writer.create_each(batch, &never, |one| made.push(one)).expect("the trail has room");
        counted().since(before).allocations
    };
    // A rejection makes room for the ids, and does not use it.
    let rejected: Vec<Transfer> = batch.iter().map(|one| one.with_amount(2)).collect();
    make(&rejected);
    assert_eq!((make(&rejected), make(&batch)), (0, 0));
    let created = |outcomes: &[TransferOutcome]| {
        outcomes.iter().filter(|one| one.status == CreateTransferStatus::Created).count()
    };
    assert_eq!((created(&outcomes), created(&made)), (pending.len(), batch.len()));
}
