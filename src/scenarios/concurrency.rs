//! The protocols by which workers can share a ledger, as people choose them.
//!
//! Two are wrong on purpose: they are there so that the checks are seen to fail. Their names say so wherever they
//! are read, and no preset has them.

use std::sync::Arc;

use super::{Choice, Parameters};
use crate::ledger::{Ledger, LedgerConfig, LedgerError, Writer};

pub use crate::ledger::concurrency::Protocol;

/// An empty ledger under any protocol, also one that is wrong on purpose: for experiments, and the only way to such a ledger
/// besides a scenario. `config`'s own concurrency does not count.
///
/// # Errors
/// [`LedgerError`] naming the part of `config` that is out of its range.
pub fn open_ledger(
    config: &LedgerConfig,
    protocol: Protocol,
) -> Result<(Arc<Ledger>, Vec<Writer>), LedgerError> {
    Ledger::with_protocol(config, protocol)
}

/// What people read about each protocol, in the order of [`Protocol::ALL`].
pub(super) const CHOICES: &[Choice] = &[
    Choice {
        name: "ordered-locks",
        label: "Ordered latches",
        description: "A latch per account, taken in ascending order; correct, scales, cannot deadlock.",
        flaw: None,
    },
    Choice {
        name: "global-lock",
        label: "One lock for all",
        description: "One lock over the whole ledger, as GoLedger has it; correct, does not scale.",
        flaw: None,
    },
    Choice {
        name: "optimistic",
        label: "Optimistic",
        description: "Accounts are read without latches, then latched, validated and written, or it is tried again; \
                   correct, shows conflicts.",
        flaw: None,
    },
    Choice {
        name: "unordered-locks",
        label: "Unordered latches (deadlocks)",
        description: "Latches are taken in the order in which the transfer names the accounts; workers wait for each \
                   other in a circle until the deadline.",
        flaw: Some(
            "Wrong on purpose: workers wait for each other in a circle, so attempts are expected to end at their \
             deadline.",
        ),
    },
    Choice {
        name: "no-locks",
        label: "No latches (loses updates)",
        description: "No latch is taken; updates are lost, and serial replay finds it.",
        flaw: Some(
            "Wrong on purpose: workers that meet overwrite each other's updates, so the run is expected to fail its \
             checks.",
        ),
    },
];

impl Protocol {
    /// RequestService protocol, the default one first.
    pub const ALL: [Self; 5] = [
        Self::OrderedLocks,
        Self::GlobalLock,
        Self::Optimistic,
        Self::UnorderedLocks,
        Self::NoLocks,
    ];

    /// What a run was asked to use.
    ///
    /// # Panics
    /// When the scenario does not describe [`CONCURRENCY`](super::common::CONCURRENCY): that is a mistake in the scenario,
    /// which its test finds.
    pub fn of(parameters: &Parameters) -> Self {
        let chosen = parameters.choice(super::common::CONCURRENCY.name);
        let named = Self::ALL.into_iter().find(|protocol| protocol.name() == chosen.name);
        named.expect("the parameter's choices are the protocols")
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
    fn every_protocol_has_a_name_of_its_own_and_the_flawed_ones_say_so_in_it() {
        for (protocol, name, label, is_flawed) in [
            (Protocol::OrderedLocks, "ordered-locks", "Ordered latches", false),
            (Protocol::GlobalLock, "global-lock", "One lock for all", false),
            (Protocol::Optimistic, "optimistic", "Optimistic", false),
            (Protocol::UnorderedLocks, "unordered-locks", "Unordered latches (deadlocks)", true),
            (Protocol::NoLocks, "no-locks", "No latches (loses updates)", true),
        ] {
            let choice = protocol.choice();
            assert_eq!((protocol.name(), choice.label), (name, label), "{protocol:?}");
            assert_eq!(protocol.is_flawed(), is_flawed, "{protocol:?}");
        }
        assert_eq!(Protocol::ALL.len(), CHOICES.len());
    }
}
