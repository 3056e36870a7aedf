//! The native tests that start threads, under ThreadSanitizer: the analogue of `go test -race`.
//!
//! The standard library is rebuilt with it, because one that is not instrumented makes it report
//! races that are none. A second program has a race on purpose: as long as that one is found, the
//! silence about the others means something.

use std::process::Command;

use crate::counts::{self, Counts};
use crate::output;
use crate::process;
use crate::step::minutes;
use crate::suites::Suite;
use crate::workshop::Workshop;

/// The test with a race on purpose, which is compiled under this flag only.
const CONTROL: &str = "racy_control";
const FLAGS: &str = "-Zsanitizer=thread --cfg tsan";

/// The program with all native tests, and its modules that start threads.
const SUITE: &str = "suite";
const WITH_THREADS: [&str; 8] = [
    "coins",
    "concurrency",
    "health",
    "linearizability",
    "scenario_runs",
    "trail",
    "transfer_races",
    "unit_races",
];

/// What each report begins with.
const REPORT: &str = "WARNING: ThreadSanitizer: ";

/// Runs both; the control counts as one test.
pub fn race(workshop: &mut Workshop) -> Result<Counts, String> {
    let toolchain = workshop.toolchain()?;
    toolchain.prepare_thread_sanitizer(&mut workshop.steps)?;
    let name = "Look for races (ThreadSanitizer)";
    let mut races = command(workshop, SUITE, &WITH_THREADS)?;
    let ended = workshop.steps.observe(name, &mut races, minutes(60));
    let mut counts = judged(&ended.text, Suite::Race.judge(ended.clone(), counts::of_cargo));

    let name = "Look for a race that is there (ThreadSanitizer)";
    let mut control = command(workshop, CONTROL, &[])?;
    // Its reports are what it is for: they are read from its output and not from its exit code.
    control.env("TSAN_OPTIONS", "exitcode=0");
    let text = workshop.steps.run(name, &mut control, minutes(60))?;
    counts += control_counts(&text);
    Ok(counts)
}

/// A command that runs a test program under ThreadSanitizer, in a target folder of its own: these
/// modules of it, or all it has where none is named.
fn command(workshop: &mut Workshop, test: &str, modules: &[&str]) -> Result<Command, String> {
    let toolchain = workshop.toolchain()?;
    let host = host(&toolchain.verbose_version()?)?;
    let mut cargo = process::command("cargo");
    cargo.current_dir(&workshop.project.root);
    // Named although it is this machine's: without a target, build scripts would get the flags too.
    cargo.args(["test", "--no-fail-fast", "--target-dir", "target/tsan", "--target", &host]);
    cargo.args(["--test", test, "--"]).args(modules.iter().map(|module| format!("{module}::")));
    toolchain.use_in(&mut cargo);
    cargo.env("RUSTFLAGS", FLAGS).env_remove("TSAN_OPTIONS");
    Ok(cargo)
}

/// A report is a failure, whatever the exit code says.
fn judged(text: &str, counts: Counts) -> Counts {
    let reports = text.matches(REPORT).count();
    if reports == 0 {
        return counts;
    }
    let summaries = text.lines().filter(|line| line.starts_with("SUMMARY: ThreadSanitizer"));
    let summaries = output::indent(&summaries.collect::<Vec<_>>().join("\n"));
    println!("ThreadSanitizer has reported {reports} times:\n{summaries}");
    Counts { failed: counts.failed.max(1), ..counts }
}

/// The control passes when its race was found, and only then.
fn control_counts(text: &str) -> Counts {
    let was_run = counts::of_cargo(text).is_some_and(|counts| counts.passed > 0);
    let was_found = text.contains(&format!("{REPORT}data race"));
    if was_run && was_found {
        return Counts { passed: 1, ..Counts::default() };
    }
    let what = if was_run { "was not found" } else { "was not run" };
    println!(
        "\nThe race on purpose in tests/{CONTROL}.rs {what}: that no other was found means \
         nothing.\n"
    );
    Counts::ONE_FAILED
}

/// The machine that the compiler builds for if it is told nothing else.
fn host(verbose_version: &str) -> Result<String, String> {
    let host = verbose_version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc does not say what its host is.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSED: &str = "test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered\n";

    #[test]
    fn a_report_is_a_failure_even_of_a_test_that_passed() {
        let passed = Counts { passed: 7, ..Counts::default() };
        assert_eq!(judged(PASSED, passed), passed);
        let text = format!("{REPORT}data race (pid=1)\n{PASSED}");
        assert_eq!(judged(&text, passed).failed, 1);
    }

    #[test]
    fn the_control_must_be_run_and_found() {
        let found = format!("{REPORT}data race (pid=1)\n");
        assert_eq!(control_counts(&format!("{found}{PASSED}")).passed, 1);
        for text in ["", PASSED, &found, "test result: ok. 0 passed; 0 failed; 0 ignored;"] {
            assert_eq!(control_counts(text), Counts::ONE_FAILED, "{text}");
        }
    }

    #[test]
    fn every_module_with_threads_or_races_is_run() {
        let project = crate::project::Project::find().expect("the project");
        let suite = project.root.join("tests/suite");
        for name in WITH_THREADS {
            let file = suite.join(format!("{name}.rs"));
            assert!(file.is_file() || suite.join(name).join("mod.rs").is_file(), "{name}");
        }
        for entry in std::fs::read_dir(&suite).expect("the suite").flatten() {
            let path = entry.path();
            let name = path.file_stem().and_then(|name| name.to_str()).expect("a name");
            assert!(!name.contains("race") || WITH_THREADS.contains(&name), "{name}");
        }
        assert!(project.root.join(format!("tests/{CONTROL}.rs")).is_file());
    }

    #[test]
    fn the_host_is_read_from_the_compiler() {
        let text = "rustc 1.97.0-nightly\nhost: x86_64-unknown-linux-gnu\nLLVM version: 22.1.8\n";
        assert_eq!(host(text).as_deref(), Ok("x86_64-unknown-linux-gnu"));
        assert!(host("rustc 1.97.0").is_err());
    }
}
