//! Native threads and the command line.
#![forbid(unsafe_code)]

pub mod apply;
mod clock;
mod command;
mod decoding;
mod exit;
mod lines;
mod output;
mod progress;
mod serve;
mod store;
mod text;
mod threads;
mod timestamp;
mod trail;
mod verify;

pub use clock::NativeClock;
pub use command::main;
pub use threads::{environment, run_on_threads};
