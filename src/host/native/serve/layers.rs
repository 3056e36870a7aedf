//! What every request passes before the API and the dashboard: request ids, traces, admission, limits
//! and compression.

use std::any::Any;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{Extensions, HeaderMap, HeaderName, Request, StatusCode, Version};
use axum::response::{IntoResponse, Response};
use axum::{BoxError, Router};
use tower::timeout::TimeoutLayer;
use tower::{Service, ServiceBuilder};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate, SizeAbove};
use tower_http::request_id::{PropagateRequestIdLayer, RequestId, SetRequestIdLayer};
use tower_http::trace::{DefaultOnFailure, TraceLayer};

use super::admission::{Admission, AdmissionLayer};
use super::dashboard::with_headers;
use super::lanes::Lanes;
use super::limits::Limits;
use super::memory::{BodyMemory, MemoryLayer};
use super::request_id::RequestIds;
use super::static_compression::StaticCompressionLayer;
use crate::api::{Problem, StaticContent};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Responses below this size are not compressed: they fit into one packet, and a compressor costs more.
const COMPRESSED_BYTES_MIN: u16 = 1_024;

/// Adds the middleware that all requests pass. Returns a service and not a router, which would box
/// each layer.
pub(super) fn layered<B>(
    router: Router,
    limits: Limits,
    ids: RequestIds,
    admission: Arc<Admission>,
    memory: Arc<BodyMemory>,
) -> impl HttpService<B>
where
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let trace = TraceLayer::new_for_http().make_span_with(|request: &Request<_>| {
        let id = request.extensions().get::<RequestId>();
        let id = id.and_then(|id| id.header_value().to_str().ok()).unwrap_or_default();
        // Only the path: a query can contain secrets.
        tracing::debug_span!("request", method = %request.method(), path = request.uri().path(), id)
    });
    // A full ledger or a reached limit answers 503 to each request, so failures are logged as requests
    // are: at the level debug. A panic is logged where it is caught.
    let trace = trace.on_failure(DefaultOnFailure::new().level(tracing::Level::DEBUG));
    let stall_timeout = Duration::from_secs(limits.stall_timeout_s);
    let limited = ServiceBuilder::new()
        .map_response(|response: Response<_>| response.map(Body::new))
        .layer(TimeoutLayer::new(Duration::from_secs(limits.request_timeout_s)))
        .layer(CompressionLayer::new().compress_when(compressed_each_time()))
        .layer(StaticCompressionLayer::default())
        .layer(MemoryLayer { memory, stall_timeout })
        .service(router.clone());
    ServiceBuilder::new()
        .map_request(|request: Request<B>| request.map(Body::new))
        .map_response(|response: Response<_>| with_headers(response).map(Body::new))
        .layer(SetRequestIdLayer::new(REQUEST_ID, ids))
        .layer(trace)
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(AdmissionLayer(admission))
        .service(Lanes::new(limited, router, limits))
}

/// Returns which responses are compressed for each request. Static content is compressed once.
fn compressed_each_time() -> impl Predicate {
    let is_dynamic = |_: StatusCode, _: Version, _: &HeaderMap, extensions: &Extensions| {
        extensions.get::<StaticContent>().is_none()
    };
    DefaultPredicate::new().and(SizeAbove::new(COMPRESSED_BYTES_MIN)).and(is_dynamic)
}

/// A service that handles requests with bodies of type `B` on any number of connections. It is always ready.
pub(super) trait HttpService<B>:
    Service<Request<B>, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

impl<B, S> HttpService<B> for S where
    S: Service<Request<B>, Response = Response, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static
{
}

/// Returns the response to a request whose handler panicked. The panic message is only logged.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    let message = "the server failed; the outcome of the request is unknown; see the server's log";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message).into_response()
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;
    use crate::api::{Service, ServiceConfig, Users};
    use crate::host::native::serve::rate_limit::{Pace, RateLimit};
    use crate::host::native::serve::slots::Slots;

    #[tokio::test]
    async fn panic_response_hides_message() {
        async fn panics() -> &'static str {
            panic!("a secret")
        }
        let limits = Limits {
            connections: 1,
            connections_per_peer: None,
            requests: 1,
            requests_per_user: None,
            unauthenticated_per_second: 0,
            request_timeout_s: 9,
            stall_timeout_s: 9,
            header_timeout_s: 9,
            ending_timeout_s: 9,
        };
        let ids = RequestIds::new().expect("random numbers are available");
        let service = Service::open(ServiceConfig::default(), Users::none(), || 1);
        let admission = Admission {
            service: service.expect("it can be opened"),
            allowed_hosts: Vec::new(),
            trusted_proxies: Vec::new(),
            users: Slots::new(1),
            clients: Slots::new(1),
            unauthenticated: RateLimit::new(0),
            pace: Pace::default(),
            refusals: Arc::default(),
        };
        let router = Router::new().route("/", get(panics));
        let memory = BodyMemory::new(1 << 20);
        let router = layered(router, limits, ids, Arc::new(admission), memory);
        let request = Request::get("/")
            .header("host", "localhost")
            .body(Body::empty())
            .expect("it is a request");
        let response = router.oneshot(request).await.expect("it never fails");
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert!(response.headers().contains_key("x-request-id"));
        assert!(response.headers().contains_key("content-security-policy"));
        let body = axum::body::to_bytes(response.into_body(), 1_000).await.expect("it is short");
        let body: serde_json::Value = serde_json::from_slice(&body).expect("it is JSON");
        assert_eq!(body["code"], "internal");
        assert!(!body.to_string().contains("secret"));
    }
}
