//! `ledgerlab serve`: serves the HTTP API and the dashboard.
//!
//! The API itself is [`api::router`](crate::api::router). This module adds sockets, limits, logs
//! and graceful shutdown.

pub(super) mod command;
mod cors;
mod dashboard;
mod lanes;
mod log;
mod read_pool;
mod request_id;
mod runs;
mod server;
mod signals;
mod users;
