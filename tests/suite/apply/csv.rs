//! CSV of transfers: columns, constants, quotation, batches, and errors.

use std::fs;
use std::path::Path;

use ledgerlab::ledger::BATCH_MAX;
use serde_json::{Value, json};

use super::{Applied, FOUR, STANDS, apply_with, statuses};

/// Applies CSV after the operations of four accounts, and looks up a transfer.
fn apply_csv(csv: impl AsRef<[u8]>, options: &[&str]) -> Applied {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("rows.csv");
    fs::write(&file, csv).expect("a file can be written");
    let arguments = [&["-", "--verify", "--csv", path(&file)], options].concat();
    apply_with(&arguments, FOUR.replace('\n', "").into())
}

fn path(path: &Path) -> &str {
    path.to_str().expect("the path is text")
}

/// Returns the statuses of all rows.
#[track_caller]
fn created(csv: impl AsRef<[u8]>, options: &[&str]) -> Vec<String> {
    let applied = apply_csv(csv, options);
    assert_eq!(applied.code, Some(0), "{}", applied.error);
    let rows = applied.lines[1..].iter().flat_map(statuses);
    rows.map(str::to_owned).collect()
}

#[track_caller]
fn refused(csv: impl AsRef<[u8]>, options: &[&str], sentence: &str) {
    let applied = apply_csv(csv, options);
    assert_eq!(applied.code, Some(2), "{}", applied.error);
    assert!(applied.error.contains(sentence), "{}", applied.error);
}

#[test]
fn rows_are_transfers_with_the_fields_of_the_header() {
    let csv = "id,debit_account_id,credit_account_id,amount,ledger,code,flags,timeout,user_data_64\r\n\
               7,1,2,100,1,1,,,\r\n\
               6ba7b810-9dad-11d1-80b4-00c04fd430c8,\"1\",2,5,1,1,pending,60,\r\n\
               \r\n\
               new,2,1,340282366920938463463374607431768211455,1,1,linked balancing_debit,,3\n\
               9,1,2,1,1,1,0,,18446744073709551615";
    assert_eq!(created(csv, &[]), ["created"; 4]);
    assert_eq!(created(format!("\u{feff}{csv}"), &[]), ["created"; 4], "a byte order mark");
    // Results are those of the same transfers as operations.
    let applied = apply_csv(csv, &[]);
    let results = &applied.lines[1]["results"];
    assert_eq!(results[0], json!({"status": "created", "timestamp": "5"}));
    assert!(results[2]["id"].is_string(), "the row asked for an id: {results}");
}

#[test]
fn columns_can_have_other_names_and_values_can_be_constant() {
    let csv = "Nr;Soll;Haben;Betrag;Text\n7;1;2;\"5\";\"Miete; Mai, \"\"bar\"\"\"\n8;3;1;6;\n";
    let options = [
        "--delimiter",
        ";",
        "--ignore-columns",
        "--column",
        "id=Nr",
        "--column",
        "debit_account_id=Soll",
        "--column",
        "credit_account_id=Haben",
        "--column",
        "amount=Betrag",
        "--set",
        "ledger=1",
        "--set",
        "code=1",
    ];
    assert_eq!(created(csv, &options), ["created", "exceeds_credits"]);
    assert_eq!(
        created(csv.replace(';', "\t"), &[&options[2..], &["--delimiter", "tab"]].concat())[0],
        "created"
    );
    let pending = [&options[..], &["--set", "flags=pending linked"]].concat();
    assert_eq!(created(csv, &pending), ["linked_event_failed", "linked_event_chain_open"]);
    let twice = [&options[..], &["--column", "user_data_64=Betrag"]].concat();
    assert_eq!(created(csv, &twice)[0], "created", "two fields of one column");
}

#[test]
fn header_that_does_not_fit_is_rejected_before_anything_is_applied() {
    for (csv, options, sentence) in [
        ("", &[][..], "it has no header: the first row names the columns"),
        (
            "id,ammount\n",
            &[],
            "the column \"ammount\" is not a field of a transfer; --column FIELD=ammount says",
        ),
        ("id,id\n", &[], "two columns have the field id"),
        (
            "id\n",
            &["--column", "amount=Betrag"],
            "there is no column \"Betrag\" for the field amount; the columns are id",
        ),
        ("id\n", &["--set", "id=new"], "--set id is not possible: a column has that field"),
        ("id\n", &["--column", "ammount=id"], "the fields are id, debit_account_id"),
        ("id\n", &["--set", "code=65536"], "code must be at most 65535, not \"65536\""),
        ("id\n", &["--set", "flags=pendign"], "flags[0] must be one of linked, pending"),
        (
            "id\n",
            &["--delimiter", "ab"],
            "it must be one ASCII character other than a quotation mark, or tab",
        ),
    ] {
        refused(csv, options, sentence);
        assert!(apply_csv(csv, options).lines.is_empty(), "{sentence}");
    }
}

