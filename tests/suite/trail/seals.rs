//! Seals detect every change of a trail and locate the first changed entry.

use ledgerlab::trail::{
    BLOCK_RECORDS, Entry, EntryFlags, EntryKind, EntryLocation, Mismatch, Seal, Sealer, Trail,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::fixtures::{everything, plain, records, trail};
use crate::common::{account, ledger, open, transfer};

/// Three segments: an empty one, one of several blocks and a partial one, one that ends with a
/// block.
fn three() -> Vec<Vec<Entry>> {
    let block = BLOCK_RECORDS as usize;
    vec![Vec::new(), plain(1, 3 * block + 5), plain(2, block)]
}

/// Returns the result of verifying `three` after `change` against its seal.
fn broken(change: impl FnOnce(&mut Vec<Vec<Entry>>)) -> Mismatch {
    let seal = Seal::of(&trail(three()));
    let mut changed = three();
    change(&mut changed);
    *seal.verify(&trail(changed)).expect_err("a change must be found")
}

const fn at(writer: usize, place: u64) -> EntryLocation {
    EntryLocation { writer, position: place }
}

#[test]
fn untouched_trail_matches_its_seal() {
    for segments in [vec![], vec![vec![]], three(), records(everything().trail())] {
        let seal = Seal::of(&trail(segments.clone()));
        assert_eq!(seal.records(), segments.iter().map(|row| row.len() as u64).sum::<u64>());
        assert_eq!(seal.verify(&trail(segments)), Ok(()));
    }
}

#[test]
fn hash_matches_its_description() {
    // Computed by hand from the description, so that a change of the format is noticed.
    let entry =
        Entry { id: 7, amount: 5, timestamp: 9, kind: EntryKind::Transfer, ..Entry::default() };
    let seal = serde_json::to_value(Seal::of(&trail(vec![vec![entry]]))).expect("it serializes");
    let mut record = [0_u8; 116];
    (record[0], record[48], record[64], record[114]) = (7, 5, 9, 1);
    let tags = seal["segments"][0]["blocks"][0]["tags"].as_str().expect("it is text");
    let tag = u32::from_str_radix(tags, 16).expect("it is one tag");
    let mut block = blake3::Hasher::new();
    block.update(&record).update(&tag.to_le_bytes()).update(b"ledgerlab block");
    block.update(&[0; 16]).update(&1_u64.to_le_bytes()).update(&[0; 32]);
    let head = block.finalize();
    assert_eq!(seal["segments"][0]["head"], head.to_hex().as_str());
    let mut whole = blake3::Hasher::new();
    whole.update(b"ledgerlab trail").update(&1_u32.to_le_bytes()).update(&1024_u32.to_le_bytes());
    whole.update(&1_u64.to_le_bytes()).update(&1_u64.to_le_bytes()).update(head.as_bytes());
    assert_eq!(seal["trail_hash"], whole.finalize().to_hex().as_str());
}

#[test]
fn changed_entry_is_located_and_described() {
    for place in [0, 1, 1023, 1024, 2049, 3076] {
        let found = broken(|segments| segments[1][place].amount += 1);
        let entry = Entry { amount: 3 * place as u128 + 1, ..three()[1][place] };
        assert_eq!(found, Mismatch::Changed { at: at(1, place as u64), entry, extension: None });
    }
    let sentence = broken(|segments| segments[1][2000].amount = 1_000_000).to_string();
    assert_eq!(
        sentence,
        "record 2,000 of writer 1, transfer 2001 of 1,000,000 from account 101 to account 200 at \
         timestamp 6002: it is not what was sealed at this position"
    );
}

#[test]
fn first_of_several_changes_is_located() {
    let found = broken(|segments| {
        segments[2][3].code = 1;
        segments[1][3000].code = 1;
        segments[1][70].code = 1;
        segments[1][71].code = 1;
    });
    assert!(matches!(found, Mismatch::Changed { at, .. } if at == self::at(1, 70)), "{found}");
}

#[test]
fn missing_extra_and_swapped_records_are_distinguished() {
    type Change = fn(&mut Vec<Vec<Entry>>);
    let table: &[(Change, &str)] = &[
        (
            |s| _ = s[1].remove(1500),
            "record 1,500 of writer 1: 1 sealed record is missing before transfer 1502 of 4,503 from",
        ),
        (
            |s| drop(s[1].drain(1020..1027)),
            "record 1,020 of writer 1: 7 sealed records are missing before transfer 1028 of",
        ),
        (|s| _ = s[2].pop(), "record 1,023 of writer 2: 1 sealed record is missing at the end"),
        (
            |s| s[1].truncate(1024),
            "record 1,024 of writer 1: 2,053 sealed records are missing at the end",
        ),
        (|s| s[2].clear(), "record 0 of writer 2: 1,024 sealed records are missing at the end"),
        (
            |s| s[1].insert(12, Entry { id: 4242, timestamp: 8, ..Entry::default() }),
            "record 12 of writer 1, account 4242 at timestamp 8: it was not sealed",
        ),
        (
            |s| s[1].splice(12..12, plain(5, 3)).for_each(drop),
            "record 12 of writer 1, transfer 1 of 0 from account 105 to account 200 at timestamp 6: \
             it and what follows, 3 records in all, were not sealed",
        ),
        (
            |s| s[0].push(Entry { id: 4242, timestamp: 8, ..Entry::default() }),
            "record 0 of writer 0, account 4242 at timestamp 8: it was not sealed",
        ),
        (
            |s| s[1].swap(1000, 1001),
            "record 1,000 of writer 1, transfer 1002 of 3,003 from account 101 to account 200 at \
             timestamp 3005: it was sealed at position 1,001, and transfer 1001 of",
        ),
        (|s| s[1].swap(1000, 1900), "record 1,000 of writer 1, transfer 1901 of"),
        (|s| s.swap(1, 2), "record 0 of writer 1, transfer 1 of 0 from account 102"),
        (|s| _ = s.pop(), "the trail has 2 writers, and 3 were sealed"),
    ];
    for (change, beginning) in table {
        let sentence = broken(change).to_string();
        assert!(sentence.starts_with(beginning), "{beginning:?} is not how it begins:\n{sentence}");
    }
}

#[test]
fn changed_extension_is_located_by_its_entry() {
    let sound = records(everything().trail());
    let seal = Seal::of(&trail(sound.clone()));
    let place = sound[0].iter().rposition(|record| record.kind == EntryKind::Extension);
    let place = place.expect("there are extensions");
    assert!(sound[0][place - 1].entry_flags().contains(EntryFlags::HAS_EXTENSION));
    let mut changed = sound;
    changed[0][place].user_data_64 ^= 1;
    let found = *seal.verify(&trail(changed.clone())).expect_err("it was changed");
    let (entry, extension) = (changed[0][place - 1], Some(changed[0][place]));
    assert_eq!(found, Mismatch::Changed { at: at(0, place as u64), entry, extension });
    assert!(found.to_string().contains(", the extension of transfer 990 of 1 from"), "{found}");
}

#[test]
fn blocks_are_chained() {
    let blocks = |change: fn(&mut Entry)| {
        let mut row = plain(0, 3 * BLOCK_RECORDS as usize);
        change(&mut row[0]);
        let seal = serde_json::to_value(Seal::of(&trail(vec![row]))).expect("it serializes");
        seal["segments"][0]["blocks"].clone()
    };
    let (sound, changed) = (blocks(|_| {}), blocks(|first| first.code = 1));
    for place in 0..3 {
        assert_ne!(sound[place]["hash"], changed[place]["hash"], "block {place}");
    }
    assert_eq!(sound[2]["tags"], changed[2]["tags"], "its own records are the same");
}

/// Writes a seal to JSON, changes it and reads it again.
fn read(change: impl FnOnce(&mut Value)) -> Result<Seal, String> {
    let mut seal = serde_json::to_value(Seal::of(&trail(three()))).expect("it serializes");
    change(&mut seal);
    serde_json::from_value(seal).map_err(|error| error.to_string())
}

#[test]
fn seal_round_trips_through_json() {
    let seal = Seal::of(&trail(three()));
    assert_eq!(read(|_| {}), Ok(seal.clone()));
    let text = serde_json::to_string(&seal).expect("it serializes");
    assert!(text.contains(&seal.trail_hash().to_string()));
}

#[test]
fn changed_seal_is_found() {
    type Change = fn(&mut Value);
    let table: &[(Change, &str)] = &[
        (|s| s["seal"] = 2.into(), "the seal has version 2; this program reads version 1"),
        (
            |s| s["block_records"] = 5.into(),
            "the seal has blocks of 5 records; those of version 1 have 1024",
        ),
        (
            |s| s["trail_hash"] = "00".repeat(32).into(),
            "the seal was changed: its trail hash is 0000",
        ),
        (
            |s| s["trail_hash"] = "abc".into(),
            "a hash has 64 hexadecimal digits; this text of 3 characters is not a hash",
        ),
        (
            |s| s["segments"][1]["records"] = 3_076.into(),
            "the seal was changed: block 3 of writer 1 must have 4 tags",
        ),
        (
            |s| s["segments"][1]["records"] = u64::MAX.into(),
            "the seal was changed: 18446744073709551615 records of writer 1 need 18014398509481984 blocks, and it has 4",
        ),
        (
            |s| s["segments"][2]["head"] = "11".repeat(32).into(),
            "the seal was changed: the head of writer 2 is not",
        ),
        (
            |s| s["segments"][2]["blocks"][0]["hash"] = "11".repeat(32).into(),
            "the seal was changed: the head of writer 2 is not",
        ),
        (
            |s| s["segments"][2]["blocks"][0]["tags"] = "".into(),
            "the seal was changed: block 0 of writer 2 must have 1024 tags",
        ),
        (
            |s| s["segments"][2]["blocks"][0]["tags"] = "+".repeat(8_192).into(),
            "the seal was changed: block 0 of writer 2",
        ),
        (
            |s| s["segments"][2]["blocks"] = json!([]),
            "the seal was changed: 1024 records of writer 2 need 1 blocks, and it has 0",
        ),
        (|s| s["segments"] = json!([]), "the seal was changed: its trail hash is "),
        (|s| s["more"] = 1.into(), "unknown field `more`"),
    ];
    for (change, beginning) in table {
        let error = read(change).expect_err(beginning);
        assert!(error.starts_with(beginning), "{beginning:?} is not how it begins:\n{error}");
    }
    // What contradicts nothing in the seal contradicts the trail.
    let other_tag = read(|seal| {
        let tags = seal["segments"][1]["blocks"][1]["tags"].as_str().expect("it is text");
        seal["segments"][1]["blocks"][1]["tags"] = format!("{}00000000", &tags[8..]).into();
    });
    let found =
        other_tag.expect("it is a seal").verify(&trail(three())).expect_err("it was changed");
    assert_eq!(*found, Mismatch::Tag { at: at(1, 1024) });
    let third_tag = read(|seal| {
        let tags = seal["segments"][1]["blocks"][1]["tags"].as_str().expect("it is text");
        let other = if &tags[16..24] == "00000000" { "11111111" } else { "00000000" };
        seal["segments"][1]["blocks"][1]["tags"] =
            format!("{}{other}{}", &tags[..16], &tags[24..]).into();
    });
    let found =
        third_tag.expect("it is a seal").verify(&trail(three())).expect_err("it was changed");
    assert_eq!(*found, Mismatch::Tag { at: at(1, 1026) });
    let other_hash = read(|seal| seal["segments"][1]["blocks"][1]["hash"] = "11".repeat(32).into());
    let found =
        other_hash.expect("it is a seal").verify(&trail(three())).expect_err("it was changed");
    assert!(matches!(*found, Mismatch::Block { at, records: 1024, .. } if at == self::at(1, 1024)));
}

#[test]
fn grown_trail_still_matches_its_prefix_seal() {
    let seal = Seal::of(&trail(three()));
    let mut grown = three();
    grown[0].extend(plain(0, 10));
    grown[1].extend(plain(1, 5_000).split_off(3 * 1024 + 5));
    assert_eq!(seal.verify_beginning(&trail(grown.clone())), Ok(()));
    let extra = *seal.verify(&trail(grown.clone())).expect_err("it has grown");
    assert!(matches!(extra, Mismatch::Extra { at, records: 10, .. } if at == self::at(0, 0)));
    grown[1][9].ledger = 5;
    let changed = *seal.verify_beginning(&trail(grown)).expect_err("it was changed");
    assert!(matches!(changed, Mismatch::Changed { at, .. } if at == self::at(1, 9)), "{changed}");
}

#[test]
fn incremental_sealing_beside_writers_gives_the_same_seal() {
    let (ledger, mut writers) = ledger(2);
    open(&mut writers[0], &[account(1), account(2)]);
    let done = AtomicBool::new(false);
    let mut sealer = Sealer::new(ledger.trail());
    let mut early = Vec::new();
    std::thread::scope(|scope| {
        let work = |writer: &mut ledgerlab::ledger::Writer| {
            for _ in 0..20_000 {
                let paid = writer.create_transfer(&transfer(1, 2, 1));
                paid.expect("the ledger has capacity");
            }
        };
        let threads: Vec<_> =
            writers.iter_mut().map(|writer| scope.spawn(move || work(writer))).collect();
        scope.spawn(|| {
            threads.into_iter().for_each(|thread| thread.join().expect("it works"));
            done.store(true, Ordering::Release);
        });
        while !done.load(Ordering::Acquire) {
            early.push(sealer.seal());
        }
    });
    let last = sealer.seal();
    assert_eq!(last, Seal::of(ledger.trail()));
    assert_eq!(last.verify(ledger.trail()), Ok(()));
    assert!(!early.is_empty());
    for seal in early {
        assert_eq!(seal.verify_beginning(ledger.trail()), Ok(()));
    }
}

fn row() -> impl Strategy<Value = Vec<Entry>> {
    let entry = (any::<(u128, u64, u16)>(), 1_u8..3).prop_map(|((id, timestamp, status), kind)| {
        let kind = if kind == 1 { EntryKind::Transfer } else { EntryKind::Account };
        Entry { id, timestamp, status, kind, ..Entry::default() }
    });
    prop::collection::vec(entry, 0..40)
}

proptest! {
    #[test]
    fn any_changed_bit_changes_the_hash_and_is_located(
        rows in prop::collection::vec(row(), 1..4),
        pick in any::<prop::sample::Index>(),
        bit in 0_u32..128,
    ) {
        let total: usize = rows.iter().map(Vec::len).sum();
        prop_assume!(total > 0);
        let mut pick = pick.index(total);
        let seal = Seal::of(&trail(rows.clone()));
        let mut changed = rows;
        let writer = changed.iter().position(|row| {
            let here = pick < row.len();
            if !here { pick -= row.len(); }
            here
        }).expect("it is below the total");
        changed[writer][pick].credit_account_id ^= 1 << bit;
        let changed: Arc<Trail> = trail(changed);
        prop_assert_ne!(Seal::of(&changed).trail_hash(), seal.trail_hash());
        let found = *seal.verify(&changed).expect_err("it was changed");
        let expected = at(writer, pick as u64);
        prop_assert!(matches!(found, Mismatch::Changed { at, .. } if at == expected), "{}", found);
    }
}

#[test]
fn seal_records_the_number_of_writers() {
    for writers in [1, 2, 5] {
        let trail = Trail::of(vec![Vec::new(); writers]).expect("there is memory");
        assert_eq!((Seal::of(&trail).writers(), Seal::of(&trail).records()), (writers, 0));
    }
}

#[test]
fn altered_copy_fails_the_original_seal() {
    let original = trail(three());
    let seal = Seal::of(&original);
    for place in [0, 1, 1023, 3076] {
        let mut calls = 0;
        let copy = original.altered(at(1, place), |entry| {
            entry.amount += 1;
            calls += 1;
        });
        let copy = copy.expect("there is memory");
        let entry = Entry { amount: 3 * u128::from(place) + 1, ..three()[1][place as usize] };
        let broken = seal.verify(&copy).expect_err("it is another one");
        assert_eq!(
            (*broken, calls),
            (Mismatch::Changed { at: at(1, place), entry, extension: None }, 1)
        );
    }
    let nowhere = original.altered(at(1, 1 << 40), |entry| entry.amount += 1);
    assert_eq!(seal.verify(&nowhere.expect("there is memory")), Ok(()));
    assert_eq!(
        original.last_timestamp(),
        three().into_iter().flatten().map(|e| e.timestamp).max().unwrap_or(0)
    );
}

#[test]
fn sealing_reports_progress() {
    let mut progress = Vec::new();
    let seal = Seal::of_with(&trail(three()), |records| progress.push(records));
    assert_eq!(seal, Seal::of(&trail(three())));
    assert!(progress.is_sorted() && progress.len() > 3, "{progress:?}");
    assert_eq!(progress.last(), Some(&seal.records()));
}
