//! The built dashboard at `/`, and what browsers are told with each answer.

use std::path::Path;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{Html, Response};
use axum::routing::get;
use tower_http::services::ServeDir;

/// What a browser is told with a page and its files: to isolate the page, so that its threads may share memory, to load
/// nothing from elsewhere, and where the ledger tells how it is.
const OF_PAGES: [(HeaderName, &str); 8] = [
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-embedder-policy"), "require-corp"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        header::CONTENT_SECURITY_POLICY,
        // As the built page is tried with, see `vite.config.js`.
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; \
         img-src 'self' data: blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    // By this the page knows that its server has a ledger (RFC 8631), and leaves the calls to it.
    (header::LINK, "</system/health>; rel=\"status\""),
];

/// What it is told with data, which is no page and is not to be kept: it may hold what somebody owns.
const OF_DATA: [(HeaderName, &str); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CACHE_CONTROL, "no-store"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Kinds of content that are data.
const DATA: [&str; 6] = [
    "application/json",
    "application/problem+json",
    "application/x-ndjson",
    "text/csv",
    "text/event-stream",
    "text/plain",
];

/// The dashboard of a folder, or a page that says how to build it; the API's own paths go first.
pub(super) fn with_dashboard(api: Router, folder: Option<&Path>) -> Router {
    match folder {
        // What is no file, or no way to ask for one, is the API's to answer, which says so in its own form.
        Some(folder) => {
            let files = ServeDir::new(folder).fallback(api.clone());
            api.fallback_service(files.call_fallback_on_method_not_allowed(true))
        }
        None => api.route("/", get(|| async { Html(NO_DASHBOARD) })),
    }
}

/// The same answer with the headers that a browser is to be told, where it does not have them already.
pub(super) fn with_headers<B>(mut answer: Response<B>) -> Response<B> {
    // An answer that a file has not changed tells no kind, and its headers take the place of those that a browser keeps.
    let is_data = answer
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| DATA.iter().any(|known| kind.as_bytes().starts_with(known.as_bytes())));
    let told: &[_] = if is_data { &OF_DATA } else { &OF_PAGES };
    for &(ref name, value) in told {
        answer.headers_mut().entry(name.clone()).or_insert(HeaderValue::from_static(value));
    }
    answer
}

const NO_DASHBOARD: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>ledgerlab</title>\
    <h1>ledgerlab</h1><p>The API answers here; its <a href=\"/reference\">reference</a> says what. The dashboard was not built: <code>cargo xtask build</code> builds it, and \
    <code>ledgerlab serve --dashboard dist</code> shows it.</p></html>";
