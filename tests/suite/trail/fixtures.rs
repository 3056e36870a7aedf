//! Trails for tests: one that a ledger wrote, with entries of every kind, and arbitrary records.

use std::sync::Arc;

use ledgerlab::ledger::{Cancellation, Ledger, Writer};
use ledgerlab::model::{Account, AccountFlags, ExpectedVersions, Transfer, TransferAttempt};
use ledgerlab::model::{TransferFlags as F, UserData};
use ledgerlab::trail::{Entry, EntryKind, PreviousChanges, Trail};

use crate::common::{account, ledger, limited, open, pay, transfer};

/// Returns the records of every segment, without their links, which files do not have.
pub(crate) fn records(trail: &Trail) -> Vec<Vec<Entry>> {
    let unlinked = |entry| Entry { previous: PreviousChanges::default(), ..entry };
    let records = trail.segments();
    records.map(|log| (0..log.len()).map_while(|at| log.get(at)).map(unlinked).collect()).collect()
}

/// Builds a trail from records.
pub(crate) fn trail(segments: Vec<Vec<Entry>>) -> Arc<Trail> {
    Trail::of(segments).expect("memory is there")
}

/// Returns distinct plain entries with ascending timestamps.
pub(crate) fn plain(writer: usize, count: usize) -> Vec<Entry> {
    let entry = |place: usize| Entry {
        id: 1 + place as u128,
        debit_account_id: 100 + writer as u128,
        credit_account_id: 200,
        amount: 3 * place as u128,
        timestamp: 1 + (place * 3 + writer) as u64,
        kind: EntryKind::Transfer,
        ..Entry::default()
    };
    (0..count).map(entry).collect()
}

/// Returns the trail of two writers: the first wrote every rare kind of entry, the second plain
/// ones.
pub(crate) fn everything() -> Arc<Ledger> {
    let (ledger, mut writers) = ledger(2);
    let [rare, plain] = &mut writers[..] else { unreachable!("two were asked for") };
    accounts(rare);
    for amount in [300, 400, 5_000] {
        pay(plain, 1, 2, amount);
    }
    for refused in [transfer(2, 3, 1_000_000), transfer(2, 77, 1)] {
        plain.create_transfer(&refused).expect("the ledger has capacity");
    }
    two_phase(rare);
    chains(rare);
    pay(plain, 1, 3, 1);
    rare.set_time(10_000_000_000).expect("the ledger has capacity");
    let versions = ExpectedVersions { debit: Some(3), credit: Some(u64::MAX) };
    let transfer_980 = Transfer { id: 980, ..transfer(1, 2, 9) };
    let expecting = TransferAttempt { transfer: transfer_980, versions };
    rare.create_transfers_with(&[expecting], &Cancellation::never())
        .expect("the ledger has capacity");
    let flags = F::IMPORTED;
    attempt(rare, Transfer { id: 990, timestamp: 9_000_000_000, flags, ..transfer(1, 2, 1) });
    ledger
}

/// Returns an attempt without expected versions.
fn asked(transfer: Transfer) -> TransferAttempt {
    TransferAttempt { transfer, ..TransferAttempt::default() }
}

fn attempt(writer: &mut Writer, transfer: Transfer) {
    writer
        .create_transfers_with(&[asked(transfer)], &Cancellation::never())
        .expect("the ledger has capacity");
}

fn accounts(writer: &mut Writer) {
    let user_data =
        UserData { user_data_128: u128::MAX, user_data_64: u64::MAX, user_data_32: u32::MAX };
    let kept = Account { user_data, flags: AccountFlags::HISTORY, ..account(4) };
    open(writer, &[account(1), limited(2), limited(3), kept]);
    let odd = Account { debits_posted: 7, reserved: 9, code: u16::MAX, ..account(u128::MAX - 1) };
    let linked = Account { flags: AccountFlags::LINKED, ..account(6) };
    writer.create_accounts(&[odd, linked]).expect("the ledger has capacity");
}

fn two_phase(writer: &mut Writer) {
    let held = |id, timeout| Transfer { id, timeout, flags: F::PENDING, ..transfer(2, 3, 50) };
    for (id, timeout) in [(900, 0), (901, 0), (902, 5)] {
        attempt(writer, held(id, timeout));
    }
    let resolve = |id, pending_id, flags| Transfer { id, pending_id, flags, ..Transfer::default() };
    let post = Transfer { amount: u128::MAX, ..resolve(910, 900, F::POST_PENDING_TRANSFER) };
    attempt(writer, post);
    attempt(writer, resolve(911, 901, F::VOID_PENDING_TRANSFER));
    attempt(writer, resolve(912, 901, F::VOID_PENDING_TRANSFER));
}

fn chains(writer: &mut Writer) {
    let linked = |id, amount| Transfer { id, flags: F::LINKED, ..transfer(1, 2, amount) };
    let last = |id, amount| Transfer { id, ..transfer(2, 3, amount) };
    for batch in [[linked(920, 5), last(921, 6)], [linked(922, 5), last(923, u128::MAX)]] {
        let batch = batch.map(asked);
        writer
            .create_transfers_with(&batch, &Cancellation::never())
            .expect("the ledger has capacity");
    }
}
