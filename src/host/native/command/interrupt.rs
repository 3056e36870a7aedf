//! Ctrl-C ends a run in good order: what was done is checked and reported. A second one ends the process.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::scenarios::Counters;

/// Whether the process was asked to end, and the run that is under way.
#[derive(Clone, Default)]
pub(super) struct Interrupts(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    asked: bool,
    counters: Option<Arc<Counters>>,
}

impl Interrupts {
    /// Begins to listen. Once in a process.
    pub(super) fn listen() -> Self {
        let interrupts = Self::default();
        let heard = interrupts.clone();
        let watching = ctrlc::set_handler(move || heard.interrupt());
        if let Err(error) = watching {
            eprintln!("ledgerlab: Ctrl-C will end the process without a report: {error}");
        }
        interrupts
    }

    fn interrupt(&self) {
        let mut state = self.state();
        if state.asked {
            std::process::exit(130);
        }
        state.asked = true;
        if let Some(counters) = &state.counters {
            counters.cancel();
        }
    }

    /// From now on this run is the one that ends.
    pub(super) fn begins(&self, counters: &Arc<Counters>) {
        let mut state = self.state();
        if state.asked {
            counters.cancel();
        }
        state.counters = Some(Arc::clone(counters));
    }

    /// Whether somebody asked.
    pub(super) fn asked(&self) -> bool {
        self.state().asked
    }

    /// A panic elsewhere does not make what is behind the lock wrong: each part is written in one step.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interrupt_reaches_the_run_that_is_under_way_and_those_that_follow() {
        let interrupts = Interrupts::default();
        let runs = [(); 3].map(|()| Arc::new(Counters::new(1)));
        interrupts.begins(&runs[0]);
        interrupts.begins(&runs[1]);
        assert!(!interrupts.asked());
        interrupts.interrupt();
        interrupts.begins(&runs[2]);
        assert!(interrupts.asked());
        assert_eq!(runs.map(|counters| counters.is_cancelled()), [false, true, true]);
    }
}
