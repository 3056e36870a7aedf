//! `ledgerlab compare`: the same load under several concurrency control and numbers of workers, one after another.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command};
use serde::Serialize;

use super::interrupt::Interrupts;
use super::{options, refuse};
use crate::host::native::progress::Progress;
use crate::host::native::run_on_threads;
use crate::host::native::text::{self, Align, Table, count, duration};
use crate::scenarios::{
    Description, Parameters, Protocol, Report, Request, RequestError, Run, Value, WorkerTotals,
    common,
};

/// The version of the form of a comparison in JSON.
const COMPARE_VERSION: u32 = 1;

/// The most runs of one comparison.
const RUNS_MAX: usize = 64;

const AFTER_HELP: &str = "\
Every run has the same load; only how the workers share the accounts, and how many they are, differs. Ctrl-C ends the run
that is under way in good order, and what there is by then is reported.

Exit codes: 0 all checks of all runs passed, 1 a check failed or a run could not go on, 2 an option is out of its bounds.";

/// What several values can be given of.
const VARIED: [&str; 2] = [common::CONCURRENCY.name, common::WORKERS.name];

pub(super) fn command() -> Command {
    let about = "Run the same load under several concurrency control, and show them side by side";
    options::of_scenarios("compare", about, |description| {
        options::scenario_command(description).after_help(AFTER_HELP).args(
            description.parameters.iter().map(|parameter| {
                let argument = options::parameter_argument(parameter);
                if VARIED.contains(&parameter.name) { varied(argument) } else { argument }
            }),
        )
    })
}

/// Takes several values with commas between them.
fn varied(argument: Arg) -> Arg {
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let help = help.trim_end_matches('.');
    argument
        .value_delimiter(',')
        .help(format!("{help}. Several with commas between them are compared"))
}

/// One run of a comparison.
#[derive(Clone, Debug, Serialize)]
struct Row {
    concurrency: &'static str,
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
    verdict: String,
}

impl Row {
    fn of(report: &Report) -> Self {
        let sum = |word: fn(&WorkerTotals) -> u64| report.workers.iter().map(word).sum();
        let totals = &report.totals;
        Self {
            concurrency: report.parameters.choice(common::CONCURRENCY.name).name,
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
            verdict: verdict(report),
        }
    }
}

/// In a few words: the page of the single run has the figures.
fn verdict(report: &Report) -> String {
    let failed = report.checks.iter().find(|check| !check.passed);
    let purpose = if report.flaws.is_empty() { "" } else { "; incorrect on purpose" };
    match failed {
        Some(check) => format!("FAILED {}{purpose}", check.title),
        None => format!("passed{purpose}"),
    }
}

/// What is printed with `--json`.
#[derive(Debug, Serialize)]
struct Comparison<'a> {
    compare: u32,
    scenario: &'static str,
    rows: &'a [Row],
    reports: &'a [Report],
}

