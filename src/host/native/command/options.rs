//! The options of a scenario, made from its description, and the request made from the options
//! given.

use std::collections::BTreeMap;
use std::ffi::OsStr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::host::native::threads::environment;
use crate::model::amounts::grouped;
use crate::scenarios::{ALL, Choice, Description, Parameter, Request, Value, Values, find};

/// Returns a command with one subcommand per scenario.
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
        .subcommands(ALL.iter().map(|known| scenario(known.description())))
}

/// Returns the command of a scenario with the options that are not parameters.
pub(super) fn scenario_command(description: &'static Description) -> Command {
    let presets = description.presets.iter().map(|preset| preset.name);
    let default = description.presets[0].name;
    let preset = Arg::new("preset")
        .long("preset")
        .value_name("NAME")
        .value_parser(PossibleValuesParser::new(presets))
        .help(format!("Preset for all parameters that are not given [default: {default}]"))
        .hide_default_value(true);
    let flag = |name, help| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    Command::new(description.name)
        .about(format!("{}: {}", description.title, description.description))
        .arg(preset)
        .arg(flag("json", "Print JSON instead of text"))
        .arg(flag("quiet", "Do not show progress on standard error"))
}

/// Returns the name of a parameter's option: `--duration-s` for `duration_s`.
pub(super) fn option_name(parameter: &Parameter) -> String {
    parameter.name.replace('_', "-")
}

/// Returns the option of a parameter. The core rejects invalid values, so that the message is the
/// same on every host.
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

/// Returns the values that a parameter takes, in a few words.
pub(super) fn bounds(parameter: &Parameter) -> String {
    match parameter.values {
        Values::Number { minimum, maximum, .. } => {
            format!("{} to {}", grouped(minimum.into()), grouped(maximum.into()))
        }
        Values::Choice { choices } => format!("one of {}", choices.len()),
    }
}

/// Parses a seed, or generates one for `random`.
fn seed(text: &str) -> Result<Value, String> {
    if text == "random" {
        let drawn = crate::host::random_seed()
            .map_err(|error| format!("no random seed is available: {error}"));
        return drawn.map(Value::Number);
    }
    let number = text.parse().map(Value::Number);
    number.map_err(|_| "it must be a whole number or the word \"random\"".to_owned())
}

/// Accepts any name, so that the core rejects invalid ones. The help lists the valid names.
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

/// Returns the request for the options given. Takes the first value of an option that has several.
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

/// Returns the scenario that clap matched, and its options.
pub(super) fn scenario(matches: &ArgMatches) -> (&'static Description, &ArgMatches) {
    let (name, chosen) = matches.subcommand().expect("clap requires a scenario");
    let scenario = find(name).expect("clap accepts only known scenarios");
    (scenario.description(), chosen)
}
