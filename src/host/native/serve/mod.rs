//! `ledgerlab serve`: the HTTP API, and the dashboard, on this machine's network.
//!
//! The API itself is [`api::router`](crate::api::router); here are sockets, limits, logs, and the end in good order.

mod command;
mod dashboard;
mod request_id;
mod runs;
mod server;
mod signals;
mod users;

pub(super) use command::{command, run, token, token_command};
