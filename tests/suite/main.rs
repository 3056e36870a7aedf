//! All native tests, except those that need their own process, harness or flags.
//!
//! One program links once. `cargo test --test suite api::` runs one module.
#![cfg(not(any(target_family = "wasm", loom, shuttle)))]
#![allow(unreachable_pub, missing_docs, reason = "a test is no library")]

mod api;
mod apply;
mod coins;
mod command;
mod common;
mod concurrency;
mod engines;
mod goledger;
mod health;
mod larger_than_memory;
mod ledger;
mod linearizability;
mod live_inspection;
mod long_reads;
mod model;
mod money;
mod opened_ledger;
mod properties;
mod rate_limiting;
mod report;
mod scenario_invariants;
mod scenario_runs;
#[cfg(unix)]
mod serve;
mod snapshots;
mod spill_races;
mod store_races;
mod store_versions;
mod trail;
mod trail_files;
mod trail_hashes;
mod transfer_races;
mod unit_races;
