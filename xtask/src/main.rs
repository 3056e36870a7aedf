//! The workshop of ledgerlab: one command builds and serves the page, one proves it.
//!
//! Nothing but the standard library is used, so that `cargo xtask` answers within seconds on a
//! machine that has never built anything.

mod apt;
mod browser;
mod check;
mod counts;
mod coverage;
mod equivalents;
mod http;
mod instructions;
mod json;
mod load;
mod mutants;
mod output;
mod package;
mod page;
mod process;
mod project;
mod race;
mod schemathesis;
mod speed;
mod step;
mod suites;
mod toolchain;
mod tools;
mod web;
mod workshop;

use std::process::ExitCode;

use suites::Suite;
use workshop::Workshop;

const HELP: &str = "\
The workshop of ledgerlab. Each command gets what it needs, says what it does and how long it takes.

Usage: cargo xtask <command>

  dashboard [--port N]         Build the ledger and its page, serve the page on this machine only
                               and print its address. Ctrl-C ends it. The port is 4173, or the
                               next free one. With --exit-when-ready it ends once the page answers.
  build                        Build the ledger and its page into dist/, without serving them.
  test [SUITE]                 Run the tests (all, if no suite is named) and count them:
                                 native  the ledger here, and its models (loom, shuttle)
                                 race    its tests with threads under ThreadSanitizer, and a race
                                         on purpose that must be found
                                 web     the ledger in a browser, on workers that share memory
                                 node    the ledger in Node, on threads that share memory
                                 page    the page in a browser, pressed like a visitor would
                                 package the npm package, installed and used as people do
  package [--bench]            Build the npm package into target/npm/, with the size of each of its files, and
                               pack it. With --bench, measure it beside the same work done natively.
  coverage                     Which lines of src/model, src/ledger and src/trail the native tests run: an
                               HTML report in target/coverage/, and a table. Under 90 % is a failure.
  mutants [--count N] [--seed S] [--shard K/N] [--equivalents]
                               Break src/model, src/ledger and src/trail in N places (200), chosen by a
                               seed, and see whether the tests notice; --shard does the K-th of N parts.
                               The survivors are listed in target/mutants/. Under 95 % is a failure.
                               Those of xtask/src/equivalents.rs, which nobody can notice, are not
                               drawn; with --equivalents they alone are tried, and none may be noticed.
  schemathesis [--minutes N | --requests N] [--seed S]
                               Start the server and ask it what its OpenAPI document allows, and what not,
                               for N minutes (1) or N requests. A server error, an answer that is not
                               documented or not of its schema is a failure.
  bench [--quick]              Measure the ledger's speed beside a bare loop's, natively and in a
                               browser, print the ratios and write them to target/bench/speed.json.
  load [--quick]               Load the server through sockets, beside one that does nothing, and see
                               that nothing is lost. It gets wrk, the load generator, from Debian.
  instructions [--bless]       Count the instructions of a transfer under valgrind and compare them with
                               benches/instructions.json; with --bless, write them there.
  check                        Formatting, lints, the threaded module's warnings, the page's types.
  help                         This text.

What has to be here already: Rust by rustup, Node.js 20.19 or newer with npm, and a C compiler.
What is got when it is missing: a Rust toolchain that can rebuild the standard library (a nightly from
rustup, or Debian's packages), the wasm-bindgen and wasm-pack commands (built once per user, kept in
the cache folder), Schemathesis (from PyPI, with Python 3), the page's packages (from npm) and, for the tests in a browser, chromium and
chromedriver (from Debian's packages). If one cannot be got, the command says which and how.
";

fn main() -> ExitCode {
    process::listen_for_signals();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(code) => code,
        Err(sentence) => {
            eprintln!("\n{sentence}");
            ExitCode::FAILURE
        }
    }
}

