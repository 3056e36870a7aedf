//! The server as people run it: the real program on a port of loopback, asked through sockets.

mod client;
mod goledger;
mod limits;
mod load;
mod protocol;
mod runs;
mod shutdown;
mod start;
