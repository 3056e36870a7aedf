//! Concurrency control: how threads share the accounts of an attempt. One file for each protocol.
//!
//! Under every protocol an attempt takes the same steps: it sees its accounts and the last
//! timestamp that depended on any of them, decides, is written to the trail, and its changes are
//! stored. The protocol determines what is locked meanwhile.

#[cfg(feature = "laboratory")]
mod global_lock;
#[cfg(feature = "laboratory")]
mod no_locks;
#[cfg(feature = "laboratory")]
mod optimistic;
mod ordered_locks;
mod protocol;
#[cfg(feature = "laboratory")]
mod unordered_locks;

pub(super) use ordered_locks::OrderedLocks;
pub(super) use protocol::{AbortReason, Attempt, ConcurrencyProtocol};
#[cfg(feature = "laboratory")]
pub(super) use {
    global_lock::GlobalLock, no_locks::NoLocks, optimistic::Optimistic,
    unordered_locks::UnorderedLocks,
};

use super::account_set::AccountSet;
use super::accounts::{AccountRef, Accounts};
use super::cancellation::Cancellation;
use super::writer_state::ContentionStats;

/// How the threads of a ledger share its accounts. All of these are correct; they differ in what
/// waits for what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConcurrencyControl {
    /// A latch for each account, locked in ascending order.
    #[default]
    OrderedLocks,
    /// One latch for the whole ledger. Needs the feature `laboratory`.
    #[cfg(feature = "laboratory")]
    GlobalLock,
    /// No latch until the attempt is decided. Then it checks that nothing has changed, or decides
    /// again. Needs the feature `laboratory`.
    #[cfg(feature = "laboratory")]
    Optimistic,
}

/// How the threads of a scenario's ledger share its accounts. Beside the correct protocols there
/// are two that are incorrect on purpose, to show that the checks fail. Only scenarios offer those.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// The same as [`ConcurrencyControl::OrderedLocks`].
    OrderedLocks,
    /// The same as [`ConcurrencyControl::GlobalLock`].
    #[cfg(feature = "laboratory")]
    GlobalLock,
    /// The same as [`ConcurrencyControl::Optimistic`].
    #[cfg(feature = "laboratory")]
    Optimistic,
    /// Incorrect on purpose: latches are locked in the order in which the transfer names the
    /// accounts, so threads deadlock until a deadline passes.
    #[cfg(feature = "laboratory")]
    UnorderedLocks,
    /// Incorrect on purpose: nothing is locked, so updates are lost.
    #[cfg(feature = "laboratory")]
    NoLocks,
}

impl Protocol {
    /// Returns whether it is a correct protocol, so that every run equals a serial one.
    pub fn is_correct(self) -> bool {
        match self {
            Self::OrderedLocks => true,
            #[cfg(feature = "laboratory")]
            Self::GlobalLock | Self::Optimistic => true,
            #[cfg(feature = "laboratory")]
            Self::UnorderedLocks | Self::NoLocks => false,
        }
    }
}

impl From<ConcurrencyControl> for Protocol {
    fn from(concurrency: ConcurrencyControl) -> Self {
        match concurrency {
            ConcurrencyControl::OrderedLocks => Self::OrderedLocks,
            #[cfg(feature = "laboratory")]
            ConcurrencyControl::GlobalLock => Self::GlobalLock,
            #[cfg(feature = "laboratory")]
            ConcurrencyControl::Optimistic => Self::Optimistic,
        }
    }
}

/// Evaluates an expression with `$protocol_type` as the [`ConcurrencyProtocol`] of a [`Protocol`].
macro_rules! dispatch {
    ($protocol:expr, $protocol_type:ident => $body:expr) => {{
        use $crate::ledger::concurrency as protocols;
        match $protocol {
            protocols::Protocol::OrderedLocks => {
                type $protocol_type = protocols::OrderedLocks;
                $body
            }
            #[cfg(feature = "laboratory")]
            protocols::Protocol::GlobalLock => {
                type $protocol_type = protocols::GlobalLock;
                $body
            }
            #[cfg(feature = "laboratory")]
            protocols::Protocol::Optimistic => {
                type $protocol_type = protocols::Optimistic;
                $body
            }
            #[cfg(feature = "laboratory")]
            protocols::Protocol::UnorderedLocks => {
                type $protocol_type = protocols::UnorderedLocks;
                $body
            }
            #[cfg(feature = "laboratory")]
            protocols::Protocol::NoLocks => {
                type $protocol_type = protocols::NoLocks;
                $body
            }
        }
    }};
}
pub(super) use dispatch;

/// Whether most code of transfers is compiled once, not once for each protocol. True for WebAssembly, whose modules must be
/// small.
pub(super) const SHARES_CODE: bool = cfg!(target_family = "wasm");

/// Carries out the attempt of a transfer under the ledger's protocol: `W`, or where code is shared whichever it is.
///
/// # Errors
/// The same as [`ConcurrencyProtocol::transact`].
#[inline(always)]
pub(super) fn transact_pair<W: ConcurrencyProtocol>(
    protocol: Protocol,
    accounts: &Accounts,
    pair: &[AccountRef<'_>; 2],
    cancellation: &Cancellation<'_>,
    contention: &mut ContentionStats,
    attempt: &mut impl Attempt,
) -> Result<(), AbortReason> {
    match SHARES_CODE {
        true => transact(protocol, accounts, pair, cancellation, contention, attempt),
        false => W::transact(accounts, pair, cancellation, contention, attempt),
    }
}

/// Carries out an attempt under a protocol. The code is compiled once for all attempts with such a set.
/// Those of single transfers, which are most of all, call the protocol itself.
///
/// # Errors
/// The same as [`ConcurrencyProtocol::transact`].
pub(super) fn transact<'a, S: AccountSet<'a>>(
    protocol: Protocol,
    accounts: &'a Accounts,
    set: &S,
    cancellation: &Cancellation<'_>,
    contention: &mut ContentionStats,
    attempt: &mut dyn Attempt,
) -> Result<(), AbortReason> {
    dispatch!(protocol, W => W::transact(accounts, set, cancellation, contention, attempt))
}
