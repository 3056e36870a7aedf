//! The real server program on a loopback port, over sockets.

mod client;
mod cors;
mod goledger;
mod limits;
mod load;
mod log;
mod protocol;
mod runs;
mod shutdown;
mod start;
mod users;