/// Runs one command. An error is a text for the reader; it ends the command with exit code 1.
fn run(words: &[&str]) -> Result<ExitCode, String> {
    let Some((&command, options)) = words.split_first() else {
        print!("{HELP}");
        return Ok(ExitCode::SUCCESS);
    };
    match (command, options) {
        ("help" | "--help" | "-h", _) | (_, ["--help" | "-h"]) => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        ("dashboard", options) => match page::Serving::from_options(options) {
            Ok(serving) => dashboard(serving),
            Err(sentence) => Ok(refuse(&sentence)),
        },
        ("build", []) => {
            let mut workshop = Workshop::open()?;
            page::build(&mut workshop)?;
            workshop.steps.print_table();
            println!("\nThe page is in dist/, to be served with the headers of vite.config.js.");
            Ok(ExitCode::SUCCESS)
        }
        ("test", []) => suites::test(&Suite::ALL),
        ("test", [name]) => match Suite::by_name(name) {
            Some(suites) => suites::test(suites),
            None => Ok(refuse(&format!(
                "There is no suite `{name}`: it is one of native, race, web, node, page, package and all."
            ))),
        },
        ("package", []) => package::package(false),
        ("package", ["--bench"]) => package::package(true),
        ("bench", options) => match speed::Extent::from_options(options) {
            Some(extent) => speed::bench(extent),
            None => Ok(refuse("`bench` has one option, `--quick`.")),
        },
        ("load", options) => match speed::Extent::from_options(options) {
            Some(extent) => load::load(extent),
            None => Ok(refuse("`load` has one option, `--quick`.")),
        },
        ("instructions", []) => instructions::compare(),
        ("instructions", ["--bless"]) => instructions::bless(),
        ("coverage", []) => coverage::coverage(),
        ("mutants", options) => match mutants::Sample::from_options(options) {
            Ok(sample) => mutants::mutants(sample),
            Err(sentence) => Ok(refuse(&sentence)),
        },
        ("schemathesis", options) => match schemathesis::Extent::from_options(options) {
            Ok(extent) => schemathesis::schemathesis(extent),
            Err(sentence) => Ok(refuse(&sentence)),
        },
        ("check", []) => check::check(),
        ("build" | "test" | "check" | "coverage" | "instructions" | "package", options) => {
            Ok(refuse(&format!(
                "`cargo xtask {command}` does not know what to do with `{}`.",
                options.join(" ")
            )))
        }
        (unknown, _) => Ok(refuse(&format!("There is no command `{unknown}`."))),
    }
}

fn dashboard(serving: page::Serving) -> Result<ExitCode, String> {
    let mut workshop = Workshop::open()?;
    page::build(&mut workshop)?;
    page::serve(&mut workshop, serving)?;
    Ok(ExitCode::SUCCESS)
}

/// A command line that cannot be understood ends with exit code 2.
fn refuse(sentence: &str) -> ExitCode {
    eprintln!("{sentence} `cargo xtask help` lists what there is.");
    ExitCode::from(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `ExitCode` can only be compared by what it prints as.
    fn same(left: ExitCode, right: ExitCode) -> bool {
        format!("{left:?}") == format!("{right:?}")
    }

    #[test]
    fn what_cannot_be_understood_ends_with_2() {
        for words in [
            &["dashbord"][..],
            &["test", "everything"],
            &["test", "web", "page"],
            &["check", "--fast"],
            &["bench", "--fast"],
            &["coverage", "--html"],
            &["mutants", "--count"],
            &["load", "--fast"],
            &["schemathesis", "--minutes", "x"],
            &["instructions", "--fast"],
            &["dashboard", "--port", "many"],
            &["dashboard", "--port"],
        ] {
            let code = run(words).expect("an answer");
            assert!(same(code, ExitCode::from(2)), "{words:?} gave {code:?}");
        }
    }

    #[test]
    fn help_names_every_command() {
        for command in [
            "dashboard",
            "build",
            "test",
            "coverage",
            "mutants",
            "schemathesis",
            "bench",
            "load",
            "package",
            "instructions",
            "check",
            "help",
        ] {
            assert!(HELP.contains(&format!("\n  {command}")), "{command} is not explained");
        }
        assert!(same(run(&["test", "--help"]).expect("help"), ExitCode::SUCCESS));
    }
}
