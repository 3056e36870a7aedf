//! The real server program on a loopback port, over sockets.

mod admission;
pub(crate) mod client;
mod cors;
mod goledger;
mod limits;
mod load;
mod log;
mod memory;
mod protocol;
mod runs;
mod shutdown;
mod start;
mod static_content;
mod stored;
mod users;
