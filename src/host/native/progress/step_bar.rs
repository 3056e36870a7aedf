//! The progress bar of one step, such as reading a trail.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A progress bar on standard error if that is a terminal, otherwise nothing.
pub(crate) struct StepBar(ProgressBar);

impl StepBar {
    /// Starts to show a step: its name, and the number of its items if that is known.
    pub(crate) fn start(step: &'static str, length: Option<u64>, unit: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
        let template = match length {
            Some(_) => format!("{step} {{wide_bar}} {{human_pos}} of {{human_len}} {unit}"),
            None => format!("{step} {{human_pos}} {unit}"),
        };
        let style = ProgressStyle::with_template(&template).expect("the templates above are valid");
        bar.set_style(style.progress_chars("=> "));
        Self(bar)
    }

    pub(crate) fn show(&self, position: u64) {
        self.0.set_position(position);
    }
}

impl Drop for StepBar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
