//! The command line as people use it: the real program, its output and its exit codes.
#![cfg(not(target_family = "wasm"))]

mod common;

use std::process::{Command, Output};

use ledgerlab::scenarios::Strategy;
use serde_json::Value;

fn ledgerlab(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_ledgerlab");
    Command::new(program).args(arguments).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("output is text")
}

#[test]
fn a_run_prints_the_same_report_as_every_host() {
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
    common::cases::sound(&report);
    assert_eq!(report["totals"]["attempts"], 200_000);
    assert_eq!(report["parameters"]["seed"], 7);
    assert_eq!(report["parameters"]["isolation"], "ordered");
    assert_eq!(report["environment"]["host"], "native");
}

#[test]
fn a_run_without_json_is_a_page_of_text() {
    let output = ledgerlab(&["run", "hft", "--preset", "goledger", "--workers", "2"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let page = text(&output.stdout);
    for line in [
        "Trading floor — 2 workers, seed 42, isolation ordered, ",
        "  trail hash          ",
        "pass  Conservation: expected 1,300,000, found 1,300,000 (5 accounts)",
        "pass  Referee: equal to a serial run: expected identical, found identical (59 entries replayed)",
    ] {
        assert!(page.contains(line), "no {line:?} in\n{page}");
    }
    assert_eq!(text(&output.stderr), "", "there is no progress bar where there is no terminal");
}

const ISOLATION_FAST: &str = "ledgerlab: isolation must be one of ordered, global, optimistic, \
                              unordered-deadlocks, unguarded-loses-updates, not \"fast\"\n";

#[test]
fn bad_input_is_one_sentence_with_the_bound_and_exit_code_2() {
    for (arguments, sentence) in [
        (&["run", "hft", "--workers", "65"][..], "workers must be 1 to 64, not 65"),
        (&["run", "hft", "--workers", "two"], "workers must be 1 to 64, not \"two\""),
        (&["run", "hft", "--isolation", "fast"], ISOLATION_FAST),
        (&["run", "hft", "--isolation", "0"], "unguarded-loses-updates, not \"0\""),
        (&["run", "hft", "--seed", "x"], "it must be a whole number or the word random"),
        (
            &["run", "hft", "--amount-min", "5000"],
            "amount_min must be at most amount_max (1099), not 5000",
        ),
        (
            &["run", "hft", "--accounts", "1000000", "--trail-mib", "64"],
            "trail_mib must be at least ",
        ),
        (&["run", "poker"], "unrecognized subcommand 'poker'"),
        (&["run", "hft", "--preset", "tiny"], "[possible values: scale, goledger]"),
    ] {
        let output = ledgerlab(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let error = text(&output.stderr);
        assert!(error.contains(sentence), "no {sentence:?} in {error:?}");
        assert_eq!(text(&output.stdout), "");
    }
}

#[test]
fn list_names_every_parameter_of_every_scenario() {
    let output = ledgerlab(&["list"]);
    assert_eq!(output.status.code(), Some(0));
    let listed = text(&output.stdout);
    for scenario in ledgerlab::scenarios::ALL {
        let description = scenario.description();
        assert!(listed.contains(description.title));
        for parameter in description.parameters {
            assert!(listed.contains(&parameter.name.replace('_', "-")), "{}", parameter.name);
        }
    }
    let words: Vec<_> = listed.split_whitespace().collect();
    let words = words.join(" ");
    for line in [
        "isolation one of 5 ordered / ordered",
        "global One lock for all: One lock over the whole book, as GoLedger has it; correct, does not scale.",
        "unordered-deadlocks Unordered latches (deadlocks): Latches are taken in the order",
        "unguarded-loses-updates No latches (loses updates): No latch is taken; updates are lost,",
    ] {
        assert!(words.contains(line), "no {line:?} in\n{listed}");
    }
}

#[test]
fn help_shows_every_choice_with_its_sentence() {
    let output = ledgerlab(&["run", "hft", "--help"]);
    assert_eq!(output.status.code(), Some(0));
    let words: Vec<_> = text(&output.stdout).split_whitespace().collect();
    let help = words.join(" ");
    for strategy in Strategy::ALL {
        let line = format!("- {}: {}", strategy.name(), strategy.choice().sentence);
        assert!(help.contains(&line), "no {line:?} in\n{help}");
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_a_run_with_its_report() {
    use std::io::Read;
    use std::process::Stdio;

    let program = env!("CARGO_BIN_EXE_ledgerlab");
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
    let mut child = Command::new(program)
        .args(endless)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    std::thread::sleep(std::time::Duration::from_millis(300));
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.expect("kill starts").success());
    let mut output = Vec::new();
    child.stdout.take().expect("it is piped").read_to_end(&mut output).expect("it can be read");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    let report: Value = serde_json::from_slice(&output).expect("it is a report");
    assert_eq!(report["ended_by"], "cancelled");
    common::cases::sound(&report);
}
