//! The HTTP contract, by requests to the router itself: what every host answers.
#![cfg(not(any(target_family = "wasm", loom, shuttle)))]

mod ask;
mod authorization;
mod document;
mod goledger;
mod idempotency;
mod metrics;
mod protocol;
mod reference;
mod v1;
