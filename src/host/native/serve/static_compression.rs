//! Compresses static content once: the pages of the API and the files of the dashboard.
//!
//! Anyone may request them, without a token, so a request must cost little. The first one that accepts
//! gzip compresses the content; later ones get the same bytes.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::io::Write as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use pin_project_lite::pin_project;
use tokio::sync::OnceCell;
use tower::{Layer, Service};

use crate::api::{Problem, StaticContent};

/// The maximum size of all stored content before compression. Further content is sent as it is.
const STORED_BYTES_MAX: u64 = 32 << 20;

/// What tells a newer version of a path's content: when it was modified, and its size in bytes.
type Version = (Option<HeaderValue>, u64);

#[derive(Debug)]
struct Content {
    version: Version,
    gzip: Arc<OnceCell<Bytes>>,
}

#[derive(Debug, Default)]
struct Stored {
    /// The size of all content before compression.
    bytes: u64,
    by_path: HashMap<String, Content>,
}

impl Stored {
    /// Returns the place for the compressed content of a path; `None` if there is no memory for it.
    fn find(&mut self, path: &str, version: Version) -> Option<Arc<OnceCell<Bytes>>> {
        let known = self.by_path.get(path);
        if let Some(content) = known.filter(|content| content.version == version) {
            return Some(Arc::clone(&content.gzip));
        }
        let others = self.bytes - known.map_or(0, |content| content.version.1);
        let bytes = others.checked_add(version.1).filter(|bytes| *bytes <= STORED_BYTES_MAX)?;
        self.bytes = bytes;
        let gzip = Arc::default();
        self.by_path.insert(path.to_owned(), Content { version, gzip: Arc::clone(&gzip) });
        Some(gzip)
    }
}

/// Puts a [`StaticCompression`] in front of a service. Its clones share what is stored.
#[derive(Clone, Debug, Default)]
pub(super) struct StaticCompressionLayer(Arc<Mutex<Stored>>);

impl<S> Layer<S> for StaticCompressionLayer {
    type Service = StaticCompression<S>;

    fn layer(&self, inner: S) -> StaticCompression<S> {
        StaticCompression { layer: self.clone(), inner }
    }
}

/// A service whose [`StaticContent`] is compressed once.
#[derive(Clone, Debug)]
pub(super) struct StaticCompression<S> {
    layer: StaticCompressionLayer,
    inner: S,
}

impl<S> Service<Request<Body>> for StaticCompression<S>
where
    S: Service<Request<Body>, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = StaticCompressionFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let path = request.uri().path();
        let is_compressible = request.method() == Method::GET
            && accepts_gzip(request.headers())
            && has_one_spelling(path);
        let path = is_compressible.then(|| path.to_owned());
        let state = State::Requested { inner: self.inner.call(request) };
        StaticCompressionFuture { state, path, stored: Arc::clone(&self.layer.0) }
    }
}

/// Whether a client accepts gzip.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(header::ACCEPT_ENCODING).iter();
    let mut items =
        lists.filter_map(|list| list.to_str().ok()).flat_map(|list| list.split(',').map(str::trim));
    items.any(|item| {
        let (name, weight) = item.split_once(';').unwrap_or((item, "q=1"));
        let weight = weight.trim().trim_start_matches(['q', 'Q']).trim_start_matches('=');
        let is_gzip =
            ["gzip", "x-gzip", "*"].iter().any(|gzip| name.trim().eq_ignore_ascii_case(gzip));
        is_gzip && weight.parse::<f32>().is_ok_and(|weight| weight > 0.0)
    })
}

/// Whether no other path leads to the same file, so that a file is stored once.
fn has_one_spelling(path: &str) -> bool {
    !path.contains('%') && !path.contains("//") && !path.split('/').any(|part| part == ".")
}

