//! What a scenario can be asked to do: parameters with their values and a description each.
//!
//! They are described once, in `common.rs` and in each scenario's file; the command line and the page read the
//! description.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::{Preset, RequestError, Value};

/// The greatest value of any parameter: 2^53 - 1, so that every host holds it exactly.
pub const VALUE_MAX: u64 = (1 << 53) - 1;

/// One thing that can be chosen about a run.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Parameter {
    /// Its name in commands, addresses and reports; its unit comes last.
    pub name: &'static str,
    /// Its name for people.
    pub label: &'static str,
    /// What it takes.
    #[serde(flatten)]
    pub values: Values,
    /// What it means, in a description.
    pub description: &'static str,
    /// What it is where neither the request nor the preset says: a number, or a choice's place among all, from 0. For
    /// the workers, 0 stands for as many as the machine has.
    #[serde(skip)]
    pub default: u64,
}

/// What a parameter takes.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Values {
    /// A whole number.
    Number {
        /// Its unit, empty for a plain count.
        unit: &'static str,
        /// The least one.
        minimum: u64,
        /// The greatest one, at most [`VALUE_MAX`].
        maximum: u64,
    },
    /// One of several choices.
    Choice {
        /// All of them, in the order in which people are offered them.
        choices: &'static [Choice],
    },
}

/// One of the values of a parameter that has names instead of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// Its name in commands, addresses and reports.
    pub name: &'static str,
    /// Its name for people.
    pub label: &'static str,
    /// What it does, in a description.
    pub description: &'static str,
    /// For what is wrong on purpose: what is expected of a run that has it, in a description. Its name must say that it
    /// is wrong, too, because a name is read where no description is.
    pub flaw: Option<&'static str>,
}

/// What one parameter of a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chosen {
    Number(u64),
    Choice(&'static Choice),
}

/// A number, or the name of the choice.
impl Serialize for Chosen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => serializer.serialize_u64(*number),
            Self::Choice(choice) => serializer.serialize_str(choice.name),
        }
    }
}

impl Parameter {
    /// A whole number of `unit`, from the first of `bounds` to the last.
    pub const fn number(
        name: &'static str,
        label: &'static str,
        unit: &'static str,
        bounds: (u64, u64),
        default: u64,
        description: &'static str,
    ) -> Self {
        let values = Values::Number { unit, minimum: bounds.0, maximum: bounds.1 };
        Self { name, label, values, description, default }
    }

    /// The same parameter with another default.
    pub const fn with_default(self, default: u64) -> Self {
        Self { default, ..self }
    }

    /// The same parameter under a name and a description that suit one scenario.
    pub const fn called(self, label: &'static str, description: &'static str) -> Self {
        Self { label, description, ..self }
    }

    /// What a preset's number stands for: itself, or the choice at that place, from 0.
    pub(super) fn preset(&self, value: u64) -> Chosen {
        match self.values {
            Values::Number { .. } => Chosen::Number(value),
            Values::Choice { choices } => Chosen::Choice(&choices[value as usize]),
        }
    }

    /// What a request's value is here.
    fn read(&self, value: &Value) -> Result<Chosen, RequestError> {
        let &Self { name, values, .. } = self;
        match (values, value) {
            (Values::Number { minimum, maximum, .. }, value) => match *value {
                Value::Number(number) if (minimum..=maximum).contains(&number) => {
                    Ok(Chosen::Number(number))
                }
                _ => Err(RequestError::Bounds { name, value: value.clone(), minimum, maximum }),
            },
            (Values::Choice { choices }, value) => {
                let named = |choice: &&Choice| *value == Value::Name(choice.name.to_owned());
                choices.iter().find(named).map(Chosen::Choice).ok_or_else(|| {
                    let known = choices.iter().map(|choice| choice.name).collect();
                    RequestError::Choice { name, value: value.clone(), known }
                })
            }
        }
    }
}

/// A value for every parameter of a scenario, each one that it takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Parameters(BTreeMap<&'static str, Chosen>);

impl Parameters {
    /// The values of `preset`, with `chosen` in place of those they name, and `workers_available` in place of a 0
    /// for the workers.
    ///
    /// # Errors
    /// [`RequestError`] naming the parameter that does not exist or the value that it does not take.
    pub fn choose(
        described: &'static [Parameter],
        preset: &Preset,
        chosen: &BTreeMap<String, Value>,
        workers_available: u64,
    ) -> Result<Self, RequestError> {
        for name in chosen.keys() {
            if !described.iter().any(|parameter| parameter.name == name) {
                let known = described.iter().map(|parameter| parameter.name).collect();
                return Err(RequestError::Unknown { name: name.clone(), known });
            }
        }
        let mut values = BTreeMap::new();
        for parameter in described {
            let default = preset.value(parameter);
            let value = match chosen.get(parameter.name) {
                Some(value) => parameter.read(value)?,
                None => match (parameter.name, default, parameter.values) {
                    ("workers", 0, Values::Number { minimum, maximum, .. }) => {
                        Chosen::Number(workers_available.clamp(minimum, maximum))
                    }
                    _ => parameter.preset(default),
                },
            };
            values.insert(parameter.name, value);
        }
        Ok(Self(values))
    }

