//! The description of a scenario: its texts, parameters, presets and events.

use super::event_kind::with_positions;
use super::{EventKind, Parameter, RequestError};

/// The description of a scenario.
#[derive(Clone, Copy, Debug)]
pub struct Description {
    /// The name in commands and URLs.
    pub name: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// What a run shows.
    pub description: &'static str,
    /// The parameters, in the order in which they are offered.
    pub parameters: &'static [Parameter],
    /// The presets, the default one first.
    pub presets: &'static [Preset],
    /// The scenario's own kinds of event, fewer than [`EVENTS_MAX`](super::EVENTS_MAX).
    pub events: &'static [EventKind],
}

/// A named set of parameter values.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// The name in commands and URLs.
    pub name: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// What a run with this preset shows.
    pub description: &'static str,
    /// Names of parameters with values in place of their defaults.
    pub values: &'static [(&'static str, u64)],
}

impl Preset {
    /// The default preset of every scenario: a workload of a realistic size.
    pub const fn scale(description: &'static str, values: &'static [(&'static str, u64)]) -> Self {
        Self { name: "scale", title: "At scale", description, values }
    }

    /// Some seconds at a rate that a person can follow.
    pub const fn watch(description: &'static str, values: &'static [(&'static str, u64)]) -> Self {
        Self { name: "watch", title: "To watch", description, values }
    }

    /// The numbers of GoLedger's own test.
    pub const fn goledger(
        description: &'static str,
        values: &'static [(&'static str, u64)],
    ) -> Self {
        Self { name: "goledger", title: "GoLedger's own numbers", description, values }
    }

    /// Returns the preset's value of a parameter, or the parameter's default.
    pub(crate) fn value(&self, parameter: &Parameter) -> u64 {
        let mut named = self.values.iter().filter(|(name, _)| *name == parameter.name);
        named.next().map_or(parameter.default, |(_, value)| *value)
    }
}

impl Description {
    /// Returns the scenario's own kinds of event and the deadlock, each with the position of its counters.
    pub fn event_kinds(&self) -> impl Iterator<Item = (usize, EventKind)> {
        with_positions(self.events)
    }

    /// Returns the preset with this name; the default one without a name.
    ///
    /// # Errors
    /// [`RequestError`] with the known names.
    pub fn preset(&self, name: Option<&str>) -> Result<&'static Preset, RequestError> {
        let Some(name) = name else { return Ok(&self.presets[0]) };
        let names = self.presets.iter().map(|preset| preset.name);
        let found = self.presets.iter().find(|preset| preset.name == name);
        found.ok_or_else(|| RequestError::unknown("preset", name, names))
    }
}
