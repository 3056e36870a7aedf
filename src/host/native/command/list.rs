//! `ledgerlab list`: lists the scenarios, or the presets and parameters of one.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Args;

use super::options::{bounds, option_name};
use crate::host::native::exit::{CommandError, CommandResult};
use crate::host::native::output::stdout;
use crate::host::native::text::table::{Align, Table};
use crate::model::amounts::grouped;
use crate::scenarios::{ALL, Choice, Description, Parameter, Values, find};

/// List the scenarios, or the presets and parameters of one
#[derive(Args)]
pub(super) struct ListOptions {
    /// Show the presets and parameters of this scenario
    scenario: Option<String>,
    /// Show the presets and parameters of every scenario
    #[arg(long, conflicts_with = "scenario")]
    all: bool,
}

pub(super) fn list(options: &ListOptions) -> CommandResult {
    let mut output = stdout();
    if let Some(name) = &options.scenario {
        let scenario = find(name).map_err(CommandError::invalid_input)?;
        describe(&mut output, scenario.description())?;
    } else if options.all {
        for (index, scenario) in ALL.iter().enumerate() {
            if index > 0 {
                writeln!(output)?;
            }
            describe(&mut output, scenario.description())?;
        }
    } else {
        let mut table = Table::new(&[Align::Left; 3]);
        for scenario in ALL {
            let &Description { name, title, description, .. } = scenario.description();
            table.row([name, title, description]);
        }
        write!(output, "{table}\n{NEXT_STEPS}")?;
    }
    Ok(ExitCode::SUCCESS)
}

const NEXT_STEPS: &str = "\
`ledgerlab list SCENARIO` shows that scenario's presets and parameters.
`ledgerlab run SCENARIO` runs it.
";

/// Writes the presets and parameters of a scenario.
fn describe(output: &mut impl Write, description: &Description) -> io::Result<()> {
    writeln!(output, "{} — {}", description.name, description.title)?;
    writeln!(output, "  {}", description.description)?;
    writeln!(output, "\n  Presets")?;
    let mut presets = Table::new(&[Align::Left; 2]).indented(4);
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
            let mut table = Table::new(&[Align::Left; 2]).indented(4);
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
