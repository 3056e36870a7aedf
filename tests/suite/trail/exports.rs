//! An exported trail is imported again bit by bit, and serial replay verifies the import.

use std::io;
use std::sync::Arc;

use ledgerlab::trail::{Entry, EntryKind, Replay, Seal, Trail, replay};
use ledgerlab::wire::{
    CSV_HEADER, TrailParseError, TrailParseErrorKind, TrailReader, write_trail, write_trail_csv,
};
use proptest::prelude::*;
use serde_json::Value;

use ledgerlab::model::{Transfer, TransferFlags};

use super::fixtures::{everything, plain, records, trail};

use crate::common::{account, ledger, open, pay, transfer};

const BUDGET: u64 = 64 << 20;

fn ndjson(trail: &Trail) -> String {
    let mut text = Vec::new();
    let written = write_trail(trail.in_order(), &mut text).expect("memory takes all");
    let text = String::from_utf8(text).expect("it is text");
    assert_eq!(text.lines().count() as u64, written);
    assert!(text.is_empty() || text.ends_with('\n'));
    text
}

fn read(text: &str) -> Result<Arc<Trail>, TrailParseError> {
    let mut reader = TrailReader::new(BUDGET);
    text.lines().try_for_each(|line| reader.line(line))?;
    Ok(reader.end(0).expect("memory is there"))
}

/// A number at either end of its range, or anywhere.
fn extreme<T: Arbitrary + Clone + 'static>(ends: Vec<T>) -> impl Strategy<Value = T> {
    prop_oneof![prop::sample::select(ends), any::<T>()]
}

