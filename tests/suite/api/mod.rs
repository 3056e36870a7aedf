//! The HTTP API, tested by requests to the router itself, which every host uses.

mod authorization;
mod balances;
mod batches;
mod changes;
pub(crate) mod client;
mod clock;
mod docs_page;
mod dry_run;
mod goledger;
mod idempotency;
mod metrics;
pub(crate) mod openapi;
mod policy;
mod protocol;
mod quotas;
mod reads;
mod reversal;
mod runs;
mod stored;
mod users;
mod v1;
