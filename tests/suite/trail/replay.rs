//! Serial replay of changed and arbitrary trails: it always returns a result.

use ledgerlab::ledger::{Ledger, LedgerConfig};
use ledgerlab::model::{TIMESTAMP_MAX, TransferFlags};
use ledgerlab::trail::{Divergence, Entry, EntryFlags, EntryKind, Replay, replay};
use proptest::prelude::*;

use super::fixtures::{everything, records, trail};
use crate::common::{account, ledger, open, pay};

fn verify(rows: Vec<Vec<Entry>>) -> Result<u64, Box<Divergence>> {
    let mut replay = Replay::default();
    replay.replay(&trail(rows), |_| {})?;
    Ok(replay.replayed())
}

#[test]
fn trail_is_verified_without_its_ledger() {
    let ledger = everything();
    let mut replay = Replay::default();
    let mut progress = 0;
    replay
        .replay(ledger.trail(), |entries| progress = entries)
        .expect("it is equal to a serial run");
    assert_eq!((replay.replayed(), progress), (ledger.trail().entries(), ledger.trail().entries()));
    let accounts: Vec<_> = ledger.accounts().collect();
    assert_eq!(replay.accounts(), accounts);
    assert!(accounts.iter().any(|account| account.credits_posted > 0));
    let (empty, _) =
        Ledger::with_writers(&LedgerConfig::default()).expect("the configuration is valid");
    assert_eq!(replay::verify(empty.trail(), empty.accounts(), |_| {}), Ok(0));
}

#[test]
fn impossible_entries_are_named() {
    let account = Entry { id: 1, ledger: 1, code: 1, timestamp: 1, ..Entry::default() };
    let linked = TransferFlags::LINKED.bits();
    let transfer = |id, timestamp| Entry {
        id,
        timestamp,
        kind: EntryKind::Transfer,
        entry_flags: EntryFlags::LAST.bits(),
        ..Entry::default()
    };
    for (row, sentence) in [
        (
            vec![Entry { timestamp: u64::MAX, ..account }],
            "entry 1, account 1 at timestamp 18446744073709551615: timestamps are 1 to 9223372036854775807",
        ),
        (
            vec![Entry { flags: linked, ..account }, Entry { timestamp: u64::MAX, ..account }],
            "entry 1, account 1 at timestamp 18446744073709551615: timestamps are 1 to",
        ),
        (
            vec![account, transfer(7, TIMESTAMP_MAX + 1)],
            "entry 2, transfer 7 of 0 from account 0 to account 0 at timestamp 9223372036854775808: timestamps are",
        ),
        (
            vec![Entry { flags: linked, ..account }, transfer(7, 2)],
            "entry 1 (writer 0), transfer 7 of 0 from account 0 to account 0 at timestamp 2: recorded as created \
             with account versions 0 and 0; a serial run says an event of another kind in a chain",
        ),
        (
            vec![account, Entry { kind: EntryKind::Extension, timestamp: 2, ..Entry::default() }],
            "entry 2 (writer 0), extension at timestamp 2: recorded as a status that does not exist with account \
             versions 0 and 0; a serial run says an extension without its entry",
        ),
        (
            vec![account, Entry { id: 2, ..account }],
            "entry 2, account 2 at timestamp 1: the entry before it has timestamp 1, so the two have no order",
        ),
        (
            vec![Entry { timestamp: 0, ..account }],
            "entry 1, account 1 at timestamp 0: the entry before it has timestamp 0",
        ),
        (
            vec![Entry { kind: EntryKind::Expiry, id: 9, timestamp: 3, ..Entry::default() }],
            "entry 1 (writer 0), expiry of transfer 9 at timestamp 3: recorded as expired with account versions 0 \
             and 0; a serial run says nothing to expire",
        ),
    ] {
        let error = verify(vec![row]).expect_err(sentence).to_string();
        assert!(error.starts_with(sentence), "{sentence:?} is not how it begins:\n{error}");
    }
}

#[test]
fn transfer_past_the_maximum_timestamp_is_named() {
    let (ledger, mut writers) = ledger(1);
    open(&mut writers[0], &[account(1), account(2)]);
    pay(&mut writers[0], 1, 2, 5);
    let mut rows = records(ledger.trail());
    assert!(ledger.trail().in_order().last().is_some_and(|recorded| recorded.is_plain()));
    rows[0][2].timestamp = u64::MAX;
    let sentence = verify(rows).expect_err("there is no such time").to_string();
    assert!(sentence.ends_with(": timestamps are 1 to 9223372036854775807"), "{sentence}");
}

#[test]
fn every_changed_status_is_found() {
    let sound = records(everything().trail());
    let entries = everything().trail().entries();
    assert_eq!(verify(sound.clone()), Ok(entries));
    let mut changed = 0;
    for writer in 0..sound.len() {
        for place in 0..sound[writer].len() {
            if sound[writer][place].kind == EntryKind::Extension {
                continue;
            }
            let mut rows = sound.clone();
            rows[writer][place].status ^= 1;
            verify(rows).expect_err("a status was changed");
            changed += 1;
        }
    }
    assert_eq!(changed, entries);
}

/// A change of one record: its position, the field and the new value.
type Change = (prop::sample::Index, u8, u64);

fn carry_out((pick, field, value): Change, rows: &mut [Vec<Entry>]) {
    let mut all: Vec<&mut Entry> = rows.iter_mut().flatten().collect();
    let place = pick.index(all.len());
    let record = &mut *all[place];
    let wide = u128::from(value) << (value % 65);
    match field {
        0 => record.id = wide,
        1 => record.debit_account_id = wide % 8,
        2 => record.credit_account_id = wide % 8,
        3 => record.amount = wide.wrapping_sub(3),
        4 => record.timestamp = value,
        5 => record.debit_version = value,
        6 => record.credit_version = value % 9,
        7 => record.user_data_64 = value,
        8 => record.timeout = value as u32,
        9 => record.ledger = value as u32 % 3,
        10 => record.code = value as u16 % 3,
        11 => record.flags = value as u16,
        12 => record.status = value as u16 % 80,
        13 => record.entry_flags = value as u8,
        _ => {
            record.kind =
                [EntryKind::Transfer, EntryKind::Expiry, EntryKind::Extension][value as usize % 3]
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// A change may affect a field that no rule reads, but replay always returns a result.
    #[test]
    fn replay_survives_any_change(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..15, any::<u64>()), 1..6),
    ) {
        let mut rows = SOUND.with(Clone::clone);
        for change in changes {
            carry_out(change, &mut rows);
        }
        if let Err(divergence) = verify(rows) {
            prop_assert!(!divergence.to_string().is_empty());
        }
    }
}

thread_local! {
    static SOUND: Vec<Vec<Entry>> = records(everything().trail());
}
