//! A response that a key stores.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};

use crate::wire::PackedResults;

/// The headers that are stored with a response. The host adds the other headers.
pub(super) const STORED_HEADERS: [HeaderName; 3] =
    [header::CONTENT_TYPE, header::ETAG, header::LOCATION];

/// The BLAKE3 hash of a user and a key, or of a request.
pub(super) type Hash = [u8; 32];

/// A response that can be sent again.
#[derive(Clone, Debug)]
pub(super) struct StoredResponse {
    pub(super) status: StatusCode,
    pub(super) headers: Box<[(HeaderName, HeaderValue)]>,
    pub(super) body: StoredBody,
}

/// The body of a stored response.
#[derive(Clone, Debug)]
pub(super) enum StoredBody {
    Bytes(Box<[u8]>),
    Results(PackedResults),
}

impl StoredBody {
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Results(results) => results.size(),
        }
    }
}
