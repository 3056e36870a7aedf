//! TigerBeetle's own truth tables, row by row.
//!
//! The tables are read from `tigerbeetle-tables.json` in the folder that `LEDGERLAB_ORACLE` names,
//! or in `../shared/oracle`. They are not part of the project. Without them the test says so and
//! counts as skipped.
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
