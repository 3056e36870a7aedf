//! Requests to a router, and their responses.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use ledgerlab::api::{Service, ServiceConfig, Users, router};
use serde_json::Value;
use tower::ServiceExt;

/// A service with GoLedger's two users. Its clock advances with each reading.
pub(crate) fn demo() -> (Arc<Service>, Router) {
    of(Users::demo())
}

/// The same users with secret tokens.
pub(crate) fn secret() -> (Arc<Service>, Router) {
    of(Users::new(Users::demo().all().to_vec()).expect("the users are valid"))
}

fn of(users: Users) -> (Arc<Service>, Router) {
    let now = AtomicU64::new(1_700_000_000_000_000_000);
    let service = Service::open(ServiceConfig::default(), users, move || {
        now.fetch_add(1_000_000, Ordering::Relaxed)
    });
    let service = service.expect("it can be opened");
    (Arc::clone(&service), router(service))
}

/// A response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Returns the body as JSON.
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("it is text"))
    }
}

/// Sends one request without a body.
pub(crate) async fn ask(
    router: &Router,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> Answer {
    send(router, method, path, headers, Body::empty()).await
}

/// Sends one request with a body. The response must match the OpenAPI document.
pub(crate) async fn send(
    router: &Router,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(body.into()).expect("it is a request");
    let response = router.clone().oneshot(request).await.expect("the router never fails");
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.expect("the body can be read").to_bytes();
    let text = String::from_utf8(bytes.to_vec()).expect("it is UTF-8");
    // A stream of lines is not JSON and is kept as text.
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    super::openapi::assert_documented(method, path, parts.status.as_u16(), &parts.headers, &text);
    Answer { status: parts.status, headers: parts.headers, body, text }
}
