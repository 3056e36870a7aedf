//! The test suites: how each is run, and how many tests it is counted for.

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use crate::browser::Browser;
use crate::counts::{self, Counts};
use crate::output;
use crate::package;
use crate::page;
use crate::process;
use crate::race;
use crate::step::{Ended, minutes};
use crate::web;
use crate::workshop::Workshop;

/// How many of its last lines a failed suite shows: enough for the reasons of some failures.
const SHOWN_LINES: usize = 150;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Suite {
    Native,
    Loom,
    Shuttle,
    Race,
    Web,
    Node,
    Page,
    Package,
}

impl Suite {
    pub const ALL: [Suite; 8] = [
        Suite::Native,
        Suite::Loom,
        Suite::Shuttle,
        Suite::Race,
        Suite::Web,
        Suite::Node,
        Suite::Page,
        Suite::Package,
    ];

    /// The suites that go by this name on the command line.
    pub fn by_name(name: &str) -> Option<&'static [Suite]> {
        match name {
            "native" => Some(&[Suite::Native, Suite::Loom, Suite::Shuttle]),
            "race" => Some(&[Suite::Race]),
            "web" => Some(&[Suite::Web]),
            "node" => Some(&[Suite::Node]),
            "page" => Some(&[Suite::Page]),
            "package" => Some(&[Suite::Package]),
            "all" => Some(&Suite::ALL),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Suite::Native => "native",
            Suite::Loom => "loom",
            Suite::Shuttle => "shuttle",
            Suite::Race => "race",
            Suite::Web => "web",
            Suite::Node => "node",
            Suite::Page => "page",
            Suite::Package => "package",
        }
    }

    /// Runs the suite. An error is a sentence on why no test was run at all.
    fn run(self, workshop: &mut Workshop) -> Result<Counts, String> {
        match self {
            Suite::Native => native(workshop),
            Suite::Loom => loom(workshop),
            Suite::Shuttle => shuttle(workshop),
            Suite::Race => race::race(workshop),
            Suite::Web => web(workshop),
            Suite::Node => node(workshop),
            Suite::Page => page(workshop),
            Suite::Package => package(workshop),
        }
    }

    /// What the suite counts for once it has ended. Its output is shown if that is a failure.
    pub fn judge(self, ended: Ended, read: impl FnOnce(&str) -> Option<Counts>) -> Counts {
        let (counts, reason) = verdict(read(&ended.text), ended.complaint.as_deref());
        if let Some(reason) = reason {
            let end = output::indent(&output::last_lines(&ended.text, SHOWN_LINES));
            let (name, log) = (self.name(), ended.log.display());
            println!("{end}\nThe suite {name} has failed. {reason} All it printed is in {log}.\n");
        }
        counts
    }

    /// The same for a suite of node's, whose files are each to hold a test.
    fn judge_node(self, ended: Ended, files: &[String]) -> Counts {
        for file in counts::empty_files(&ended.text, files) {
            println!("  {file} holds no test, which counts as a failure.");
        }
        self.judge(ended, |text| counts::of_node(text, files))
    }
}

