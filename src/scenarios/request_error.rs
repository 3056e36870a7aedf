//! Why no run can be made of a request, in sentences that name the value and what there is instead.

use std::fmt;

use super::Value;

/// A request that no run can be made of.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestError {
    /// There is no scenario of this name.
    Scenario {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<&'static str>,
    },
    /// The scenario has no preset of this name.
    Preset {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<&'static str>,
    },
    /// The scenario has no parameter of this name.
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<&'static str>,
    },
    /// A value that is no number within the parameter's bounds.
    Bounds {
        /// The parameter.
        name: &'static str,
        /// What was asked for.
        value: Value,
        /// Its least value.
        minimum: u64,
        /// Its greatest value.
        maximum: u64,
    },
    /// A value that is none of the parameter's choices.
    Choice {
        /// The parameter.
        name: &'static str,
        /// What was asked for.
        value: Value,
        /// What there is.
        known: Vec<&'static str>,
    },
    /// Two values that do not go together.
    Pair {
        /// What must hold, in a description that names the values.
        description: String,
    },
}

impl fmt::Display for RequestError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut unknown = |kind: &str, name: &str, known: &[&str]| {
            write!(formatter, "there is no {kind} {name:?}; there is {}", known.join(", "))
        };
        match self {
            Self::Scenario { name, known } => unknown("scenario", name, known),
            Self::Preset { name, known } => unknown("preset", name, known),
            Self::Unknown { name, known } => unknown("parameter", name, known),
            Self::Bounds { name, value, minimum, maximum } => {
                write!(formatter, "{name} must be {minimum} to {maximum}, not {value}")
            }
            Self::Choice { name, value, known } => {
                write!(formatter, "{name} must be one of {}, not {value}", known.join(", "))
            }
            Self::Pair { description } => formatter.write_str(description),
        }
    }
}

impl std::error::Error for RequestError {}
