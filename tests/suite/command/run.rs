//! `ledgerlab run`.

use ledgerlab::scenarios::Protocol;
use serde_json::Value;

#[cfg(unix)]
use super::interrupted;
use super::{ledgerlab, text, words};
use crate::common;

#[test]
fn run_prints_the_report_of_every_host() {
    let output = ledgerlab(&[
        "run",
        "hft",
        "--workers",
        "2",
        "--operations",
        "200000",
        "--seed",
        "7",
        "--json",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let report: Value =
        serde_json::from_slice(&output.stdout).expect("it is JSON and nothing else");
    common::scenario_cases::assert_consistent(&report);
    assert_eq!(report["totals"]["attempts"], "200000");
    assert_eq!(report["parameters"]["seed"], "7");
    assert_eq!(report["parameters"]["concurrency"], "ordered-locks");
    assert_eq!(report["environment"]["host"], "native");
}

#[test]
fn run_prints_text_by_default() {
    let output = ledgerlab(&["run", "hft", "--preset", "goledger", "--workers", "2"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let page = text(&output.stdout);
    for line in [
        "Trading floor — 2 workers, seed 42, concurrency ordered-locks, ",
        "\nPASSED: all 4 checks passed.\n",
        "\n  trail hash  ",
        "pass  Conservation: expected 1,300,000, found 1,300,000 (5 accounts)",
        "pass  Serial replay: expected identical, found identical (59 entries replayed)",
    ] {
        assert!(page.contains(line), "no {line:?} in\n{page}");
    }
    let words = words(&output.stdout);
    for line in [
        "operations 50 ",
        "attempts 50 ",
        "created 50 100.00 % accepted",
        "p50 p90 p99 p99.9 maximum",
    ] {
        assert!(words.contains(line), "no {line:?} in\n{page}");
    }
    assert_eq!(text(&output.stderr), "", "a short run says nothing before its report");
}

pub(super) const CONCURRENCY_FAST: &str = "ledgerlab: concurrency must be one of ordered-locks, global-lock, optimistic, \
                                         unordered-locks, no-locks, not \"fast\"";

#[test]
fn invalid_input_names_the_bound_and_exits_with_2() {
    for (arguments, sentence) in [
        (&["run", "hft", "--workers", "65"][..], "workers must be 1 to 64, not 65"),
        (&["run", "hft", "--workers", "two"], "workers must be 1 to 64, not \"two\""),
        (&["run", "hft", "--concurrency", "fast"], CONCURRENCY_FAST),
        (&["run", "hft", "--concurrency", "0"], "no-locks, not \"0\""),
        (&["run", "hft", "--seed", "x"], "it must be a whole number or the word \"random\""),
        (
            &["run", "hft", "--amount-min", "5000"],
            "amount_min must be at most amount_max (1099), not 5000",
        ),
        (
            &["run", "hft", "--accounts", "1000000", "--trail-mib", "64"],
            "trail_mib must be at least ",
        ),
        (&["run", "poker"], "unrecognized subcommand 'poker'"),
        (&["run", "hft", "--preset", "tiny"], "[possible values: scale, watch, goledger]"),
    ] {
        let output = ledgerlab(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let error = text(&output.stderr);
        assert!(error.contains(sentence), "no {sentence:?} in {error:?}");
        assert_eq!(text(&output.stdout), "");
    }
}

#[test]
fn help_describes_every_choice() {
    let output = ledgerlab(&["run", "hft", "--help"]);
    assert_eq!(output.status.code(), Some(0));
    let help = words(&output.stdout);
    for protocol in Protocol::ALL {
        let line = format!("- {}: {}", protocol.name(), protocol.choice().description);
        assert!(help.contains(&line), "no {line:?} in\n{help}");
    }
}

#[cfg(unix)]
#[test]
fn interrupt_stops_a_run_with_its_report() {
    let endless = [
        "run",
        "hft",
        "--workers",
        "1",
        "--operations",
        "1000000000",
        "--duration-s",
        "60",
        "--trail-mib",
        "8192",
        "--json",
    ];
    let (code, output) = interrupted(&endless, 300);
    assert_eq!(code, Some(0));
    let report: Value = serde_json::from_slice(&output).expect("it is a report");
    assert_eq!(report["ended_by"], "cancelled");
    common::scenario_cases::assert_consistent(&report);
}

#[cfg(unix)]
#[test]
fn other_signals_stop_a_run_as_ctrl_c_does() {
    let folder = common::program::Folder::new("signalled");
    let file = folder.file("run.ndjson");
    let steady = ["--rate-per-s", "1000", "--operations", "1000000", "--duration-s", "600"];
    let endless = [&["run", "hft", "--workers", "1", "--json", "--trail", &file], &steady[..]];
    for signal in ["-TERM", "-HUP"] {
        let (code, output) = super::signalled(&endless.concat(), signal);
        assert_eq!(code, Some(0), "{signal}");
        let report: Value = serde_json::from_slice(&output).expect("it is a report");
        assert_eq!(report["ended_by"], "cancelled");
        let verified = ledgerlab(&["verify", &file]);
        assert_eq!(verified.status.code(), Some(0), "{}", text(&verified.stderr));
        for name in [file.clone(), format!("{file}.seal")] {
            std::fs::remove_file(name).expect("it was written");
        }
    }
}

#[cfg(unix)]
#[test]
fn closed_pipes_change_no_exit_code() {
    let short = ["hft", "--preset", "goledger", "--concurrency", "ordered-locks"];
    for (arguments, code) in [
        (&["list", "--all"][..], 0),
        (&["list", "poker"], 2),
        (&[&["run"], &short[..]].concat(), 0),
        (&[&["run"], &short[..], &["--json"]].concat(), 0),
        (&[&["compare"], &short[..]].concat(), 0),
        (&FLAWED, 1),
        (&["--help"], 0),
    ] {
        assert_eq!(super::unread(arguments), Some(code), "{arguments:?}");
    }
}

/// Three workers at one exchange without locks: some check fails on any machine.
const FLAWED: [&str; 13] = [
    "run",
    "hft",
    "--concurrency",
    "no-locks",
    "--workers",
    "3",
    "--accounts",
    "4",
    "--exchanges",
    "1",
    "--operations",
    "500000",
    "--quiet",
];

#[test]
fn failed_check_exits_with_1_and_shows_at_the_top() {
    let output = ledgerlab(&FLAWED);
    let page = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{page}");
    let lines: Vec<_> = page.lines().take(3).collect();
    assert!(
        lines[1].starts_with("FAILED: ") && lines[1].contains(" checks failed. First: "),
        "{page}"
    );
    assert!(lines[2].starts_with("Incorrect on purpose: "), "{page}");
    assert!(page.contains("  FAIL  Serial replay: "), "{page}");

    let output = ledgerlab(&[&FLAWED[..], &["--json"]].concat());
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!(report["passed"], false);
    let error = text(&output.stderr);
    assert!(error.starts_with("ledgerlab: FAILED: ") && error.lines().count() == 1, "{error}");
}

/// Two and a half seconds at a constant rate.
const STEADY: [&str; 8] =
    ["run", "hft", "--rate-per-s", "10000", "--operations", "25000", "--workers", "2"];

#[test]
fn piped_progress_is_a_line_per_second_unless_quiet() {
    let output = ledgerlab(&[&STEADY[..], &["--json"]].concat());
    assert_eq!(output.status.code(), Some(0));
    assert!(serde_json::from_slice::<Value>(&output.stdout).is_ok(), "progress is not in the JSON");
    let error = text(&output.stderr);
    assert!((1..=6).contains(&error.lines().count()), "{error}");
    let first = error.lines().next().expect("there is one");
    assert!(first.starts_with("running: ") && first.contains(" of 25,000 operations, "), "{error}");
    assert!(first.ends_with(" refused"), "{error}");
    let output = ledgerlab(&[&STEADY[..], &["--quiet"]].concat());
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
}
