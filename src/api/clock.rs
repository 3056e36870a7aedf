//! The clock of a service.
//!
//! Timeouts of pending transfers, idempotency keys and quotas are durations, so the time of the ledger
//! must not jump with the wall clock. It is the wall clock's time at the start, plus what has passed
//! since on a monotonic clock. Replay does not depend on it: the trail has every timestamp.

use serde::Serialize;
use utoipa::ToSchema;

use crate::ledger::HealthStatus;

/// The seconds between the wall clock and the ledger's from which the clock is degraded.
pub const CLOCK_OFFSET_SECONDS_MAX: f64 = 1.0;

/// The time of a service. A function that returns the time of the ledger is one, whose wall clock never
/// jumps.
pub trait ServiceClock: Send + Sync {
    /// Returns the ledger's time in nanoseconds since 1970. It does not jump.
    fn now_ns(&self) -> u64;

    /// Returns the time on the wall clock in nanoseconds since 1970.
    fn wall_ns(&self) -> u64 {
        self.now_ns()
    }
}

impl<F: Fn() -> u64 + Send + Sync> ServiceClock for F {
    fn now_ns(&self) -> u64 {
        self()
    }
}

/// A clock that starts at the time of a wall clock and continues by a monotonic one. Both return
/// nanoseconds, the wall clock since 1970.
#[derive(Clone, Copy, Debug)]
pub struct SteadyClock<W, M> {
    wall: W,
    monotonic: M,
    wall_at_start_ns: u64,
    monotonic_at_start_ns: u64,
}

impl<W: Fn() -> u64, M: Fn() -> u64> SteadyClock<W, M> {
    /// Starts a clock at the time of `wall`.
    pub fn start(wall: W, monotonic: M) -> Self {
        let (wall_at_start_ns, monotonic_at_start_ns) = (wall(), monotonic());
        Self { wall, monotonic, wall_at_start_ns, monotonic_at_start_ns }
    }
}

impl<W, M> ServiceClock for SteadyClock<W, M>
where
    W: Fn() -> u64 + Send + Sync,
    M: Fn() -> u64 + Send + Sync,
{
    fn now_ns(&self) -> u64 {
        let elapsed_ns = (self.monotonic)().saturating_sub(self.monotonic_at_start_ns);
        self.wall_at_start_ns.saturating_add(elapsed_ns)
    }

    fn wall_ns(&self) -> u64 {
        (self.wall)()
    }
}

/// How far the wall clock is from the ledger's.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClockHealth {
    /// Degraded when the wall clock has jumped.
    pub status: HealthStatus,
    /// The reason, with the value and the limit.
    pub message: String,
    /// The wall clock's time minus the ledger's, in seconds.
    pub offset_seconds: f64,
}

impl ClockHealth {
    /// Compares the ledger's time with the wall clock's.
    pub(super) fn of(now_ns: u64, wall_ns: u64) -> Self {
        let offset_seconds = (i128::from(wall_ns) - i128::from(now_ns)) as f64 / 1e9;
        let distance = offset_seconds.abs();
        if distance < CLOCK_OFFSET_SECONDS_MAX {
            let message = format!(
                "the wall clock is {distance:.3} s from the ledger's, below {CLOCK_OFFSET_SECONDS_MAX} s"
            );
            return Self { status: HealthStatus::Healthy, message, offset_seconds };
        }
        let side = if offset_seconds > 0.0 { "ahead of" } else { "behind" };
        let message = format!(
            "the wall clock has jumped: it is {distance:.3} s {side} the ledger's, at or above {CLOCK_OFFSET_SECONDS_MAX} s; \
             timeouts are not affected, and timestamps follow the ledger's clock until a restart"
        );
        Self { status: HealthStatus::Degraded, message, offset_seconds }
    }
}
