//! The native tests that start threads, under ThreadSanitizer: the counterpart of `go test -race`.
//!
//! The standard library is rebuilt with it, because an uninstrumented one causes false reports. A
//! second program has a race on purpose: while that one is found, no other report means no race.

use std::process::Command;

use anyhow::Result;

use crate::context::Context;
use crate::counts::{self, Counts};
use crate::step::minutes;
use crate::web;

/// The test with a race on purpose, which is compiled under `--cfg tsan` only.
const CONTROL: &str = "racy_control";
const FLAGS: &str = "-Zsanitizer=thread --cfg tsan";

/// Name filters that select the tests that start threads. Without threads there are no races.
const THREADED_TESTS: [&str; 16] = [
    "races::",
    "api::changes::feed_misses_nothing",
    "command::past::ledger_is_read",
    "concurrency::cancellation::",
    "concurrency::incorrect_protocols::",
    "concurrency::readers::",
    "concurrency::serializability::",
    "health::",
    "linearizability::correct_protocols",
    "linearizability::later_read",
    "linearizability::no_locks",
    "live_inspection::",
    "scenario_runs::",
    "snapshots::",
    "trail::filters::pages_are_read_while_writers_run",
    "trail::seals::incremental_sealing_beside_writers",
];

/// The beginning of each report.
const REPORT: &str = "WARNING: ThreadSanitizer: ";

/// Runs the threaded tests and the control, which counts as one test.
pub fn race(cx: &mut Context) -> Result<Counts> {
    cx.toolchain()?.prepare_thread_sanitizer(&cx.sh, &mut cx.steps)?;
    let mut tests = command(cx, "suite")?;
    tests.arg("--").args(THREADED_TESTS);
    let finished = cx.steps.observe("Look for races (ThreadSanitizer)", tests, minutes(60));
    let counts = counts::of_suite("race", &finished, counts::of_cargo(&finished.text));
    // The tests that are left out run in the native suite.
    let counts = with_reports(&finished.text, Counts { skipped: 0, ..counts });

    let mut control = command(cx, CONTROL)?;
    // Its race must be in its output; it does not decide the exit code.
    control.env("TSAN_OPTIONS", "exitcode=0");
    let name = "Look for a race on purpose (ThreadSanitizer)";
    let text = cx.steps.run(name, control, minutes(60))?;
    Ok(counts + control_counts(&text))
}

/// A command that runs a file's tests under ThreadSanitizer, in a target folder of their own.
fn command(cx: &mut Context, test: &str) -> Result<Command> {
    let toolchain = cx.toolchain()?;
    // The host is named because without a target build scripts would get the flags as well.
    let host = toolchain.host(&cx.sh)?;
    let words = format!("test --target-dir target/tsan --target {host} --test {test}");
    let mut cargo = web::toolchain_cargo(cx, &words);
    toolchain.configure(&mut cargo);
    cargo.env("RUSTFLAGS", FLAGS).env_remove("TSAN_OPTIONS");
    Ok(cargo)
}

/// A report is a failure, whatever the exit code.
fn with_reports(text: &str, counts: Counts) -> Counts {
    let reports = text.matches(REPORT).count();
    if reports == 0 {
        return counts;
    }
    println!("ThreadSanitizer printed {reports} reports:");
    for summary in text.lines().filter(|line| line.starts_with("SUMMARY: ThreadSanitizer")) {
        println!("    {summary}");
    }
    Counts { failed: counts.failed.max(1), ..counts }
}

/// The control passes only if it ran and its race was found.
fn control_counts(text: &str) -> Counts {
    let has_run = counts::of_cargo(text).is_some_and(|counts| counts.passed > 0);
    if has_run && text.contains(&format!("{REPORT}data race")) {
        return Counts { passed: 1, ..Counts::default() };
    }
    let outcome = if has_run { "was not found" } else { "did not run" };
    println!("\nThe race in tests/{CONTROL}.rs {outcome}, so the other results prove nothing.\n");
    Counts::ONE_FAILED
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSED: &str = "test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered\n";

    #[test]
    fn report_fails_even_a_passed_test() {
        let passed = Counts { passed: 7, ..Counts::default() };
        assert_eq!(with_reports(PASSED, passed), passed);
        let text = format!("{REPORT}data race (pid=1)\n{PASSED}");
        assert_eq!(with_reports(&text, passed).failed, 1);
    }

    #[test]
    fn control_must_run_and_be_found() {
        let found = format!("{REPORT}data race (pid=1)\n");
        assert_eq!(control_counts(&format!("{found}{PASSED}")).passed, 1);
        for text in ["", PASSED, &found, "test result: ok. 0 passed; 0 failed; 0 ignored;"] {
            assert_eq!(control_counts(text), Counts::ONE_FAILED, "{text}");
        }
    }
}
