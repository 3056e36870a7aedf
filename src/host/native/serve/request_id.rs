//! Names of requests, by which an answer and the log's lines about it are found together.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderValue, Request};
use tower_http::request_id::{MakeRequestId, RequestId};
use uuid::Builder;
use uuid::fmt::Hyphenated;

/// UUIDs of version 8: a random number of this process, and a count. A random number for each would cost a call of the
/// system.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    process: u64,
    count: Arc<AtomicU64>,
}

impl Counted {
    /// For this process.
    ///
    /// # Errors
    /// What the system says when it has no randomness to give.
    pub(super) fn new() -> io::Result<Self> {
        let process = getrandom::u64().map_err(io::Error::other)?;
        Ok(Self { process, count: Arc::default() })
    }
}

impl MakeRequestId for Counted {
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
    fn each_request_has_a_name_of_its_own() {
        let mut one = Counted::new().expect("there is randomness");
        let mut other = Counted::new().expect("there is randomness");
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
