//! Invalid input gets one error, which names the line, the field and the bound.

use ledgerlab::ledger::BATCH_MAX;
use serde_json::json;

use super::{FOUR, STANDS, apply_bytes, apply_with, transfer, transfers};

/// Asserts that an invalid line between two valid ones stops the script with this error.
#[track_caller]
fn refused(line: &str, sentence: &str) {
    let good = r#"{"op":"tick","nanoseconds":5}"#;
    let applied = apply_bytes(format!("{good}\n\n{line}\n{good}\n"));
    assert_eq!(applied.code, Some(2), "{sentence}");
    assert_eq!(applied.lines, [json!({"time": "5"})], "what came before stands: {sentence}");
    let errors: Vec<&str> = applied.error.lines().collect();
    let expected = format!("ledgerlab: line 3{sentence}{STANDS}");
    let replayed = "ledgerlab: equal to a serial run (0 entries replayed)";
    assert_eq!(errors, [&*expected, replayed]);
}

#[test]
fn line_without_json_is_rejected() {
    for (line, sentence) in [
        ("{", "EOF while parsing an object at column 1"),
        ("nothing", "expected ident at column 2"),
        ("{} {}", "trailing characters at column 4"),
        (&"[".repeat(100_000), "EOF while parsing a list at column 100000"),
        (r#"{"op":"tick","seconds":1,}"#, "key must be a string at column 26"),
        (r#"{"op":"tick","seconds":01}"#, "invalid number at column 25"),
        (
            "{\"op\":\"ti\tck\"}",
            "control character (\\u0000-\\u001F) found while parsing a string at column 9",
        ),
    ] {
        refused(line, &format!(" is not JSON: {sentence}"));
    }
}

#[test]
fn unknown_operation_is_rejected() {
    let operations = "create_accounts, create_transfers, lookup_accounts, lookup_transfers, \
                      get_account_transfers, get_account_balances, query_accounts, \
                      query_transfers, tick";
    let fields = "is unknown; the fields are op";
    for (line, sentence) in [
        ("7", " must be an object, not 7".to_owned()),
        ("[{}]", " must be an object, not [{}]".to_owned()),
        ("{}", ": op is missing: the name of the operation".to_owned()),
        (r#"{"op":null}"#, ": op must be a string, not null".to_owned()),
        (r#"{"op":"pay"}"#, format!(": op must be one of {operations}, not pay")),
        (
            r#"{"op":"tick","second":1}"#,
            format!(": second {fields}, events, ids, filter, nanoseconds, seconds"),
        ),
        (r#"{"op":"tick","seconds":1,"ids":[]}"#, format!(": ids {fields}, nanoseconds, seconds")),
        (r#"{"op":"create_accounts","ids":[]}"#, format!(": ids {fields}, events")),
        (r#"{"op":"lookup_accounts","filter":{}}"#, format!(": filter {fields}, ids")),
        (r#"{"op":"query_accounts","events":[]}"#, format!(": events {fields}, filter")),
        (r#"{"op":"tick","op":"tick"}"#, ": op is given twice".to_owned()),
    ] {
        refused(line, &sentence);
    }
}

#[test]
fn missing_and_unknown_parameters_are_rejected() {
    for (rest, sentence) in [
        (r#"create_accounts""#, "events is missing: the events to create"),
        (r#"create_transfers""#, "events is missing: the events to create"),
        (r#"create_accounts","events":{}"#, "events must be a list, not {}"),
        (r#"create_accounts","events":[1]"#, "events[0] must be an object, not 1"),
        (
            r#"create_accounts","events":[{"reserved":4294967296}]"#,
            "events[0].reserved must be at most 4294967295, not 4294967296",
        ),
        (r#"lookup_accounts""#, "ids is missing: the ids to look up"),
        (r#"lookup_accounts","ids":7"#, "ids must be a list, not 7"),
        (r#"query_accounts""#, "filter is missing: which results to return"),
        (r#"query_accounts","filter":[]"#, "filter must be an object, not []"),
        (
            r#"query_transfers","filter":{"flags":["debits"]}"#,
            "filter.flags[0] must be one of reversed, not debits",
        ),
        (
            r#"get_account_balances","filter":{"flags":4294967296}"#,
            "filter.flags must be at most 4294967295, not 4294967296",
        ),
        (r#"tick""#, "seconds is missing: the duration, here or in nanoseconds"),
        (r#"tick","seconds":9223372037"#, "seconds must be at most 9223372036, not 9223372037"),
        (
            r#"tick","nanoseconds":"9223372036854775808""#,
            "nanoseconds must be at most 9223372036854775807, not \"9223372036854775808\"",
        ),
    ] {
        refused(&format!(r#"{{"op":"{rest}}}"#), &format!(": {sentence}"));
    }
    let id =
        "must be an id: a whole number (as a JSON number or a string of digits) or a UUID as text";
    for ids in ["2.5", "-1", "\"new\"", "\"6ba7b810-9dad-11d1-80b4-00c04fd430cg\"", "null"] {
        let line = format!(r#"{{"op":"lookup_transfers","ids":[1,{ids}]}}"#);
        refused(&line, &format!(": ids[1] {id}, not {ids}"));
    }
}

#[test]
fn invalid_event_field_is_named() {
    let number = "must be a whole number, as a JSON number or a string of digits, not";
    let (narrow, wide, widest) = (u32::MAX, u64::MAX, u128::MAX);
    let past = "340282366920938463463374607431768211456";
    let known = "is unknown; the fields are id, debit_account_id, credit_account_id, amount, \
                 pending_id, user_data_128, user_data_64, user_data_32, timeout, ledger, code, \
                 flags, timestamp, expected_debit_version, expected_credit_version";
    for (field, sentence) in [
        (r#""amount":1.0"#, format!("amount {number} 1.0")),
        (r#""amount":1e3"#, format!("amount {number} 1e3")),
        (r#""amount":-1"#, format!("amount {number} -1")),
        (r#""amount":"5 coins""#, format!("amount {number} \"5 coins\"")),
        (r#""amount":true"#, format!("amount {number} true")),
        (r#""amount":null"#, format!("amount {number} null")),
        (&format!(r#""amount":{past}"#), format!("amount must be at most {widest}, not {past}")),
        (
            r#""user_data_64":18446744073709551616"#,
            format!("user_data_64 must be at most {wide}, not 18446744073709551616"),
        ),
        (r#""timeout":4294967296"#, format!("timeout must be at most {narrow}, not 4294967296")),
        (r#""code":65536"#, "code must be at most 65535, not 65536".to_owned()),
        (r#""flags":65536"#, "flags must be at most 65535, not 65536".to_owned()),
        (r#""flags":{}"#, "flags must be a list of names, or a number, not {}".to_owned()),
        (r#""flags":[7]"#, "flags[0] must be a string, not 7".to_owned()),
        (r#""flags":["linked","linked"]"#, "flags[1] is given twice".to_owned()),
        (r#""code":1,"code":1"#, "code is given twice".to_owned()),
        (r#""ammount":1"#, format!("ammount {known}")),
        (r#""\u001b[2J\n":1"#, format!("\u{fffd}[2J\u{fffd} {known}")),
    ] {
        let line = format!(r#"{{"op":"create_transfers","events":[{{}},{{{field}}}]}}"#);
        refused(&line, &format!(": events[1].{sentence}"));
    }
}

#[test]
fn deep_nesting_is_a_type_error() {
    let nested = "[".repeat(100_000) + &"]".repeat(100_000);
    let line = format!(r#"{{"op":"create_accounts","events":[{{"code":{nested}}}]}}"#);
    let shown = "[".repeat(48);
    let number = "must be a whole number, as a JSON number or a string of digits";
    refused(&line, &format!(": events[0].code {number}, not {shown}…"));
}

#[test]
fn oversized_batch_is_rejected() {
    let linked =
        |count: usize| transfers(&vec![transfer(1, 1, 2, 1, r#","flags":["linked"]"#); count]);
    let sentence = ": events may have at most 8,189 elements, not";
    refused(&linked(BATCH_MAX + 1), &format!("{sentence} 8,190"));
    refused(&linked(10_000), &format!("{sentence} 10,000"));
    let ids = format!(r#"{{"op":"lookup_accounts","ids":[{}0]}}"#, "0,".repeat(BATCH_MAX));
    refused(&ids, ": ids may have at most 8,189 elements, not 8,190");
}

#[test]
fn invalid_bytes_are_rejected() {
    let long = vec![b' '; (16 << 20) + 1];
    for (bytes, sentence) in [
        (b"\n{\"op\":\"\xff\"}".to_vec(), "line 2 is not valid UTF-8 at byte 8"),
        (long, "line 1 is longer than 16,777,216 bytes; split it into smaller batches"),
    ] {
        let applied = apply_with(&[], bytes);
        assert_eq!(applied.code, Some(2));
        assert_eq!(applied.error, format!("ledgerlab: {sentence}{STANDS}\n"));
        assert!(applied.lines.is_empty());
    }
}

#[test]
fn invalid_line_applies_nothing() {
    let input = format!(
        "{}\n{}\n",
        FOUR.replace('\n', ""),
        transfers(&[transfer(7, 1, 2, 5, ""), transfer(8, 1, 2, "true", "")]),
    );
    let applied = apply_bytes(input);
    assert_eq!(applied.code, Some(2));
    assert_eq!(applied.lines.len(), 1);
    assert!(applied.error.contains("line 2: events[1].amount must be"), "{}", applied.error);
    assert!(
        applied.error.ends_with("(4 entries replayed)\n"),
        "only the accounts: {}",
        applied.error
    );
}
