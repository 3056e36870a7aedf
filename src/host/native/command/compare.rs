//! `ledgerlab compare`: runs the same load under several concurrency controls and numbers of
//! workers, one after another.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command};
use serde::Serialize;

use super::ctrl_c::CtrlC;
use super::options;
use crate::host::native::exit::{CommandError, CommandResult};
use crate::host::native::output::{note, stdout};
use crate::host::native::progress::Progress;
use crate::host::native::text;
use crate::host::native::text::table::{Align, Table};
use crate::host::native::text::units::{count, duration, workers};
use crate::host::native::threads::run_on_threads;
use crate::model::digits::Digits;
use crate::scenarios::{Description, Protocol, Report, Request, Run, Value, WorkerTotals, common};

/// The version of the JSON format of a comparison.
const COMPARE_VERSION: u32 = 3;

/// The maximum number of runs of one comparison.
const RUNS_MAX: usize = 64;

const AFTER_HELP: &str = "\
All runs have the same load. They differ only in the concurrency control and the number of workers.
Ctrl-C, SIGTERM and SIGHUP stop the current run gracefully and still print the runs so far.

Exit codes: 0 all checks passed, 1 a check failed or a run stopped, 2 an option is not valid.";

/// The parameters that take several values.
const VARIED: [&str; 2] = [common::CONCURRENCY.name, common::WORKERS.name];

pub(super) fn command() -> Command {
    let about = "Run the same load under several concurrency controls, and compare the results";
    options::of_scenarios("compare", about, |description| {
        options::scenario_command(description).after_help(AFTER_HELP).args(
            description.parameters.iter().map(|parameter| {
                let argument = options::parameter_argument(parameter);
                if VARIED.contains(&parameter.name) { varied(argument) } else { argument }
            }),
        )
    })
}

/// Lets an option take several values, separated by commas.
fn varied(argument: Arg) -> Arg {
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let help = help.trim_end_matches('.');
    argument.value_delimiter(',').help(format!("{help}. Separate several values with commas"))
}

/// One run of a comparison.
#[serde_with::apply(u64 => #[serde(with = "Digits::<u64>")])]
#[derive(Clone, Debug, Serialize)]
struct ComparedRun {
    concurrency: String,
    workers: u64,
    operations_per_second: u64,
    accepted: u64,
    refused: u64,
    interrupted: u64,
    waits: u64,
    conflicts: u64,
    p50_ns: u64,
    p99_ns: u64,
    passed: bool,
    result: String,
}

impl ComparedRun {
    fn of(report: &Report) -> Self {
        let sum = |field: fn(&WorkerTotals) -> u64| report.workers.iter().map(field).sum();
        let totals = &report.totals;
        Self {
            concurrency: report.parameters.concurrency.clone(),
            workers: report.workers.len() as u64,
            operations_per_second: totals.operations_per_second,
            accepted: totals.accepted,
            refused: totals.refused,
            interrupted: totals.interrupted,
            waits: sum(|worker| worker.waits),
            conflicts: sum(|worker| worker.conflicts),
            p50_ns: report.latency.p50_ns,
            p99_ns: report.latency.p99_ns,
            passed: report.passed,
            result: short_result(report),
        }
    }
}

/// Returns the result in a few words. The report of a single run has the details.
fn short_result(report: &Report) -> String {
    let failed = report.checks.iter().find(|check| !check.passed);
    let purpose = if report.flaws.is_empty() { "" } else { "; incorrect on purpose" };
    match failed {
        Some(check) => format!("FAILED {}{purpose}", check.title),
        None => format!("passed{purpose}"),
    }
}

/// The output of `--json`.
#[derive(Debug, Serialize)]
struct Comparison<'a> {
    compare: u32,
    scenario: &'static str,
    rows: &'a [ComparedRun],
    reports: &'a [Report],
}

