//! The built dashboard at `/`, and the headers that all answers have.

use std::path::Path;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Html;
use axum::routing::get;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

/// What a browser is told with each answer: to isolate the page, so that its threads may share memory, and to load
/// nothing from elsewhere.
const HEADERS: [(HeaderName, &str); 7] = [
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-embedder-policy"), "require-corp"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data: blob:; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
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

/// The same router, each of whose answers has the headers that a browser is to be told.
pub(super) fn with_headers(router: Router) -> Router {
    HEADERS.iter().fold(router, |router, (name, value)| {
        let value = HeaderValue::from_static(value);
        router.layer(SetResponseHeaderLayer::if_not_present(name.clone(), value))
    })
}

const NO_DASHBOARD: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>ledgerlab</title>\
    <h1>ledgerlab</h1><p>The API answers here; its <a href=\"/reference\">reference</a> says what. The dashboard was not built: <code>cargo xtask build</code> builds it, and \
    <code>ledgerlab serve --dashboard dist</code> shows it.</p></html>";
