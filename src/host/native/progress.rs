//! What a terminal shows while a run goes on.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::model::amounts::grouped;
use crate::scenarios::{Counters, Header, PerWorker, Phase};
use crate::sync::Ordering;

/// A bar on standard error where that is a terminal, and nothing elsewhere.
pub(super) struct Progress {
    bar: ProgressBar,
    shown: Option<Phase>,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { bar: ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()), shown: None }
    }

    /// Draws what the counters say.
    pub(super) fn show(&mut self, counters: &Counters) {
        let header = |word| counters.header(word).load(Ordering::Relaxed);
        let phase = counters.phase();
        if self.shown.replace(phase) != Some(phase) {
            self.bar.set_style(style(phase));
            self.bar.reset_elapsed();
        }
        match phase {
            Phase::Preparing => self.bar.tick(),
            Phase::Running => {
                self.bar.set_length(header(Header::Operations));
                self.bar.set_position(counters.sum(PerWorker::Operations));
                let refused = counters.sum(PerWorker::Refused);
                self.bar.set_message(format!("{} refused", grouped(refused.into())));
            }
            Phase::Checking => {
                self.bar.set_length(header(Header::ReplayTotal));
                self.bar.set_position(header(Header::Replayed));
            }
            Phase::Finished => self.bar.finish_and_clear(),
        }
    }
}

fn style(phase: Phase) -> ProgressStyle {
    let template = match phase {
        Phase::Preparing => "Opening accounts, getting memory {elapsed}",
        Phase::Running => "Running  {wide_bar} {human_pos} of {human_len}, {per_sec:.0}, {msg}",
        Phase::Checking => "Checking {wide_bar} {human_pos} of {human_len} entries replayed",
        Phase::Finished => "",
    };
    ProgressStyle::with_template(template)
        .expect("the templates are written above")
        .progress_chars("=> ")
}
