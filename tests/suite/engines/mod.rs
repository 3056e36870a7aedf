//! Engines: the embedded ledger, a TigerBeetle cluster, and one of the tests' own that is slow, loses answers and executes what
//! it did not answer.
//!
//! `LEDGERLAB_TIGERBEETLE` names the program of a TigerBeetle server, version 0.17.9 or a later one that takes its clients. The
//! tests that need one are ignored, and so counted as skipped; `-- --ignored` runs them.

#[cfg(feature = "tigerbeetle")]
mod cluster;
mod equality;
mod gateway;
mod unreliable_engine;
