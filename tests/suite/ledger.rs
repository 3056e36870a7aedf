//! A single writer's ledger against a minimal naive ledger, by random attempts.

use std::collections::BTreeMap;

use crate::common::{account, ledger, limited, open, pay, transfer};
use ledgerlab::ledger::{
    BATCH_MAX, Cancellation, Ledger, LedgerConfig, LedgerError, TRANSFER_ID_BYTES, Writer,
};
use ledgerlab::model::{
    Account, AccountFilter, AccountFilterFlags, AccountFlags, Period, QueryFilter,
};
use ledgerlab::model::{CreateTransferStatus as T, QueryFilterFlags, Transfer, TransferFlags};
use ledgerlab::trail::{Divergence, Entry, EntryKind, Replay, Trail, replay};
use proptest::prelude::*;

/// An attempt.
#[derive(Clone, Debug)]
enum Attempt {
    Account { id: u128, limited: bool },
    Transfer { from: u128, to: u128, amount: u128 },
}

fn attempt() -> impl Strategy<Value = Attempt> {
    let id = prop_oneof![8 => 1..6_u128, 1 => Just(0), 1 => Just(u128::MAX)];
    let amount = prop_oneof![
        8 => 0..50_u128,
        1 => Just(1 << 64),
        1 => Just(u128::MAX / 2),
        1 => Just(u128::MAX),
    ];
    prop_oneof![
        1 => (id.clone(), any::<bool>()).prop_map(|(id, limited)| Attempt::Account { id, limited }),
        4 => (id.clone(), id, amount)
            .prop_map(|(from, to, amount)| Attempt::Transfer { from, to, amount }),
    ]
}

/// Accounts by id: limited, debits, credits. The expected behaviour in minimal form.
type NaiveBalances = BTreeMap<u128, (bool, u128, u128)>;

