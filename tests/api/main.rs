//! The HTTP contract, by requests to the router itself: what every host answers.
#![cfg(not(target_family = "wasm"))]

mod ask;
mod authorization;
mod goledger;
mod protocol;
mod v1;