/// Runs the command.
///
/// # Errors
/// What standard output answered.
pub(super) fn compare(scenario: &str, chosen: &ArgMatches) -> io::Result<ExitCode> {
    let description = options::described(scenario);
    let requests = match requests(description, chosen) {
        Ok(requests) => requests,
        Err(sentence) => return Ok(refuse(&sentence)),
    };
    let interrupts = Interrupts::listen();
    let (all, quiet) = (requests.len(), chosen.get_flag("quiet"));
    let mut reports = Vec::with_capacity(all);
    let mut stopped = false;
    for request in requests {
        match one(request, description, &interrupts, quiet) {
            Ok(report) => reports.push(report),
            Err(sentence) => {
                eprintln!("ledgerlab: {sentence}");
                stopped = true;
                break;
            }
        }
        if interrupts.asked() {
            eprintln!("ledgerlab: interrupted; {} of {all} runs are told", reports.len());
            break;
        }
    }
    let rows: Vec<_> = reports.iter().map(Row::of).collect();
    let mut output = io::stdout().lock();
    if chosen.get_flag("json") {
        let comparison = Comparison {
            compare: COMPARE_VERSION,
            scenario: description.name,
            rows: &rows,
            reports: &reports,
        };
        serde_json::to_writer_pretty(&mut output, &comparison)?;
        writeln!(output)?;
    } else if let Some(first) = reports.first() {
        page(&mut output, first, &rows)?;
    }
    for report in reports.iter().filter(|report| !report.passed) {
        eprintln!("ledgerlab: {}: {}", label(&report.parameters), text::verdict(report));
    }
    let passed = !stopped && reports.iter().all(|report| report.passed);
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A request for each run, all of which can be made.
fn requests(
    description: &'static Description,
    chosen: &ArgMatches,
) -> Result<Vec<Request>, String> {
    let values = |name: &str| -> Vec<Value> {
        chosen.get_many::<Value>(name).map(|values| values.cloned().collect()).unwrap_or_default()
    };
    let mut protocols = values(common::CONCURRENCY.name);
    if protocols.is_empty() {
        let correct = Protocol::ALL.into_iter().filter(|protocol| !protocol.is_flawed());
        protocols = correct.map(|protocol| Value::Name(protocol.name().to_owned())).collect();
    }
    let workers = values(common::WORKERS.name);
    // Without a number of workers the preset's is taken.
    let workers: Vec<_> = match workers.is_empty() {
        true => vec![None],
        false => workers.into_iter().map(Some).collect(),
    };
    let all = protocols.len() * workers.len();
    if all > RUNS_MAX {
        return Err(format!("a comparison has at most {RUNS_MAX} runs, not {all}"));
    }
    let base = options::request(description, chosen);
    let mut requests = Vec::with_capacity(all);
    for protocol in &protocols {
        for number in &workers {
            let mut request = base.clone();
            request.parameters.insert(common::CONCURRENCY.name.to_owned(), protocol.clone());
            if let Some(number) = number {
                request.parameters.insert(common::WORKERS.name.to_owned(), number.clone());
            }
            // So that what cannot be run is refused before the first run begins.
            Run::prepare(request.clone()).map_err(|error: RequestError| error.to_string())?;
            requests.push(request);
        }
    }
    Ok(requests)
}

/// One run, or why it stopped. Its ledger is gone when it is over, so that the next one has the memory.
fn one(
    request: Request,
    description: &'static Description,
    interrupts: &Interrupts,
    quiet: bool,
) -> Result<Report, String> {
    let run = Run::prepare(request).map_err(|error| error.to_string())?;
    interrupts.begins(run.counters());
    let label = label(run.parameters());
    let mut progress = Progress::new(quiet, &label, description);
    let done = run_on_threads(&run, |counters| progress.show(counters));
    done.map_err(|error| format!("{label}: the run stopped: {error}"))
}

/// Which of the runs it is.
fn label(parameters: &Parameters) -> String {
    let concurrency = parameters.choice(common::CONCURRENCY.name).name;
    format!("{concurrency}, {}", text::workers(parameters.get(common::WORKERS.name)))
}

fn page(output: &mut impl Write, first: &Report, rows: &[Row]) -> io::Result<()> {
    let (seed, asked) = (first.parameters.get("seed"), first.parameters.get("operations"));
    let seconds = first.parameters.get("duration_s");
    writeln!(
        output,
        "{} — the same load under each: {} operations or {seconds} s, seed {seed}\n",
        first.title,
        count(asked),
    )?;
    let mut columns = [Align::Right; 11];
    (columns[0], columns[10]) = (Align::Left, Align::Left);
    let mut table = Table::new(&columns);
    table.row([
        "concurrency",
        "workers",
        "op/s",
        "accepted",
        "refused",
        "interrupted",
        "waits",
        "conflicts",
        "p50",
        "p99",
        "verdict",
    ]);
    for row in rows {
        table.row([
            row.concurrency.to_owned(),
            row.workers.to_string(),
            count(row.operations_per_second),
            count(row.accepted),
            count(row.refused),
            count(row.interrupted),
            count(row.waits),
            count(row.conflicts),
            duration(row.p50_ns),
            duration(row.p99_ns),
            row.verdict.clone(),
        ]);
    }
    write!(output, "{table}")?;
    writeln!(
        output,
        "\n  Accepted, refused and interrupted count attempts. Half of the times are within p50, 99 % within p99."
    )?;
    writeln!(output, "  {}", first.latency.description)
}
