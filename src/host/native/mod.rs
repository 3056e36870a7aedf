//! Native threads.
#![forbid(unsafe_code)]

mod clock;

pub use clock::NativeClock;
