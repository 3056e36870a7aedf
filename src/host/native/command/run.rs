//! `ledgerlab run`: one run of a scenario on this machine's threads, with its checks and its report.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{ArgMatches, Command};

use super::interrupt::Interrupts;
use super::{options, refuse};
use crate::host::native::progress::Progress;
use crate::host::native::trail::{self, TrailFile};
use crate::host::native::{run_on_threads, text};
use crate::scenarios::Run;

const AFTER_HELP: &str = "\
Ctrl-C ends the run in good order: what was done is checked and reported.

Exit codes: 0 all checks passed, 1 a check failed or the run could not go on, 2 an option is out of its bounds.";

pub(super) fn command() -> Command {
    let about = "Run a scenario on this machine's threads, check it, and report";
    options::of_scenarios("run", about, |description| {
        options::scenario_command(description)
            .after_help(AFTER_HELP)
            .arg(trail::trail_argument())
            .args(description.parameters.iter().map(options::parameter_argument))
    })
}

/// Runs the command.
///
/// # Errors
/// What standard output answered.
pub(super) fn run(scenario: &str, chosen: &ArgMatches) -> io::Result<ExitCode> {
    let description = options::described(scenario);
    let run = match Run::prepare(options::request(description, chosen)) {
        Ok(run) => run,
        Err(error) => return Ok(refuse(&error.to_string())),
    };
    let trail_file = match chosen.get_one::<String>("trail").map(|path| TrailFile::create(path)) {
        Some(Err(error)) => return Ok(refuse(&error.to_string())),
        created => created.and_then(Result::ok),
    };
    Interrupts::listen().begins(run.counters());
    let mut progress = Progress::new(chosen.get_flag("quiet"), "", description);
    let report = match run_on_threads(&run, |counters| progress.show(counters)) {
        Ok(report) => report,
        Err(error) => {
            eprintln!("ledgerlab: the run stopped: {error}");
            return Ok(ExitCode::FAILURE);
        }
    };
    let mut passed = report.passed;
    if let Some(Err(error)) = trail_file.map(|file| file.write(run.ledger().trail())) {
        eprintln!("ledgerlab: {error}");
        passed = false;
    }
    let mut output = io::stdout().lock();
    if chosen.get_flag("json") {
        serde_json::to_writer_pretty(&mut output, &report)?;
        writeln!(output)?;
        // Whoever reads the report by a program still sees why the exit code is not 0.
        if !report.passed {
            eprintln!("ledgerlab: {}", text::verdict(&report));
        }
    } else {
        write!(output, "{}", text::page(&report))?;
    }
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
