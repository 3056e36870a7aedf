//! HTTP: the router, its endpoints, and the middleware in front of them.

mod auth;
#[cfg(test)]
mod document;
mod endpoints;
#[cfg(not(target_family = "wasm"))]
mod engine_calls;
mod engine_needs;
mod extract;
mod goledger;
mod goledger_history;
mod idempotency;
mod if_match;
mod json;
mod ledger_calls;
mod metrics;
mod middleware;
mod openapi;
mod probes;
mod problem;
mod query;
mod read_host;
mod reads;
mod reference;
mod request_key;
mod router;
mod runs;
mod static_content;
mod v1;

pub use extract::BODY_BYTES_MAX;
#[cfg(target_family = "wasm")]
pub(crate) use extract::body_too_large;
pub(super) use idempotency::{NotedKeys, SharedStore};
pub use metrics::HostMetric;
pub(super) use metrics::{AttemptCounts, RECORDS_MAX};
pub use problem::{Problem, ProblemCode};
pub(super) use read_host::Reads;
pub use read_host::{ReadHost, ReadTask};
pub use router::router;
pub(super) use runs::Runs;
pub use runs::{ActiveRun, RUNS_STORED, RunHost};
pub use static_content::StaticContent;
