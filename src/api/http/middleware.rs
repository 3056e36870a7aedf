//! The middleware in front of every endpoint: request counts and idempotency keys.
//!
//! It does not use axum's `from_fn`, which boxes the rest of the stack and its future for each request.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::extract::Request;
use axum::response::Response;
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use super::idempotency::IdempotencyLayer;
use super::metrics::{ActiveRequest, RequestCounter};

/// Puts a [`RequestService`] in front of a service.
#[derive(Clone)]
pub(super) struct RequestLayer {
    pub(super) counter: Arc<RequestCounter>,
    pub(super) idempotency: Arc<IdempotencyLayer>,
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

    fn call(&mut self, request: Request) -> Self::Future {
        let active = ActiveRequest::begin(&self.layer.counter, &request);
        let response = if self.layer.idempotency.applies_to(&request) {
            // The service that is ready handles this request; its clone may not be ready yet.
            let next = self.inner.clone();
            let next = std::mem::replace(&mut self.inner, next);
            let inner = Box::pin(Arc::clone(&self.layer.idempotency).once(request, next));
            ResponseFuture::Idempotent { inner }
        } else {
            ResponseFuture::Plain { inner: self.inner.call(request) }
        };
        CountedFuture { response, active }
    }
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
        Idempotent { inner: Pin<Box<dyn Future<Output = Response> + Send>> },
    }
}

impl<F: Future<Output = Result<Response, Infallible>>> Future for CountedFuture<F> {
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Ok(response) = ready!(match this.response.project() {
            ResponseProjection::Plain { inner } => inner.poll(context),
            ResponseProjection::Idempotent { inner } => inner.as_mut().poll(context).map(Ok),
        });
        this.active.record_response(&response);
        Poll::Ready(Ok(response))
    }
}
