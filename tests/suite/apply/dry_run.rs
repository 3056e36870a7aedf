//! A dry run reports every invalid line and applies nothing.

use std::fs;

use super::{FOUR, apply_with, transfer, transfers};

#[test]
fn every_invalid_line_is_reported_and_none_is_applied() {
    let four = FOUR.replace('\n', "");
    let good = transfers(&[transfer(7, 1, 2, 5, "")]);
    let bad = transfers(&[transfer(7, 1, 2, 5, ""), transfer(8, 1, 2, "true", "")]);
    let long = " ".repeat((16 << 20) + 5);
    let text = [&four, "", &bad, "{", &long, &good, r#"{"op":"tick"}"#].join("\n");
    let applied =
        apply_with(&["--dry-run"], [text.as_bytes(), b"\n\xff\n", good.as_bytes()].concat());
    assert_eq!(applied.code, Some(2));
    assert!(applied.lines.is_empty(), "no results");
    let number = "must be a whole number, as a JSON number or a string of digits, not true";
    let expected = [
        &format!("ledgerlab: -: line 3: events[1].amount {number}"),
        "ledgerlab: -: line 4 is not JSON: EOF while parsing an object at column 1",
        "ledgerlab: -: line 5 is longer than 16,777,216 bytes; split it into smaller batches",
        "ledgerlab: -: line 7: seconds is missing: the duration, here or in nanoseconds",
        "ledgerlab: -: line 8 is not valid UTF-8 at byte 1",
        "ledgerlab: 5 of 8 lines are invalid; nothing was applied",
    ];
    assert_eq!(applied.error.lines().collect::<Vec<_>>(), expected);

    let applied = apply_with(&["--dry-run"], [four, good].join("\n").into());
    assert_eq!((applied.code, applied.lines.len()), (Some(0), 0));
    assert_eq!(applied.error, "ledgerlab: 2 lines are valid; nothing was applied\n");
}

#[test]
fn list_of_invalid_lines_is_bounded() {
    let applied = apply_with(&["--dry-run"], "{}\n".repeat(1_234).into());
    assert_eq!(applied.code, Some(2));
    assert_eq!(applied.error.lines().count(), 101);
    let total = "ledgerlab: 1,234 of 1,234 lines are invalid, of which the first 100 are listed; nothing was applied\n";
    assert!(applied.error.ends_with(total), "{}", applied.error);
}

#[test]
fn rows_of_csv_are_checked_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("rows.csv");
    let name = file.to_str().expect("the path is text");
    let run = |rows: &str| {
        fs::write(&file, format!("id,amount\n{rows}")).expect("a file can be written");
        let applied = apply_with(&["-", "--csv", name, "--dry-run"], FOUR.replace('\n', "").into());
        (applied.code, applied.error.replace(name, "rows.csv"))
    };
    let (code, error) = run("1,5\n2,5 EUR\n\n3\n\"4\",\"6\n\"\n5,7\n");
    assert_eq!(code, Some(2));
    let number = "must be a whole number, as a JSON number or a string of digits, not";
    let expected = [
        &format!("ledgerlab: rows.csv: line 3: amount {number} \"5 EUR\""),
        "ledgerlab: rows.csv: line 5 has 1 cell, but the header has 2",
        &format!("ledgerlab: rows.csv: line 6: amount {number} \"6\\n\""),
        "ledgerlab: 3 of 6 lines are invalid; nothing was applied",
    ];
    assert_eq!(error.lines().collect::<Vec<_>>(), expected);
    let valid = (Some(0), "ledgerlab: 2 lines are valid; nothing was applied\n".to_owned());
    assert_eq!(run("1,5\n"), valid);
}
