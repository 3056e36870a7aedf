//! Serves the built dashboard at `/`, and adds headers for browsers to each response.

use std::path::Path;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{Html, Response};
use axum::routing::get;
use tower_http::services::ServeDir;

/// The headers of pages and their files. They forbid loading from elsewhere, link to the
/// ledger's health, and isolate the page so that its threads can share memory.
const PAGE_HEADERS: [(HeaderName, &str); 8] = [
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-embedder-policy"), "require-corp"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        header::CONTENT_SECURITY_POLICY,
        // The page is tested with the same policy, see `vite.config.js`.
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; \
         img-src 'self' data: blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    // The page recognises a server with a ledger by this link (RFC 8631), and sends its calls
    // there.
    (header::LINK, "</system/health>; rel=\"status\""),
];

/// The headers of data, which must not be stored because it may be private.
const DATA_HEADERS: [(HeaderName, &str); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CACHE_CONTROL, "no-store"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// The content types of data.
const DATA_TYPES: [&str; 6] = [
    "application/json",
    "application/problem+json",
    "application/x-ndjson",
    "text/csv",
    "text/event-stream",
    "text/plain",
];

/// Adds the dashboard of a folder to the API, or a page that explains how to build it. Paths of the
/// API take precedence.
pub(super) fn with_dashboard(api: Router, folder: Option<&Path>) -> Router {
    match folder {
        // The API handles every path that is not a file, and returns its errors.
        Some(folder) => {
            let files = ServeDir::new(folder).fallback(api.clone());
            api.fallback_service(files.call_fallback_on_method_not_allowed(true))
        }
        None => api.route("/", get(|| async { Html(NO_DASHBOARD) })),
    }
}

/// Returns the response with the headers for browsers. Headers that it already has are kept.
pub(super) fn with_headers<B>(mut response: Response<B>) -> Response<B> {
    // A 304 response has no content type. A browser replaces its stored headers by those of the
    // response.
    let is_data = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| {
        DATA_TYPES.iter().any(|known| kind.as_bytes().starts_with(known.as_bytes()))
    });
    let headers: &[_] = if is_data { &DATA_HEADERS } else { &PAGE_HEADERS };
    for &(ref name, value) in headers {
        response.headers_mut().entry(name.clone()).or_insert(HeaderValue::from_static(value));
    }
    response
}

const NO_DASHBOARD: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>ledgerlab</title>\
    <h1>ledgerlab</h1><p>The API is served here; see its <a href=\"/reference\">reference</a>. \
    The dashboard is not built: <code>cargo xtask build</code> builds it, and \
    <code>ledgerlab serve --dashboard dist</code> serves it.</p></html>";
