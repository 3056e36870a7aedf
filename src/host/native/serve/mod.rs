//! `ledgerlab serve`: serves the HTTP API and the dashboard.
//!
//! The API itself is [`api::router`](crate::api::router). This module adds sockets, limits, logs
//! and graceful shutdown.

mod admission;
mod client;
pub(super) mod command;
mod connections;
mod cors;
mod dashboard;
mod engine;
mod files;
mod hosts;
mod lanes;
mod layers;
mod limits;
mod listener;
mod log;
mod memory;
mod memory_plan;
mod rate_limit;
mod read_pool;
mod refusals;
mod request_id;
mod retry;
mod runs;
mod server;
mod signals;
mod slots;
mod static_compression;
mod stored;
mod stream;
mod users;
