//! Connections: accepted up to a bound, served up to a time, ended in good order.

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
use tower_http::trace::TraceLayer;

use super::dashboard::with_headers;
use super::request_id::Counted;
use crate::api::Problem;

/// How much a server takes on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Connections at the same time; one more is answered 503 and closed.
    pub(super) connections: usize,
    /// Requests at the same time; one more is answered 503.
    pub(super) requests: usize,
    /// How long a request may take.
    pub(super) request_s: u64,
    /// How long the headers of a request may take to arrive.
    pub(super) headers_s: u64,
    /// How long a server that ends waits for what it has accepted.
    pub(super) ending_s: u64,
}

/// The most bytes of the head of a request.
const HEAD_BYTES_MAX: usize = 16 << 10;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Connections that are told at the same time that there is no place; more are closed without a word.
const REFUSALS_MAX: usize = 256;

/// A router with what every request goes through. It is no router again: that would put each layer in a box of its own,
/// and a request would be handed from box to box.
pub(super) fn layered<B>(router: Router, limits: Limits, ids: Counted) -> impl Answers<B>
where
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let trace = TraceLayer::new_for_http().make_span_with(|request: &Request<_>| {
        let id = request.extensions().get::<RequestId>();
        let id = id.and_then(|id| id.header_value().to_str().ok()).unwrap_or_default();
        // The path alone: a query can hold what is not to be written down.
        tracing::debug_span!("request", method = %request.method(), path = request.uri().path(), id)
    });
    ServiceBuilder::new()
        .map_request(|request: Request<B>| request.map(Body::new))
        .map_response(|answer: Response<_>| with_headers(answer).map(Body::new))
        .layer(SetRequestIdLayer::new(REQUEST_ID, ids))
        .layer(trace)
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(HandleErrorLayer::new(move |error| failed(error, limits)))
        .layer(LoadShedLayer::new())
        .layer(GlobalConcurrencyLimitLayer::new(limits.requests))
        .layer(TimeoutLayer::new(Duration::from_secs(limits.request_s)))
        .layer(CompressionLayer::new())
        .service(router)
}

/// What answers requests whose bodies are of the kind `B`, on any number of connections at once.
pub(super) trait Answers<B>:
    Service<Request<B>, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

impl<B, S> Answers<B> for S where
    S: Service<Request<B>, Response = Response, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static
{
}

/// The answer to a request that was not served, or not in time.
async fn failed(error: BoxError, limits: Limits) -> Problem {
    if error.is::<Elapsed>() {
        let sentence =
            format!("a request is answered within {} s; this one was not", limits.request_s);
        return Problem::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", sentence);
    }
    let most = limits.requests;
    let sentence =
        format!("there are {most} requests at the same time, which are the most; try again");
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_requests_at_once", sentence)
}

/// The answer where there was to be one and the program was wrong. What it panicked with is for the log alone.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    let sentence = "the server failed, and what came of the request is not known; its log says why";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", sentence).into_response()
}

/// Serves connections until `end`, then finishes what was accepted.
///
/// # Errors
/// What the listener says when it cannot go on.
pub(super) async fn serve(
    listener: TcpListener,
    service: impl Answers<Incoming>,
    limits: Limits,
    end: impl Future<Output = ()>,
) -> io::Result<()> {
    let places = Arc::new(Semaphore::new(limits.connections));
    let refusals = Arc::new(Semaphore::new(REFUSALS_MAX));
    let graceful = GracefulShutdown::new();
    let mut server = hyper::server::conn::http1::Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(limits.headers_s))
        .max_buf_size(HEAD_BYTES_MAX)
        // Most answers are short: head and body go to the system as one piece.
        .writev(false)
        .keep_alive(true);
    tokio::pin!(end);
    loop {
        let (stream, _) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) if is_of_one_connection(&error) => continue,
                // Mostly too many open files: others end, and then there is room again.
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            () = &mut end => break,
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            if let Ok(refusal) = Arc::clone(&refusals).try_acquire_owned() {
                tokio::spawn(async move {
                    refuse(stream).await;
                    drop(refusal);
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
                tracing::debug!(%error, "a connection broke off");
            }
            drop(place);
        });
    }
    drop(listener);
    tracing::info!("no more connections are accepted; what was accepted is finished");
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(Duration::from_secs(limits.ending_s)) => {
            tracing::warn!(seconds = limits.ending_s, "some requests did not end in time");
        }
    }
    Ok(())
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// The whole answer to a connection for which there is no place: nothing of HTTP was read from it yet.
fn full() -> String {
    let problem = Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "too_many_connections",
        "there are too many connections",
    );
    let body = serde_json::to_string(&problem).expect("a problem serializes");
    format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nretry-after: 1\r\n\
         x-content-type-options: nosniff\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Tells a connection that there is no place for it.
async fn refuse(mut stream: TcpStream) {
    let answer = async {
        stream.write_all(full().as_bytes()).await?;
        stream.shutdown().await?;
        // What it has sent is read away: closed before, the connection would be reset, and the answer lost.
        let mut sent = [0; 1 << 10];
        while stream.read(&mut sent).await? > 0 {}
        io::Result::Ok(())
    };
    let _ = tokio::time::timeout(Duration::from_secs(1), answer).await;
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_answered_as_a_problem_that_does_not_say_with_what() {
        async fn panics() -> &'static str {
            panic!("a secret")
        }
        let limits =
            Limits { connections: 1, requests: 1, request_s: 9, headers_s: 9, ending_s: 9 };
        let ids = Counted::new().expect("there is randomness");
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
    fn the_answer_to_one_too_many_is_well_formed() {
        let full = full();
        let (head, body) = full.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
        let body: serde_json::Value = serde_json::from_str(body).expect("it is JSON");
        assert_eq!(body["status"], 503);
    }
}
