//! Serves the built dashboard at `/`, and adds headers for browsers to each response.

use std::path::Path;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use tower::ServiceExt;
use tower_http::services::ServeDir;

use crate::api::{Problem, StaticContent};

/// The headers of pages and their files. They forbid loading from elsewhere, link to the
/// ledger's health, and isolate the page so that its threads can share memory.
const PAGE_HEADERS: [(HeaderName, &str); 9] = [
    // A page is checked for a new version each time. Its files with a hash in their names never change.
    (header::CACHE_CONTROL, "no-cache"),
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
        Some(folder) => {
            let files = ServeDir::new(folder);
            let others = api.clone();
            api.fallback(move |request: Request| serve_file(files.clone(), others.clone(), request))
        }
        None => api.route("/", get(|| async { Html(NO_DASHBOARD) })),
    }
}

/// Responds with a file. The API handles every path that is not one, and returns its errors.
async fn serve_file(files: ServeDir, api: Router, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let head = Request::head(request.uri().clone()).body(Body::empty());
        let head = head.expect("a request with this address was received");
        let Ok(found) = files.oneshot(head).await;
        if found.status() == StatusCode::NOT_FOUND {
            let Ok(response) = api.oneshot(request).await;
            return response;
        }
        let detail =
            format!("{path} is a file, which accepts GET and HEAD, not {}", request.method());
        let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "no_such_method", detail);
        return ([(header::ALLOW, "GET,HEAD")], problem).into_response();
    }
    let Ok(response) = files.fallback(api).oneshot(request).await;
    let mut response = response.into_response();
    let is_file = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
    if is_file {
        // Responses of the API have passed here, too. None of them has this header.
        if response.headers().contains_key(header::LAST_MODIFIED) {
            response.extensions_mut().insert(StaticContent);
        }
    }
    if is_file && has_hash(&path) {
        let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
        response.headers_mut().insert(header::CACHE_CONTROL, forever);
    }
    response
}

/// Returns whether a path is that of a file whose name has a hash of its content, as the build makes them:
/// `/assets/index-BkalLY42.js`.
fn has_hash(path: &str) -> bool {
    let stem = path.strip_prefix("/assets/").and_then(|file| file.rsplit_once('.'));
    let bytes = stem.map_or(&b""[..], |(stem, _)| stem.as_bytes());
    let Some((hash, before)) = bytes.len().checked_sub(8).map(|at| (&bytes[at..], &bytes[..at]))
    else {
        return false;
    };
    let is_hash = hash.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte));
    is_hash && before.len() > 1 && before.ends_with(b"-")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_a_hash_are_recognised() {
        for path in [
            "/assets/index-BkalLY42.js",
            "/assets/index-BaD-xAU-.css",
            "/assets/a_bg-B8zX_HMp.wasm",
        ] {
            assert!(has_hash(path), "{path}");
        }
        for path in [
            "/",
            "/index.html",
            "/assets/",
            "/assets/-BkalLY42.js",
            "/assets/index.js",
            "/assets/BkalLY42.js",
            "/other/index-BkalLY42.js",
            "/assets/index-BkalLY4.js",
            "/assets/index-Bkal%4Y2.js",
        ] {
            assert!(!has_hash(path), "{path}");
        }
    }
}
