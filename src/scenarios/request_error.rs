//! Errors in the request for a run.

use std::fmt;

use super::value::Value;

/// A request that is not valid.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestError {
    /// No scenario has this name.
    Scenario {
        /// The requested name.
        name: String,
        /// The known names.
        known: Vec<&'static str>,
    },
    /// The scenario has no preset of this name.
    Preset {
        /// The requested name.
        name: String,
        /// The known names.
        known: Vec<&'static str>,
    },
    /// The scenario has no parameter of this name.
    Parameter {
        /// The requested name.
        name: String,
        /// The known names.
        known: Vec<&'static str>,
    },
    /// A value is not a number within the bounds of its parameter.
    Bounds {
        /// The parameter.
        name: &'static str,
        /// The requested value.
        value: Value,
        /// The least value.
        minimum: u64,
        /// The greatest value.
        maximum: u64,
    },
    /// A value is none of the choices of its parameter.
    Choice {
        /// The parameter.
        name: &'static str,
        /// The requested value.
        value: Value,
        /// The known names.
        known: Vec<&'static str>,
    },
    /// Two values exclude each other.
    Conflict {
        /// The violated condition with the values.
        message: String,
    },
}

impl fmt::Display for RequestError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut unknown = |kind: &str, name: &str, known: &[&str]| {
            let known = known.join(", ");
            write!(formatter, "there is no {kind} {name:?}; known {kind}s: {known}")
        };
        match self {
            Self::Scenario { name, known } => unknown("scenario", name, known),
            Self::Preset { name, known } => unknown("preset", name, known),
            Self::Parameter { name, known } => unknown("parameter", name, known),
            Self::Bounds { name, value, minimum, maximum } => {
                write!(formatter, "{name} must be {minimum} to {maximum}, not {value}")
            }
            Self::Choice { name, value, known } => {
                write!(formatter, "{name} must be one of {}, not {value}", known.join(", "))
            }
            Self::Conflict { message } => formatter.write_str(message),
        }
    }
}

impl std::error::Error for RequestError {}
