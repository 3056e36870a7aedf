//! The catalogue of all scenarios.

use std::collections::BTreeMap;

use serde::Serialize;

use super::bank_run::BankRun;
use super::basics::{DEPOSITS, HIGH_VOLUME, MIXED, PERFORMANCE, READERS, TRANSFERS};
use super::compliance::Compliance;
use super::deadlock::Deadlock;
use super::hft::TradingFloor;
use super::parameter::ParameterValue;
use super::payments::Payments;
use super::smallbank::SmallBank;
use super::{CountersLayout, Description, EventKind, LAYOUT, Parameter, RequestError, Scenario};

/// All scenarios, in the order in which they are offered.
pub static ALL: &[&dyn Scenario] = &[
    &TradingFloor,
    &BankRun,
    &Payments,
    &Deadlock,
    &Compliance,
    &SmallBank,
    &DEPOSITS,
    &MIXED,
    &TRANSFERS,
    &READERS,
    &PERFORMANCE,
    &HIGH_VOLUME,
];

/// Returns the scenario with this name.
///
/// # Errors
/// [`RequestError`] with the known names.
pub fn find(name: &str) -> Result<&'static dyn Scenario, RequestError> {
    let names = ALL.iter().map(|scenario| scenario.description().name);
    let found = ALL.iter().copied().find(|scenario| scenario.description().name == name);
    found.ok_or_else(|| RequestError::unknown("scenario", name, names))
}

/// What a host receives before a run: the scenarios and the layout of the counters.
#[derive(Clone, Debug, Serialize)]
pub struct Catalogue {
    version: &'static str,
    scenarios: Vec<CatalogueScenario>,
    counters: CountersLayout,
}

#[derive(Clone, Debug, Serialize)]
struct CatalogueScenario {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    parameters: Vec<CatalogueParameter>,
    presets: Vec<CataloguePreset>,
    events: Vec<CatalogueEvent>,
}

#[derive(Clone, Debug, Serialize)]
struct CatalogueEvent {
    /// The position of its counters.
    place: usize,
    #[serde(flatten)]
    kind: EventKind,
}

#[derive(Clone, Debug, Serialize)]
struct CatalogueParameter {
    #[serde(flatten)]
    parameter: Parameter,
    default: ParameterValue,
}

#[derive(Clone, Debug, Serialize)]
struct CataloguePreset {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    values: BTreeMap<&'static str, ParameterValue>,
}

impl Catalogue {
    /// Creates the catalogue of this version of the crate.
    pub fn new() -> Self {
        let scenarios = ALL.iter().map(|scenario| CatalogueScenario::new(scenario.description()));
        Self {
            version: env!("CARGO_PKG_VERSION"),
            scenarios: scenarios.collect(),
            counters: LAYOUT,
        }
    }
}

impl Default for Catalogue {
    fn default() -> Self {
        Self::new()
    }
}

impl CatalogueScenario {
    fn new(scenario: &Description) -> Self {
        let &Description { name, title, description, parameters, presets, events: _ } = scenario;
        let default = &presets[0];
        let presets = presets.iter().map(|preset| CataloguePreset {
            name: preset.name,
            title: preset.title,
            description: preset.description,
            values: parameters
                .iter()
                .map(|parameter| (parameter.name, parameter.decode(preset.value(parameter))))
                .collect(),
        });
        let parameters = parameters.iter().map(|parameter| CatalogueParameter {
            parameter: *parameter,
            default: parameter.decode(default.value(parameter)),
        });
        let events = scenario.event_kinds().map(|(place, kind)| CatalogueEvent { place, kind });
        Self {
            name,
            title,
            description,
            parameters: parameters.collect(),
            presets: presets.collect(),
            events: events.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenarios::{EVENTS_MAX, Parameters, Protocol, Value, Values, common};

    #[test]
    fn every_preset_gives_every_parameter_a_valid_value() {
        for scenario in ALL {
            let description = scenario.description();
            assert!(!description.presets.is_empty(), "{} has no preset", description.name);
            assert!(description.events.len() < EVENTS_MAX);
            for preset in description.presets {
                for (name, _) in preset.values {
                    let known =
                        description.parameters.iter().any(|parameter| parameter.name == *name);
                    assert!(known, "{} {} names {name}", description.name, preset.name);
                }
                // Requesting the preset's values checks their bounds.
                let requested = description.parameters.iter().filter_map(|parameter| {
                    let value = preset.value(parameter);
                    match parameter.values {
                        Values::Number { .. } if (parameter.name, value) == ("workers", 0) => None,
                        Values::Number { .. } => {
                            Some((parameter.name.to_owned(), Value::Number(value)))
                        }
                        Values::Choice { .. } => None,
                    }
                });
                let parameters =
                    Parameters::resolve(description.parameters, preset, &requested.collect(), 2)
                        .unwrap_or_else(|error| {
                            panic!("{} {}: {error}", description.name, preset.name)
                        });
                assert_eq!(scenario.validate(&parameters), Ok(()));
                assert!(scenario.layout(&parameters).account_count() > 1);
                assert!(!Protocol::of(&parameters).is_flawed());
            }
        }
    }

    #[test]
    fn every_scenario_has_the_common_parameters_and_both_presets() {
        for scenario in ALL {
            let &Description { name, parameters, presets, .. } = scenario.description();
            for common in common::ALL {
                let found = parameters.iter().find(|parameter| parameter.name == common.name);
                let found = found.unwrap_or_else(|| panic!("{name} has no {}", common.name));
                assert!(found.name != "seed" || found.default == common.default, "{name}");
            }
            for parameter in parameters {
                assert!(parameter.description.ends_with('.'), "{name} {}", parameter.name);
            }
            let presets: Vec<_> = presets.iter().map(|preset| preset.name).collect();
            assert_eq!(presets[0], "scale", "{name}");
            assert!(presets.contains(&"goledger") || name == "smallbank", "{name}: {presets:?}");
        }
    }

    #[test]
    fn catalogue_has_the_defaults() {
        let catalogue = serde_json::to_value(Catalogue::new()).expect("it serializes");
        let hft = &catalogue["scenarios"][0];
        assert_eq!(hft["name"], "hft");
        let parameters = hft["parameters"].as_array().expect("a list");
        let described = |name: &str| {
            let found = parameters.iter().find(|one| one["name"] == name);
            found.unwrap_or_else(|| panic!("{name} is not described"))
        };
        let operations = described("operations");
        assert_eq!((&operations["kind"], &operations["minimum"]), (&"number".into(), &1.into()));
        assert_eq!(operations["default"], 2_000_000);
        let presets = hft["presets"].as_array().expect("a list");
        let goledger = presets.iter().find(|preset| preset["name"] == "goledger");
        let goledger = goledger.expect("it has GoLedger's numbers");
        assert_eq!(goledger["values"]["operations"], 50);
        let concurrency = described("concurrency");
        assert_eq!(
            (&concurrency["kind"], &concurrency["default"]),
            (&"choice".into(), &"ordered-locks".into())
        );
        assert_eq!(concurrency["choices"][1]["label"], "Global lock");
        assert_eq!(concurrency["choices"][1]["flaw"], serde_json::Value::Null);
        assert_eq!(goledger["values"]["concurrency"], "ordered-locks");
    }
}
