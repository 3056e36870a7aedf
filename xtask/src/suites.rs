//! The test suites: how each runs, and how its tests are counted.

use std::process::Command;
use std::time::Instant;

use anyhow::{Result, ensure};

use crate::browser;
use crate::context::Context;
use crate::counts::{self, Counts};
use crate::package;
use crate::page;
use crate::race;
use crate::step::{minutes, table};
use crate::web;

/// A suite of tests.
pub struct Suite {
    pub name: &'static str,
    /// The name on the command line. Suites that share one run together.
    pub command: &'static str,
    /// Returns the counts, or an error if no test ran at all.
    run: fn(&mut Context) -> Result<Counts>,
}

pub const SUITES: [Suite; 9] = [
    Suite { name: "native", command: "native", run: native },
    Suite { name: "loom", command: "native", run: |cx| model(cx, "loom") },
    Suite { name: "shuttle", command: "native", run: |cx| model(cx, "shuttle") },
    Suite { name: "race", command: "race", run: race::race },
    Suite { name: "web", command: "web", run: web },
    Suite { name: "wasm-pack", command: "wasm-pack", run: wasm_pack },
    Suite { name: "node", command: "node", run: node },
    Suite { name: "page", command: "page", run: page },
    Suite { name: "package", command: "package", run: package },
];

/// The suites that `cargo xtask test` runs, by name.
pub const COMMANDS: [(&str, &str); 8] = [
    ("native", "The ledger on this machine, and its models (loom, shuttle)"),
    ("race", "The threaded tests under ThreadSanitizer, and a race that must be found"),
    ("web", "The ledger in a browser, on workers that share memory"),
    ("wasm-pack", "The same on one thread: `wasm-pack test --headless --chrome`, with stable Rust"),
    ("node", "The ledger in Node, on threads that share memory"),
    ("page", "The page in a browser, operated like a user would"),
    ("package", "The npm package, installed and used like users do"),
    ("all", "All of them"),
];

/// Runs all suites with this name, even if one of them fails, and prints their counts.
pub fn test(cx: &mut Context, command: &str) -> Result<bool> {
    let is_chosen = |suite: &&Suite| command == "all" || suite.command == command;
    let (mut rows, mut total) = (Vec::new(), Counts::default());
    for suite in SUITES.iter().filter(is_chosen) {
        let began = Instant::now();
        let counts = (suite.run)(cx).unwrap_or_else(|error| {
            println!("\nThe suite {} could not run. {error:#}\n", suite.name);
            Counts::ONE_FAILED
        });
        total = total + counts;
        let numbers = [counts.passed, counts.failed, counts.skipped].map(|count| count.to_string());
        let seconds = format!("{:.1}", began.elapsed().as_secs_f64());
        rows.push([&[suite.name.to_owned()][..], &numbers, &[seconds]].concat());
    }
    cx.steps.print_table();
    println!("\n{}", table(&["suite", "passed", "failed", "skipped", "seconds"], rows));
    println!("\n{}", total.summary());
    Ok(total.failed == 0)
}

/// The ledger, the examples in its documentation and xtask itself, on this machine.
fn native(cx: &mut Context) -> Result<Counts> {
    let cargo = cx.cargo("test --workspace --no-fail-fast");
    Ok(cargo_suite(cx, "native", "Test on this machine", cargo))
}

/// Models: loom tries every interleaving of small ones, shuttle random schedules of whole ledgers.
/// They are built with atomics of their own, hence in a folder of their own.
fn model(cx: &mut Context, model: &'static str) -> Result<Counts> {
    let mut flags = std::env::var("RUSTFLAGS").unwrap_or_default();
    flags.push_str(&format!(" --cfg {model}"));
    let features = "--no-default-features --features laboratory";
    let words = format!("test --release --test {model} --target-dir target/{model} {features}");
    let mut cargo = cx.cargo(&words);
    cargo.env("RUSTFLAGS", flags.trim());
    cargo.env("CARGO_PROFILE_RELEASE_LTO", "off").env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    Ok(cargo_suite(cx, model, &format!("Test the models ({model})"), cargo))
}

