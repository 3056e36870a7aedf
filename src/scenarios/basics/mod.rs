//! Basic scenarios: deposits, withdrawals, transfers and reads by many workers at once, in six mixes.
//!
//! A mix is a short list of steps. Operation `i` of the run performs step `i` modulo the length of the list, for any
//! number of workers. So GoLedger's fixed workloads, each one round of its list, end with exactly its balances.
//! Steps name a first and a second account: the only two, or a random pair among many.

mod mixes;
mod scenario;
mod workload;

pub(super) use mixes::{DEPOSITS, HIGH_VOLUME, MIXED, PERFORMANCE, READERS, TRANSFERS};
