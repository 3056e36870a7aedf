//! The idempotency key of a request, for its endpoint.

/// The hash of an idempotency key and its user, in the extensions of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyOfRequest(
    #[cfg_attr(
        target_family = "wasm",
        allow(dead_code, reason = "in a browser the ledger is embedded")
    )]
    pub(super) [u8; 32],
);
