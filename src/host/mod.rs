//! Where the ledger runs: native threads with a command line, or web workers that share one memory.
//!
//! Hosts lend threads, clocks and randomness; no rule about money is here.

#[cfg(all(not(target_family = "wasm"), feature = "laboratory"))]
pub mod native;
#[cfg(target_family = "wasm")]
pub mod web;

/// A fresh seed for a run, below 2^53, from the host's source of randomness.
///
/// # Errors
/// What the host's source answers when it has none.
pub fn random_seed() -> Result<u64, getrandom::Error> {
    getrandom::u64().map(|bits| bits >> 11)
}
