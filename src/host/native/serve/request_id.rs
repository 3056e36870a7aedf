//! Request ids, which connect a response with the log lines about its request.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderValue, Request};
use tower_http::request_id::{MakeRequestId, RequestId};
use uuid::Builder;
use uuid::fmt::Hyphenated;

/// Generates UUIDs of version 8 from a random number of this process and a counter. A random number
/// for each request would cost a system call.
#[derive(Clone, Debug)]
pub(super) struct RequestIds {
    process: u64,
    count: Arc<AtomicU64>,
}

impl RequestIds {
    /// Returns the generator of this process.
    pub(super) fn new() -> Result<Self, getrandom::Error> {
        Ok(Self { process: getrandom::u64()?, count: Arc::default() })
    }
}

impl MakeRequestId for RequestIds {
    fn make_request_id<B>(&mut self, _request: &Request<B>) -> Option<RequestId> {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let bits = u128::from(self.process) << 64 | u128::from(count);
        let id = Builder::from_custom_bytes(bits.to_be_bytes()).into_uuid();
        let mut text = [0; Hyphenated::LENGTH];
        id.hyphenated().encode_lower(&mut text);
        HeaderValue::from_bytes(&text).ok().map(RequestId::new)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn request_ids_are_unique() {
        let mut one = RequestIds::new().expect("there is randomness");
        let mut other = RequestIds::new().expect("there is randomness");
        let names: Vec<Uuid> = [&mut one.clone(), &mut one, &mut other]
            .into_iter()
            .map(|ids| {
                let id = ids.make_request_id(&Request::new(())).expect("it is a header");
                id.header_value().to_str().expect("it is text").parse().expect("it is a UUID")
            })
            .collect();
        assert_eq!(names[0].get_version_num(), 8);
        assert!(names[0] != names[1] && names[1] != names[2] && names[0] != names[2], "{names:?}");
    }
}