#[test]
fn invalid_row_is_named_and_those_before_it_are_applied() {
    let head = "id,debit_account_id,credit_account_id,amount,ledger,code\n";
    let good = "7,1,2,5,1,1\n\"8\n\",1,2,5,1,1\n";
    for (row, sentence) in [
        (
            "8,1,2,5.00,1,1",
            "line 4: amount must be a whole number, as a JSON number or a string of digits, not \"5.00\"",
        ),
        ("8,1,2,5,1", "line 4 has 5 cells, but the header has 6"),
        ("8,1,2,5,1,\"1\\\"", "line 4: code must be a whole number"),
        ("8,1,2,5,1,65536", "line 4: code must be at most 65535, not \"65536\""),
    ] {
        let rows = good.replace("8\n", "8");
        let applied = apply_csv(format!("{head}{rows}{row}\n{rows}"), &[]);
        assert_eq!(applied.code, Some(2));
        assert!(applied.error.contains(&format!("rows.csv: {sentence}")), "{}", applied.error);
        assert!(applied.error.contains(STANDS), "{}", applied.error);
        assert_eq!(statuses(&applied.lines[1]), ["created"; 2]);
        assert!(applied.error.ends_with("(6 entries replayed)\n"), "{}", applied.error);
    }
    let mut bytes = format!("{head}7,1,2,5,1,").into_bytes();
    bytes.push(0xe4);
    refused(bytes, &[], "line 2 is not valid UTF-8 in cell 6");
    let open = format!("{head}\"{}", "1,2\n".repeat(1 << 19));
    refused(open, &[], "line 2 begins a row of more than 1,048,576 bytes or 1,024 cells");
}

/// Returns this many rows, of which the given ones are linked to the next.
fn rows(count: usize, is_linked: impl Fn(usize) -> bool) -> String {
    let row = |index: usize| {
        let flags = if is_linked(index) { "linked" } else { "" };
        format!("{},1,2,1,{flags}\n", index + 1)
    };
    let rows: String = (0..count).map(row).collect();
    format!("id,debit_account_id,credit_account_id,amount,flags\n{rows}")
}

#[test]
fn batches_do_not_divide_chains() {
    let options = ["--set", "ledger=1", "--set", "code=1"];
    let results = |csv: String| -> Vec<Value> { apply_csv(csv, &options).lines[1..].to_vec() };
    let lengths = |lines: &[Value]| -> Vec<usize> {
        lines.iter().map(|line| line["results"].as_array().expect("a list").len()).collect()
    };
    let plain = results(rows(2 * BATCH_MAX + 1, |_| false));
    assert_eq!(lengths(&plain), [BATCH_MAX, BATCH_MAX, 1]);
    let chain =
        results(rows(BATCH_MAX + 5, |index| (BATCH_MAX - 3..BATCH_MAX + 2).contains(&index)));
    assert_eq!(lengths(&chain), [BATCH_MAX - 3, 8]);
    assert!(chain.iter().flat_map(statuses).all(|status| status == "created"));
    // No batch can hold this one.
    let long = results(rows(BATCH_MAX + 1, |index| index < BATCH_MAX));
    assert_eq!(lengths(&long), [BATCH_MAX, 1]);
    assert_eq!(statuses(&long[0])[BATCH_MAX - 1], "linked_event_chain_open");
}

#[test]
fn rows_may_come_from_a_pipe() {
    let csv = "id,debit_account_id,credit_account_id,amount,ledger,code\n7,1,2,5,1,1\n";
    let piped = apply_with(&["--csv", "-"], csv.into());
    assert_eq!(statuses(&piped.lines[0]), ["debit_account_not_found"], "{}", piped.error);
    let both = apply_with(&["-", "--csv", "-"], csv.into());
    assert_eq!(both.code, Some(2));
    assert!(
        both.error.contains("operations and CSV cannot both come from standard input"),
        "{}",
        both.error
    );
}

#[test]
fn full_ledger_names_the_first_row_of_the_batch() {
    let options = ["--set", "ledger=1", "--set", "code=1", "--trail-mib", "1"];
    let applied = apply_csv(rows(3 * BATCH_MAX, |_| false), &options);
    assert_eq!(applied.code, Some(1));
    let sentence = "rows.csv: line 2: the trail has used up its 1 MiB";
    assert!(applied.error.contains(sentence), "{}", applied.error);

    // The chain that the first batch would divide was not applied either.
    let csv = rows(3 * BATCH_MAX, |index| (3_000..BATCH_MAX + 10).contains(&index));
    let applied = apply_csv(csv, &options);
    assert_eq!(applied.lines.len(), 2, "{}", applied.error);
    let line = "rows.csv: line 3002: the trail has used up its 1 MiB";
    assert!(applied.error.contains(line), "{}", applied.error);
}
