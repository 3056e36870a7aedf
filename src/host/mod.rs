//! Where the ledger runs: native threads with a command line, or web workers that share one memory.
//!
//! A host provides threads, clocks and randomness. It has no rules about money.

#[cfg(all(not(target_family = "wasm"), feature = "cli"))]
pub mod native;
#[cfg(target_family = "wasm")]
pub mod web;

/// Returns a random seed for a run, below 2^53.
///
/// # Errors
/// The host's error if it has no source of randomness.
pub fn random_seed() -> Result<u64, getrandom::Error> {
    getrandom::u64().map(|bits| bits >> 11)
}
