//! How threads share the accounts that an attempt touches: one file per strategy.

pub(super) mod ordered;