pub(super) fn compare(matches: &ArgMatches) -> CommandResult {
    let (description, chosen) = options::scenario(matches);
    let requests = requests(description, chosen)?;
    let (reports, is_stopped) = run_all(requests, description, chosen.get_flag("quiet"));
    let rows: Vec<_> = reports.iter().map(ComparedRun::of).collect();
    let mut output = stdout();
    if chosen.get_flag("json") {
        let (compare, scenario) = (COMPARE_VERSION, description.name);
        let comparison = Comparison { compare, scenario, rows: &rows, reports: &reports };
        serde_json::to_writer_pretty(&mut output, &comparison).map_err(io::Error::from)?;
        writeln!(output)?;
    } else if let Some(first) = reports.first() {
        write_table(&mut output, first, &rows)?;
    }
    output.flush()?;
    for (report, row) in reports.iter().zip(&rows).filter(|(report, _)| !report.passed) {
        let label = label(&row.concurrency, row.workers);
        note(format_args!("{label}: {}", text::result(report)));
    }
    let passed = !is_stopped && reports.iter().all(|report| report.passed);
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Returns the requests of all runs, each validated, so that an invalid one is rejected before the
/// first run.
fn requests(
    description: &'static Description,
    chosen: &ArgMatches,
) -> Result<Vec<Request>, CommandError> {
    let values = |name: &str| -> Vec<Value> {
        chosen.get_many::<Value>(name).into_iter().flatten().cloned().collect()
    };
    let mut protocols = values(common::CONCURRENCY.name);
    if protocols.is_empty() {
        let correct = Protocol::ALL.into_iter().filter(|protocol| !protocol.is_flawed());
        protocols = correct.map(|protocol| Value::Name(protocol.name().to_owned())).collect();
    }
    let mut workers: Vec<_> = values(common::WORKERS.name).into_iter().map(Some).collect();
    if workers.is_empty() {
        // The preset's number of workers applies.
        workers.push(None);
    }
    let runs = protocols.len() * workers.len();
    if runs > RUNS_MAX {
        let message = format!("a comparison has at most {RUNS_MAX} runs, not {runs}");
        return Err(CommandError::InvalidInput(message));
    }
    let base = options::request(description, chosen);
    let mut requests = Vec::with_capacity(runs);
    for protocol in &protocols {
        for number in &workers {
            let mut request = base.clone();
            request.parameters.insert(common::CONCURRENCY.name.to_owned(), protocol.clone());
            if let Some(number) = number {
                request.parameters.insert(common::WORKERS.name.to_owned(), number.clone());
            }
            Run::prepare(request.clone()).map_err(CommandError::invalid_input)?;
            requests.push(request);
        }
    }
    Ok(requests)
}

/// Executes the runs one after another. Returns their reports, and whether one stopped with an
/// error.
fn run_all(
    requests: Vec<Request>,
    description: &'static Description,
    is_quiet: bool,
) -> (Vec<Report>, bool) {
    let ctrl_c = CtrlC::install();
    let runs = requests.len();
    let mut reports = Vec::with_capacity(runs);
    for request in requests {
        match run_one(request, description, &ctrl_c, is_quiet) {
            Ok(report) => reports.push(report),
            Err(message) => {
                note(message);
                return (reports, true);
            }
        }
        if ctrl_c.is_pressed() {
            note(format_args!("cancelled after {} of {runs} runs", reports.len()));
            break;
        }
    }
    (reports, false)
}

/// Executes one run. Its ledger is freed before the next run needs the memory.
fn run_one(
    request: Request,
    description: &'static Description,
    ctrl_c: &CtrlC,
    is_quiet: bool,
) -> Result<Report, String> {
    let run = Run::prepare(request).map_err(|error| error.to_string())?;
    ctrl_c.set_current_run(run.counters());
    let parameters = run.parameters();
    let concurrency = parameters.choice(common::CONCURRENCY.name).name;
    let label = label(concurrency, parameters.get(common::WORKERS.name));
    let mut progress = Progress::new(is_quiet, &label, description);
    let done = run_on_threads(&run, |counters| progress.show(counters));
    done.map_err(|error| format!("{label}: the run stopped: {error}"))
}

/// Returns the label of a run.
fn label(concurrency: &str, number: u64) -> String {
    format!("{concurrency}, {}", workers(number))
}

/// A column of the table, and the text of its cells.
type Column = (&'static str, fn(&ComparedRun) -> String);

const COLUMNS: [Column; 11] = [
    ("concurrency", |run| run.concurrency.clone()),
    ("workers", |run| run.workers.to_string()),
    ("op/s", |run| count(run.operations_per_second)),
    ("accepted", |run| count(run.accepted)),
    ("refused", |run| count(run.refused)),
    ("interrupted", |run| count(run.interrupted)),
    ("waits", |run| count(run.waits)),
    ("conflicts", |run| count(run.conflicts)),
    ("p50", |run| duration(run.p50_ns)),
    ("p99", |run| duration(run.p99_ns)),
    ("result", |run| run.result.clone()),
];

fn write_table(output: &mut impl Write, first: &Report, rows: &[ComparedRun]) -> io::Result<()> {
    let parameters = &first.parameters;
    let (operations, seconds) = (count(parameters.operations), parameters.duration_s);
    let (title, seed) = (&first.title, parameters.seed);
    writeln!(
        output,
        "{title} — {operations} operations or {seconds} s in each run, seed {seed}\n"
    )?;
    let is_text = |name| ["concurrency", "result"].contains(&name);
    let aligned = COLUMNS.map(|(name, _)| if is_text(name) { Align::Left } else { Align::Right });
    let mut table = Table::new(&aligned);
    table.row(COLUMNS.map(|(name, _)| name));
    for row in rows {
        table.row(COLUMNS.map(|(_, cell)| cell(row)));
    }
    write!(output, "{table}")?;
    writeln!(
        output,
        "\n  Accepted, refused and interrupted count attempts. p50 and p99 are latency percentiles."
    )?;
    writeln!(output, "  {}", first.latency.description)
}
