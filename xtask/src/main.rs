//! Builds, tests and measures ledgerlab: `cargo xtask <command>`.

mod apt;
mod browser;
mod check;
mod context;
mod counts;
mod coverage;
mod fuzz;
mod instructions;
mod load;
mod mutants;
mod package;
mod page;
mod process;
mod race;
mod schemathesis;
mod speed;
mod step;
mod suites;
mod toolchain;
mod tools;
mod web;

use std::process::ExitCode;

use anyhow::Result;
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use context::Context;
use mutants::Sample;
use schemathesis::Until;
use speed::Extent;

const NEEDS: &str = "\
Required: Rust with rustup, Node.js 20.19 or newer with npm, and a C compiler.
Installed when missing: a Rust toolchain that can rebuild the standard library (a rustup nightly, or
Debian's packages), wasm-bindgen, wasm-pack and other tools (built once per user, in the cache
folder), Schemathesis (with pip), the page's packages (with npm), and chromium, chromedriver,
valgrind and wrk (with apt). If that fails, the command says which one and how to install it.";

fn main() -> ExitCode {
    let matches = cli().get_matches();
    process::handle_signals();
    match run(&matches) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("\n{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The command line. Clap rejects a bad one with exit code 2.
fn cli() -> Command {
    let command = |name: &'static str, about: &'static str| Command::new(name).about(about);
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
    };
    let number = |name: &'static str, help: &'static str| {
        let positive = value_parser!(u64).range(1..);
        Arg::new(name).long(name).value_name("N").value_parser(positive).help(help)
    };
    let seed = number("seed", "Seed of the choice").value_parser(value_parser!(u64));
    let quick = flag("quick", "Measure just enough to see that it runs");
    let port = number("port", "Port, or the next free one").default_value(page::PORT);
    let port = port.value_parser(value_parser!(u16).range(1..));
    let suites = suites::COMMANDS.map(|(name, help)| PossibleValue::new(name).help(help));
    let suite = Arg::new("suite").default_value("all").help("The suite to run");
    let suite = suite.value_parser(PossibleValuesParser::new(suites));
    let shard = Arg::new("shard").long("shard").value_name("K/N").default_value("1/1");
    let shard = shard.value_parser(mutants::parse_part).help("Try the K-th of N parts");
    let checks = PossibleValuesParser::new(check::CHECKS.map(|(name, _)| name));
    Command::new("cargo xtask")
        .about("Builds, tests and measures ledgerlab. Each step prints what it does and its time.")
        .after_help(NEEDS)
        .subcommand(
            command("dashboard", "Build the ledger and its page, and serve it on this machine")
                .arg(port)
                .arg(flag("exit-when-ready", "End once the page answers")),
        )
        .subcommand(command("build", "Build the ledger and its page into dist/"))
        .subcommand(command(
            "generate",
            "Write the report's schema and types, and the OpenAPI document",
        ))
        .subcommand(command("test", "Run the tests and count them").arg(suite))
        .subcommand(
            command("package", "Build the npm package into target/npm/, list its sizes, pack it")
                .arg(flag("bench", "Compare its speed with the same work done natively")),
        )
        .subcommand(command("coverage", "Report the core's lines that run; fail under 90 %"))
        .subcommand(
            command("mutants", "Break the core in many places; fail if under 95 % are noticed")
                .arg(number("count", "About how many").default_value("200"))
                .arg(seed.clone().default_value("1"))
                .arg(shard)
                .arg(flag("equivalents", "Try the equivalent mutants; none may be noticed")),
        )
        .subcommand(
            command("schemathesis", "Send the server generated requests of its OpenAPI document")
                .arg(number("minutes", "How long").default_value("1"))
                .arg(number("requests", "How many requests").conflicts_with("minutes"))
                .arg(seed.default_value("1")),
        )
        .subcommand(
            command(
                "fuzz",
                "Open mutated files, or apply mutated lines, until one ends in a panic",
            )
            .arg(number("minutes", "How long").default_value("1"))
            .arg(
                Arg::new("target")
                    .default_value("store")
                    .value_parser(PossibleValuesParser::new(fuzz::TARGETS))
                    .help("What is fuzzed"),
            ),
        )
        .subcommand(
            command(
                "bench",
                "Measure the speed natively and in a browser; target/bench/speed.json",
            )
            .arg(quick.clone()),
        )
        .subcommand(command("load", "Put the server under load through sockets").arg(quick))
        .subcommand(
            command("instructions", "Compare the instructions of a transfer with their bounds")
                .arg(flag("bless", "Write the counts as bounds to benches/instructions.json")),
        )
        .subcommand(
            command("check", "Check formatting, lints, import cycles, retired words and types")
                .arg(Arg::new("name").value_parser(checks).help("The check to run, if not all")),
        )
}

/// Runs a command. Returns whether it passed.
fn run(matches: &ArgMatches) -> Result<bool> {
    let Some((command, options)) = matches.subcommand() else {
        cli().print_help()?;
        return Ok(true);
    };
    let number = |name| *options.get_one::<u64>(name).expect("a default");
    let flag = |name| options.get_flag(name);
    let extent = || if flag("quick") { Extent::Quick } else { Extent::Full };
    let cx = &mut Context::open()?;
    let done = match command {
        "dashboard" => {
            let port = *options.get_one("port").expect("a default");
            page::dashboard(cx, port, flag("exit-when-ready"))
        }
        "build" => build(cx),
        "generate" => generate(cx),
        "package" => package::package(cx, flag("bench")),
        "bench" => speed::bench(cx, extent()),
        "load" => load::load(cx, extent()),
        "fuzz" => {
            let target = options.get_one::<String>("target").expect("a default");
            fuzz::fuzz(cx, target, number("minutes"))
        }
        "instructions" if flag("bless") => instructions::bless(cx),
        "test" => return suites::test(cx, options.get_one::<String>("suite").expect("a default")),
        "coverage" => return coverage::coverage(cx),
        "mutants" if flag("equivalents") => return mutants::equivalents(cx),
        "mutants" => {
            let part = *options.get_one("shard").expect("a default");
            let sample = Sample { count: number("count"), seed: number("seed"), part };
            return mutants::sample(cx, sample);
        }
        "schemathesis" => {
            let requests = options.get_one("requests").copied().map(Until::Requests);
            let until = requests.unwrap_or(Until::Minutes(number("minutes")));
            return schemathesis::schemathesis(cx, until, number("seed"));
        }
        "instructions" => return instructions::compare(cx),
        "check" => {
            let name = options.get_one::<String>("name");
            return check::check(cx, name.map(String::as_str));
        }
        other => unreachable!("clap accepts no command `{other}`"),
    };
    done.map(|()| true)
}

/// Writes the files that are generated from the report's types and the endpoints. Tests called `generated_…_current`
/// compare them.
fn generate(cx: &mut Context) -> Result<()> {
    let mut command = cx.cargo("test --lib generated");
    command.env("LEDGERLAB_GENERATE", "1");
    let name = "Generate the report's schema and types and the OpenAPI document";
    cx.steps.run(name, command, step::minutes(15)).map(drop)
}

fn build(cx: &mut Context) -> Result<()> {
    page::build(cx)?;
    cx.steps.print_table();
    println!("\nThe page is in dist/. Serve it with the headers in vite.config.js.");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_command_lines_end_with_2() {
        cli().debug_assert();
        for line in [
            "dashbord",
            "test everything",
            "test web page",
            "check --fast",
            "bench --fast",
            "coverage --html",
            "mutants --count",
            "mutants --count 0",
            "mutants --seed x",
            "mutants --shard 5/4",
            "load --fast",
            "fuzz nothing",
            "fuzz --minutes 0",
            "schemathesis --minutes x",
            "schemathesis --minutes 0",
            "schemathesis --minutes 1 --requests 1",
            "instructions --fast",
            "dashboard --port many",
            "dashboard --port 0",
            "dashboard --port 65536",
            "dashboard --port",
        ] {
            let words = ["xtask"].into_iter().chain(line.split(' '));
            let error = cli().try_get_matches_from(words).expect_err(line);
            assert_eq!(error.exit_code(), 2, "{line}");
        }
    }

    #[test]
    fn help_names_every_command() {
        let help = cli().render_help().to_string();
        for command in cli().get_subcommands() {
            assert!(help.contains(&format!("\n  {}", command.get_name())), "{help}");
        }
        assert!(cli().try_get_matches_from(["xtask", "mutants", "--shard", "2/4"]).is_ok());
    }
}
