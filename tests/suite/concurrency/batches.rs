//! `create_each` equals single calls, only faster.

use std::collections::BTreeMap;

use super::{CORRECT, assert_verified, ledger_under};
use crate::common::{account, limited, pay, transfer};
use ledgerlab::ledger::{Cancellation, Writer};
use ledgerlab::model::CreateTransferStatus as T;
use ledgerlab::model::{Account, Transfer, TransferFlags as F, UserData};
use ledgerlab::scenarios::{Protocol, Random};
use ledgerlab::trail::{CHUNK_ENTRIES, Entry};

/// Draws a transfer: most are plain, the others of every other kind.
fn draw(random: &mut Random, index: u128) -> Transfer {
    let below = |random: &mut Random, bound| u128::from(random.below(bound));
    let (from, to) = (1 + below(random, 4), 1 + below(random, 5));
    let plain = transfer(from, to, below(random, 60));
    let user_data = UserData { user_data_128: 1 << 90, ..UserData::default() };
    match random.below(12) {
        0 => Transfer { id: 1 + below(random, 40), ..plain },
        1 => Transfer { id: 100 + index, flags: F::PENDING, ..plain },
        2 => Transfer {
            pending_id: 100 + below(random, 40),
            flags: F::POST_PENDING_TRANSFER,
            ..Transfer::default()
        },
        3 => Transfer { user_data, ..plain },
        4 => Transfer { flags: F::BALANCING_DEBIT, ..plain },
        5 => Transfer { flags: F::LINKED, ..plain },
        6 => Transfer { ledger: 2, ..plain },
        _ => plain,
    }
}

/// Runs `act` on a ledger under a protocol. Returns the ledger and all results.
fn after<T>(protocol: Protocol, act: impl FnOnce(&mut Writer) -> T) -> (T, Vec<Entry>) {
    after_on(&[account(1), limited(2), limited(3), limited(4)], protocol, act)
}

/// As `under`, with these accounts.
fn after_on<T>(
    accounts: &[Account],
    protocol: Protocol,
    act: impl FnOnce(&mut Writer) -> T,
) -> (T, Vec<Entry>) {
    let (ledger, mut writers, mut setup) = ledger_under(protocol, 1, accounts);
    pay(&mut setup, 1, 2, 100);
    let results = act(&mut writers[0]);
    assert_verified(&ledger, "one thread");
    (results, ledger.trail().in_order().map(|recorded| *recorded.entry).collect())
}

#[test]
fn batch_equals_single_transfers() {
    let mut seen = BTreeMap::new();
    for seed in 0..100 {
        let mut random = Random::new(seed, 0);
        let length = 1 + random.below(80);
        let script: Vec<_> = (0..length).map(|at| draw(&mut random, at.into())).collect();
        for protocol in CORRECT {
            let each = after(protocol, |writer| {
                let mut results = Vec::new();
                let mut ids = Vec::new();
                let on_result = |outcome: ledgerlab::TransferOutcome| {
                    ids.push(outcome.id);
                    results.push(outcome);
                };
                writer
                    .create_each(&script, &Cancellation::never(), on_result)
                    .expect("the trail has room");
                // Another writer opened the accounts and made a payment.
                let entries = writer.ledger().trail().in_order().filter(|one| one.writer == 0);
                let written: Vec<u128> = entries.map(|recorded| recorded.entry.id).collect();
                assert_eq!(written, ids, "each result has the id of its entry");
                results
            });
            let one_by_one = after(protocol, |writer| {
                let never = Cancellation::never();
                let attempt =
                    |one| writer.create_transfer_with(one, &never).expect("the trail has room");
                script.iter().map(attempt).collect::<Vec<_>>()
            });
            assert_eq!(each, one_by_one, "seed {seed}, {protocol:?}");
            for outcome in each.0 {
                *seen.entry(outcome.status.name()).or_insert(0) += 1;
            }
        }
    }
    assert!(seen.len() >= 8, "scripts were too much alike: {seen:?}");
}

/// A ledger larger than the cache is prefetched, also at positions without entries.
#[test]
fn batch_equals_single_transfers_in_a_large_ledger() {
    let accounts: Vec<_> = (1..=8_000).chain(20_000..=29_000).map(account).collect();
    let mut random = Random::new(1, 0);
    for length in [1, 15, 16, 17, 33, 1_000] {
        let mut id = || 1 + u128::from(random.below(30_000));
        let script: Vec<_> = (0..length).map(|at| transfer(id(), id(), at)).collect();
        let each = after_on(&accounts, Protocol::OrderedLocks, |writer| {
            let mut results = Vec::new();
            let on_result = |outcome| results.push(outcome);
            writer
                .create_each(&script, &Cancellation::never(), on_result)
                .expect("the trail has room");
            results
        });
        let one_by_one = after_on(&accounts, Protocol::OrderedLocks, |writer| {
            let never = Cancellation::never();
            let attempt =
                |one| writer.create_transfer_with(one, &never).expect("the trail has room");
            script.iter().map(attempt).collect::<Vec<_>>()
        });
        assert_eq!(each, one_by_one, "{length} transfers");
        let created = each.0.iter().filter(|one| one.status == T::Created).count();
        assert!(length < 1_000 || (200..500).contains(&created), "{created} of {length}");
    }
}

/// A transfer with two records may stand at any position before the end of a chunk. Regression: it
/// took a position that was reserved for a plain transfer.
#[test]
fn both_record_kinds_fit_at_the_end_of_a_chunk() {
    let wide = UserData { user_data_128: 1, ..UserData::default() };
    let mut group = [transfer(1, 2, 1); 16];
    for index in [0, 1, 5] {
        group[index] = Transfer { user_data: wide, ..group[index] };
    }
    for left in 1..=20 {
        let (_, entries) = after(Protocol::OrderedLocks, |writer| {
            let plain = vec![transfer(1, 2, 1); (CHUNK_ENTRIES - left) as usize];
            writer.create_each(&plain, &Cancellation::never(), |_| ()).expect("the trail has room");
            writer.create_each(&group, &Cancellation::never(), |_| ()).expect("the trail has room");
        });
        assert_eq!(entries.len() as u64, 5 + CHUNK_ENTRIES - left + 16, "{left} left");
    }
}
