//! The HTTP contract, by requests to the router itself: what every host answers.

mod authorization;
mod client;
mod docs_page;
mod goledger;
mod idempotency;
mod metrics;
mod openapi;
mod protocol;
mod runs;
mod v1;
