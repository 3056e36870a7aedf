//! The health of a ledger, computed from facts when it is sampled.
//!
//! A sample locks nothing that a writer locks. Writers publish their counts in their stats and in
//! the trail, on cache lines of their own, and a sample reads them there. What samples share, the
//! current window and what others have reported, is behind a latch of its own.

mod assessment;
mod components;
mod sample;
mod state;

pub use components::{
    AccountsFigures, Component, Components, Contention, Health, HealthStatus, LatchFigures,
    MESSAGE_BYTES_MAX, ReplayFigures, ReplayResult, StoreFigures, TrailFigures,
    USED_PERCENT_DEGRADED, WINDOW_OPERATIONS_MIN,
};
pub use sample::Verification;
pub(super) use state::HealthState;
