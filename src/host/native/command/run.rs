//! `ledgerlab run`: runs a scenario on this machine's threads, checks it and prints its report.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{ArgMatches, Command};

use super::ctrl_c::CtrlC;
use super::options;
use crate::host::native::progress::Progress;
use crate::host::native::threads::run_on_threads;
use crate::host::native::trail::write::{self, TrailFile};
use crate::host::native::{exit, text};
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

/// Runs the command.
///
/// # Errors
/// The error of standard output.
pub(super) fn run(scenario: &str, chosen: &ArgMatches) -> io::Result<ExitCode> {
    let description = options::described(scenario);
    let run = match Run::prepare(options::request(description, chosen)) {
        Ok(run) => run,
        Err(error) => return Ok(exit::invalid_input(error)),
    };
    let trail_file = match chosen.get_one::<String>("trail").map(|path| TrailFile::create(path)) {
        Some(Err(error)) => return Ok(exit::invalid_input(error)),
        created => created.and_then(Result::ok),
    };
    CtrlC::install().set_current_run(run.counters());
    let mut progress = Progress::new(chosen.get_flag("quiet"), "", description);
    let report = match run_on_threads(&run, |counters| progress.show(counters)) {
        Ok(report) => report,
        Err(error) => return Ok(exit::failure(format_args!("the run stopped: {error}"))),
    };
    let mut code = if report.passed { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    if let Some(Err(error)) = trail_file.map(|file| file.write(run.ledger().trail())) {
        code = exit::failure(error);
    }
    let mut output = io::stdout().lock();
    if chosen.get_flag("json") {
        serde_json::to_writer_pretty(&mut output, &report)?;
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
