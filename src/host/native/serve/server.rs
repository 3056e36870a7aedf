//! Accepts connections, with limits, timeouts and graceful shutdown.

use std::any::Any;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::error_handling::HandleErrorLayer;
use axum::http::{HeaderName, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{BoxError, Router};
use clap::builder::RangedU64ValueParser;
use clap::{Args, value_parser};
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::limit::GlobalConcurrencyLimitLayer;
use tower::load_shed::LoadShedLayer;
use tower::timeout::TimeoutLayer;
use tower::timeout::error::Elapsed;
use tower::{Service, ServiceBuilder};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::request_id::{PropagateRequestIdLayer, RequestId, SetRequestIdLayer};
use tower_http::trace::{DefaultOnFailure, TraceLayer};

use super::dashboard::with_headers;
use super::lanes::Lanes;
use super::request_id::RequestIds;
use crate::api::Problem;

/// The limits of the server.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Maximum number of connections; further ones get 503. 1 to 65,536
    #[arg(long, value_name = "COUNT", value_parser = up_to(65_536), default_value_t = 2_048)]
    pub(super) connections: u64,
    /// Maximum number of concurrent requests; further ones get 503. 1 to 65,536
    #[arg(long, value_name = "COUNT", value_parser = up_to(65_536), default_value_t = 512)]
    pub(super) requests: u64,
    /// Time limit until a response starts; slower requests get 408. 1 to 3,600
    #[arg(long, value_name = "SECONDS", value_parser = up_to(3_600), default_value_t = 30)]
    pub(super) request_timeout_s: u64,
    /// Time limit for the headers of a request; slower connections are closed. 1 to 3,600
    #[arg(long, value_name = "SECONDS", value_parser = up_to(3_600), default_value_t = 10)]
    pub(super) header_timeout_s: u64,
    /// Time limit for accepted requests during shutdown. 1 to 3,600
    #[arg(long, value_name = "SECONDS", value_parser = up_to(3_600), default_value_t = 10)]
    pub(super) ending_timeout_s: u64,
}

fn up_to(maximum: u64) -> RangedU64ValueParser {
    value_parser!(u64).range(1..=maximum)
}

/// The maximum size of the headers of a request.
const HEAD_BYTES_MAX: usize = 16 << 10;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The maximum number of concurrent 503 responses to connections above the limit. Further
/// connections are closed.
const REJECTIONS_MAX: usize = 256;

/// Adds the middleware that all requests pass. Returns a service and not a router, which would box
/// each layer.
pub(super) fn layered<B>(router: Router, limits: Limits, ids: RequestIds) -> impl HttpService<B>
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
    let limited = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(move |error| limit_exceeded(error, limits)))
        .layer(LoadShedLayer::new())
        .layer(GlobalConcurrencyLimitLayer::new(limits.requests as usize))
        .layer(TimeoutLayer::new(Duration::from_secs(limits.request_timeout_s)))
        .layer(CompressionLayer::new())
        .map_response(|response: Response<_>| response.map(Body::new))
        .service(router.clone());
    ServiceBuilder::new()
        .map_request(|request: Request<B>| request.map(Body::new))
        .map_response(|response: Response<_>| with_headers(response).map(Body::new))
        .layer(SetRequestIdLayer::new(REQUEST_ID, ids))
        .layer(trace)
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(CatchPanicLayer::custom(panicked))
        .service(Lanes { limited, short: router })
}

/// A service that handles requests with bodies of type `B` on any number of connections.
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

/// Returns the response to a request that exceeded a limit.
async fn limit_exceeded(error: BoxError, limits: Limits) -> Problem {
    if error.is::<Elapsed>() {
        let message =
            format!("the request took longer than the limit of {} s", limits.request_timeout_s);
        return Problem::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", message);
    }
    let limit = limits.requests;
    let message =
        format!("the server has reached its limit of {limit} concurrent requests; try again");
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_requests_at_once", message)
}

/// Returns the response to a request whose handler panicked. The panic message is only logged.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    let message = "the server failed; the outcome of the request is unknown; see the server's log";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message).into_response()
}

/// Serves connections until `stop` completes, then finishes accepted requests.
pub(super) async fn serve(
    listener: TcpListener,
    service: impl HttpService<Incoming>,
    limits: Limits,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let connections = Arc::new(Semaphore::new(limits.connections as usize));
    let rejections = Arc::new(Semaphore::new(REJECTIONS_MAX));
    let graceful = GracefulShutdown::new();
    let mut server = hyper::server::conn::http1::Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(limits.header_timeout_s))
        .max_buf_size(HEAD_BYTES_MAX)
        // Most responses are short. Headers and body are written with one system call.
        .writev(false)
        .keep_alive(true);
    tokio::pin!(stop);
    loop {
        let (stream, _) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) if is_connection_error(&error) => continue,
                // Usually there are too many open files. The next attempt waits for some to be
                // closed.
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        let Ok(permit) = Arc::clone(&connections).try_acquire_owned() else {
            if let Ok(rejection) = Arc::clone(&rejections).try_acquire_owned() {
                tokio::spawn(async move {
                    reject(stream).await;
                    drop(rejection);
                });
            }
            continue;
        };
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(service.clone());
        let connection = server.serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection was interrupted");
            }
            drop(permit);
        });
    }
    drop(listener);
    tracing::info!("shutting down: finishing accepted requests");
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(Duration::from_secs(limits.ending_timeout_s)) => {
            tracing::warn!(seconds = limits.ending_timeout_s, "some requests did not finish in time");
        }
    }
    Ok(())
}

fn is_connection_error(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Returns the complete response to a connection above the limit. Nothing was read from the
/// connection yet.
fn too_many_connections() -> String {
    let problem = Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "too_many_connections",
        "the server has reached its limit of connections",
    );
    let body = serde_json::to_string(&problem).expect("a problem serializes");
    format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nretry-after: 1\r\n\
         x-content-type-options: nosniff\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Rejects a connection above the limit.
async fn reject(mut stream: TcpStream) {
    let respond = async {
        stream.write_all(too_many_connections().as_bytes()).await?;
        stream.shutdown().await?;
        // Reads what was sent. Otherwise the connection would be reset and the response lost.
        let mut sent = [0; 1 << 10];
        while stream.read(&mut sent).await? > 0 {}
        io::Result::Ok(())
    };
    let _ = tokio::time::timeout(Duration::from_secs(1), respond).await;
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn panic_response_hides_message() {
        async fn panics() -> &'static str {
            panic!("a secret")
        }
        let limits = Limits {
            connections: 1,
            requests: 1,
            request_timeout_s: 9,
            header_timeout_s: 9,
            ending_timeout_s: 9,
        };
        let ids = RequestIds::new().expect("random numbers are available");
        let router = layered(Router::new().route("/", get(panics)), limits, ids);
        let request = Request::get("/").body(Body::empty()).expect("it is a request");
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

    #[test]
    fn response_above_connection_limit_is_well_formed() {
        let full = too_many_connections();
        let (head, body) = full.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
        let body: serde_json::Value = serde_json::from_str(body).expect("it is JSON");
        assert_eq!(body["status"], 503);
    }
}
