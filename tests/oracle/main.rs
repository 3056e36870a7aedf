//! The reference's own truth tables, row by row.
//!
//! They are read from `LEDGERLAB_ORACLE`, a folder with `tigerbeetle-tables.json`, or from `../shared/oracle` beside the
//! project. They are not part of the project: where they are absent the test says so and is counted as skipped.
#![allow(unreachable_pub, missing_docs, reason = "a test is no library")]

#[cfg(not(target_family = "wasm"))]
mod row;
#[cfg(not(target_family = "wasm"))]
mod subject;
#[cfg(not(target_family = "wasm"))]
mod tables;

fn main() {
    #[cfg(not(target_family = "wasm"))]
    tables::main();
}
