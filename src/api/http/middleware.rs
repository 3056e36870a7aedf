//! What every request goes through on its way to its endpoint: it is counted, and done once where it has a key.
//!
//! A layer of our own, because axum's `from_fn` puts the rest of the way, and the wait for it, into boxes for each request.

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
use super::metrics::{Counting, UnderWay};

/// Puts [`RequestService`] before a service.
#[derive(Clone)]
pub(super) struct RequestLayer {
    pub(super) counting: Arc<Counting>,
    pub(super) keyed: Arc<IdempotencyLayer>,
}

impl<S> Layer<S> for RequestLayer {
    type Service = RequestService<S>;

    fn layer(&self, inner: S) -> RequestService<S> {
        RequestService { of_all: self.clone(), inner }
    }
}

/// A service, and what its requests go through before.
#[derive(Clone)]
pub(super) struct RequestService<S> {
    of_all: RequestLayer,
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
    type Future = Answering<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let under_way = UnderWay::begin(&self.of_all.counting, &request);
        let way = if self.of_all.keyed.concerns(&request) {
            // The one that is ready does the request; the next one has to become so.
            let next = self.inner.clone();
            let next = std::mem::replace(&mut self.inner, next);
            ConcurrencyProtocol::Once {
                inner: Box::pin(Arc::clone(&self.of_all.keyed).once(request, next)),
            }
        } else {
            ConcurrencyProtocol::Straight { inner: self.inner.call(request) }
        };
        Answering { way, under_way }
    }
}

pin_project! {
    /// The wait for an answer, which is counted in the end.
    pub(super) struct Answering<F> {
        #[pin]
        way: ConcurrencyProtocol<F>,
        under_way: UnderWay,
    }
}

pin_project! {
    #[project = Ways]
    enum ConcurrencyProtocol<F> {
        Straight { #[pin] inner: F },
        Once { inner: Pin<Box<dyn Future<Output = Response> + Send>> },
    }
}

impl<F: Future<Output = Result<Response, Infallible>>> Future for Answering<F> {
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Ok(response) = ready!(match this.way.project() {
            Ways::Straight { inner } => inner.poll(context),
            Ways::Once { inner } => inner.as_mut().poll(context).map(Ok),
        });
        this.under_way.answered(&response);
        Poll::Ready(Ok(response))
    }
}
