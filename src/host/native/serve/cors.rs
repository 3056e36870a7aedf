//! Requests of pages of other origins (CORS). Off unless `--cors-origin` names one.
//!
//! A page has to send its token in `Authorization`, as every client; there are no cookies, so none are
//! allowed. `EventSource` cannot send a header, but a ticket in its URL.

use std::str::FromStr;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, Method, Uri, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// How long a browser may remember what is allowed.
const MAX_AGE: Duration = Duration::from_secs(3_600);

/// An origin, as a browser sends it: `https://example.org` or `http://127.0.0.1:5173`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin(HeaderValue);

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let invalid = || {
            format!(
                "an origin is http:// or https:// with a name and an optional port, such as https://example.org, not {text:?}"
            )
        };
        let uri: Uri = text.parse().map_err(|_| invalid())?;
        let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"));
        let (Some(scheme), Some(authority)) = (scheme, uri.authority()) else {
            return Err(invalid());
        };
        // A browser sends it in lower case, without a user and without a path.
        let origin = format!("{scheme}://{authority}");
        if origin != text || origin.contains('@') || origin != origin.to_lowercase() {
            return Err(invalid());
        }
        HeaderValue::from_str(text).map(Self).map_err(|_| invalid())
    }
}

/// Allows pages of these origins to call the API and to read its responses.
pub(super) fn with_cors(router: Router, origins: &[Origin]) -> Router {
    if origins.is_empty() {
        return router;
    }
    let origins = origins.iter().map(|Origin(origin)| origin.clone());
    let name = HeaderName::from_static;
    let layer = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_MATCH,
            name("idempotency-key"),
            name("last-event-id"),
            name("prefer"),
            name("x-request-id"),
        ])
        .expose_headers([
            header::ALLOW,
            header::ETAG,
            header::LOCATION,
            header::RETRY_AFTER,
            header::WWW_AUTHENTICATE,
            name("idempotency-replayed"),
            name("preference-applied"),
            name("x-request-id"),
        ])
        .max_age(MAX_AGE);
    router.layer(layer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_as_browsers_send_them() {
        for text in
            ["https://example.org", "http://127.0.0.1:5173", "http://[::1]:80", "http://localhost"]
        {
            assert_eq!(text.parse(), Ok(Origin(HeaderValue::from_static(text))), "{text}");
        }
        for text in [
            "",
            "*",
            "null",
            "example.org",
            "https://",
            "ftp://example.org",
            "https://example.org/",
            "https://example.org/x",
            "https://Example.org",
            "https://me@example.org",
            "HTTPS://example.org",
        ] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }
}
