//! Requests to a router, and their answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use ledgerlab::api::{Service, ServiceConfig, Users, router};
use serde_json::Value;
use tower::ServiceExt;

/// GoLedger's two users, at a time that moves on with each look.
pub(crate) fn demo() -> (Arc<Service>, Router) {
    let now = AtomicU64::new(1_700_000_000_000_000_000);
    let service = Service::open(ServiceConfig::default(), Users::demo(), move || {
        now.fetch_add(1_000_000, Ordering::Relaxed)
    });
    let service = service.expect("it can be opened");
    (Arc::clone(&service), router(service))
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("it is text"))
    }
}

/// Sends one request without a body.
pub(crate) async fn ask(router: &Router, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).expect("it is a request");
    let response = router.clone().oneshot(request).await.expect("the router never fails");
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.expect("the body can be read").to_bytes();
    let body = match bytes.is_empty() {
        true => Value::Null,
        false => serde_json::from_slice(&bytes).expect("it is JSON"),
    };
    Answer { status: parts.status, headers: parts.headers, body }
}
