//! What people and hosts are told about the scenarios before a run.

use std::collections::BTreeMap;

use serde::Serialize;

use super::events::kinds;
use super::parameters::Chosen;
use super::{ALL, CountersLayout, LAYOUT, Parameter, RequestError};

/// What people read about a scenario.
#[derive(Clone, Copy, Debug)]
pub struct Description {
    /// Its name in commands and addresses.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What one will see.
    pub description: &'static str,
    /// What can be chosen, in the order in which people are asked.
    pub parameters: &'static [Parameter],
    /// Named choices, the default one first.
    pub presets: &'static [Preset],
    /// What can happen on the way that people want to see, fewer than [`EVENTS_MAX`](super::EVENTS_MAX). A load names one
    /// by its place.
    pub events: &'static [EventKind],
}

/// Something that can happen in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct EventKind {
    /// Its name in reports.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
}

/// A named choice of parameters.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// Its name in commands and addresses.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What it shows, in a description.
    pub description: &'static str,
    /// Names of parameters, with values in place of their defaults.
    pub values: &'static [(&'static str, u64)],
}

impl Preset {
    /// The default one of every scenario: a load that means something on the machine at hand.
    pub const fn scale(description: &'static str, values: &'static [(&'static str, u64)]) -> Self {
        Self { name: "scale", title: "At scale", description, values }
    }

    /// The numbers of GoLedger's own test.
    pub const fn goledger(
        description: &'static str,
        values: &'static [(&'static str, u64)],
    ) -> Self {
        Self { name: "goledger", title: "GoLedger's own numbers", description, values }
    }

    /// Its value of a parameter, or the parameter's own default.
    pub(crate) fn value(&self, parameter: &Parameter) -> u64 {
        let mut named = self.values.iter().filter(|(name, _)| *name == parameter.name);
        named.next().map_or(parameter.default, |(_, value)| *value)
    }
}

impl Description {
    /// RequestService kind of event with its place: the scenario's own, and the one that all have.
    pub fn event_kinds(&self) -> impl Iterator<Item = (usize, EventKind)> {
        kinds(self.events)
    }

    /// The preset of this name, or the default one.
    ///
    /// # Errors
    /// [`RequestError::Preset`], listing those there are.
    pub fn preset(&self, name: Option<&str>) -> Result<&'static Preset, RequestError> {
        let Some(name) = name else { return Ok(&self.presets[0]) };
        self.presets.iter().find(|preset| preset.name == name).ok_or_else(|| {
            let known = self.presets.iter().map(|preset| preset.name).collect();
            RequestError::Preset { name: name.to_owned(), known }
        })
    }
}

/// All that a host is told: the scenarios, and where the counters are.
#[derive(Clone, Debug, Serialize)]
pub struct Catalogue {
    version: &'static str,
    scenarios: Vec<DescribedScenario>,
    counters: CountersLayout,
}

#[derive(Clone, Debug, Serialize)]
struct DescribedScenario {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    parameters: Vec<DescribedParameter>,
    presets: Vec<DescribedPreset>,
    events: Vec<DescribedEvent>,
}

#[derive(Clone, Debug, Serialize)]
struct DescribedEvent {
    /// Its place among the counters' events.
    place: usize,
    #[serde(flatten)]
    kind: EventKind,
}

#[derive(Clone, Debug, Serialize)]
struct DescribedParameter {
    #[serde(flatten)]
    parameter: Parameter,
    default: Chosen,
}

#[derive(Clone, Debug, Serialize)]
struct DescribedPreset {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    values: BTreeMap<&'static str, Chosen>,
}

impl Catalogue {
    /// Of this version of the crate.
    pub fn new() -> Self {
        let scenarios = ALL.iter().map(|scenario| DescribedScenario::of(scenario.description()));
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

impl DescribedScenario {
    fn of(scenario: &Description) -> Self {
        let &Description { name, title, description, parameters, presets, events: _ } = scenario;
        let default = &presets[0];
        let presets = presets.iter().map(|preset| DescribedPreset {
            name: preset.name,
            title: preset.title,
            description: preset.description,
            values: parameters
                .iter()
                .map(|parameter| (parameter.name, parameter.preset(preset.value(parameter))))
                .collect(),
        });
        Self {
            name,
            title,
            description,
            parameters: parameters
                .iter()
                .map(|parameter| DescribedParameter {
                    parameter: *parameter,
                    default: parameter.preset(default.value(parameter)),
                })
                .collect(),
            presets: presets.collect(),
            events: scenario
                .event_kinds()
                .map(|(place, kind)| DescribedEvent { place, kind })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenarios::{EVENTS_MAX, Parameters, Protocol, Value, Values, common};

    #[test]
    fn every_preset_gives_every_parameter_a_value_that_it_takes() {
        for scenario in ALL {
            let description = scenario.description();
            assert!(!description.presets.is_empty(), "{} has no preset", description.name);
            assert!(description.events.len() < EVENTS_MAX);
            for preset in description.presets {
                for (name, _) in preset.values {
                    let known = description.parameters.iter().any(|its| its.name == *name);
                    assert!(known, "{} {} names {name}", description.name, preset.name);
                }
                // As if the preset's values had been asked for, so that their bounds are looked at.
                let asked = description.parameters.iter().filter_map(|parameter| {
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
                    Parameters::choose(description.parameters, preset, &asked.collect(), 2)
                        .unwrap_or_else(|error| {
                            panic!("{} {}: {error}", description.name, preset.name)
                        });
                assert_eq!(scenario.accept(&parameters), Ok(()));
                assert!(scenario.layout(&parameters).size() > 1);
                assert!(!Protocol::of(&parameters).is_flawed());
            }
        }
    }

    #[test]
    fn every_scenario_has_the_common_parameters_and_both_presets() {
        for scenario in ALL {
            let &Description { name, parameters, presets, .. } = scenario.description();
            for common in common::ALL {
                let its = parameters.iter().find(|its| its.name == common.name);
                let its = its.unwrap_or_else(|| panic!("{name} has no {}", common.name));
                assert!(its.name != "seed" || its.default == common.default, "{name}");
            }
            let presets: Vec<_> = presets.iter().map(|preset| preset.name).collect();
            assert_eq!(presets[0], "scale", "{name}");
            assert!(presets.contains(&"goledger") || name == "smallbank", "{name}: {presets:?}");
        }
    }

    #[test]
    fn the_catalogue_tells_defaults() {
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
        assert_eq!(hft["presets"][1]["values"]["operations"], 50);
        let concurrency = described("concurrency");
        assert_eq!(
            (&concurrency["kind"], &concurrency["default"]),
            (&"choice".into(), &"ordered-locks".into())
        );
        assert_eq!(concurrency["choices"][1]["label"], "One lock for all");
        assert_eq!(concurrency["choices"][1]["flaw"], serde_json::Value::Null);
        assert_eq!(hft["presets"][1]["values"]["concurrency"], "ordered-locks");
    }
}
