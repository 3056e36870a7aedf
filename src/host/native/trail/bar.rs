//! What a terminal shows while a trail is read and judged.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on standard error where that is a terminal, and nothing elsewhere.
pub(in crate::host::native) struct Bar(ProgressBar);

impl Bar {
    /// Begins to show one step: what is done, to how many of what.
    pub(in crate::host::native) fn begin(
        step: &'static str,
        length: Option<u64>,
        unit: &'static str,
    ) -> Self {
        let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
        let template = match length {
            Some(_) => format!("{step} {{wide_bar}} {{human_pos}} of {{human_len}} {unit}"),
            None => format!("{step} {{human_pos}} {unit}"),
        };
        let style =
            ProgressStyle::with_template(&template).expect("the templates are written above");
        bar.set_style(style.progress_chars("=> "));
        Self(bar)
    }

    pub(in crate::host::native) fn show(&self, position: u64) {
        self.0.set_position(position);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
