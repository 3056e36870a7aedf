//! Lines for a file or a pipe: one for each phase and each event, and one a second while nothing else happens.

use std::time::Duration;

use super::{Look, QUIET_FOR};
use crate::model::amounts::grouped;
use crate::scenarios::Phase;

pub(super) struct Lines {
    label: String,
    /// What the last line told, and when.
    last: Option<(Duration, Phase)>,
    /// When operations were seen last in a line, and how many: what the rate is computed from.
    counted: Option<(Duration, u64)>,
}

impl Lines {
    pub(super) fn new(label: &str) -> Self {
        let label = if label.is_empty() { String::new() } else { format!("{label}: ") };
        Self { label, last: None, counted: None }
    }

    /// The lines that are due at this look, so long after the beginning.
    pub(super) fn due(&mut self, since: Duration, look: &Look, events: &[String]) -> Vec<String> {
        if look.phase == Phase::Running && self.counted.is_none() {
            self.counted = Some((since, look.done));
        }
        if since < QUIET_FOR {
            return Vec::new();
        }
        let mut lines: Vec<_> =
            events.iter().map(|event| format!("{}{event}", self.label)).collect();
        let is_due = self
            .last
            .is_none_or(|(at, phase)| phase != look.phase || since.saturating_sub(at) >= QUIET_FOR);
        if is_due && let Some(told) = self.tell(since, look) {
            self.last = Some((since, look.phase));
            lines.push(format!("{}{told}", self.label));
        }
        lines
    }

    fn tell(&mut self, since: Duration, look: &Look) -> Option<String> {
        let (done, asked) = (grouped(look.done.into()), grouped(look.asked.into()));
        match look.phase {
            Phase::Preparing => Some("opening accounts, getting memory".to_owned()),
            Phase::Running => {
                let (at, before) = self.counted.replace((since, look.done))?;
                let seconds = since.saturating_sub(at).as_secs_f64().max(1e-3);
                let rate = look.done.saturating_sub(before) as f64 / seconds;
                let (rate, refused) = (grouped(rate as u128), look.refused());
                Some(format!("running: {done} of {asked} operations, {rate} per s, {refused}"))
            }
            Phase::Checking => Some(format!("checking: {done} of {asked} entries replayed")),
            Phase::Finished => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(phase: Phase, done: u64) -> Look {
        Look { phase, done, asked: 2_000_000, refused: done / 100 }
    }

    #[test]
    fn a_run_of_less_than_a_second_says_nothing() {
        let mut lines = Lines::new("");
        for (ms, phase) in [(0, Phase::Preparing), (500, Phase::Running), (999, Phase::Checking)] {
            let due = lines.due(Duration::from_millis(ms), &look(phase, 7), &[]);
            assert_eq!(due, Vec::<String>::new());
        }
        assert_eq!(lines.due(Duration::from_secs(1), &look(Phase::Finished, 7), &[]).len(), 0);
    }

    #[test]
    fn phases_and_events_are_told_at_once_and_all_else_once_a_second() {
        let mut lines = Lines::new("global, 2 workers");
        let dry = ["Reserve dry at 1.203 s".to_owned()];
        let mut said = Vec::new();
        for (ms, phase, done, events) in [
            (100, Phase::Running, 0, &[][..]),
            (1_100, Phase::Running, 1_000_000, &[]),
            (1_200, Phase::Running, 1_100_000, &[]),
            (1_300, Phase::Running, 1_200_000, &dry),
            (2_100, Phase::Running, 1_500_000, &[]),
            (2_150, Phase::Checking, 5, &[]),
            (2_200, Phase::Checking, 6, &[]),
            (3_150, Phase::Checking, 2_000_000, &[]),
            (3_200, Phase::Finished, 2_000_000, &[]),
        ] {
            said.extend(lines.due(Duration::from_millis(ms), &look(phase, done), events));
        }
        let all = [
            "running: 1,000,000 of 2,000,000 operations, 1,000,000 per s, 10,000 refused",
            "Reserve dry at 1.203 s",
            "running: 1,500,000 of 2,000,000 operations, 500,000 per s, 15,000 refused",
            "checking: 5 of 2,000,000 entries replayed",
            "checking: 2,000,000 of 2,000,000 entries replayed",
        ];
        assert_eq!(said, all.map(|line| format!("global, 2 workers: {line}")));
    }
}
