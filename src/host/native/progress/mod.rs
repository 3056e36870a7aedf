//! Shows the progress of a run or another long step on standard error.

mod run_bar;
mod run_log;
mod sample;
mod step_bar;

use std::io::{self, IsTerminal, Write};
use std::time::Instant;

use crate::scenarios::{Counters, Description};

use run_bar::RunBar;
use run_log::RunLog;
use sample::{EventWatcher, ProgressSample, QUIET_TIME};
pub(super) use step_bar::StepBar;

/// Shows the progress of one run: a bar on a terminal, log lines elsewhere.
pub(super) struct Progress {
    started: Instant,
    display: Display,
    events: EventWatcher,
}

enum Display {
    None,
    Bar(RunBar),
    Log(RunLog),
}

impl Progress {
    /// Starts to show a run. The label distinguishes several runs; it is empty for a single one.
    pub(super) fn new(is_quiet: bool, label: &str, description: &Description) -> Self {
        let label = if label.is_empty() { String::new() } else { format!("{label}: ") };
        let display = match is_quiet {
            true => Display::None,
            false if io::stderr().is_terminal() => Display::Bar(RunBar::new(label)),
            false => Display::Log(RunLog::new(label)),
        };
        Self { started: Instant::now(), display, events: EventWatcher::new(description) }
    }

    /// Shows the current values of the counters.
    pub(super) fn show(&mut self, counters: &Counters) {
        let elapsed = self.started.elapsed();
        let events = if elapsed < QUIET_TIME { Vec::new() } else { self.events.poll(counters) };
        match &mut self.display {
            Display::None => {}
            Display::Bar(bar) => bar.show(&ProgressSample::read(counters), &events),
            Display::Log(log) => {
                for line in log.lines(elapsed, &ProgressSample::read(counters), &events) {
                    let _ = writeln!(io::stderr(), "{line}");
                }
            }
        }
    }
}
