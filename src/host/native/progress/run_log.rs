//! The log lines of a run for a file or a pipe: one per phase, one per event, and one per second.

use std::time::Duration;

use super::sample::{ProgressSample, QUIET_TIME};
use crate::model::amounts::grouped;
use crate::scenarios::Phase;

pub(super) struct RunLog {
    label: String,
    /// The time and the phase of the last line.
    last: Option<(Duration, Phase)>,
    /// The time and the operations of the last line with a rate.
    rated: Option<(Duration, u64)>,
}

impl RunLog {
    pub(super) fn new(label: String) -> Self {
        Self { label, last: None, rated: None }
    }

    /// Returns the lines that are due after this time.
    pub(super) fn lines(
        &mut self,
        elapsed: Duration,
        sample: &ProgressSample,
        events: &[String],
    ) -> Vec<String> {
        if sample.phase == Phase::Running && self.rated.is_none() {
            self.rated = Some((elapsed, sample.done));
        }
        if elapsed < QUIET_TIME {
            return Vec::new();
        }
        let mut lines: Vec<_> =
            events.iter().map(|event| format!("{}{event}", self.label)).collect();
        let is_due = self.last.is_none_or(|(at, phase)| {
            phase != sample.phase || elapsed.saturating_sub(at) >= QUIET_TIME
        });
        if is_due && let Some(line) = self.status(elapsed, sample) {
            self.last = Some((elapsed, sample.phase));
            lines.push(format!("{}{line}", self.label));
        }
        lines
    }

    fn status(&mut self, elapsed: Duration, sample: &ProgressSample) -> Option<String> {
        let (done, total) = (grouped(sample.done.into()), grouped(sample.total.into()));
        match sample.phase {
            Phase::Preparing => Some("creating accounts, allocating memory".to_owned()),
            Phase::Running => {
                let (at, before) = self.rated.replace((elapsed, sample.done))?;
                let seconds = elapsed.saturating_sub(at).as_secs_f64().max(1e-3);
                let rate = sample.done.saturating_sub(before) as f64 / seconds;
                let (rate, refused) = (grouped(rate as u128), sample.refused());
                Some(format!("running: {done} of {total} operations, {rate} per s, {refused}"))
            }
            Phase::Checking => Some(format!("checking: {done} of {total} entries replayed")),
            Phase::Finished => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(phase: Phase, done: u64) -> ProgressSample {
        ProgressSample { phase, done, total: 2_000_000, refused: done / 100 }
    }

    #[test]
    fn run_below_one_second_logs_nothing() {
        let mut log = RunLog::new(String::new());
        for (ms, phase) in [(0, Phase::Preparing), (500, Phase::Running), (999, Phase::Checking)] {
            let lines = log.lines(Duration::from_millis(ms), &sample(phase, 7), &[]);
            assert_eq!(lines, Vec::<String>::new());
        }
        assert_eq!(log.lines(Duration::from_secs(1), &sample(Phase::Finished, 7), &[]).len(), 0);
    }

    #[test]
    fn phases_and_events_are_logged_immediately_progress_each_second() {
        let mut log = RunLog::new("global-lock, 2 workers: ".to_owned());
        let dry = ["Reserve dry at 1.203 s".to_owned()];
        let mut logged = Vec::new();
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
            logged.extend(log.lines(Duration::from_millis(ms), &sample(phase, done), events));
        }
        let all = [
            "running: 1,000,000 of 2,000,000 operations, 1,000,000 per s, 10,000 refused",
            "Reserve dry at 1.203 s",
            "running: 1,500,000 of 2,000,000 operations, 500,000 per s, 15,000 refused",
            "checking: 5 of 2,000,000 entries replayed",
            "checking: 2,000,000 of 2,000,000 entries replayed",
        ];
        assert_eq!(logged, all.map(|line| format!("global-lock, 2 workers: {line}")));
    }
}
