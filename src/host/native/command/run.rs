//! `ledgerlab run`: runs a scenario on this machine's threads, checks it and prints its report.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{ArgMatches, Command};

use super::ctrl_c::CtrlC;
use super::options;
use crate::host::native::exit::{CommandError, CommandResult};
use crate::host::native::progress::Progress;
use crate::host::native::text;
use crate::host::native::threads::run_on_threads;
use crate::host::native::trail::write::{self, TrailFile};
use crate::scenarios::Run;

const AFTER_HELP: &str = "\
Ctrl-C stops the run gracefully and still prints the report.

Exit codes: 0 all checks passed, 1 a check failed or the run stopped, 2 an option is not valid.";

pub(super) fn command() -> Command {
    let about = "Run a scenario on this machine's threads, check it, and print a report";
    options::of_scenarios("run", about, |description| {
        options::scenario_command(description)
            .after_help(AFTER_HELP)
            .arg(write::argument())
            .args(description.parameters.iter().map(options::parameter_argument))
    })
}

pub(super) fn run(matches: &ArgMatches) -> CommandResult {
    let (description, chosen) = options::scenario(matches);
    let request = options::request(description, chosen);
    let run = Run::prepare(request).map_err(CommandError::invalid_input)?;
    let trail_file = chosen.get_one::<String>("trail").map(TrailFile::create);
    let trail_file = trail_file.transpose().map_err(CommandError::invalid_input)?;
    CtrlC::install().set_current_run(run.counters());
    let mut progress = Progress::new(chosen.get_flag("quiet"), "", description);
    let report = run_on_threads(&run, |counters| progress.show(counters))
        .map_err(|error| CommandError::failed(format_args!("the run stopped: {error}")))?;
    let mut code = if report.passed { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    if let Some(Err(error)) = trail_file.map(|file| file.write(run.ledger().trail())) {
        code = CommandError::failed(error).report();
    }
    let mut output = io::stdout().lock();
    if chosen.get_flag("json") {
        serde_json::to_writer_pretty(&mut output, &report).map_err(io::Error::from)?;
        writeln!(output)?;
        // A person may watch while a program reads the report.
        if !report.passed {
            eprintln!("ledgerlab: {}", text::result(&report));
        }
    } else {
        write!(output, "{}", text::page(&report))?;
    }
    Ok(code)
}
