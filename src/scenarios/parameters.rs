//! What a scenario can be asked to do: parameters with bounds and a sentence each, and presets.
//!
//! They are described once, here and in each scenario's file; the command line and the page read the description.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::Preset;

/// The greatest value of any parameter: 2^53 - 1, so that every host holds it exactly.
pub const VALUE_MAX: u64 = (1 << 53) - 1;

/// One thing that can be chosen about a run: a whole number.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Parameter {
    /// Its name in commands, addresses and reports; its unit comes last.
    pub name: &'static str,
    /// Its name for people.
    pub label: &'static str,
    /// The unit of its values, empty for a plain count.
    pub unit: &'static str,
    /// Least value.
    pub minimum: u64,
    /// Greatest value.
    pub maximum: u64,
    /// What it means, in a sentence.
    pub sentence: &'static str,
}

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
    /// A value is out of its bounds.
    Bounds {
        /// The parameter.
        name: &'static str,
        /// What was asked for.
        value: u64,
        /// Its least value.
        minimum: u64,
        /// Its greatest value.
        maximum: u64,
    },
    /// Two values that do not go together.
    Pair {
        /// What must hold, in a sentence that names the values.
        sentence: String,
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
            Self::Pair { sentence } => formatter.write_str(sentence),
        }
    }
}

impl std::error::Error for RequestError {}

/// A value for every parameter of a scenario, each within its bounds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Parameters(BTreeMap<&'static str, u64>);

impl Parameters {
    /// The values of `preset`, with `chosen` in place of those they name, and `workers_available` in place of a 0
    /// for the workers.
    ///
    /// # Errors
    /// [`RequestError`] naming the parameter that does not exist or the value that is out of its bounds.
    pub fn choose(
        described: &'static [Parameter],
        preset: &Preset,
        chosen: &BTreeMap<String, u64>,
        workers_available: u64,
    ) -> Result<Self, RequestError> {
        for name in chosen.keys() {
            if !described.iter().any(|parameter| parameter.name == name) {
                let known = described.iter().map(|parameter| parameter.name).collect();
                return Err(RequestError::Unknown { name: name.clone(), known });
            }
        }
        let mut values = BTreeMap::new();
        for (&Parameter { name, minimum, maximum, .. }, &default) in
            described.iter().zip(preset.values)
        {
            let default = match (name, default) {
                ("workers", 0) => workers_available.clamp(minimum, maximum),
                _ => default,
            };
            let value = chosen.get(name).copied().unwrap_or(default);
            if !(minimum..=maximum).contains(&value) {
                return Err(RequestError::Bounds { name, value, minimum, maximum });
            }
            values.insert(name, value);
        }
        Ok(Self(values))
    }

    /// The value of the parameter of this name.
    ///
    /// # Panics
    /// When the scenario does not describe it: that is a mistake in the scenario, which its test finds.
    pub fn get(&self, name: &str) -> u64 {
        match self.0.get(name) {
            Some(value) => *value,
            None => panic!("the scenario does not describe the parameter {name:?}"),
        }
    }
}

/// Parameters that every scenario has, so that they read the same everywhere.
pub mod common {
    use super::{Parameter, VALUE_MAX};

    /// Threads that run the load.
    pub const WORKERS: Parameter = Parameter {
        name: "workers",
        label: "Workers",
        unit: "",
        minimum: 1,
        maximum: 64,
        sentence: "Threads that share one book. More than the machine has processors only wait for each other.",
    };

    /// Attempts of all workers together.
    pub const OPERATIONS: Parameter = Parameter {
        name: "operations",
        label: "Operations",
        unit: "",
        minimum: 1,
        maximum: 1_000_000_000,
        sentence: "Attempts by all workers together. The run ends when they are done or its time is up.",
    };

    /// Time limit of the run.
    pub const DURATION_S: Parameter = Parameter {
        name: "duration_s",
        label: "Time limit",
        unit: "s",
        minimum: 1,
        maximum: 3_600,
        sentence: "The run ends after this time even when operations are left.",
    };

    /// What the random choices start from.
    pub const SEED: Parameter = Parameter {
        name: "seed",
        label: "Seed",
        unit: "",
        minimum: 0,
        maximum: VALUE_MAX,
        sentence: "The random choices start from it: the same seed makes every worker ask for the same.",
    };

    /// How long one attempt may wait.
    pub const DEADLINE_MS: Parameter = Parameter {
        name: "deadline_ms",
        label: "Deadline",
        unit: "ms",
        minimum: 1,
        maximum: 60_000,
        sentence: "An attempt that is still waiting for its accounts this long after its batch was handed in gives up.",
    };

    /// Attempts between two looks at the clock.
    pub const BATCH: Parameter = Parameter {
        name: "batch",
        label: "Batch",
        unit: "",
        minimum: 1,
        maximum: 8_189,
        sentence: "Attempts that a worker makes between two looks at the clock and two updates of the counters.",
    };

    /// Memory for the trail.
    pub const TRAIL_MIB: Parameter = Parameter {
        name: "trail_mib",
        label: "Trail memory",
        unit: "MiB",
        minimum: 32,
        maximum: 65_536,
        sentence: "Memory for the audit trail at 128 bytes an entry. The run ends when it is used up; nothing is dropped.",
    };
}
