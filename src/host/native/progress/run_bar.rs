//! The progress bar of a run on a terminal, with a line above it for each event.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::sample::ProgressSample;
use crate::model::amounts::grouped;
use crate::scenarios::Phase;

pub(super) struct RunBar {
    bar: ProgressBar,
    phase: Option<Phase>,
}

impl RunBar {
    pub(super) fn new(label: String) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        Self { bar: bar.with_prefix(label), phase: None }
    }

    pub(super) fn show(&mut self, sample: &ProgressSample, events: &[String]) {
        if self.phase.replace(sample.phase) != Some(sample.phase) {
            self.bar.set_style(style(sample.phase));
            self.bar.reset_elapsed();
        }
        for event in events {
            self.bar.println(event);
        }
        match sample.phase {
            Phase::Preparing => self.bar.tick(),
            Phase::Running | Phase::Checking => {
                self.bar.set_length(sample.total);
                self.bar.set_position(sample.done);
                // The first sample comes too early for a rate.
                let seconds = self.bar.elapsed().as_secs_f64().max(0.05);
                let rate = grouped((sample.done as f64 / seconds) as u128);
                self.bar.set_message(format!("{rate} per s, {}", sample.refused()));
            }
            Phase::Finished => self.bar.finish_and_clear(),
        }
    }
}

fn style(phase: Phase) -> ProgressStyle {
    let template = match phase {
        Phase::Preparing => "{prefix}Creating accounts, allocating memory {elapsed}",
        Phase::Running => "{prefix}Running  {wide_bar} {human_pos} of {human_len}, {msg}",
        Phase::Checking => {
            "{prefix}Checking {wide_bar} {human_pos} of {human_len} entries replayed"
        }
        Phase::Finished => "",
    };
    ProgressStyle::with_template(template)
        .expect("the templates above are valid")
        .progress_chars("=> ")
}
