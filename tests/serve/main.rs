//! The server as people run it: the real program on a port of loopback, asked through sockets.
#![cfg(all(unix, not(any(loom, shuttle))))]

mod client;
mod ending;
mod goledger;
mod limits;
mod load;
mod protocol;
mod runs;
mod start;
