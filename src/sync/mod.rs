//! Synchronisation: latches, published logs, and the primitives they are built on.
//!
//! Every other module takes its atomics from here. So the same code runs on native threads, on web
//! workers, under [loom](https://docs.rs/loom), which tries every interleaving of threads, and
//! under [shuttle](https://docs.rs/shuttle), which tries random interleavings and can replay them.
// The module is public under loom only, so that `tests/loom.rs` can use it.
#![cfg_attr(not(loom), allow(unreachable_pub))]

mod cells;
mod latch;
mod mapping;
mod primitives;
mod wait;

pub use cells::{Appender, Latched, LatchedGuard, Log, NoPadding, Prefetcher};
pub use latch::{Latch, LatchGuard, TIMESTAMP_MAX};
#[cfg(all(target_os = "linux", feature = "store", not(any(loom, shuttle, miri))))]
pub(crate) use mapping::check_mapping;
pub(crate) use mapping::{CAN_REPLACE, EXTENT_CHUNKS};
pub use primitives::{AtomicU64, Ordering, update};
pub use wait::{Interrupted, WaitForever, WaitPolicy, pause, rest};
