//! Accepts connections, with limits, timeouts and graceful shutdown.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use axum::http::{Request, StatusCode};
use axum::response::Response;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::connections::{Connection, Connections, TooMany};
use super::layers::HttpService;
use super::limits::Limits;
use super::refusals::{self, RefusalLog};
use super::stream::TimedStream;
use crate::api::Problem;

/// The maximum size of the headers of a request.
const HEAD_BYTES_MAX: usize = 16 << 10;

/// The maximum number of concurrent 503 responses to connections above the limit. Further
/// connections are closed.
const REJECTIONS_MAX: usize = 256;

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
        // Headers and body are written with one system call, without a copy of the body for each client
        // that has yet to take it: anyone may ask for static content.
        .writev(true)
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
        let service = ConnectionService {
            layers: Mutex::new(layers.clone()),
            connection: Arc::clone(&connection),
        };
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

/// The service of a connection. Unlike hyper-util's adapter, it does not clone all layers for each request: they
/// are always ready.
struct ConnectionService<S> {
    layers: Mutex<S>,
    connection: Arc<Connection>,
}

impl<S: HttpService<Incoming>> hyper::service::Service<Request<Incoming>> for ConnectionService<S> {
    type Response = Response;
    type Error = Infallible;
    type Future = S::Future;

    fn call(&self, mut request: Request<Incoming>) -> S::Future {
        request.extensions_mut().insert(Arc::clone(&self.connection));
        let mut layers = self.layers.lock().unwrap_or_else(PoisonError::into_inner);
        let ready = layers.poll_ready(&mut Context::from_waker(Waker::noop()));
        debug_assert!(matches!(ready, Poll::Ready(Ok(()))), "no layer waits");
        layers.call(request)
    }
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
    use super::*;

    #[test]
    fn response_above_connection_limit_is_well_formed() {
        let full = too_many_connections(TooMany::Connections);
        let (head, body) = full.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
        let body: serde_json::Value = serde_json::from_str(body).expect("it is JSON");
        assert_eq!(body["status"], 503);
    }
}
