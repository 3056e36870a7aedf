//! One run of a scenario on any host: prepared once, executed by all workers, finished once.
//!
//! ```text
//! prepare ── work(0) creates accounts, reserves memory ─┐
//!            work(1) reserves memory ───────────────────┼─ start ── batches until done, cancelled, out of time or full ── finish
//!            work(n) reserves memory ───────────────────┘
//! ```
//!
//! Trail memory is reserved before the start, so that the measured time is the ledger's and not the system's. The host
//! provides threads and a clock, and reads the [`Counters`](super::Counters) during the run.

mod accounts;
mod assemble;
mod finish;
mod manual_transfer;
mod sample;
mod state;
mod work;

pub use accounts::{AccountLine, AccountLines, AccountOrder, AccountQuery, History};
pub use accounts::{BalanceBucket, BalanceDistribution};
pub use manual_transfer::ManualTransfer;
pub use sample::{Sample, Waits};
pub use state::{Request, Run};
