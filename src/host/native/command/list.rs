//! `ledgerlab list`: the scenarios, a line each, or all that one of them can be asked to do.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::options::{bounds, option_name};
use super::refuse;
use crate::host::native::text::{Align, Table};
use crate::model::amounts::grouped;
use crate::scenarios::{ALL, Choice, Description, Parameter, Values, find};

pub(super) fn command() -> Command {
    Command::new("list")
        .about("List the scenarios, or one's presets and parameters")
        .arg(Arg::new("scenario").value_name("SCENARIO").help("Show its presets and parameters"))
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
/// What standard output answered.
pub(super) fn list(chosen: &ArgMatches) -> io::Result<ExitCode> {
    let mut output = io::stdout().lock();
    match chosen.get_one::<String>("scenario") {
        Some(name) => match find(name) {
            Ok(scenario) => one(&mut output, scenario.description())?,
            Err(error) => return Ok(refuse(&error.to_string())),
        },
        None if chosen.get_flag("all") => {
            for (place, scenario) in ALL.iter().enumerate() {
                if place > 0 {
                    writeln!(output)?;
                }
                one(&mut output, scenario.description())?;
            }
        }
        None => {
            let mut table = Table::new(&[Align::Left, Align::Left, Align::Left]);
            for scenario in ALL {
                let &Description { name, title, description, .. } = scenario.description();
                table.row([name, title, description]);
            }
            write!(output, "{table}")?;
            writeln!(output, "\nledgerlab list SCENARIO shows what one can be asked to do.")?;
            writeln!(output, "ledgerlab run SCENARIO runs it.")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// All about one scenario.
fn one(output: &mut impl Write, description: &Description) -> io::Result<()> {
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
    parameters.row(["option".to_owned(), "takes".to_owned()].into_iter().chain(names));
    for parameter in description.parameters {
        let values =
            description.presets.iter().map(|preset| value(parameter, preset.value(parameter)));
        let option = format!("--{}", option_name(parameter));
        parameters.row([option, takes(parameter)].into_iter().chain(values));
    }
    write!(output, "{parameters}")?;
    for parameter in description.parameters {
        if let Values::Choice { choices } = parameter.values {
            writeln!(output, "\n  --{} is one of", option_name(parameter))?;
            let mut table = Table::new(&[Align::Left, Align::Left]).indented(4);
            for Choice { name, label, description, .. } in choices {
                table.row([*name, &format!("{label}: {description}")]);
            }
            write!(output, "{table}")?;
        }
    }
    writeln!(output, "\nledgerlab run {} --help says what each option means.", description.name)?;
    Ok(())
}

/// The bounds with their unit.
fn takes(parameter: &Parameter) -> String {
    match parameter.values {
        Values::Number { unit, .. } if !unit.is_empty() => format!("{} {unit}", bounds(parameter)),
        _ => bounds(parameter),
    }
}

/// What a preset's number stands for.
fn value(parameter: &Parameter, value: u64) -> String {
    match parameter.values {
        Values::Choice { choices } => choices[value as usize].name.to_owned(),
        Values::Number { .. } if (parameter.name, value) == ("workers", 0) => "all".to_owned(),
        Values::Number { .. } => grouped(value.into()),
    }
}