/// The ledger in a browser, in a worker that starts further workers.
fn web(cx: &mut Context) -> Result<Counts> {
    let mut command = web::test_command(cx, "web")?;
    command.env("WASM_BINDGEN_TEST_TIMEOUT", "300");
    Ok(cargo_suite(cx, "web", "Test in a browser", command))
}

/// The same tests on stable Rust, without threads, started with the command that a user types.
fn wasm_pack(cx: &mut Context) -> Result<Counts> {
    let command = web::typed_test_command(cx)?;
    let finished = cx.steps.observe("Test in a browser on one thread", command, minutes(30));
    // Documentation examples are compiled for the browser but not run, so they do not count.
    let tests = finished.text.split("Doc-tests").next().unwrap_or_default();
    Ok(counts::of_suite("wasm-pack", &finished, counts::of_cargo(tests)))
}

/// The ledger in Node, on threads that share one memory.
fn node(cx: &mut Context) -> Result<Counts> {
    page::require_node(cx)?;
    web::build(cx)?;
    node_suite(cx, "node", "tests/node", false)
}

/// The finished page in a browser. It is served by the program as well.
fn page(cx: &mut Context) -> Result<Counts> {
    page::build(cx)?;
    let cargo = cx.cargo("build --bin ledgerlab");
    cx.steps.run("Build the program", cargo, minutes(30))?;
    node_suite(cx, "page", "tests/page", true)
}

/// The npm package, installed from its tarball into projects like those of its users.
fn package(cx: &mut Context) -> Result<Counts> {
    package::build(cx)?;
    let cargo = cx.cargo("build --example stored_ledger");
    cx.steps.run("Build the example that opens a folder natively", cargo, minutes(30))?;
    node_suite(cx, "package", "npm/test", true)
}

/// Runs tests whose output is like that of `cargo test`.
fn cargo_suite(cx: &mut Context, suite: &str, step: &str, command: Command) -> Counts {
    let finished = cx.steps.observe(step, command, minutes(30));
    counts::of_suite(suite, &finished, counts::of_cargo(&finished.text))
}

/// Runs a folder's tests with Node's own runner, one file after the other. Each must hold a test.
fn node_suite(cx: &mut Context, suite: &str, folder: &str, in_browser: bool) -> Result<Counts> {
    let files = node_tests(cx, folder)?;
    let mut node = Command::from(cx.sh.cmd("node").arg("--test"));
    node.args(["--test-reporter=spec", "--test-concurrency=1"]).args(&files);
    if in_browser {
        node.env(browser::CHROMIUM_VARIABLE, browser::chromium(cx)?);
    }
    let name = format!("Test {folder} (node --test)");
    let finished = cx.steps.observe(&name, node, minutes(30));
    for file in counts::empty_files(&finished.text, &files) {
        println!("  {file} holds no test, which counts as a failure.");
    }
    Ok(counts::of_suite(suite, &finished, counts::of_node(&finished.text, &files)))
}

/// A folder's test files. They are named one by one because versions of Node differ on folders.
fn node_tests(cx: &Context, folder: &str) -> Result<Vec<String>> {
    let paths = cx.sh.read_dir(folder)?;
    let names = paths.iter().filter_map(|path| path.file_name()?.to_str());
    let files = names.filter(|name| name.ends_with(".test.mjs"));
    let files: Vec<String> = files.map(|name| format!("{folder}/{name}")).collect();
    ensure!(!files.is_empty(), "There is no {folder}/*.test.mjs.");
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_suite_has_a_command() {
        for suite in &SUITES {
            assert!(COMMANDS.iter().any(|(name, _)| *name == suite.command), "{}", suite.name);
        }
        let native = SUITES.iter().filter(|suite| suite.command == "native");
        let names: Vec<&str> = native.map(|suite| suite.name).collect();
        assert_eq!(names, ["native", "loom", "shuttle"]);
    }
}
