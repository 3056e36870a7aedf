//! The bar of a terminal, with events in lines above it.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Look;
use crate::model::amounts::grouped;
use crate::scenarios::Phase;

pub(super) struct Bar {
    bar: ProgressBar,
    shown: Option<Phase>,
}

impl Bar {
    pub(super) fn new(label: &str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let prefix = if label.is_empty() { String::new() } else { format!("{label}: ") };
        Self { bar: bar.with_prefix(prefix), shown: None }
    }

    pub(super) fn show(&mut self, look: &Look, events: &[String]) {
        if self.shown.replace(look.phase) != Some(look.phase) {
            self.bar.set_style(style(look.phase));
            self.bar.reset_elapsed();
        }
        for event in events {
            self.bar.println(event);
        }
        match look.phase {
            Phase::Preparing => self.bar.tick(),
            Phase::Running | Phase::Checking => {
                self.bar.set_length(look.asked);
                self.bar.set_position(look.done);
                // The bar's own rate has decimals that nobody asked for. A first look comes too soon for one.
                let seconds = self.bar.elapsed().as_secs_f64().max(0.05);
                let rate = grouped((look.done as f64 / seconds) as u128);
                self.bar.set_message(format!("{rate} per s, {}", look.refused()));
            }
            Phase::Finished => self.bar.finish_and_clear(),
        }
    }
}

fn style(phase: Phase) -> ProgressStyle {
    let template = match phase {
        Phase::Preparing => "{prefix}Opening accounts, getting memory {elapsed}",
        Phase::Running => "{prefix}Running  {wide_bar} {human_pos} of {human_len}, {msg}",
        Phase::Checking => {
            "{prefix}Checking {wide_bar} {human_pos} of {human_len} entries replayed"
        }
        Phase::Finished => "",
    };
    ProgressStyle::with_template(template)
        .expect("the templates are written above")
        .progress_chars("=> ")
}
