//! A parameter of a scenario: its texts, its default and the values that it accepts.

use serde::{Serialize, Serializer};

use super::{RequestError, Value};

/// The maximum value of any parameter: 2^53 - 1, which every host represents exactly.
pub const VALUE_MAX: u64 = (1 << 53) - 1;

/// A parameter of a scenario.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Parameter {
    /// The name in commands, URLs and reports, with the unit last.
    pub name: &'static str,
    /// The name for people.
    pub label: &'static str,
    /// The accepted values.
    #[serde(flatten)]
    pub values: Values,
    /// The meaning, for people.
    pub description: &'static str,
    /// The value where neither the request nor the preset gives one: a number, or the index of a choice. For the
    /// workers, 0 means the number of processors.
    #[serde(skip)]
    pub default: u64,
}

/// The values that a parameter accepts.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Values {
    /// A whole number.
    Number {
        /// The unit; empty for a plain count.
        unit: &'static str,
        /// The least value.
        minimum: u64,
        /// The maximum value, at most [`VALUE_MAX`].
        maximum: u64,
    },
    /// One of several choices.
    Choice {
        /// All choices, in the order in which they are offered.
        choices: &'static [Choice],
    },
}

/// A named value of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// The name in commands, URLs and reports.
    pub name: &'static str,
    /// The name for people.
    pub label: &'static str,
    /// The effect, for people.
    pub description: &'static str,
    /// For a choice that is incorrect on purpose: what to expect of a run with it.
    pub flaw: Option<&'static str>,
}

/// The value of a parameter in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ParameterValue {
    Number(u64),
    Choice(&'static Choice),
}

/// Serializes a number, or the name of the choice.
impl Serialize for ParameterValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => serializer.serialize_u64(*number),
            Self::Choice(choice) => serializer.serialize_str(choice.name),
        }
    }
}

impl Parameter {
    /// A whole number with its unit, its least and greatest value, and its default. Its description is still empty.
    pub const fn number(
        name: &'static str,
        label: &'static str,
        unit: &'static str,
        (minimum, maximum): (u64, u64),
        default: u64,
    ) -> Self {
        let values = Values::Number { unit, minimum, maximum };
        Self { name, label, values, description: "", default }
    }

    /// Returns the parameter with a different default.
    pub const fn with_default(self, default: u64) -> Self {
        Self { default, ..self }
    }

    /// Returns the parameter with a different label.
    pub const fn with_label(self, label: &'static str) -> Self {
        Self { label, ..self }
    }

    /// Returns the parameter with a different description.
    pub const fn describe(self, description: &'static str) -> Self {
        Self { description, ..self }
    }

    /// Converts a preset's number: to itself, or to the choice of that index.
    pub(super) fn decode(&self, number: u64) -> ParameterValue {
        match self.values {
            Values::Number { .. } => ParameterValue::Number(number),
            Values::Choice { choices } => ParameterValue::Choice(&choices[number as usize]),
        }
    }

    /// Checks a requested value and converts it.
    pub(super) fn parse(&self, value: &Value) -> Result<ParameterValue, RequestError> {
        let &Self { name, values, .. } = self;
        match (values, value) {
            (Values::Number { minimum, maximum, .. }, value) => match *value {
                Value::Number(number) if (minimum..=maximum).contains(&number) => {
                    Ok(ParameterValue::Number(number))
                }
                _ => {
                    Err(RequestError(format!("{name} must be {minimum} to {maximum}, not {value}")))
                }
            },
            (Values::Choice { choices }, value) => {
                let is_named = |choice: &&Choice| *value == Value::Name(choice.name.to_owned());
                choices.iter().find(is_named).map(ParameterValue::Choice).ok_or_else(|| {
                    let known: Vec<_> = choices.iter().map(|choice| choice.name).collect();
                    let known = known.join(", ");
                    RequestError(format!("{name} must be one of {known}, not {value}"))
                })
            }
        }
    }
}