/// Runs these suites, all of them whatever happens, and prints their numbers.
pub fn test(suites: &[Suite]) -> Result<ExitCode, String> {
    let mut workshop = Workshop::open()?;
    let mut rows = Vec::new();
    for &suite in suites {
        let began = Instant::now();
        let counts = suite.run(&mut workshop).unwrap_or_else(|sentence| {
            println!("\nThe suite {} could not be run. {sentence}\n", suite.name());
            Counts::ONE_FAILED
        });
        rows.push((suite, counts, began.elapsed()));
    }
    workshop.steps.print_table();
    print_results(&rows);
    let mut sum = Counts::default();
    for (_, counts, _) in &rows {
        sum += *counts;
    }
    println!("\n{}", sum.sentence());
    Ok(if sum.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print_results(rows: &[(Suite, Counts, Duration)]) {
    println!("\n{:<8}{:>8}{:>8}{:>9}{:>9}", "suite", "passed", "failed", "skipped", "seconds");
    for (suite, Counts { passed, failed, skipped }, time) in rows {
        let seconds = time.as_secs_f64();
        println!("{:<8}{passed:>8}{failed:>8}{skipped:>9}{seconds:>9.1}", suite.name());
    }
}

/// The core, the examples in its documentation and xtask itself, on this machine.
fn native(workshop: &mut Workshop) -> Result<Counts, String> {
    let mut cargo = workshop.cargo();
    cargo.args(["test", "--workspace", "--no-fail-fast"]);
    let ended = workshop.steps.observe("Test on this machine", &mut cargo, minutes(30));
    Ok(Suite::Native.judge(ended, counts::of_cargo))
}

/// The small models whose every interleaving is tried. They are built with other flags, hence in
/// a folder of their own.
fn loom(workshop: &mut Workshop) -> Result<Counts, String> {
    let mut cargo = model(workshop, "loom");
    let name = "Test every interleaving (loom)";
    let ended = workshop.steps.observe(name, &mut cargo, minutes(30));
    Ok(Suite::Loom.judge(ended, counts::of_cargo))
}

/// Whole ledgers under random schedules, which can be replayed. In a folder of their own as well.
fn shuttle(workshop: &mut Workshop) -> Result<Counts, String> {
    let mut cargo = model(workshop, "shuttle");
    let name = "Test random schedules (shuttle)";
    let ended = workshop.steps.observe(name, &mut cargo, minutes(30));
    Ok(Suite::Shuttle.judge(ended, counts::of_cargo))
}

/// The tests of a model, which are built with the model's own atomics.
fn model(workshop: &Workshop, model: &str) -> Command {
    let mut flags = std::env::var("RUSTFLAGS").unwrap_or_default();
    flags.push_str(&format!(" --cfg {model}"));
    let mut cargo = workshop.cargo();
    cargo.args(["test", "--release", "--test", model, "--target-dir", &format!("target/{model}")]);
    cargo.env("RUSTFLAGS", flags.trim()).env("CARGO_PROFILE_RELEASE_LTO", "off");
    cargo
}

/// The core in a browser, in a worker that starts further workers.
fn web(workshop: &mut Workshop) -> Result<Counts, String> {
    let mut command = web::test_command(workshop, "web")?;
    command.env("WASM_BINDGEN_TEST_TIMEOUT", "300");
    let ended = workshop.steps.observe("Test in a browser (wasm-pack)", &mut command, minutes(30));
    Ok(Suite::Web.judge(ended, counts::of_cargo))
}

/// The core in Node, on threads that share one memory.
fn node(workshop: &mut Workshop) -> Result<Counts, String> {
    page::require_node()?;
    web::build(workshop)?;
    let files = node_tests(workshop, "tests/node")?;
    let mut node = node_test(workshop, &files);
    let ended = workshop.steps.observe("Test in Node (node --test)", &mut node, minutes(10));
    Ok(Suite::Node.judge_node(ended, &files))
}

/// The finished page, in a browser.
fn page(workshop: &mut Workshop) -> Result<Counts, String> {
    page::build(workshop)?;
    // The server shows the page as well, and is looked at through it.
    let mut cargo = workshop.cargo();
    cargo.args(["build", "--bin", "ledgerlab"]);
    workshop.steps.run("Build the program", &mut cargo, minutes(30))?;
    let browser = Browser::find_or_get(&mut workshop.steps)?;
    let files = node_tests(workshop, "tests/page")?;
    let mut node = node_test(workshop, &files);
    browser.use_in(&mut node);
    let ended = workshop.steps.observe("Test the page (node --test)", &mut node, minutes(20));
    Ok(Suite::Page.judge_node(ended, &files))
}

/// The npm package, installed out of its tarball into projects of its users' kinds.
fn package(workshop: &mut Workshop) -> Result<Counts, String> {
    package::build(workshop)?;
    let browser = Browser::find_or_get(&mut workshop.steps)?;
    let files = node_tests(workshop, "npm/test")?;
    let mut node = node_test(workshop, &files);
    browser.use_in(&mut node);
    let ended = workshop.steps.observe("Test the package (node --test)", &mut node, minutes(20));
    Ok(Suite::Package.judge_node(ended, &files))
}

/// Node's own runner, one file after the other.
fn node_test(workshop: &Workshop, files: &[String]) -> Command {
    let mut node = process::command("node");
    node.current_dir(&workshop.project.root);
    node.args(["--test", "--test-reporter=spec", "--test-concurrency=1"]).args(files);
    node
}

/// A folder's test files. They are named to node one by one, because its versions differ in what
/// they make of a folder.
fn node_tests(workshop: &Workshop, folder: &str) -> Result<Vec<String>, String> {
    let entries = std::fs::read_dir(workshop.project.root.join(folder)).into_iter().flatten();
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut files: Vec<String> = names
        .filter(|name| name.ends_with(".test.mjs"))
        .map(|name| format!("{folder}/{name}"))
        .collect();
    files.sort();
    if files.is_empty() {
        return Err(format!("There is no {folder}/*.test.mjs."));
    }
    Ok(files)
}

/// The counts to be reported and, if the suite has failed, the reason.
fn verdict(counts: Option<Counts>, complaint: Option<&str>) -> (Counts, Option<String>) {
    match (counts, complaint) {
        (None, Some(complaint)) => (Counts::ONE_FAILED, Some(format!("No result: {complaint}."))),
        (None, None) => {
            let reason = "No result: its output does not say how many tests were run.";
            (Counts::ONE_FAILED, Some(reason.to_owned()))
        }
        (Some(counts), complaint) if counts.passed + counts.failed == 0 => {
            let complaint = complaint.map(|clause| format!(" ({clause})")).unwrap_or_default();
            let reason = format!("No test was run{complaint}, which is a failure.");
            (Counts { failed: 1, ..counts }, Some(reason))
        }
        (Some(counts), Some(complaint)) => {
            let reason = format!("{} failed: {complaint}.", counts.failed.max(1));
            (Counts { failed: counts.failed.max(1), ..counts }, Some(reason))
        }
        (Some(counts), None) if counts.failed > 0 => {
            (counts, Some(format!("{} failed, although its runner succeeded.", counts.failed)))
        }
        (Some(counts), None) => (counts, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(passed: u64, failed: u64, skipped: u64) -> Counts {
        Counts { passed, failed, skipped }
    }

    #[test]
    fn a_suite_passes_only_with_tests_numbers_and_success() {
        assert_eq!(verdict(Some(counts(3, 0, 1)), None), (counts(3, 0, 1), None));
        for (read, complaint, expected) in [
            (None, None, counts(0, 1, 0)),
            (None, Some("ended"), counts(0, 1, 0)),
            (Some(counts(0, 0, 4)), None, counts(0, 1, 4)),
            (Some(counts(0, 0, 0)), Some("ended"), counts(0, 1, 0)),
            (Some(counts(5, 0, 0)), Some("ended"), counts(5, 1, 0)),
            (Some(counts(5, 2, 0)), Some("ended"), counts(5, 2, 0)),
            (Some(counts(5, 2, 0)), None, counts(5, 2, 0)),
        ] {
            let (counts, reason) = verdict(read, complaint);
            assert_eq!(counts, expected, "{read:?} {complaint:?}");
            assert!(reason.is_some_and(|reason| reason.ends_with('.')), "{read:?} {complaint:?}");
        }
    }

    #[test]
    fn native_means_loom_and_shuttle_as_well() {
        let native = [Suite::Native, Suite::Loom, Suite::Shuttle];
        assert_eq!(Suite::by_name("native"), Some(&native[..]));
        assert_eq!(Suite::by_name("all").map(<[Suite]>::len), Some(8));
        assert_eq!(Suite::by_name("loom"), None);
    }
}
