//! `ledgerlab apply` as people and programs use it: scripts in, lines of results out, and an error
//! for invalid input.

mod csv;
mod dry_run;
mod invalid_input;
mod limits;
mod operations;
mod process;

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::Value;

const STANDS: &str = "; no part of this line was applied, the lines before it were";

/// Opens accounts 1 to 4: two without limits and with history, one with a debit limit, one with a
/// credit limit.
const FOUR: &str = r#"{"op":"create_accounts","events":[
    {"id":1,"ledger":1,"code":10,"flags":["history"]},
    {"id":2,"ledger":1,"code":10,"flags":["history"]},
    {"id":3,"ledger":1,"code":10,"flags":["debits_must_not_exceed_credits"]},
    {"id":4,"ledger":1,"code":10,"flags":["credits_must_not_exceed_debits"]}]}"#;

struct Applied {
    lines: Vec<Value>,
    error: String,
    code: Option<i32>,
}

fn start(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_ledgerlab"))
        .arg("apply")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts")
}

/// Applies an input and verifies the ledger by serial replay.
fn apply_bytes(input: impl Into<Vec<u8>>) -> Applied {
    apply_with(&["--verify"], input.into())
}

fn apply_with(arguments: &[&str], input: Vec<u8>) -> Applied {
    let mut child = start(arguments);
    let mut stdin = child.stdin.take().expect("it is piped");
    // The program may end before it read everything. The broken pipe is no failure of the test.
    let feeding = thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("it ends");
    feeding.join().expect("the input was written");
    let text = String::from_utf8(output.stdout).expect("results are text");
    let lines = text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON"));
    Applied {
        lines: lines.collect(),
        error: String::from_utf8(output.stderr).expect("errors are text"),
        code: output.status.code(),
    }
}

/// Applies operations, which must succeed. Returns the lines of results.
fn apply(script: &[&str]) -> Vec<Value> {
    let lines: Vec<String> = script.iter().map(|line| line.replace('\n', "")).collect();
    let applied = apply_bytes(lines.join("\n"));
    assert_eq!(applied.code, Some(0), "{}", applied.error);
    assert!(applied.error.starts_with("ledgerlab: equal to a serial run ("), "{}", applied.error);
    assert_eq!(applied.lines.len(), script.len());
    applied.lines
}

fn transfers(events: &[String]) -> String {
    format!(r#"{{"op":"create_transfers","events":[{}]}}"#, events.join(","))
}

/// Formats a transfer between two accounts with more fields appended.
fn transfer(id: impl ToString, from: u32, to: u32, amount: impl ToString, more: &str) -> String {
    let (id, amount) = (id.to_string(), amount.to_string());
    format!(
        r#"{{"id":{id},"debit_account_id":{from},"credit_account_id":{to},"amount":{amount},"ledger":1,"code":1{more}}}"#
    )
}

fn statuses(line: &Value) -> Vec<&str> {
    let results = line["results"].as_array().expect("it is a list of results");
    results.iter().map(|result| result["status"].as_str().expect("a status is a name")).collect()
}

/// Returns the status of each event of each line.
#[track_caller]
fn expect(script: &[&str], expected: &[&[&str]]) {
    let lines = apply(script);
    let found: Vec<_> = lines.iter().map(statuses).collect();
    assert_eq!(found, expected);
}
