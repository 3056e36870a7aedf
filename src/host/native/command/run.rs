//! `ledgerlab run`: runs a scenario on this machine's threads, checks it and prints its report.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command, value_parser};

use super::ctrl_c::CtrlC;
use super::options;
use crate::host::native::exit::{CommandError, CommandResult};
use crate::host::native::output::{note, stdout};
use crate::host::native::progress::Progress;
use crate::host::native::text;
use crate::host::native::threads::run_on_threads;
use crate::host::native::trail::write::{self, TrailFile};
use crate::scenarios::Run;
use crate::store::Store;

const AFTER_HELP: &str = "\
Ctrl-C, SIGTERM and SIGHUP stop the run gracefully: it still prints the report and writes the trail.

Exit codes: 0 all checks passed, 1 a check failed, the run stopped or a file could not be written,
2 an option is not valid.";

pub(super) fn command() -> Command {
    let about = "Run a scenario on this machine's threads, check it, and print a report";
    options::of_scenarios("run", about, |description| {
        options::scenario_command(description)
            .after_help(AFTER_HELP)
            .args(write::arguments())
            .arg(data_argument())
            .args(description.parameters.iter().map(options::parameter_argument))
    })
}

fn data_argument() -> Arg {
    let data = Arg::new("data").long("data").value_name("FOLDER");
    data.value_parser(value_parser!(PathBuf))
        .help(
            "Store the run's ledger in a new folder; each call waits for the disk, so the run shows what that costs. \
             On Linux, older entries are moved to a scratch file there when the trail's memory is used up",
        )
}

pub(super) fn run(matches: &ArgMatches) -> CommandResult {
    let (description, chosen) = options::scenario(matches);
    let request = options::request(description, chosen);
    let data = chosen.get_one::<PathBuf>("data");
    let prepare = if data.is_some() { Run::prepare_stored } else { Run::prepare };
    let run = prepare(request).map_err(CommandError::invalid_input)?;
    let trail_file = chosen.get_one::<PathBuf>("trail");
    let trail_file =
        trail_file.map(|path| TrailFile::create(path.clone(), chosen.get_flag("overwrite")));
    let trail_file = trail_file.transpose().map_err(CommandError::invalid_input)?;
    if let Some(folder) = data {
        let stored = run.ledger().store_in(folder);
        stored.map_err(|error| CommandError::invalid_input(error).in_file(folder))?;
    }
    CtrlC::install().set_current_run(run.counters());
    let mut progress = Progress::new(chosen.get_flag("quiet"), "", description);
    let report = run_on_threads(&run, |counters| progress.show(counters))
        .map_err(|error| CommandError::failed(format_args!("the run stopped: {error}")))?;
    let closed = run.ledger().store().map_or(Ok(()), Store::close);
    closed.map_err(|_| {
        CommandError::failed("the run's ledger could not be stored: the disk failed")
    })?;
    let written = trail_file.map_or(Ok(()), |file| file.write(run.ledger().trail()));
    let unwritten = written.err();
    let mut output = stdout();
    if chosen.get_flag("json") {
        serde_json::to_writer_pretty(&mut output, &report).map_err(io::Error::from)?;
        writeln!(output)?;
        // A person may watch while a program reads the report.
        if !report.passed {
            note(text::result(&report));
        }
    } else {
        write!(output, "{}", text::page(&report, unwritten.as_deref()))?;
    }
    output.flush()?;
    match unwritten {
        Some(error) => Err(CommandError::Failed(error)),
        None if report.passed => Ok(ExitCode::SUCCESS),
        None => Ok(ExitCode::FAILURE),
    }
}
