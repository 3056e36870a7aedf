//! The command line: `ledgerlab run`, `compare`, `list`, `apply`, `trail`, `verify`, `serve` and
//! `token`.
//!
//! The options of a scenario are made from its description, so a new parameter becomes an option
//! without further code.

mod compare;
mod ctrl_c;
mod list;
mod options;
mod run;

use std::process::ExitCode;

use clap::Command;

#[cfg(not(any(loom, shuttle)))]
use super::serve::command as serve;
use super::trail::show;
use super::{apply, exit, verify};

/// Runs the command line of this process. Exit codes: 0 success, 1 a check failed or a run stopped,
/// 2 invalid input.
pub fn main() -> ExitCode {
    let matches = command().get_matches();
    let done = match matches.subcommand() {
        Some(("list", matches)) => list::list(matches),
        Some(("apply", matches)) => apply::run(matches),
        Some(("trail", matches)) => show::run(matches),
        Some(("verify", matches)) => verify::run(matches),
        #[cfg(not(any(loom, shuttle)))]
        Some(("serve", matches)) => serve::run(matches),
        #[cfg(not(any(loom, shuttle)))]
        Some(("token", matches)) => serve::token(matches),
        Some((command @ ("run" | "compare"), matches)) => match matches.subcommand() {
            Some((scenario, chosen)) if command == "run" => run::run(scenario, chosen),
            Some((scenario, chosen)) => compare::compare(scenario, chosen),
            None => unreachable!("clap requires a scenario"),
        },
        _ => unreachable!("clap requires a command"),
    };
    done.unwrap_or_else(|error| {
        exit::failure(format_args!("standard output cannot be written: {error}"))
    })
}

fn command() -> Command {
    let command = Command::new("ledgerlab")
        .version(env!("CARGO_PKG_VERSION"))
        .about(
            "An exact, concurrent, audited double-entry ledger, and scenarios that verify it under load",
        )
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(list::command())
        .subcommand(run::command())
        .subcommand(compare::command())
        .subcommand(apply::command())
        .subcommand(show::command())
        .subcommand(verify::command());
    #[cfg(not(any(loom, shuttle)))]
    let command = command.subcommand(serve::command()).subcommand(serve::token_command());
    command
}
