//! `create_each` is the same as one by one, only faster.

use std::collections::BTreeMap;

use super::{CORRECT, assert_sound, book_under};
use crate::common::{account, limited, pay, transfer};
use ledgerlab::book::{Interrupt, Writer};
use ledgerlab::model::CreateTransferStatus as T;
use ledgerlab::model::{Account, Transfer, TransferFlags as F, UserData};
use ledgerlab::scenarios::{Random, Strategy};
use ledgerlab::trail::{CHUNK_ENTRIES, Entry};

/// One transfer of a script: most are plain, the others of every other kind.
fn draw(random: &mut Random, place: u128) -> Transfer {
    let below = |random: &mut Random, bound| u128::from(random.below(bound));
    let (from, to) = (1 + below(random, 4), 1 + below(random, 5));
    let plain = transfer(from, to, below(random, 60));
    let user_data = UserData { user_data_128: 1 << 90, ..UserData::default() };
    match random.below(12) {
        0 => Transfer { id: 1 + below(random, 40), ..plain },
        1 => Transfer { id: 100 + place, flags: F::PENDING, ..plain },
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

/// A book under a strategy after `act`, and all that was told by it.
fn after<T>(strategy: Strategy, act: impl FnOnce(&mut Writer) -> T) -> (T, Vec<Entry>) {
    after_on(&[account(1), limited(2), limited(3), limited(4)], strategy, act)
}

/// The same with these accounts.
fn after_on<T>(
    accounts: &[Account],
    strategy: Strategy,
    act: impl FnOnce(&mut Writer) -> T,
) -> (T, Vec<Entry>) {
    let (book, mut writers, mut setup) = book_under(strategy, 1, accounts);
    pay(&mut setup, 1, 2, 100);
    let told = act(&mut writers[0]);
    assert_sound(&book, "one thread");
    (told, book.trail().in_order().map(|recorded| *recorded.entry).collect())
}

#[test]
fn each_is_the_same_as_one_by_one() {
    let mut seen = BTreeMap::new();
    for seed in 0..100 {
        let mut random = Random::new(seed, 0);
        let length = 1 + random.below(80);
        let script: Vec<_> = (0..length).map(|at| draw(&mut random, at.into())).collect();
        for strategy in CORRECT {
            let each = after(strategy, |writer| {
                let mut told = Vec::new();
                let mut ids = Vec::new();
                let heard = |id, outcome| {
                    ids.push(id);
                    told.push(outcome);
                };
                writer.create_each(&script, &Interrupt::never(), heard).expect("there is room");
                // The set-up has written accounts and a payment as another writer.
                let entries = writer.book().trail().in_order().filter(|one| one.writer == 0);
                let written: Vec<u128> = entries.map(|recorded| recorded.entry.id).collect();
                assert_eq!(written, ids, "each is told the id of its entry");
                told
            });
            let one_by_one = after(strategy, |writer| {
                let never = Interrupt::never();
                let attempt = |one| writer.create_transfer(one, &never).expect("there is room");
                script.iter().map(attempt).collect::<Vec<_>>()
            });
            assert_eq!(each, one_by_one, "seed {seed}, {strategy:?}");
            for outcome in each.0 {
                *seen.entry(outcome.status.name()).or_insert(0) += 1;
            }
        }
    }
    assert!(seen.len() >= 8, "scripts were too much alike: {seen:?}");
}

/// A book that is larger than a cache is looked at ahead of time, also where there is nothing.
#[test]
fn each_is_the_same_as_one_by_one_in_a_large_book() {
    let accounts: Vec<_> = (1..=8_000).chain(20_000..=29_000).map(account).collect();
    let mut random = Random::new(1, 0);
    for length in [1, 15, 16, 17, 33, 1_000] {
        let mut id = || 1 + u128::from(random.below(30_000));
        let script: Vec<_> = (0..length).map(|at| transfer(id(), id(), at)).collect();
        let each = after_on(&accounts, Strategy::Ordered, |writer| {
            let mut told = Vec::new();
            let heard = |_, outcome| told.push(outcome);
            writer.create_each(&script, &Interrupt::never(), heard).expect("there is room");
            told
        });
        let one_by_one = after_on(&accounts, Strategy::Ordered, |writer| {
            let never = Interrupt::never();
            let attempt = |one| writer.create_transfer(one, &never).expect("there is room");
            script.iter().map(attempt).collect::<Vec<_>>()
        });
        assert_eq!(each, one_by_one, "{length} transfers");
        let created = each.0.iter().filter(|one| one.status == T::Created).count();
        assert!(length < 1_000 || (200..500).contains(&created), "{created} of {length}");
    }
}

/// A transfer that needs two records, at any place before the end of a chunk of the trail: once it took a place that had
/// been kept for a plain one, which then found none.
#[test]
fn records_of_both_kinds_fit_at_the_end_of_a_chunk() {
    let wide = UserData { user_data_128: 1, ..UserData::default() };
    let mut group = [transfer(1, 2, 1); 16];
    for place in [0, 1, 5] {
        group[place] = Transfer { user_data: wide, ..group[place] };
    }
    for left in 1..=20 {
        let (_, entries) = after(Strategy::Ordered, |writer| {
            let plain = vec![transfer(1, 2, 1); (CHUNK_ENTRIES - left) as usize];
            writer.create_each(&plain, &Interrupt::never(), |_, _| ()).expect("there is room");
            writer.create_each(&group, &Interrupt::never(), |_, _| ()).expect("there is room");
        });
        assert_eq!(entries.len() as u64, 5 + CHUNK_ENTRIES - left + 16, "{left} left");
    }
}
