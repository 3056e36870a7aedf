//! Concurrency control as a parameter: the protocols by which workers share a ledger.
//!
//! Two protocols are incorrect on purpose: they demonstrate that the checks fail. Their texts say so, and no preset
//! uses them.

use std::sync::Arc;

use super::{Choice, Parameter, Parameters, Values};
use crate::ledger::{Ledger, LedgerConfig, LedgerError, TrailMemory, Writer};

pub use crate::ledger::concurrency::Protocol;

/// Opens an empty ledger under any protocol, and ignores the concurrency control in `config`. Apart from scenarios,
/// this is the only way to a ledger under a protocol that is incorrect on purpose.
///
/// # Errors
/// [`LedgerError`] naming the part of `config` that is out of range.
pub fn open_ledger(
    config: &LedgerConfig,
    protocol: Protocol,
) -> Result<(Arc<Ledger>, Vec<Writer>), LedgerError> {
    Ledger::with_protocol(config, protocol, TrailMemory::Whole)
}

/// The concurrency control of a run. [`Protocol::of`] returns the protocol of the chosen value.
pub const CONCURRENCY: Parameter = Parameter {
    name: "concurrency",
    label: "Concurrency control",
    values: Values::Choice { choices: CHOICES },
    description: "How workers share the accounts of a transfer. The workload is the same for all.",
    default: 0,
};

/// The texts of each protocol, in the order of [`Protocol::ALL`].
const CHOICES: &[Choice] = &[
    Choice {
        name: "ordered-locks",
        label: "Ordered locks",
        description: "Each account has a latch, and latches are taken in ascending order of the accounts. Correct, \
                      scales, cannot deadlock.",
        flaw: None,
    },
    Choice {
        name: "global-lock",
        label: "Global lock",
        description: "One lock over the whole ledger, as in GoLedger. Correct, does not scale.",
        flaw: None,
    },
    Choice {
        name: "optimistic",
        label: "Optimistic",
        description: "Accounts are read without latches, then latched, validated and written; on a conflict the attempt \
                      is retried. Correct, shows conflicts.",
        flaw: None,
    },
    Choice {
        name: "unordered-locks",
        label: "Unordered locks (deadlocks)",
        description: "Latches are taken in the order in which the transfer names the accounts. Incorrect on purpose, \
                      deadlocks.",
        flaw: Some(
            "Incorrect on purpose: workers deadlock, so attempts are expected to end at their deadline.",
        ),
    },
    Choice {
        name: "no-locks",
        label: "No locks (lost updates)",
        description: "Incorrect on purpose: no latch is taken, so updates are lost, which serial \
                      replay detects.",
        flaw: Some(
            "Incorrect on purpose: workers overwrite each other's updates, so the run is expected to fail its checks.",
        ),
    },
];

impl Protocol {
    /// All protocols, the default one first.
    pub const ALL: [Self; 5] = [
        Self::OrderedLocks,
        Self::GlobalLock,
        Self::Optimistic,
        Self::UnorderedLocks,
        Self::NoLocks,
    ];

    /// Returns the protocol of a run.
    ///
    /// # Panics
    /// When the scenario does not describe [`CONCURRENCY`]. That is a bug in the scenario.
    pub fn of(parameters: &Parameters) -> Self {
        let chosen = parameters.choice(CONCURRENCY.name);
        let named = Self::ALL.into_iter().find(|protocol| protocol.name() == chosen.name);
        named.expect("the parameter's choices are the protocols")
    }

    /// The texts for people.
    pub fn choice(self) -> &'static Choice {
        &CHOICES[self as usize]
    }

    /// The name in commands, URLs and reports.
    pub fn name(self) -> &'static str {
        self.choice().name
    }

    /// Whether the protocol is incorrect on purpose.
    pub fn is_flawed(self) -> bool {
        self.choice().flaw.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_protocol_has_its_texts_and_incorrect_ones_are_flagged() {
        for (protocol, name, label, is_flawed) in [
            (Protocol::OrderedLocks, "ordered-locks", "Ordered locks", false),
            (Protocol::GlobalLock, "global-lock", "Global lock", false),
            (Protocol::Optimistic, "optimistic", "Optimistic", false),
            (Protocol::UnorderedLocks, "unordered-locks", "Unordered locks (deadlocks)", true),
            (Protocol::NoLocks, "no-locks", "No locks (lost updates)", true),
        ] {
            let choice = protocol.choice();
            assert_eq!((protocol.name(), choice.label), (name, label), "{protocol:?}");
            assert_eq!(protocol.is_flawed(), is_flawed, "{protocol:?}");
            let flag = "Incorrect on purpose";
            assert_eq!(choice.description.contains(flag), is_flawed, "{protocol:?}");
            assert_eq!(choice.flaw.is_some_and(|flaw| flaw.starts_with(flag)), is_flawed);
        }
        assert_eq!(Protocol::ALL.len(), CHOICES.len());
    }
}
