//! How the server's memory is divided.

use crate::api::{ServiceConfig, USERS_MAX};
use crate::ledger::ACCOUNT_BYTES;

/// Memory for transfer ids and runs, if no total is given.
const REST_MIB: u64 = 8_192;

/// The least memory for transfer ids and runs.
const REST_MIB_MIN: u64 = 64;

/// Memory for the program, its threads, and responses below 16 KiB.
const PROGRAM_MIB: u64 = 128;

/// The memory of a user: name, token hash, and the entries of tables.
const USER_BYTES: u64 = 1 << 10;

/// Returns the memory that is left for transfer ids and runs, in bytes.
///
/// # Errors
/// A sentence with the sum, if the total is too small.
pub(super) fn rest_bytes(
    memory_mib: Option<u64>,
    config: &ServiceConfig,
    body_mib: u64,
) -> Result<u64, String> {
    let mib = |bytes: u64| bytes.div_ceil(1 << 20);
    let parts = [
        (mib(config.ledger.trail_bytes), "--trail-mib"),
        (mib(config.idempotency_bytes as u64), "--idempotency-mib"),
        (body_mib, "--body-mib"),
        (mib(config.ledger.accounts_max * ACCOUNT_BYTES), "accounts"),
        (mib(USERS_MAX as u64 * USER_BYTES), "users"),
        (PROGRAM_MIB, "the program"),
    ];
    let sum: u64 = parts.iter().map(|(mib, _)| mib).sum();
    let Some(memory_mib) = memory_mib else { return Ok(REST_MIB << 20) };
    match memory_mib.checked_sub(sum).filter(|rest| *rest >= REST_MIB_MIN) {
        Some(rest) => Ok(rest << 20),
        None => {
            let parts = parts.map(|(mib, name)| format!("{mib} for {name}, ")).concat();
            let needed = sum + REST_MIB_MIN;
            Err(format!(
                "--memory-mib must be at least {needed}, not {memory_mib}: {parts}and {REST_MIB_MIN} for transfer \
                 ids and runs"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn total_must_be_enough_for_all_parts() {
        let config = ServiceConfig::default();
        let rest = |memory_mib| rest_bytes(memory_mib, &config, 256);
        // 1,024 + 512 + 256 + 224 + 98 + 128 = 2,242
        assert_eq!(rest(None), Ok(8_192 << 20));
        assert_eq!(rest(Some(2_306)), Ok(64 << 20));
        let sentence = rest(Some(2_305)).expect_err("it is too little");
        for part in ["at least 2306, not 2305", "1024 for --trail-mib", "224 for accounts"] {
            assert!(sentence.contains(part), "{sentence}");
        }
    }
}
