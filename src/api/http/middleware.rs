//! The middleware in front of every endpoint: request counts, idempotency keys, and waiting for the store.
//!
//! A response is sent when everything that was decided before it is on the disk: so nobody is shown a state, of a read either,
//! that a crash could take back. Probes and metrics do not wait, because they must answer when the disk does not. A caller
//! who prefers a fast outcome of transfers to a durable one says so: `Prefer: respond-async` (RFC 7240).
//!
//! It does not use axum's `from_fn`, which boxes the rest of the stack and its future for each request.

use std::collections::HashSet;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::response::{IntoResponse, Response};
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use super::idempotency::IdempotencyLayer;
use super::metrics::{ActiveRequest, RequestCounter};
use super::problem::Problem;

/// Puts a [`RequestService`] in front of a service.
#[derive(Clone)]
pub(super) struct RequestLayer {
    pub(super) counter: Arc<RequestCounter>,
    pub(super) idempotency: Arc<IdempotencyLayer>,
    /// The methods and path templates of the endpoints whose requests have no query.
    pub(super) without_query: Arc<HashSet<(Method, String)>>,
}

/// Marks a request with a query, in its extensions, if its endpoint reads none.
#[derive(Clone, Copy, Debug)]
pub(super) struct UnexpectedQuery;

impl RequestLayer {
    fn mark_unexpected_query(&self, request: &mut Request) {
        if request.uri().query().is_none_or(str::is_empty) {
            return;
        }
        let Some(path) = request.extensions().get::<MatchedPath>() else { return };
        let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
        if self.without_query.contains(&(method.clone(), path.as_str().to_owned())) {
            request.extensions_mut().insert(UnexpectedQuery);
        }
    }
}

impl<S> Layer<S> for RequestLayer {
    type Service = RequestService<S>;

    fn layer(&self, inner: S) -> RequestService<S> {
        RequestService { layer: self.clone(), inner }
    }
}

/// A service with the middleware in front of it.
#[derive(Clone)]
pub(super) struct RequestService<S> {
    layer: RequestLayer,
    inner: S,
}

impl<S> Service<Request> for RequestService<S>
where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = CountedFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        self.layer.mark_unexpected_query(&mut request);
        let active = ActiveRequest::begin(&self.layer.counter, &request);
        let service = &self.layer.counter.service;
        let waits = waits_for_store(service, &request);
        let response = if self.layer.idempotency.applies_to(&request) {
            // The service that is ready handles this request; its clone may not be ready yet.
            let next = self.inner.clone();
            let next = std::mem::replace(&mut self.inner, next);
            let once = Arc::clone(&self.layer.idempotency).once(request, next);
            let service = Arc::clone(service);
            ResponseFuture::Boxed {
                inner: Box::pin(async move { synced(&service, waits, once.await).await }),
            }
        } else if waits == Waits::No {
            ResponseFuture::Plain { inner: self.inner.call(request) }
        } else {
            let (service, response) = (Arc::clone(service), self.inner.call(request));
            let inner = async move {
                let Ok(response) = response.await;
                synced(&service, waits, response).await
            };
            ResponseFuture::Boxed { inner: Box::pin(inner) }
        };
        CountedFuture { response, active }
    }
}

/// Whether a response waits for the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waits {
    No,
    /// It would, but the caller prefers a fast one.
    NotAsPreferred,
    Yes,
}

/// The paths whose responses never wait: they must answer when the disk does not, and their figures say nothing about money.
const NEVER_WAIT: [&str; 5] = ["/livez", "/readyz", "/metrics", "/system/health", "/v1/health"];

fn waits_for_store(service: &crate::api::Service, request: &Request) -> Waits {
    if service.coins().ledger().store().is_none() {
        return Waits::No;
    }
    let path = request.uri().path();
    if NEVER_WAIT.contains(&path.strip_suffix('/').unwrap_or(path)) {
        return Waits::No;
    }
    let query = request.uri().query().unwrap_or_default();
    // Only what says nothing but the outcome of the caller's own attempts.
    let shows_more = request.method() != Method::POST || !query.is_empty();
    if path != ONLY_ASYNC || shows_more {
        return Waits::Yes;
    }
    let mut preferences = request.headers().get_all(PREFER).iter();
    let is_preferred = preferences.any(|value| {
        let value = value.to_str().unwrap_or_default();
        value.split(',').any(|one| one.trim().eq_ignore_ascii_case(RESPOND_ASYNC))
    });
    if is_preferred { Waits::NotAsPreferred } else { Waits::Yes }
}

/// The only path at which a caller can prefer a fast response.
const ONLY_ASYNC: &str = "/v1/transfers";

const PREFER: HeaderName = HeaderName::from_static("prefer");

const RESPOND_ASYNC: &str = "respond-async";

/// Returns a response when what it shows is on the disk, or the problem that this is unknown.
async fn synced(service: &crate::api::Service, waits: Waits, mut response: Response) -> Response {
    match waits {
        Waits::No => {}
        Waits::NotAsPreferred => {
            let applied = HeaderValue::from_static(RESPOND_ASYNC);
            response.headers_mut().insert("preference-applied", applied);
        }
        // It shows nothing: a request that fails like this was refused before it was executed.
        Waits::Yes if response.status().is_server_error() => {}
        Waits::Yes => {
            if let Err(error) = service.until_synced().await {
                return Problem::from(error).into_response();
            }
        }
    }
    response
}

pin_project! {
    /// The future of a response, which counts it at the end.
    pub(super) struct CountedFuture<F> {
        #[pin]
        response: ResponseFuture<F>,
        active: ActiveRequest,
    }
}

pin_project! {
    #[project = ResponseProjection]
    enum ResponseFuture<F> {
        Plain { #[pin] inner: F },
        Boxed { inner: Pin<Box<dyn Future<Output = Response> + Send>> },
    }
}

impl<F: Future<Output = Result<Response, Infallible>>> Future for CountedFuture<F> {
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Ok(response) = ready!(match this.response.project() {
            ResponseProjection::Plain { inner } => inner.poll(context),
            ResponseProjection::Boxed { inner } => inner.as_mut().poll(context).map(Ok),
        });
        this.active.record_response(&response);
        Poll::Ready(Ok(response))
    }
}
