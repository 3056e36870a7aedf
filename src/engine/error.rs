//! Why an engine did not execute an operation.

use std::fmt;

use super::capabilities::Capability;
use crate::ledger::{Interrupted, LedgerError};

/// Why an engine did not execute an operation, or does not know whether it did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EngineError {
    /// A change was sent, and what became of it is not known. It may still take effect: look the ids of its events up, or send the same
    /// events again.
    OutcomeUnknown {
        /// What happened instead of an answer.
        why: String,
    },
    /// The engine did not answer a read in time. Nothing has changed.
    NoAnswer {
        /// How long its answer was waited for.
        waited_ms: u64,
    },
    /// The engine has not answered for some time, so nothing was sent.
    Unreachable {
        /// For how long.
        since_ms: u64,
    },
    /// Too much waits for the engine's answer already, so nothing was sent.
    Busy {
        /// The maximum number of events that wait.
        events_max: usize,
    },
    /// The engine takes fewer events or ids in one request. Nothing was sent.
    TooManyEvents {
        /// The number of events or ids.
        events: usize,
    },
    /// The engine cannot do this.
    NotSupported {
        /// The name of the engine.
        engine: &'static str,
        /// What it cannot do.
        capability: Capability,
    },
    /// The engine's client has ended and will not answer any more. Nothing was sent.
    ClientEnded(String),
    /// The engine's client has no way to send this. Nothing was sent.
    Unsendable(String),
    /// The embedded ledger cannot take the events. Nothing has changed.
    Ledger(LedgerError),
    /// A read was cancelled.
    Interrupted(Interrupted),
}

impl fmt::Display for EngineError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutcomeUnknown { why } => write!(
                formatter,
                "{why}, so the outcome is unknown: it can still take effect; look the ids up, or send the same request \
                 with the same ids or the same Idempotency-Key again"
            ),
            Self::NoAnswer { waited_ms } => {
                write!(formatter, "the engine did not answer within {waited_ms} ms; try again")
            }
            Self::Unreachable { since_ms } => write!(
                formatter,
                "the engine has not answered for {since_ms} ms, so nothing was sent; try again when /readyz says ok"
            ),
            Self::Busy { events_max } => write!(
                formatter,
                "{events_max} events wait for the engine's answer, which is the maximum, so nothing was sent; try again"
            ),
            Self::TooManyEvents { events } => write!(
                formatter,
                "the engine takes fewer than {events} events or ids at once; send fewer"
            ),
            Self::NotSupported { engine, capability } => {
                write!(formatter, "the engine {engine} does not have {capability}")
            }
            Self::ClientEnded(why) => {
                write!(
                    formatter,
                    "the engine's client has ended ({why}), and a new one was started; try again"
                )
            }
            Self::Unsendable(what) => formatter.write_str(what),
            Self::Ledger(error) => error.fmt(formatter),
            Self::Interrupted(interrupted) => {
                write!(formatter, "the read did not end: {interrupted}")
            }
        }
    }
}

impl std::error::Error for EngineError {}

impl From<LedgerError> for EngineError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

impl From<Interrupted> for EngineError {
    fn from(interrupted: Interrupted) -> Self {
        Self::Interrupted(interrupted)
    }
}