pin_project! {
    /// The response to a request, compressed if it is static content.
    pub(super) struct StaticCompressionFuture<F> {
        #[pin]
        state: State<F>,
        // Of a request whose response may be compressed.
        path: Option<String>,
        stored: Arc<Mutex<Stored>>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F> {
        Requested { #[pin] inner: F },
        Compressing { inner: Pin<Box<dyn Future<Output = Response> + Send>> },
    }
}

impl<F: Future<Output = Result<Response, Infallible>>> Future for StaticCompressionFuture<F> {
    type Output = Result<Response, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let mut this = self.as_mut().project();
            let mut response = match this.state.as_mut().project() {
                StateProjection::Requested { inner } => ready!(inner.poll(context)?),
                StateProjection::Compressing { inner } => {
                    return inner.as_mut().poll(context).map(Ok);
                }
            };
            if response.extensions().get::<StaticContent>().is_none() {
                return Poll::Ready(Ok(response));
            }
            response.headers_mut().append(header::VARY, header::ACCEPT_ENCODING.into());
            let (StatusCode::OK, Some(path), Some(size)) =
                (response.status(), &this.path, size(&response))
            else {
                return Poll::Ready(Ok(response));
            };
            let version = (response.headers().get(header::LAST_MODIFIED).cloned(), size);
            let mut stored = this.stored.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(gzip) = stored.find(path, version) else {
                return Poll::Ready(Ok(response));
            };
            drop(stored);
            if let Some(bytes) = gzip.get().cloned() {
                return Poll::Ready(Ok(compressed(response.map(|_| bytes))));
            }
            this.state.set(State::Compressing { inner: Box::pin(compress(response, gzip)) });
        }
    }
}

/// The size of a response's content. The body of a file does not know it, but its header has it.
fn size(response: &Response) -> Option<u64> {
    let header = response.headers().get(header::CONTENT_LENGTH);
    let announced = header.and_then(|size| size.to_str().ok()?.parse().ok());
    announced.or_else(|| response.body().size_hint().exact())
}

/// Compresses the content of a response and stores it, or waits until another request has.
async fn compress(response: Response, gzip: Arc<OnceCell<Bytes>>) -> Response {
    let (parts, body) = response.into_parts();
    let compress = async {
        let content = to_bytes(body, STORED_BYTES_MAX as usize).await.ok()?;
        tokio::task::spawn_blocking(move || gzipped(&content)).await.ok()
    };
    match gzip.get_or_try_init(|| async { compress.await.ok_or(()) }).await {
        Ok(bytes) => compressed(Response::from_parts(parts, bytes.clone())),
        Err(()) => {
            let detail = "the file could not be read; try again";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail).into_response()
        }
    }
}

fn gzipped(content: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(content).and_then(|()| encoder.finish());
    written.expect("a vector takes everything").into()
}

/// Returns a response with its compressed content.
fn compressed(response: Response<Bytes>) -> Response {
    let mut response = response.map(Body::from);
    let headers = response.headers_mut();
    headers.remove(header::ACCEPT_RANGES);
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_accepted_as_the_client_says() {
        for (value, accepted) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("deflate, *", true),
            ("gzip; q=0", false),
            ("gzip;q=0.000", false),
            ("br", false),
            ("", false),
            ("gzip;q=x", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, value.parse().expect("it can be a header"));
            assert_eq!(accepts_gzip(&headers), accepted, "{value:?}");
        }
        assert!(!accepts_gzip(&HeaderMap::new()));
    }

    #[test]
    fn a_path_has_one_version_and_all_have_a_limit() {
        let mut stored = Stored::default();
        let first = stored.find("/a", (None, 10)).expect("there is memory");
        let again = stored.find("/a", (None, 10)).expect("it is stored");
        assert!(Arc::ptr_eq(&first, &again));
        let newer = stored.find("/a", (None, 20)).expect("there is memory");
        assert!(!Arc::ptr_eq(&first, &newer));
        assert_eq!((stored.bytes, stored.by_path.len()), (20, 1));
        assert!(stored.find("/b", (None, STORED_BYTES_MAX - 19)).is_none());
        assert!(stored.find("/b", (None, STORED_BYTES_MAX - 20)).is_some());
        for other in ["/%61", "//a", "/./a", "/."] {
            assert!(!has_one_spelling(other), "{other}");
        }
        assert!(has_one_spelling("/") && has_one_spelling("/assets/a.b.js"));
    }
}
