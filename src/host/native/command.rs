//! The command line: `ledgerlab run <scenario>`, `list`, `apply`, `trail` and `verify`.
//!
//! What a scenario can be asked to do is read from its description, so a new parameter is an option at once.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::progress::Progress;
use super::trail::{self, TrailFile};
use super::{apply, environment, run_on_threads, serve, text};
use crate::model::amounts::grouped;
use crate::scenarios::{ALL, Choice, Description, Parameter, Request, Run, Value, Values};

/// Bad input: the exit code that the shell's own tools use for it.
pub(super) const USAGE: u8 = 2;

/// Runs the command line of this process. Exit codes: 0 done, 1 a check failed or the run could not go on, 2 bad input.
pub fn main() -> ExitCode {
    let matches = command().get_matches();
    let done = match matches.subcommand() {
        Some(("list", _)) => list().map(|()| ExitCode::SUCCESS),
        Some(("apply", matches)) => apply::run(matches),
        Some(("trail", matches)) => trail::show(matches),
        Some(("verify", matches)) => trail::verify(matches),
        Some(("serve", matches)) => serve::run(matches),
        Some(("token", matches)) => serve::token(matches),
        Some(("run", matches)) => match matches.subcommand() {
            Some((scenario, chosen)) => run(scenario, chosen),
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
    let scenarios = ALL.iter().map(|scenario| scenario_command(scenario.description()));
    Command::new("ledgerlab")
        .version(env!("CARGO_PKG_VERSION"))
        .about("An exact, concurrent, audited double-entry ledger, and the laboratory that shows why it can be trusted")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(Command::new("list").about("List the scenarios, their presets and their parameters"))
        .subcommand(
            Command::new("run")
                .about("Run a scenario on this machine's threads, check it, and report")
                .subcommand_required(true)
                .arg_required_else_help(true)
                .subcommand_value_name("SCENARIO")
                .subcommand_help_heading("Scenarios")
                .disable_help_subcommand(true)
                .subcommands(scenarios),
        )
        .subcommand(apply::command())
        .subcommand(trail::show_command())
        .subcommand(trail::verify_command())
        .subcommand(serve::command())
        .subcommand(serve::token_command())
}

fn scenario_command(description: &'static Description) -> Command {
    let presets = description.presets.iter().map(|preset| preset.name);
    let default = description.presets[0].name;
    let preset = Arg::new("preset")
        .long("preset")
        .value_name("NAME")
        .value_parser(PossibleValuesParser::new(presets))
        .help(format!("Values to start from [default: {default}]"))
        .hide_default_value(true);
    let json =
        Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print the report as JSON");
    Command::new(description.name)
        .about(format!("{}: {}", description.title, description.sentence))
        .arg(preset)
        .arg(json)
        .arg(trail::trail_argument())
        .args(description.parameters.iter().map(parameter_argument))
}

/// `duration_s` is the option `--duration-s`.
fn option_name(parameter: &Parameter) -> String {
    parameter.name.replace('_', "-")
}

/// The core refuses what a parameter does not take: its sentence is the same on every host.
fn parameter_argument(parameter: &'static Parameter) -> Arg {
    let &Parameter { name, values, sentence, .. } = parameter;
    let argument = Arg::new(name).long(option_name(parameter));
    match values {
        Values::Choice { choices } => {
            argument.value_name("NAME").value_parser(ChoiceParser(choices)).help(sentence)
        }
        Values::Number { .. } if name == "seed" => argument
            .value_name("NUMBER|random")
            .value_parser(seed)
            .help(format!("{sentence} {}, or random", bounds(parameter))),
        Values::Number { unit, .. } => argument
            .value_name(if unit.is_empty() { "NUMBER".to_owned() } else { unit.to_uppercase() })
            .value_parser(str::parse::<Value>)
            .help(format!("{sentence} {}", bounds(parameter))),
    }
}

/// What a parameter takes, in a few words.
fn bounds(parameter: &Parameter) -> String {
    match parameter.values {
        Values::Number { minimum, maximum, .. } => {
            format!("{} to {}", grouped(minimum.into()), grouped(maximum.into()))
        }
        Values::Choice { choices } => format!("one of {}", choices.len()),
    }
}

/// A seed in digits, or a fresh one for `random`.
fn seed(text: &str) -> Result<Value, String> {
    if text == "random" {
        let drawn = crate::host::random_seed().map_err(|error| format!("no randomness: {error}"));
        return drawn.map(Value::Number);
    }
    let number = text.parse().map(Value::Number);
    number.map_err(|_| "it must be a whole number or the word random".to_owned())
}

/// Takes any name, and lets the help show those there are with what each does.
#[derive(Clone)]
struct ChoiceParser(&'static [Choice]);

impl TypedValueParser for ChoiceParser {
    type Value = Value;

    fn parse_ref(
        &self,
        _command: &Command,
        _argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Value, clap::Error> {
        Ok(Value::Name(value.to_string_lossy().into_owned()))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let values = self.0.iter();
        Some(Box::new(values.map(|choice| PossibleValue::new(choice.name).help(choice.sentence))))
    }
}

fn list() -> io::Result<()> {
    let mut output = io::stdout().lock();
    for scenario in ALL {
        let description = scenario.description();
        writeln!(output, "{} — {}", description.name, description.title)?;
        writeln!(output, "  {}", description.sentence)?;
        writeln!(output, "\n  Presets")?;
        for preset in description.presets {
            writeln!(output, "    {:<12}{}: {}", preset.name, preset.title, preset.sentence)?;
        }
        writeln!(output, "\n  Parameters (what each takes; each preset's value)")?;
        for parameter in description.parameters {
            list_parameter(&mut output, description, parameter)?;
        }
    }
    Ok(())
}

/// A line for a parameter, and one for each of its choices.
fn list_parameter(
    output: &mut impl Write,
    description: &Description,
    parameter: &Parameter,
) -> io::Result<()> {
    let values = description.presets.iter().map(|preset| {
        let value = preset.value(parameter);
        match parameter.values {
            Values::Choice { choices } => choices[value as usize].name.to_owned(),
            Values::Number { .. } if (parameter.name, value) == ("workers", 0) => "all".to_owned(),
            Values::Number { .. } => grouped(value.into()),
        }
    });
    let values = values.collect::<Vec<_>>().join(" / ");
    writeln!(output, "    {:<16}{:<30}{values}", option_name(parameter), bounds(parameter))?;
    if let Values::Choice { choices } = parameter.values {
        for Choice { name, label, sentence, .. } in choices {
            writeln!(output, "      {name:<26}{label}: {sentence}")?;
        }
    }
    Ok(())
}

fn run(scenario: &str, chosen: &ArgMatches) -> io::Result<ExitCode> {
    let description = match crate::scenarios::find(scenario) {
        Ok(scenario) => scenario.description(),
        Err(error) => return Ok(refuse(&error.to_string())),
    };
    let mut parameters = BTreeMap::new();
    for parameter in description.parameters {
        if let Some(value) = chosen.get_one::<Value>(parameter.name) {
            parameters.insert(parameter.name.to_owned(), value.clone());
        }
    }
    let prepared = Run::prepare(Request {
        scenario: scenario.to_owned(),
        preset: chosen.get_one::<String>("preset").cloned(),
        parameters,
        environment: environment(),
    });
    let run = match prepared {
        Ok(run) => run,
        Err(error) => return Ok(refuse(&error.to_string())),
    };
    let trail_file = match chosen.get_one::<String>("trail").map(|path| TrailFile::create(path)) {
        Some(Err(error)) => return Ok(refuse(&error.to_string())),
        created => created.and_then(Result::ok),
    };
    cancel_on_interrupt(&run);
    let mut progress = Progress::new();
    let report = match run_on_threads(&run, |counters| progress.show(counters)) {
        Ok(report) => report,
        Err(error) => {
            eprintln!("ledgerlab: the run stopped: {error}");
            return Ok(ExitCode::FAILURE);
        }
    };
    let mut passed = report.passed;
    if let Some(Err(error)) = trail_file.map(|file| file.write(run.book().trail())) {
        eprintln!("ledgerlab: {error}");
        passed = false;
    }
    let mut output = io::stdout().lock();
    if chosen.get_flag("json") {
        serde_json::to_writer_pretty(&mut output, &report)?;
        writeln!(output)?;
    } else {
        write!(output, "{}", text::page(&report))?;
    }
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn refuse(sentence: &str) -> ExitCode {
    eprintln!("ledgerlab: {sentence}");
    ExitCode::from(USAGE)
}

/// Ctrl-C ends the run in good order: what was done is checked and reported. A second one ends the process.
fn cancel_on_interrupt(run: &Arc<Run>) {
    let run = Arc::clone(run);
    let watching = ctrlc::set_handler(move || {
        if run.counters().is_cancelled() {
            std::process::exit(130);
        }
        run.counters().cancel();
    });
    if let Err(error) = watching {
        eprintln!("ledgerlab: Ctrl-C will end the process without a report: {error}");
    }
}
