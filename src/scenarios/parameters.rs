//! The parameter values of a run.

use std::collections::BTreeMap;

use serde::Serialize;

use super::parameter::ParameterValue;
use super::{Choice, Parameter, Preset, RequestError, Value, Values};

/// A valid value for every parameter of a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Parameters(BTreeMap<&'static str, ParameterValue>);

impl Parameters {
    /// Combines the requested values with those of a preset, and replaces 0 workers by `workers_available`.
    ///
    /// # Errors
    /// [`RequestError`] naming the unknown parameter or the value that is not accepted.
    pub fn resolve(
        described: &'static [Parameter],
        preset: &Preset,
        requested: &BTreeMap<String, Value>,
        workers_available: u64,
    ) -> Result<Self, RequestError> {
        let mut names = described.iter().map(|parameter| parameter.name);
        if let Some(name) = requested.keys().find(|name| !names.clone().any(|known| known == *name))
        {
            return Err(RequestError::unknown("parameter", name, &mut names));
        }
        let mut values = BTreeMap::new();
        for parameter in described {
            let default = preset.value(parameter);
            let value = match requested.get(parameter.name) {
                Some(value) => parameter.parse(value)?,
                None => match (parameter.name, default, parameter.values) {
                    ("workers", 0, Values::Number { minimum, maximum, .. }) => {
                        ParameterValue::Number(workers_available.clamp(minimum, maximum))
                    }
                    _ => parameter.decode(default),
                },
            };
            values.insert(parameter.name, value);
        }
        Ok(Self(values))
    }

    /// Returns the value of a number.
    ///
    /// # Panics
    /// When the scenario describes no number with this name. That is a bug in the scenario.
    pub fn get(&self, name: &str) -> u64 {
        match self.0.get(name) {
            Some(ParameterValue::Number(number)) => *number,
            _ => panic!("the scenario describes no number {name:?}"),
        }
    }

    /// Returns the value of a choice.
    ///
    /// # Panics
    /// When the scenario describes no choice with this name. That is a bug in the scenario.
    pub fn choice(&self, name: &str) -> &'static Choice {
        match self.0.get(name) {
            Some(ParameterValue::Choice(choice)) => choice,
            _ => panic!("the scenario describes no choice {name:?}"),
        }
    }

    /// Returns all names with their values.
    pub fn values(&self) -> impl Iterator<Item = (&'static str, Value)> {
        self.0.iter().map(|(name, value)| match value {
            ParameterValue::Number(number) => (*name, Value::Number(*number)),
            ParameterValue::Choice(choice) => (*name, Value::Name(choice.name.to_owned())),
        })
    }

    /// Returns the names and values of all choices.
    pub fn choices(&self) -> impl Iterator<Item = (&'static str, &'static Choice)> {
        self.0.iter().filter_map(|(name, value)| match value {
            ParameterValue::Choice(choice) => Some((*name, *choice)),
            ParameterValue::Number(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn choice(name: &'static str, flaw: Option<&'static str>) -> Choice {
        Choice { name, label: "", description: "", flaw }
    }

    static DESCRIBED: &[Parameter] = &[
        Parameter::number("workers", "", "", (1, 8), 0),
        Parameter {
            name: "pace",
            label: "",
            values: Values::Choice {
                choices: &[choice("steady", None), choice("reckless", Some("It will end badly."))],
            },
            description: "",
            default: 0,
        },
    ];

    fn resolve(
        preset: &'static [(&'static str, u64)],
        requested: &[(&str, Value)],
    ) -> Result<Parameters, String> {
        let preset = Preset { name: "", title: "", description: "", values: preset };
        let requested = requested.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        Parameters::resolve(DESCRIBED, &preset, &requested.collect(), 20)
            .map_err(|error| error.to_string())
    }

    const RECKLESS: [(&str, u64); 2] = [("workers", 3), ("pace", 1)];

    fn name(text: &str) -> Value {
        Value::Name(text.to_owned())
    }

    #[test]
    fn presets_give_the_values_that_are_not_requested() {
        for (preset, requested, json) in [
            (&[][..], &[][..], r#"{"pace":"steady","workers":8}"#),
            (&[("workers", 0)], &[], r#"{"pace":"steady","workers":8}"#),
            (&RECKLESS, &[], r#"{"pace":"reckless","workers":3}"#),
            (&RECKLESS, &[("pace", name("steady"))], r#"{"pace":"steady","workers":3}"#),
            (&RECKLESS, &[("workers", Value::Number(2))], r#"{"pace":"reckless","workers":2}"#),
        ] {
            let parameters = resolve(preset, requested).expect("the values are valid");
            assert_eq!(serde_json::to_string(&parameters).expect("it serializes"), json);
        }
    }

    #[test]
    fn invalid_values_are_rejected_with_the_valid_ones() {
        let choices = "pace must be one of steady, reckless, not";
        for (parameter, value, message) in [
            ("workers", Value::Number(9), "workers must be 1 to 8, not 9".to_owned()),
            ("workers", Value::Number(0), "workers must be 1 to 8, not 0".to_owned()),
            ("workers", name("two"), "workers must be 1 to 8, not \"two\"".to_owned()),
            ("pace", name("fast"), format!("{choices} \"fast\"")),
            ("pace", name("Steady"), format!("{choices} \"Steady\"")),
            ("pace", name(""), format!("{choices} \"\"")),
            ("pace", Value::Number(0), format!("{choices} 0")),
            (
                "place",
                name("x"),
                "there is no parameter \"place\"; known parameters: workers, pace".into(),
            ),
        ] {
            assert_eq!(resolve(&[("workers", 1)], &[(parameter, value)]), Err(message));
        }
    }

    #[test]
    fn choices_have_their_flaws() {
        let parameters =
            resolve(&[("workers", 1), ("pace", 1)], &[]).expect("the values are valid");
        assert_eq!(parameters.get("workers"), 1);
        assert_eq!(parameters.choice("pace").name, "reckless");
        let flaws: Vec<_> =
            parameters.choices().map(|(name, choice)| (name, choice.flaw)).collect();
        assert_eq!(flaws, [("pace", Some("It will end badly."))]);
    }
}
