//! `ledgerlab list`: lists the scenarios, or the presets and parameters of one.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::options::{bounds, option_name};
use crate::host::native::exit;
use crate::host::native::text::table::{Align, Table};
use crate::model::amounts::grouped;
use crate::scenarios::{ALL, Choice, Description, Parameter, Values, find};

pub(super) fn command() -> Command {
    Command::new("list")
        .about("List the scenarios, or the presets and parameters of one")
        .arg(
            Arg::new("scenario")
                .value_name("SCENARIO")
                .help("Show the presets and parameters of this scenario"),
        )
        .arg(
            Arg::new("all")
                .long("all")
                .action(ArgAction::SetTrue)
                .conflicts_with("scenario")
                .help("Show the presets and parameters of every scenario"),
        )
}

/// Runs the command.
///
/// # Errors
/// The error of standard output.
pub(super) fn list(chosen: &ArgMatches) -> io::Result<ExitCode> {
    let mut output = io::stdout().lock();
    match chosen.get_one::<String>("scenario") {
        Some(name) => match find(name) {
            Ok(scenario) => describe(&mut output, scenario.description())?,
            Err(error) => return Ok(exit::invalid_input(error)),
        },
        None if chosen.get_flag("all") => {
            for (index, scenario) in ALL.iter().enumerate() {
                if index > 0 {
                    writeln!(output)?;
                }
                describe(&mut output, scenario.description())?;
            }
        }
        None => {
            let mut table = Table::new(&[Align::Left, Align::Left, Align::Left]);
            for scenario in ALL {
                let &Description { name, title, description, .. } = scenario.description();
                table.row([name, title, description]);
            }
            write!(output, "{table}")?;
            writeln!(
                output,
                "\n`ledgerlab list SCENARIO` shows that scenario's presets and parameters."
            )?;
            writeln!(output, "`ledgerlab run SCENARIO` runs it.")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes the presets and parameters of a scenario.
fn describe(output: &mut impl Write, description: &Description) -> io::Result<()> {
    writeln!(output, "{} — {}", description.name, description.title)?;
    writeln!(output, "  {}", description.description)?;
    writeln!(output, "\n  Presets")?;
    let mut presets = Table::new(&[Align::Left, Align::Left]).indented(4);
    for preset in description.presets {
        presets.row([preset.name, &format!("{}: {}", preset.title, preset.description)]);
    }
    write!(output, "{presets}")?;
    writeln!(output, "\n  Parameters")?;
    let columns = vec![Align::Left; 2 + description.presets.len()];
    let mut parameters = Table::new(&columns).indented(4);
    let names = description.presets.iter().map(|preset| preset.name.to_owned());
    parameters.row(["option".to_owned(), "values".to_owned()].into_iter().chain(names));
    for parameter in description.parameters {
        let values = description
            .presets
            .iter()
            .map(|preset| preset_value(parameter, preset.value(parameter)));
        let option = format!("--{}", option_name(parameter));
        parameters.row([option, allowed_values(parameter)].into_iter().chain(values));
    }
    write!(output, "{parameters}")?;
    for parameter in description.parameters {
        if let Values::Choice { choices } = parameter.values {
            writeln!(output, "\n  Values of --{}", option_name(parameter))?;
            let mut table = Table::new(&[Align::Left, Align::Left]).indented(4);
            for Choice { name, label, description, .. } in choices {
                table.row([*name, &format!("{label}: {description}")]);
            }
            write!(output, "{table}")?;
        }
    }
    writeln!(output, "\n`ledgerlab run {} --help` explains each option.", description.name)?;
    Ok(())
}

/// Returns the limits of a parameter with their unit.
fn allowed_values(parameter: &Parameter) -> String {
    match parameter.values {
        Values::Number { unit, .. } if !unit.is_empty() => format!("{} {unit}", bounds(parameter)),
        _ => bounds(parameter),
    }
}

/// Returns a preset's value as people read it.
fn preset_value(parameter: &Parameter, value: u64) -> String {
    match parameter.values {
        Values::Choice { choices } => choices[value as usize].name.to_owned(),
        Values::Number { .. } if (parameter.name, value) == ("workers", 0) => "all".to_owned(),
        Values::Number { .. } => grouped(value.into()),
    }
}
