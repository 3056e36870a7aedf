//! The idempotency key of a request, for its endpoint.

/// The hash of an idempotency key and its user, in the extensions of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyOfRequest(pub(super) [u8; 32]);
