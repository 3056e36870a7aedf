//! The HTTP API, tested by requests to the router itself, which every host uses.

mod authorization;
mod batches;
mod client;
mod clock;
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
