//! Two ways through the server: one with limits, and one for health and metrics, which must answer
//! when the limits are reached.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use pin_project_lite::pin_project;
use tower::Service;

/// The paths without limits. Their handlers are short: they neither wait nor read the trail.
const SHORT_PATHS: [&str; 4] = ["/system/health", "/metrics", "/livez", "/readyz"];

/// Passes requests for health and metrics to `short`, and all others to `limited`, which is always ready.
#[derive(Clone, Debug)]
pub(super) struct Lanes<L, S> {
    pub(super) limited: L,
    pub(super) short: S,
}

impl<L, S> Service<Request<Body>> for Lanes<L, S>
where
    L: Service<Request<Body>, Response = Response, Error = Infallible>,
    S: Service<Request<Body>, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = LaneFuture<L::Future, S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        match self.short.poll_ready(context) {
            Poll::Ready(Ok(())) => self.limited.poll_ready(context),
            other => other,
        }
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let path = request.uri().path();
        match SHORT_PATHS.contains(&path.strip_suffix('/').unwrap_or(path)) {
            true => LaneFuture::Short { inner: self.short.call(request) },
            false => LaneFuture::Limited { inner: self.limited.call(request) },
        }
    }
}

pin_project! {
    /// The response of one of the two.
    #[project = LaneProjection]
    pub(super) enum LaneFuture<L, S> {
        Limited { #[pin] inner: L },
        Short { #[pin] inner: S },
    }
}

impl<L, S> Future for LaneFuture<L, S>
where
    L: Future<Output = Result<Response, Infallible>>,
    S: Future<Output = Result<Response, Infallible>>,
{
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            LaneProjection::Limited { inner } => inner.poll(context),
            LaneProjection::Short { inner } => inner.poll(context),
        }
    }
}