    /// The number that the parameter of this name is.
    ///
    /// # Panics
    /// When the scenario describes no number of this name: that is a mistake in the scenario, which its test finds.
    pub fn get(&self, name: &str) -> u64 {
        match self.0.get(name) {
            Some(Chosen::Number(number)) => *number,
            _ => panic!("the scenario describes no number {name:?}"),
        }
    }

    /// The choice that the parameter of this name is.
    ///
    /// # Panics
    /// When the scenario describes no choice of this name: that is a mistake in the scenario, which its test finds.
    pub fn choice(&self, name: &str) -> &'static Choice {
        match self.0.get(name) {
            Some(Chosen::Choice(choice)) => choice,
            _ => panic!("the scenario describes no choice {name:?}"),
        }
    }

    /// Returns all parameters by name.
    pub fn values(&self) -> impl Iterator<Item = (&'static str, Value)> {
        self.0.iter().map(|(name, value)| {
            let value = match value {
                Chosen::Number(number) => Value::Number(*number),
                Chosen::Choice(choice) => Value::Name(choice.name.to_owned()),
            };
            (*name, value)
        })
    }

    /// All parameters that are choices, by name.
    pub fn choices(&self) -> impl Iterator<Item = (&'static str, &'static Choice)> {
        self.0.iter().filter_map(|(name, value)| match value {
            Chosen::Choice(choice) => Some((*name, *choice)),
            Chosen::Number(_) => None,
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
        Parameter::number("workers", "", "", (1, 8), 0, ""),
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

    fn choose(
        preset: &'static [(&'static str, u64)],
        chosen: &[(&str, Value)],
    ) -> Result<Parameters, String> {
        let preset = Preset { name: "", title: "", description: "", values: preset };
        let chosen = chosen.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        Parameters::choose(DESCRIBED, &preset, &chosen.collect(), 20)
            .map_err(|error| error.to_string())
    }

    const RECKLESS: [(&str, u64); 2] = [("workers", 3), ("pace", 1)];

    fn name(text: &str) -> Value {
        Value::Name(text.to_owned())
    }

    #[test]
    fn presets_give_what_was_not_chosen() {
        for (preset, chosen, json) in [
            (&[][..], &[][..], r#"{"pace":"steady","workers":8}"#),
            (&[("workers", 0)], &[], r#"{"pace":"steady","workers":8}"#),
            (&RECKLESS, &[], r#"{"pace":"reckless","workers":3}"#),
            (&RECKLESS, &[("pace", name("steady"))], r#"{"pace":"steady","workers":3}"#),
            (&RECKLESS, &[("workers", Value::Number(2))], r#"{"pace":"reckless","workers":2}"#),
        ] {
            let parameters = choose(preset, chosen).expect("each is taken");
            assert_eq!(serde_json::to_string(&parameters).expect("it serializes"), json);
        }
    }

    #[test]
    fn what_a_parameter_does_not_take_is_refused_with_what_it_does() {
        let choices = "pace must be one of steady, reckless, not";
        for (parameter, value, description) in [
            ("workers", Value::Number(9), "workers must be 1 to 8, not 9".to_owned()),
            ("workers", Value::Number(0), "workers must be 1 to 8, not 0".to_owned()),
            ("workers", name("two"), "workers must be 1 to 8, not \"two\"".to_owned()),
            ("pace", name("fast"), format!("{choices} \"fast\"")),
            ("pace", name("Steady"), format!("{choices} \"Steady\"")),
            ("pace", name(""), format!("{choices} \"\"")),
            ("pace", Value::Number(0), format!("{choices} 0")),
            ("place", name("x"), "there is no parameter \"place\"; there is workers, pace".into()),
        ] {
            assert_eq!(choose(&[("workers", 1)], &[(parameter, value)]), Err(description));
        }
    }

    #[test]
    fn choices_are_told_with_their_flaws() {
        let parameters = choose(&[("workers", 1), ("pace", 1)], &[]).expect("each is taken");
        assert_eq!(parameters.get("workers"), 1);
        assert_eq!(parameters.choice("pace").name, "reckless");
        let told: Vec<_> = parameters.choices().map(|(name, choice)| (name, choice.flaw)).collect();
        assert_eq!(told, [("pace", Some("It will end badly."))]);
    }
}
