//! The strategies by which workers can share a book, as people choose them.
//!
//! Two are wrong on purpose: they are there so that the checks are seen to fail. Their names say so wherever they
//! are read, and no preset has them.

use std::sync::Arc;

use super::{Choice, Parameters};
use crate::book::{Book, BookConfig, BookError, Writer};

pub use crate::book::isolation::Strategy;

/// An empty book under any strategy, also one that is wrong on purpose: for experiments, and the only way to such a book
/// besides a scenario. `config`'s own isolation does not count.
///
/// # Errors
/// [`BookError`] naming the part of `config` that is out of its range.
pub fn open_book(
    config: &BookConfig,
    strategy: Strategy,
) -> Result<(Arc<Book>, Vec<Writer>), BookError> {
    Book::open_with(config, strategy)
}

/// What people read about each strategy, in the order of [`Strategy::ALL`].
pub(super) const CHOICES: &[Choice] = &[
    Choice {
        name: "ordered",
        label: "Ordered latches",
        sentence: "A latch per account, taken in ascending order; correct, scales, cannot deadlock.",
        flaw: None,
    },
    Choice {
        name: "global",
        label: "One lock for all",
        sentence: "One lock over the whole book, as GoLedger has it; correct, does not scale.",
        flaw: None,
    },
    Choice {
        name: "optimistic",
        label: "Optimistic",
        sentence: "Accounts are read without latches, then latched, validated and written, or it is tried again; \
                   correct, shows conflicts.",
        flaw: None,
    },
    Choice {
        name: "unordered-deadlocks",
        label: "Unordered latches (deadlocks)",
        sentence: "Latches are taken in the order in which the transfer names the accounts; workers wait for each \
                   other in a circle until the deadline.",
        flaw: Some(
            "Wrong on purpose: workers wait for each other in a circle, so attempts are expected to end at their \
             deadline.",
        ),
    },
    Choice {
        name: "unguarded-loses-updates",
        label: "No latches (loses updates)",
        sentence: "No latch is taken; updates are lost, and the referee finds it.",
        flaw: Some(
            "Wrong on purpose: workers that meet overwrite each other's updates, so the run is expected to fail its \
             checks.",
        ),
    },
];

impl Strategy {
    /// Every strategy, the default one first.
    pub const ALL: [Self; 5] =
        [Self::Ordered, Self::Global, Self::Optimistic, Self::Unordered, Self::Unguarded];

    /// What a run was asked to use.
    ///
    /// # Panics
    /// When the scenario does not describe [`ISOLATION`](super::common::ISOLATION): that is a mistake in the scenario,
    /// which its test finds.
    pub fn of(parameters: &Parameters) -> Self {
        let chosen = parameters.choice(super::common::ISOLATION.name);
        let named = Self::ALL.into_iter().find(|strategy| strategy.name() == chosen.name);
        named.expect("the parameter's choices are the strategies")
    }

    /// What people read about it.
    pub fn choice(self) -> &'static Choice {
        &CHOICES[self as usize]
    }

    /// Its name in commands, addresses and reports.
    pub fn name(self) -> &'static str {
        self.choice().name
    }

    /// Whether it is wrong on purpose.
    pub fn is_flawed(self) -> bool {
        self.choice().flaw.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_strategy_has_a_name_of_its_own_and_the_flawed_ones_say_so_in_it() {
        for (strategy, name, label, is_flawed) in [
            (Strategy::Ordered, "ordered", "Ordered latches", false),
            (Strategy::Global, "global", "One lock for all", false),
            (Strategy::Optimistic, "optimistic", "Optimistic", false),
            (Strategy::Unordered, "unordered-deadlocks", "Unordered latches (deadlocks)", true),
            (Strategy::Unguarded, "unguarded-loses-updates", "No latches (loses updates)", true),
        ] {
            let choice = strategy.choice();
            assert_eq!((strategy.name(), choice.label), (name, label), "{strategy:?}");
            assert_eq!(strategy.is_flawed(), is_flawed, "{strategy:?}");
        }
        assert_eq!(Strategy::ALL.len(), CHOICES.len());
    }
}
