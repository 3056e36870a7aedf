//! Ctrl-C, SIGTERM and SIGHUP cancel the current run, which is still checked and reported. A second one
//! ends the process.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::host::native::output::note;
use crate::scenarios::Counters;

/// The handler of Ctrl-C, SIGTERM and SIGHUP.
#[derive(Clone, Default)]
pub(super) struct CtrlC(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    is_pressed: bool,
    current_run: Option<Arc<Counters>>,
}

impl CtrlC {
    /// Installs the handler. A process can have only one.
    pub(super) fn install() -> Self {
        let ctrl_c = Self::default();
        let handler = ctrl_c.clone();
        if let Err(error) = ctrlc::set_handler(move || handler.press()) {
            note(format_args!("Ctrl-C will end the process without a report: {error}"));
        }
        ctrl_c
    }

    fn press(&self) {
        let mut state = self.state();
        if state.is_pressed {
            std::process::exit(130);
        }
        state.is_pressed = true;
        if let Some(counters) = &state.current_run {
            counters.cancel();
        }
    }

    /// Makes this the run that Ctrl-C cancels. Cancels it at once if Ctrl-C was pressed before.
    pub(super) fn set_current_run(&self, counters: &Arc<Counters>) {
        let mut state = self.state();
        if state.is_pressed {
            counters.cancel();
        }
        state.current_run = Some(Arc::clone(counters));
    }

    /// Returns whether Ctrl-C was pressed.
    pub(super) fn is_pressed(&self) -> bool {
        self.state().is_pressed
    }

    /// Each field is written in one step, so a panic elsewhere leaves the state valid.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ctrl_c_cancels_current_and_later_runs() {
        let ctrl_c = CtrlC::default();
        let runs = [(); 3].map(|()| Arc::new(Counters::new(1)));
        ctrl_c.set_current_run(&runs[0]);
        ctrl_c.set_current_run(&runs[1]);
        assert!(!ctrl_c.is_pressed());
        ctrl_c.press();
        ctrl_c.set_current_run(&runs[2]);
        assert!(ctrl_c.is_pressed());
        assert_eq!(runs.map(|counters| counters.is_cancelled()), [false, true, true]);
    }
}
