//! An exact, concurrent, audited double-entry ledger to embed, and the laboratory that shows why it can be trusted.
pub mod book;
pub mod host;
pub mod model;
pub mod scenarios;
#[cfg(loom)]
pub mod sync;
#[cfg(not(loom))]
mod sync;
pub mod trail;
