//! The command line: `ledgerlab run`, `compare`, `list`, `apply`, `trail`, `verify`, `serve`, `token`, and
//! the tools of a ledger stored in a folder.
//!
//! The options of a scenario are made from its description, so a new parameter becomes an option
//! without further code.

mod compare;
mod ctrl_c;
mod list;
mod options;
mod run;

use std::process::ExitCode;

use clap::{ArgMatches, Args, Command, FromArgMatches};

use super::apply::{self, ApplyOptions};
use super::exit::CommandResult;
use super::serve::command::{self as serve, ServeOptions, TokenOptions};
use super::store::{
    self, BackupOptions, ExportOptions, ImportOptions, InspectOptions, RepairOptions,
    RestoreOptions,
};
use super::trail::show::{self, ShowOptions};
use super::verify::{self, VerifyOptions};
use list::ListOptions;

/// A command, and the function that runs it.
type Entry = (Command, fn(&ArgMatches) -> CommandResult);

fn entries() -> Vec<Entry> {
    vec![
        (with::<ListOptions>("list"), |matches| list::list(&parse(matches))),
        (run::command(), run::run),
        (compare::command(), compare::compare),
        (with::<ApplyOptions>("apply"), |matches| apply::run(&parse(matches))),
        (with::<ShowOptions>("trail"), |matches| show::run(&parse(matches))),
        (with::<VerifyOptions>("verify"), |matches| verify::run(&parse(matches))),
        (with::<InspectOptions>("inspect"), |matches| store::inspect(&parse(matches))),
        (with::<ExportOptions>("export"), |matches| store::export(&parse(matches))),
        (with::<ImportOptions>("import"), |matches| store::import(&parse(matches))),
        (with::<BackupOptions>("backup"), |matches| store::backup(&parse(matches))),
        (with::<RestoreOptions>("restore"), |matches| store::restore(&parse(matches))),
        (with::<RepairOptions>("repair"), |matches| store::repair(&parse(matches))),
        (with::<ServeOptions>("serve"), |matches| serve::run(&parse(matches))),
        (with::<TokenOptions>("token"), |matches| serve::token(&parse(matches))),
    ]
}

fn with<Options: Args>(name: &'static str) -> Command {
    Options::augment_args(Command::new(name))
}

fn parse<Options: FromArgMatches>(matches: &ArgMatches) -> Options {
    Options::from_arg_matches(matches).unwrap_or_else(|error| error.exit())
}

/// Runs the command line of this process. Exit codes: 0 success, 1 a check failed or a run stopped,
/// 2 invalid input.
pub fn main() -> ExitCode {
    let (commands, functions): (Vec<_>, Vec<_>) = entries().into_iter().unzip();
    let names: Vec<_> = commands.iter().map(|command| command.get_name().to_owned()).collect();
    let matches = Command::new("ledgerlab")
        .version(env!("CARGO_PKG_VERSION"))
        .about(
            "An exact, concurrent, audited double-entry ledger, and scenarios that verify it under load",
        )
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(commands)
        .get_matches();
    let (name, matches) = matches.subcommand().expect("clap requires a command");
    let index = names.iter().position(|known| known == name).expect("clap knows the command");
    functions[index](matches).unwrap_or_else(|error| error.report())
}
