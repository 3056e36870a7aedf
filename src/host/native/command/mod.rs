//! The command line: `ledgerlab run <scenario>`, `compare`, `list`, `apply`, `trail`, `verify`,
//! `serve` and `token`.
//!
//! What a scenario can be asked to do is read from its description, so a new parameter is an option at once.

mod compare;
mod interrupt;
mod list;
mod options;
mod run;

use std::process::ExitCode;

use clap::Command;

#[cfg(not(any(loom, shuttle)))]
use super::serve;
use super::{apply, trail, verify};

/// Bad input: the exit code that the shell's own tools use for it.
pub(super) const USAGE: u8 = 2;

/// Runs the command line of this process. Exit codes: 0 done, 1 a check failed or the run could not go on, 2 bad input.
pub fn main() -> ExitCode {
    let matches = command().get_matches();
    let done = match matches.subcommand() {
        Some(("list", matches)) => list::list(matches),
        Some(("apply", matches)) => apply::run(matches),
        Some(("trail", matches)) => trail::show(matches),
        Some(("verify", matches)) => verify::run(matches),
        #[cfg(not(any(loom, shuttle)))]
        Some(("serve", matches)) => serve::run(matches),
        #[cfg(not(any(loom, shuttle)))]
        Some(("token", matches)) => serve::token(matches),
        Some((command @ ("run" | "compare"), matches)) => match matches.subcommand() {
            Some((scenario, chosen)) if command == "run" => run::run(scenario, chosen),
            Some((scenario, chosen)) => compare::compare(scenario, chosen),
            None => unreachable!("clap asks for a scenario"),
        },
        _ => unreachable!("clap asks for a command"),
    };
    done.unwrap_or_else(|error| {
        eprintln!("ledgerlab: standard output cannot be written: {error}");
        ExitCode::FAILURE
    })
}

fn command() -> Command {
    let command = Command::new("ledgerlab")
        .version(env!("CARGO_PKG_VERSION"))
        .about("An exact, concurrent, audited double-entry ledger, and the laboratory that shows why it can be trusted")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(list::command())
        .subcommand(run::command())
        .subcommand(compare::command())
        .subcommand(apply::command())
        .subcommand(trail::show_command())
        .subcommand(verify::command());
    #[cfg(not(any(loom, shuttle)))]
    let command = command.subcommand(serve::command()).subcommand(serve::token_command());
    command
}

/// Says why nothing was done.
fn refuse(sentence: &str) -> ExitCode {
    eprintln!("ledgerlab: {sentence}");
    ExitCode::from(USAGE)
}
