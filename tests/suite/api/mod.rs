//! The HTTP API, tested by requests to the router itself, which every host uses.

mod authorization;
mod client;
mod docs_page;
mod goledger;
mod idempotency;
mod metrics;
mod openapi;
mod policy;
mod protocol;
mod quotas;
mod reads;
mod runs;
mod users;
mod v1;