fn expected(naive: &mut NaiveBalances, attempt: &Attempt) -> &'static str {
    match *attempt {
        Attempt::Account { id: 0, .. } => "id_must_not_be_zero",
        Attempt::Account { id: u128::MAX, .. } => "id_must_not_be_int_max",
        Attempt::Account { id, limited } => match naive.get(&id) {
            Some((same, ..)) if *same == limited => "exists",
            Some(_) => "exists_with_different_flags",
            None => {
                naive.insert(id, (limited, 0, 0));
                "created"
            }
        },
        Attempt::Transfer { from: 0, .. } => "debit_account_id_must_not_be_zero",
        Attempt::Transfer { from: u128::MAX, .. } => "debit_account_id_must_not_be_int_max",
        Attempt::Transfer { to: 0, .. } => "credit_account_id_must_not_be_zero",
        Attempt::Transfer { to: u128::MAX, .. } => "credit_account_id_must_not_be_int_max",
        Attempt::Transfer { from, to, .. } if from == to => "accounts_must_be_different",
        Attempt::Transfer { from, to, amount } => {
            let Some(&(limited, debits, own_credits)) = naive.get(&from) else {
                return "debit_account_not_found";
            };
            let Some(&(_, _, credits)) = naive.get(&to) else {
                return "credit_account_not_found";
            };
            let Some(debits) = debits.checked_add(amount) else { return "overflows_debits_posted" };
            let Some(credits) = credits.checked_add(amount) else {
                return "overflows_credits_posted";
            };
            if limited && debits > own_credits {
                return "exceeds_credits";
            }
            naive.get_mut(&from).expect("it was found").1 = debits;
            naive.get_mut(&to).expect("it was found").2 = credits;
            "created"
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn ledger_matches_the_naive_ledger(attempts in prop::collection::vec(attempt(), 0..120)) {
        let (ledger, mut writers) = Ledger::with_writers(&LedgerConfig::default()).expect("the default is sound");
        let writer = &mut writers[0];
        let mut naive = NaiveBalances::new();
        for attempt in &attempts {
            let status = match *attempt {
                Attempt::Account { id, limited: false } => {
                    writer.create_account(&account(id)).expect("the trail has room").status.name()
                }
                Attempt::Account { id, limited: true } => {
                    writer.create_account(&limited(id)).expect("the trail has room").status.name()
                }
                Attempt::Transfer { from, to, amount } => {
                    let outcome = writer.create_transfer(&transfer(from, to, amount));
                    outcome.expect("the trail has room").status.name()
                }
            };
            prop_assert_eq!(status, expected(&mut naive, attempt), "{:?}", attempt);
        }
        let found: NaiveBalances = ledger
            .accounts()
            .map(|state| {
                let limited = state.flags().contains(AccountFlags::DEBITS_MUST_NOT_EXCEED_CREDITS);
                (state.id, (limited, state.debits_posted, state.credits_posted))
            })
            .collect();
        prop_assert_eq!(found, naive);
        prop_assert_eq!(ledger.trail().len(), attempts.len() as u64);
        let replayed = replay::verify(ledger.trail(), ledger.accounts(), |_| {});
        prop_assert_eq!(replayed, Ok(attempts.len() as u64));
    }
}

#[test]
fn configuration_bounds_are_enforced() {
    let open = |config| Ledger::with_writers(&config).map(drop);
    let usual = LedgerConfig::default();
    assert_eq!(open(usual), Ok(()));
    for writers in [0, 257] {
        assert_eq!(open(LedgerConfig { writers, ..usual }), Err(LedgerError::Writers { writers }));
    }
    let accounts_max = 0;
    assert_eq!(
        open(LedgerConfig { accounts_max, ..usual }),
        Err(LedgerError::AccountsMax { accounts_max })
    );
    let too_small = open(LedgerConfig { writers: 2, trail_bytes: 1_000, ..usual });
    let sentence = too_small.expect_err("two chunks are more").to_string();
    assert_eq!(
        sentence,
        "a trail of 1000 bytes is too small: its writers and its reserve need at least 1048576"
    );
}

#[test]
fn full_ledger_rejects_accounts_and_changes_nothing() {
    let (ledger, mut writers) =
        Ledger::with_writers(&LedgerConfig { accounts_max: 2, ..LedgerConfig::default() })
            .expect("it is sound");
    let writer = &mut writers[0];
    open(writer, &[account(1), account(2)]);
    let full = Err(LedgerError::AccountsFull { accounts_max: 2 });
    assert_eq!(writer.create_account(&account(3)), full);
    assert_eq!(ledger.account(3), None);
    pay(writer, 1, 2, 5);
    assert_eq!(replay::verify(ledger.trail(), ledger.accounts(), |_| {}), Ok(3));
}

#[test]
fn caller_cannot_supply_a_future_ledger_id() {
    let (ledger, mut writers) = ledger(1);
    let writer = &mut writers[0];
    open(writer, &[account(1), account(2)]);
    pay(writer, 1, 2, 5);
    let given = ledger.trail().in_order().last().expect("it was written").entry.id;
    // Supplied again, the id names its transfer; the next of its kind still belongs to the ledger.
    let retry = Transfer { id: given, ..transfer(1, 2, 5) };
    let outcome = writer.create_transfer(&retry).expect("the trail has room");
    assert_eq!((outcome.status, outcome.timestamp), (T::Exists, 3));
    let next = given + (1 << 34);
    let supplied = Transfer { id: next + (1 << 34), ..transfer(1, 2, 5) };
    let refused = writer.create_transfer(&supplied);
    assert_eq!(refused, Err(LedgerError::IdReserved { id: supplied.id }));
    assert_eq!(ledger.trail().len(), 4);
    assert_eq!(replay::verify(ledger.trail(), ledger.accounts(), |_| {}), Ok(4));
}

#[test]
fn id_is_used_once_whoever_made_it() {
    let (ledger, mut writers) = ledger(2);
    open(&mut writers[0], &[account(1), limited(2)]);
    let supplied = Transfer { id: 77, ..transfer(1, 2, 5) };
    let first = writers[0].create_transfer(&supplied).expect("the trail has room");
    assert_eq!(first.status, T::Created);
    let retry = writers[1].create_transfer(&supplied).expect("the trail has room");
    assert_eq!((retry.status, retry.timestamp), (T::Exists, first.timestamp));
    let refused = Transfer { id: 78, ..transfer(2, 1, 6) };
    let mut statuses = Vec::new();
    for writer in &mut writers {
        statuses.push(writer.create_transfer(&refused).expect("the trail has room"));
    }
    assert_eq!([statuses[0].status, statuses[1].status], [T::ExceedsCredits, T::IdAlreadyFailed]);
    assert_eq!(replay::verify(ledger.trail(), ledger.accounts(), |_| {}), Ok(6));
}

#[test]
fn batch_size_is_bounded() {
    let (_, mut writers) = ledger(1);
    let writer = &mut writers[0];
    assert_eq!(writer.create_accounts(&[]), Ok(Vec::new()));
    assert_eq!(writer.create_transfers_with(&[], &Cancellation::never()), Ok(Vec::new()));
    let most = vec![Account::default(); BATCH_MAX];
    assert_eq!(writer.create_accounts(&most).map(|outcomes| outcomes.len()), Ok(BATCH_MAX));
    let too_many = vec![Account::default(); BATCH_MAX + 1];
    let len = BATCH_MAX + 1;
    assert_eq!(writer.create_accounts(&too_many), Err(LedgerError::BatchTooLarge { len }));
}

/// Replay gets a ledger that differs from its trail in every possible way.
#[test]
fn replay_locates_the_first_divergence() {
    let (ledger, mut writers) = ledger(1);
    let writer = &mut writers[0];
    open(writer, &[account(1), limited(2)]);
    pay(writer, 1, 2, 500);
    let divergence = |accounts: Vec<_>| {
        let result = replay::verify(ledger.trail(), accounts.into_iter(), |_| {});
        result.expect_err("it differs").to_string()
    };
    let honest: Vec<_> = ledger.accounts().collect();
    assert_eq!(replay::verify(ledger.trail(), honest.iter().copied(), |_| {}), Ok(3));

    let mut richer = honest.clone();
    richer[1].credits_posted += 1;
    assert_eq!(
        divergence(richer),
        "account 2 at the end: the ledger says debits 0, credits 501, 1 changes; \
         a serial run says debits 0, credits 500, 1 changes"
    );
    let missing = divergence(honest[..1].to_vec());
    assert!(
        missing.starts_with("account 2 at the end: the ledger says there is none; "),
        "{missing}"
    );
    let mut invented = honest.clone();
    invented.push(ledgerlab::model::AccountState::opened(&account(9), 8));
    let invented = divergence(invented);
    assert!(invented.ends_with("a serial run says there is none"), "{invented}");

    // The same entries with one changed.
    let entries: Vec<Entry> = ledger.trail().in_order().map(|recorded| *recorded.entry).collect();
    let replay = |change: fn(&mut Vec<Entry>)| {
        let mut entries = entries.clone();
        change(&mut entries);
        let (trail, mut pens) = Trail::new(1, 1 << 20);
        for entry in entries {
            pens[0].reserve(1).expect("the trail has room");
            pens[0].write(entry);
        }
        pens[0].publish();
        *Replay::default().replay(&trail, |_| {}).expect_err("it differs")
    };
    assert_eq!(
        replay(|entries| entries[2].status = T::ExceedsCredits as u16).to_string(),
        format!(
            "entry 3 (writer 0), transfer {} of 500 from account 1 to account 2 at timestamp 3: \
             recorded as exceeds_credits with account versions 1 and 1; \
             a serial run says created with versions 1 and 1",
            entries[2].id,
        )
    );
    let other_version = replay(|entries| entries[2].debit_version = 2);
    assert!(matches!(other_version, Divergence::Outcome { position: 2, .. }));
    let no_status = replay(|entries| entries[2].status = u16::MAX).to_string();
    assert!(no_status.contains("a status that does not exist"), "{no_status}");
    let swapped = replay(|entries| {
        entries.swap(1, 2);
        (entries[1].timestamp, entries[2].timestamp) = (2, 3);
    });
    assert!(matches!(swapped, Divergence::Outcome { position: 1, .. }));
    let no_order = replay(|entries| entries[1].timestamp = entries[0].timestamp);
    assert!(matches!(no_order, Divergence::Order { position: 1, previous: 1, .. }));
    let invented = replay(|entries| entries[2].kind = EntryKind::Expiry);
    assert!(invented.to_string().contains("a serial run says nothing to expire"), "{invented}");
    let stray = replay(|entries| entries[2].kind = EntryKind::Extension);
    assert!(stray.to_string().contains("an extension without its entry"), "{stray}");
}

#[test]
fn clock_advances_timestamps_and_ids() {
    let (ledger, mut writers) = ledger(1);
    let writer = &mut writers[0];
    writer.set_time(1_700_000_000_000_000_000).expect("the trail has room");
    open(writer, &[account(1), account(2)]);
    pay(writer, 1, 2, 5);
    let entries: Vec<_> = ledger.trail().in_order().map(|recorded| *recorded.entry).collect();
    assert_eq!(entries[0].timestamp, 1_700_000_000_000_000_001);
    assert_eq!(entries[2].id >> 80, 1_700_000_000_000);
}

#[test]
fn lookup_returns_the_current_account() {
    let (ledger, mut writers) = ledger(1);
    open(&mut writers[0], &[account(1), limited(2)]);
    pay(&mut writers[0], 1, 2, 5);
    let expected = limited(2);
    let state = ledger.account(2).expect("it was opened");
    assert_eq!((state.id, state.ledger), (expected.id, expected.ledger));
    assert_eq!((state.code, state.flags()), (expected.code, expected.flags));
    assert_eq!((state.credits_posted, state.version, state.timestamp), (5, 1, 2));
    assert_eq!(ledger.account(3), None);
}

#[test]
fn preallocation_stays_within_the_budget() {
    let config = LedgerConfig { trail_bytes: 2 << 20, ..LedgerConfig::default() };
    let (ledger, mut writers) = Ledger::with_writers(&config).expect("it is sound");
    let chunk = 512 << 10;
    assert_eq!(ledger.trail().left_bytes(), 4 * chunk);
    writers[0].reserve(4_097).expect("two chunks hold it");
    assert_eq!(ledger.trail().left_bytes(), 2 * chunk);
    writers[0].reserve(8_192).expect("the same two chunks hold it");
    assert_eq!(ledger.trail().left_bytes(), 2 * chunk);
    assert!(matches!(writers[0].reserve(16_385), Err(LedgerError::TrailFull(_))));
    assert_eq!(ledger.trail().left_bytes(), 0, "what was got until then is kept");
    assert!(ledger.trail().is_empty(), "memory is no entry");
}

#[test]
fn transfer_ids_stay_within_their_memory() {
    let transfer_ids_bytes = 10 * TRANSFER_ID_BYTES;
    let config = LedgerConfig { transfer_ids_bytes, ..LedgerConfig::default() };
    let (ledger, mut writers) = Ledger::with_writers(&config).expect("it is sound");
    let writer = &mut writers[0];
    open(writer, &[account(1), account(2)]);
    let batch = |ids: std::ops::Range<u128>| -> Vec<_> {
        ids.map(|id| Transfer { id, ..transfer(1, 2, 1) }.into()).collect()
    };
    let create = |writer: &mut Writer, ids| {
        writer.create_transfers_with(&batch(ids), &Cancellation::never()).map(|all| all.len())
    };
    assert_eq!(create(writer, 1..9), Ok(8));
    let entries = ledger.trail().len();
    let full = LedgerError::TransferIdsFull { budget_bytes: transfer_ids_bytes };
    assert_eq!(create(writer, 9..12), Err(full), "a batch is refused as a whole");
    assert_eq!((ledger.trail().len(), ledger.memory().left()), (entries, 2 * TRANSFER_ID_BYTES));
    // Ids that are used take no more memory, but that is known only after the batch.
    assert_eq!(create(writer, 1..3), Ok(2));
    assert_eq!(create(writer, 9..11), Ok(2));
    assert_eq!(create(writer, 11..12), Err(full));
    pay(writer, 1, 2, 5);
    let state = ledger.account(2).expect("it was opened");
    assert_eq!(state.credits_posted, 15);
}

/// The entry of an imported transfer is later than the transfer.
#[test]
fn imported_transfers_are_found_by_their_own_time() {
    let (ledger, mut writers) = ledger(1);
    let writer = &mut writers[0];
    let history = |id| Account { flags: AccountFlags::HISTORY, ..account(id) };
    open(writer, &[history(1), history(2)]);
    writer.set_time(1_000_000).expect("the trail has room");
    for timestamp in [100, 110, 120] {
        let flags = TransferFlags::IMPORTED;
        let imported = Transfer { id: timestamp.into(), timestamp, flags, ..transfer(1, 2, 1) };
        let done = writer.create_transfers(&[imported]).expect("the trail has room");
        assert_eq!(done[0].status, T::Created);
    }
    let period = Period { timestamp_min: 0, timestamp_max: 110 };
    for (sides, reversed) in [(3, false), (7, true)] {
        let mut expected = vec![100, 110];
        if reversed {
            expected.reverse();
        }
        let flags = AccountFilterFlags::from_bits_retain(sides);
        let of_account =
            AccountFilter { account_id: 2, period, limit: 9, flags, ..AccountFilter::default() };
        let transfers = ledger.get_account_transfers(&of_account);
        assert_eq!(transfers.iter().map(|one| one.timestamp).collect::<Vec<_>>(), expected);
        let balances = ledger.get_account_balances(&of_account);
        assert_eq!(balances.iter().map(|one| one.timestamp).collect::<Vec<_>>(), expected);
        let flags = QueryFilterFlags::from_bits_retain(u32::from(reversed));
        let all = QueryFilter { period, limit: 9, flags, ..QueryFilter::default() };
        let transfers = ledger.query_transfers(&all);
        assert_eq!(transfers.iter().map(|one| one.timestamp).collect::<Vec<_>>(), expected);
    }
}
