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

use super::admission::{Admission, AdmissionLayer, retry_later};
use super::connections::{ConnectionLimits, Connections, TooMany};
use super::dashboard::with_headers;
use super::lanes::Lanes;
use super::memory::{BodyMemory, MemoryLayer};
use super::refusals::{self, RefusalLog};
use super::request_id::RequestIds;
use super::stream::TimedStream;
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
    /// Maximum number of connections of one address, or IPv6 network of 64 bits; further ones get 429. 1 to 65,536
    /// [default: a quarter of --connections; none for this machine and trusted proxies]
    #[arg(long, value_name = "COUNT", value_parser = up_to(65_536))]
    pub(super) connections_per_peer: Option<u64>,
    /// Maximum number of concurrent requests of one user; further ones get 429. 1 to 65,536
    /// [default: half of --requests]
    #[arg(long, value_name = "COUNT", value_parser = up_to(65_536))]
    pub(super) requests_per_user: Option<u64>,
    /// Time limit in which a client must send or take the next 4 KiB; slower connections are closed. 1 to 3,600
    #[arg(long, value_name = "SECONDS", value_parser = up_to(3_600), default_value_t = 10)]
    pub(super) stall_timeout_s: u64,
    /// Time limit for the headers of a request; slower and idle connections are closed. 1 to 3,600
    #[arg(long, value_name = "SECONDS", value_parser = up_to(3_600), default_value_t = 10)]
    pub(super) header_timeout_s: u64,
    /// Time limit for accepted requests during shutdown. 1 to 3,600
    #[arg(long, value_name = "SECONDS", value_parser = up_to(3_600), default_value_t = 10)]
    pub(super) ending_timeout_s: u64,
}

impl Limits {
    /// The limits on connections.
    pub(super) fn connection_limits(&self) -> ConnectionLimits {
        ConnectionLimits {
            all: self.connections as usize,
            per_peer: self.clients_requests(),
            includes_loopback: self.connections_per_peer.is_some(),
        }
    }

    /// The maximum number of connections of a peer, and of concurrent requests of a proxy's client.
    pub(super) fn clients_requests(&self) -> usize {
        self.connections_per_peer.unwrap_or((self.connections / 4).max(1)) as usize
    }

    /// The maximum number of concurrent requests of a user.
    pub(super) fn user_requests(&self) -> usize {
        self.requests_per_user.unwrap_or((self.requests / 2).max(1)) as usize
    }
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
        .layer(HandleErrorLayer::new(move |error| limit_exceeded(error, limits)))
        .layer(LoadShedLayer::new())
        .layer(GlobalConcurrencyLimitLayer::new(limits.requests as usize))
        .layer(TimeoutLayer::new(Duration::from_secs(limits.request_timeout_s)))
        .layer(CompressionLayer::new())
        .map_response(|response: Response<_>| response.map(Body::new))
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
async fn limit_exceeded(error: BoxError, limits: Limits) -> Response {
    if error.is::<Elapsed>() {
        let message =
            format!("the request took longer than the limit of {} s", limits.request_timeout_s);
        return Problem::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", message)
            .into_response();
    }
    let limit = limits.requests;
    let message =
        format!("the server has reached its limit of {limit} concurrent requests; try again");
    let code = "too_many_requests_at_once";
    retry_later(Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, message))
}

/// Returns the response to a request whose handler panicked. The panic message is only logged.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    let message = "the server failed; the outcome of the request is unknown; see the server's log";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message).into_response()
}

/// Serves connections until `stop` completes, then finishes accepted requests.
pub(super) async fn serve(
    listener: TcpListener,
    layers: impl HttpService<Incoming>,
    limits: Limits,
    connections: Arc<Connections>,
    refusals: Arc<RefusalLog>,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
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
    let stall_timeout = Duration::from_secs(limits.stall_timeout_s);
    let mut periods = tokio::time::interval(refusals::PERIOD);
    tokio::pin!(stop);
    loop {
        let (stream, peer) = tokio::select! {
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
            _ = periods.tick() => {
                refusals.end_period();
                continue;
            }
            () = &mut stop => break,
        };
        // A connection that was closed again has no address.
        let Ok(local) = stream.local_addr() else { continue };
        let admitted = match connections.admit(peer.ip(), local.ip()) {
            Ok(admitted) => admitted,
            Err(limit) => {
                if let Ok(rejection) = Arc::clone(&rejections).try_acquire_owned() {
                    tokio::spawn(async move {
                        reject(stream, limit).await;
                        drop(rejection);
                    });
                }
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let connection = Arc::clone(&admitted.connection);
        let service = ServiceBuilder::new().map_request({
            let connection = Arc::clone(&connection);
            move |mut request: Request<Incoming>| {
                request.extensions_mut().insert(Arc::clone(&connection));
                request
            }
        });
        let service = TowerToHyperService::new(service.service(layers.clone()));
        let stream = TimedStream::new(
            stream,
            stall_timeout,
            Arc::clone(&connection),
            Arc::clone(&connections),
        );
        let served = graceful.watch(server.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            tokio::select! {
                served = served => if let Err(error) = served {
                    tracing::debug!(%error, "a connection was interrupted");
                },
                () = connection.evicted() => {
                    tracing::debug!(peer = %connection.peer, "a connection made way for another one");
                }
            }
            drop(admitted);
        });
    }
    drop(listener);
    refusals.end_period();
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
fn too_many_connections(limit: TooMany) -> String {
    let (status, code, detail) = match limit {
        TooMany::Connections => (
            StatusCode::SERVICE_UNAVAILABLE,
            "too_many_connections",
            "the server has reached its limit of connections",
        ),
        TooMany::OfPeer => (
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_connections_of_peer",
            "your address has reached its limit of connections",
        ),
    };
    let problem = Problem::new(status, code, detail);
    let body = serde_json::to_string(&problem).expect("a problem serializes");
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/problem+json\r\nretry-after: 1\r\n\
         x-content-type-options: nosniff\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Rejects a connection above the limit.
async fn reject(mut stream: TcpStream, limit: TooMany) {
    let respond = async {
        stream.write_all(too_many_connections(limit).as_bytes()).await?;
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
    use crate::api::{Service, ServiceConfig, Users};
    use crate::host::native::serve::admission::Slots;

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

    #[test]
    fn response_above_connection_limit_is_well_formed() {
        let full = too_many_connections(TooMany::Connections);
        let (head, body) = full.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
        let body: serde_json::Value = serde_json::from_str(body).expect("it is JSON");
        assert_eq!(body["status"], 503);
    }
}