/// Any record, including those that no ledger writes.
fn record() -> impl Strategy<Value = Entry> {
    let wide = || extreme(vec![0, 1, (1 << 53) - 1, 1 << 53, 7 << 76 | 0b10 << 62, u128::MAX]);
    let long = || extreme(vec![0, 1, (1 << 53) - 1, 1 << 53, u64::MAX]);
    let word = || extreme(vec![0, 1, u32::MAX]);
    let half = || extreme(vec![0, 1, u16::MAX]);
    let kinds =
        [EntryKind::Account, EntryKind::Transfer, EntryKind::Expiry, EntryKind::Extension].to_vec();
    let wides = (wide(), wide(), wide(), wide());
    let longs = (long(), long(), long(), long());
    let words = (word(), word(), word());
    let halves = (half(), half(), half(), extreme(vec![0_u8, 1, 31, 32]));
    (wides, longs, words, halves, prop::sample::select(kinds)).prop_map(
        |(wides, longs, words, halves, kind)| Entry {
            id: wides.0,
            debit_account_id: wides.1,
            credit_account_id: wides.2,
            amount: wides.3,
            timestamp: longs.0,
            debit_version: longs.1,
            credit_version: longs.2,
            user_data_64: longs.3,
            user_data_32: words.0,
            timeout: words.1,
            ledger: words.2,
            code: halves.0,
            flags: halves.1,
            status: halves.2,
            kind,
            entry_flags: halves.3,
            ..Entry::default()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_records_round_trip(
        mut rows in prop::collection::vec(prop::collection::vec(record(), 0..12), 0..4),
    ) {
        while rows.last().is_some_and(Vec::is_empty) {
            rows.pop();
        }
        let text = ndjson(&trail(rows.clone()));
        let back = read(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        prop_assert_eq!(records(&back), rows);
    }
}

#[test]
fn imported_trail_has_the_same_seal_and_replay_result() {
    let ledger = everything();
    let back = read(&ndjson(ledger.trail())).expect("it is a trail");
    assert_eq!(records(&back), records(ledger.trail()));
    assert_eq!(Seal::of(&back), Seal::of(ledger.trail()));
    let result = replay::verify(&back, ledger.accounts(), |_| {});
    assert_eq!(result, Ok(ledger.trail().entries()));
}

#[test]
fn replay_locates_changes_in_exported_text() {
    let ledger = everything();
    let text = ndjson(ledger.trail());
    let changed = text.replacen("\"amount\":\"5000\",", "\"amount\":\"5001\",", 1);
    assert_ne!(changed, text);
    let back = read(&changed).expect("it is a trail");
    // The account is limited and spends what it received: the sums differ only at the end.
    let divergence = replay::verify(&back, ledger.accounts(), |_| {}).expect_err("it was changed");
    let sentence = divergence.to_string();
    assert!(sentence.starts_with("account 1 at the end: the ledger says debits 5,"), "{sentence}");
    let changed = text.replacen("\"status\":\"exceeds_credits\"", "\"status\":\"created\"", 1);
    let back = read(&changed).expect("it is a trail");
    let divergence = Replay::default().replay(&back, |_| {}).expect_err("it was changed");
    let sentence = divergence.to_string();
    assert!(sentence.contains("recorded as created with account versions"), "{sentence}");
    assert!(sentence.contains("a serial run says exceeds_credits with versions"), "{sentence}");
}

#[test]
fn moved_amount_of_a_balancing_transfer_is_exported_and_verified() {
    let (ledger, mut writers) = ledger(1);
    open(&mut writers[0], &[account(1), account(2)]);
    pay(&mut writers[0], 1, 2, 30);
    let flags = TransferFlags::BALANCING_DEBIT;
    let all = Transfer { id: 5, flags, ..transfer(2, 1, 1_000) };
    writers[0].create_transfer(&all).expect("the ledger has capacity");
    assert_eq!(ledger.lookup_transfers(&[5]), [Transfer { amount: 30, timestamp: 4, ..all }]);
    let text = ndjson(ledger.trail());
    let moved = "\"extension\":{\"moved_amount\":\"30\"}";
    assert_eq!(text.matches(moved).count(), 1, "{text}");
    let back = read(&text).expect("it is a trail");
    assert_eq!(Replay::default().replay(&back, |_| {}), Ok(()));
    let changed = text.replacen(moved, &moved.replace("30", "31"), 1);
    let back = read(&changed).expect("it is a trail");
    let divergence = Replay::default().replay(&back, |_| {}).expect_err("it was changed");
    let sentence = divergence.to_string();
    assert!(sentence.contains("created, moving another amount"), "{sentence}");
}

#[test]
fn lines_use_tigerbeetles_names() {
    let ledger = everything();
    let text = ndjson(ledger.trail());
    let with = |part: &str| {
        let line =
            text.lines().find(|line| line.contains(part)).unwrap_or_else(|| panic!("{part}"));
        serde_json::from_str::<Value>(line).expect("it is JSON")
    };
    let kept = with("\"user_data_128\":\"340282366920938463463374607431768211455\"");
    assert_eq!((&kept["kind"], &kept["id"]), (&"account".into(), &"4".into()));
    assert_eq!(kept["flags"], serde_json::json!(["history"]));
    assert_eq!(kept["user_data_64"], "18446744073709551615");
    assert!(kept.get("amount").is_none() && kept.get("extension").is_none());
    let odd = with("\"status\":\"reserved_field\"");
    assert_eq!(odd["extension"], serde_json::json!({ "debits_posted": "7", "reserved": 9 }));
    let post = with("\"id\":\"910\",");
    assert_eq!(post["amount"], "340282366920938463463374607431768211455");
    assert_eq!(post["flags"], serde_json::json!(["post_pending_transfer"]));
    assert_eq!(post["extension"], serde_json::json!({ "pending_id": "900" }));
    assert_eq!(post["entry_flags"], serde_json::json!(["has_extension", "last", "in_unit"]));
    let expecting = with("\"id\":\"980\",");
    let expected = serde_json::json!({
        "expected_debit_version": "3",
        "expected_credit_version": "18446744073709551615",
        "expects": ["expects_debit", "expects_credit"],
    });
    assert_eq!(expecting["extension"], expected);
    assert_eq!(with("\"id\":\"990\",")["extension"]["asked_timestamp"], "9000000000");
    let expiry = with("\"kind\":\"expiry\"");
    assert_eq!((&expiry["id"], &expiry["status"]), (&"902".into(), &"expired".into()));
    let made = with("\"amount\":\"5000\",");
    let id: u128 = made["id"].as_str().and_then(|id| id.parse().ok()).expect("it is digits");
    assert_eq!(id >> 76 & 0xf, 7, "the ledger's ids are UUIDs of version 7");
}

/// Parses the cells of a table by RFC 4180, including quotes.
fn table(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => cell.extend(letters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {
                assert_eq!(letters.next(), Some('\n'), "lines end with CR LF");
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            other => cell.push(other),
        }
    }
    assert!(row.is_empty() && cell.is_empty() && !quoted, "the last line has its end");
    rows
}

#[test]
fn table_equals_the_lines() {
    let ledger = everything();
    let mut text = Vec::new();
    let written = write_trail_csv(ledger.trail().in_order(), &mut text).expect("memory takes all");
    let rows = table(std::str::from_utf8(&text).expect("it is text"));
    assert_eq!(rows.len() as u64, 1 + written);
    assert_eq!(rows[0], CSV_HEADER);
    let mut seen = vec![false; CSV_HEADER.len()];
    for (row, line) in rows[1..].iter().zip(ndjson(ledger.trail()).lines()) {
        let line: Value = serde_json::from_str(line).expect("it is JSON");
        assert_eq!(row.len(), CSV_HEADER.len());
        for (place, (column, cell)) in CSV_HEADER.iter().zip(row).enumerate() {
            let value = line.get(column).or_else(|| line["extension"].get(column));
            let expected = match value {
                None => String::new(),
                Some(Value::String(text)) => text.clone(),
                Some(Value::Array(names)) => {
                    let names: Vec<_> = names.iter().filter_map(Value::as_str).collect();
                    names.join(" ")
                }
                Some(number) => number.to_string(),
            };
            assert_eq!(*cell, expected, "{column} of {line}");
            seen[place] |= !matches!(cell.as_str(), "" | "0");
        }
    }
    let unseen = CSV_HEADER.iter().zip(seen).filter(|(_, seen)| !seen).map(|(name, _)| *name);
    // Fields that no attempt in that trail has.
    assert_eq!(
        unseen.collect::<Vec<_>>(),
        ["debits_pending", "credits_pending", "credits_posted", "moved_amount"]
    );
}

#[test]
fn invalid_lines_are_named() {
    let good =
        r#"{"writer":0,"position":0,"kind":"transfer","status":"created","timestamp":1,"id":5}"#;
    let other = |from: &str, to: &str| good.replace(from, to);
    for (text, sentence) in [
        (format!("{good}\nnonsense"), "line 2 is not JSON: expected ident at column 2"),
        ("[1]".to_owned(), "line 1 must be an object, not [1]"),
        ("{}".to_owned(), "line 1: writer is missing: the writer of the entry and its position"),
        (other("\"kind\":\"transfer\",", ""), "line 1: kind is missing: the kind of attempt"),
        (
            other("\"kind\":\"transfer\"", "\"kind\":\"transfers\""),
            "line 1: kind must be one of account, transfer, expiry, extension, not transfers",
        ),
        (other("\"writer\":0", "\"writer\":256"), "line 1: writer must be at most 255, not 256"),
        (
            other("\"created\"", "\"creatd\""),
            "line 1: status must be the name of a status of its kind, or a number, not \"creatd\"",
        ),
        (
            other("\"created\"", "\"flags_are_mutually_exclusiv\""),
            "line 1: status must be the name of a status of its kind, or a number, not \
             \"flags_are_mutually_exclusiv\"",
        ),
        (other("\"created\"", "65536"), "line 1: status must be at most 65535, not 65536"),
        (
            other("\"timestamp\":1", "\"timestamp\":18446744073709551616"),
            "line 1: timestamp must be at most 18446744073709551615, not 18446744073709551616",
        ),
        (other("\"timestamp\"", "\"id\""), "line 1: id is given twice"),
        (
            other("}", ",\"extension\":{\"debits_pending\":1}}"),
            "line 1: extension.debits_pending is unknown; the fields are ",
        ),
        (other("}", ",\"user_data_128\":1}"), "line 1: user_data_128 is unknown; the fields "),
        (other("}", ",\"flags\":[\"linkd\"]}"), "line 1: flags[0] must be one of linked, pending,"),
        (other("}", ",\"entry_flags\":256}"), "line 1: entry_flags must be at most 255, not 256"),
        (
            format!("{good}\n\n{good}"),
            "line 3: found record 0 of writer 0, but record 1 is next; a line is missing, repeated or out",
        ),
        (
            other("\"position\":0", "\"position\":9007199254740993"),
            "line 1: found record 9,007,199,254,740,993 of writer 0, but record 0 is next",
        ),
    ] {
        let error = read(&text).expect_err(sentence).to_string();
        assert!(error.starts_with(sentence), "{sentence:?} is not how it begins:\n{error}");
    }
    assert_eq!(read(good).expect("it is a trail").len(), 1);
}

#[test]
fn former_field_names_are_read() {
    let text = ndjson(everything().trail());
    let former =
        text.replace("\"position\":", "\"place\":").replace("\"entry_flags\":", "\"marks\":");
    assert_ne!(former, text);
    let read = |text| read(text).expect("it is a trail");
    assert_eq!(Seal::of(&read(&former)), Seal::of(&read(&text)));
    let line = text.lines().next().expect("there is one").replacen('{', "{\"place\":0,", 1);
    let twice = TrailReader::new(BUDGET).line(&line).expect_err("the position is given twice");
    assert_eq!(twice.to_string(), "line 1: position is given twice");
}

#[test]
fn import_stops_at_its_budget() {
    let lines = ndjson(&trail(vec![plain(0, 10)]));
    let mut reader = TrailReader::new(8 * 128 + 127);
    let read: Vec<_> = lines.lines().map(|line| reader.line(line)).collect();
    assert!(read[..8].iter().all(Result::is_ok), "eight records have room");
    let kind = TrailParseErrorKind::Full { budget_bytes: 8 * 128 + 127 };
    assert_eq!(read[8], Err(TrailParseError { line: 9, kind }));
    assert_eq!(reader.entries(), 8);
}

/// A writer that accepts this many bytes.
struct Full(usize);

impl io::Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn full_output_ends_the_export() {
    let trail = trail(vec![plain(0, 1_000)]);
    for error in [
        write_trail(trail.in_order(), Full(5_000)).expect_err("it is full"),
        write_trail_csv(trail.in_order(), Full(5_000)).expect_err("it is full"),
    ] {
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}
