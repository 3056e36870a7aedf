//! The options of a scenario, made of its description, and the request that is made of what was chosen.

use std::collections::BTreeMap;
use std::ffi::OsStr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::host::native::environment;
use crate::model::amounts::grouped;
use crate::scenarios::{ALL, Choice, Description, Parameter, Request, Value, Values};

/// A command that takes the name of a scenario and then that scenario's options.
pub(super) fn of_scenarios(
    name: &'static str,
    about: &'static str,
    scenario: impl Fn(&'static Description) -> Command,
) -> Command {
    Command::new(name)
        .about(about)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand_value_name("SCENARIO")
        .subcommand_help_heading("Scenarios")
        .disable_help_subcommand(true)
        .subcommands(ALL.iter().map(|its| scenario(its.description())))
}

/// What every command about a scenario takes, but its parameters.
pub(super) fn scenario_command(description: &'static Description) -> Command {
    let presets = description.presets.iter().map(|preset| preset.name);
    let default = description.presets[0].name;
    let preset = Arg::new("preset")
        .long("preset")
        .value_name("NAME")
        .value_parser(PossibleValuesParser::new(presets))
        .help(format!("Values to start from [default: {default}]"))
        .hide_default_value(true);
    let flag = |name, help| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    Command::new(description.name)
        .about(format!("{}: {}", description.title, description.description))
        .arg(preset)
        .arg(flag("json", "Print JSON instead of text"))
        .arg(flag("quiet", "Show no progress on standard error"))
}

/// `duration_s` is the option `--duration-s`.
pub(super) fn option_name(parameter: &Parameter) -> String {
    parameter.name.replace('_', "-")
}

/// The core refuses what a parameter does not take: its description is the same on every host.
pub(super) fn parameter_argument(parameter: &'static Parameter) -> Arg {
    let &Parameter { name, values, description, .. } = parameter;
    let argument = Arg::new(name).long(option_name(parameter));
    match values {
        Values::Choice { choices } => {
            argument.value_name("NAME").value_parser(ChoiceParser(choices)).help(description)
        }
        Values::Number { .. } if name == "seed" => argument
            .value_name("NUMBER|random")
            .value_parser(seed)
            .help(format!("{description} {}, or random", bounds(parameter))),
        Values::Number { unit, .. } => argument
            .value_name(if unit.is_empty() {
                "NUMBER".to_owned()
            } else {
                unit.to_uppercase().replace(' ', "_")
            })
            .value_parser(str::parse::<Value>)
            .help(format!("{description} {}", bounds(parameter))),
    }
}

/// What a parameter takes, in a few words.
pub(super) fn bounds(parameter: &Parameter) -> String {
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
        Some(Box::new(
            values.map(|choice| PossibleValue::new(choice.name).help(choice.description)),
        ))
    }
}

/// Asks for what was chosen, with the first value of each option.
pub(super) fn request(description: &Description, chosen: &ArgMatches) -> Request {
    let mut parameters = BTreeMap::new();
    for parameter in description.parameters {
        if let Some(value) = chosen.get_one::<Value>(parameter.name) {
            parameters.insert(parameter.name.to_owned(), value.clone());
        }
    }
    Request {
        scenario: description.name.to_owned(),
        preset: chosen.get_one::<String>("preset").cloned(),
        parameters,
        environment: environment(),
    }
}

/// The scenario that clap knows by this name.
pub(super) fn described(scenario: &str) -> &'static Description {
    let found = crate::scenarios::find(scenario);
    found.unwrap_or_else(|_| unreachable!("clap takes no other scenario")).description()
}
