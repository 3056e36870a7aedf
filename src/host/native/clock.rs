//! The clock of a native process.

use std::sync::LazyLock;
use std::time::Instant;

use crate::ledger::Clock;

static ZERO: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The monotonic clock of this machine. It starts at 0 when this process first reads it.
#[derive(Clone, Copy, Debug, Default)]
pub struct NativeClock;

impl Clock for NativeClock {
    fn now_ns(&self) -> u64 {
        ZERO.elapsed().as_nanos() as u64
    }
}
