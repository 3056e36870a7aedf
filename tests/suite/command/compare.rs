//! `ledgerlab compare`.

use serde_json::Value;

#[cfg(unix)]
use super::interrupted;
use super::{ledgerlab, text, words};
use crate::common;

#[test]
fn correct_protocols_are_compared_by_default() {
    let load = ["compare", "hft", "--operations", "20000", "--workers", "1,2", "--json"];
    let output = ledgerlab(&load);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let compared: Value =
        serde_json::from_slice(&output.stdout).expect("it is JSON and nothing else");
    assert_eq!((&compared["compare"], &compared["scenario"]), (&3.into(), &"hft".into()));
    let rows = compared["rows"].as_array().expect("it is a list");
    let reports = compared["reports"].as_array().expect("it is a list");
    let runs: Vec<_> =
        rows.iter().map(|row| (row["concurrency"].as_str(), row["workers"].as_str())).collect();
    let expected = ["ordered-locks", "global-lock", "optimistic"]
        .map(|name| ["1", "2"].map(|workers| (Some(name), Some(workers))));
    assert_eq!(runs, expected.concat());
    assert_eq!(reports.len(), rows.len());
    for (row, report) in rows.iter().zip(reports) {
        common::scenario_cases::assert_consistent(report);
        assert_eq!(report["parameters"]["concurrency"], row["concurrency"]);
        assert_eq!(row["accepted"], report["totals"]["accepted"]);
        assert_eq!(row["p99_ns"], report["latency"]["p99_ns"]);
        assert_eq!((&row["passed"], &row["result"]), (&true.into(), &"passed".into()));
    }
    assert_eq!(
        reports[0]["trail_hash"], reports[2]["trail_hash"],
        "one worker does the same under each protocol"
    );
}

#[test]
fn comparison_is_one_table() {
    let output = ledgerlab(&["compare", "hft", "--preset", "goledger", "--workers", "1"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let table = words(&output.stdout);
    for part in [
        "Trading floor — 50 operations or 10 s in each run, seed 42",
        "concurrency workers op/s accepted refused interrupted waits conflicts p50 p99 result ordered-locks 1 ",
        " 50 0 0 0 0 ",
        " passed optimistic 1 ",
    ] {
        assert!(table.contains(part), "no {part:?} in\n{table}");
    }
    assert_eq!(text(&output.stderr), "", "short runs say nothing before the table");
}

#[test]
fn failed_check_exits_with_1_and_shows_in_its_row() {
    let output = ledgerlab(&[
        "compare",
        "hft",
        "--concurrency",
        "ordered-locks,no-locks",
        "--workers",
        "3",
        "--accounts",
        "4",
        "--exchanges",
        "1",
        "--operations",
        "500000",
        "--quiet",
    ]);
    let table = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{table}");
    let row = |name: &str| {
        table.lines().find(|line| line.trim_start().starts_with(name)).expect("it has a row")
    };
    assert!(row("ordered-locks ").ends_with("  passed"), "{table}");
    assert!(row("no-locks ").contains("  FAILED "), "{table}");
    assert!(row("no-locks ").ends_with("; incorrect on purpose"), "{table}");
    let error = text(&output.stderr);
    let sentence = "ledgerlab: no-locks, 3 workers: FAILED: ";
    assert!(error.starts_with(sentence) && error.lines().count() == 1, "{error}");
}

#[test]
fn invalid_input_is_rejected_before_the_first_run() {
    for (options, sentence) in [
        (["--workers", "1,65"], "ledgerlab: workers must be 1 to 64, not 65\n".to_owned()),
        (["--workers", "1,,2"], "ledgerlab: workers must be 1 to 64, not \"\"\n".to_owned()),
        (["--concurrency", "ordered-locks,fast"], format!("{}\n", super::run::CONCURRENCY_FAST)),
        (
            ["--amount-min", "5000"],
            "ledgerlab: amount_min must be at most amount_max (1099), not 5000\n".to_owned(),
        ),
    ] {
        let output = ledgerlab(&[&["compare", "hft"], &options[..]].concat());
        assert_eq!(output.status.code(), Some(2), "{options:?}");
        assert_eq!((text(&output.stderr), text(&output.stdout)), (sentence.as_str(), ""));
    }
    let many = vec!["1"; 22].join(",");
    let output = ledgerlab(&["compare", "hft", "--workers", &many]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stderr), "ledgerlab: a comparison has at most 64 runs, not 66\n");
}

#[cfg(unix)]
#[test]
fn interrupt_stops_the_run_and_prints_finished_rows() {
    let endless = [
        "compare",
        "hft",
        "--workers",
        "1",
        "--operations",
        "1000000000",
        "--rate-per-s",
        "1000",
        "--duration-s",
        "60",
        "--json",
    ];
    let (code, output) = interrupted(&endless, 500);
    assert_eq!(code, Some(0));
    let compared: Value = serde_json::from_slice(&output).expect("it is JSON");
    let reports = compared["reports"].as_array().expect("it is a list");
    assert_eq!(reports.len(), 1, "the other two were not begun");
    assert_eq!(reports[0]["ended_by"], "cancelled");
    common::scenario_cases::assert_consistent(&reports[0]);
}
