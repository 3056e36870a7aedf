//! Two ways through the server: one with limits, and one for health and metrics, which must answer
//! when the limits are reached.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::BoxError;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use pin_project_lite::pin_project;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::Service;

use super::client::RequestUser;
use super::limits::Limits;
use super::retry::retry_later;
use crate::api::{Problem, Role};

/// The paths of probes.
const PROBES: [&str; 3] = ["/system/health", "/livez", "/readyz"];

/// Whether this is the path of a probe, which anyone may send at any rate.
pub(super) fn is_probe(path: &str) -> bool {
    PROBES.contains(&path.strip_suffix('/').unwrap_or(path))
}

/// Whether requests for this path are not limited in number. Their handlers are short: they neither wait
/// nor read the trail.
pub(super) fn is_short(path: &str) -> bool {
    is_probe(path) || matches!(path, "/metrics" | "/metrics/")
}

/// Passes requests for health and metrics to `short`, and all others to `limited`, as many at the same time as
/// the limits allow. Both services are always ready. An error of `limited` is its time limit.
#[derive(Clone, Debug)]
pub(super) struct Lanes<L, S> {
    limited: L,
    short: S,
    limits: Limits,
    slots: Arc<Semaphore>,
    /// For operators, when users have taken the others.
    reserve: Arc<Semaphore>,
}

impl<L, S> Lanes<L, S> {
    pub(super) fn new(limited: L, short: S, limits: Limits) -> Self {
        let of_users = Role::User.part_of(limits.requests);
        let slots = |count: u64| Arc::new(Semaphore::new(count as usize));
        let (slots, reserve) = (slots(of_users), slots(limits.requests - of_users));
        Self { limited, short, limits, slots, reserve }
    }

    /// Takes a slot for a request; `None` if there is none.
    fn slot_for(&self, request: &Request<Body>) -> Option<OwnedSemaphorePermit> {
        let user = request.extensions().get::<RequestUser>();
        let is_operator = user.is_some_and(|user| user.role == Role::Operator);
        let slot = Arc::clone(&self.slots).try_acquire_owned().ok();
        slot.or_else(|| match is_operator {
            true => Arc::clone(&self.reserve).try_acquire_owned().ok(),
            false => None,
        })
    }
}

impl<L, S> Service<Request<Body>> for Lanes<L, S>
where
    L: Service<Request<Body>, Response = Response, Error = BoxError>,
    S: Service<Request<Body>, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = LaneFuture<L::Future, S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        debug_assert!(matches!(self.limited.poll_ready(context), Poll::Ready(Ok(()))));
        self.short.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if is_short(request.uri().path()) {
            return LaneFuture::Short { inner: self.short.call(request) };
        }
        let limits = self.limits;
        match self.slot_for(&request) {
            Some(slot) => {
                LaneFuture::Limited { inner: self.limited.call(request), limits, _slot: slot }
            }
            None => LaneFuture::Refused { limits },
        }
    }
}

pin_project! {
    /// The response of one of the two.
    #[project = LaneProjection]
    pub(super) enum LaneFuture<L, S> {
        Limited { #[pin] inner: L, limits: Limits, _slot: OwnedSemaphorePermit },
        Short { #[pin] inner: S },
        Refused { limits: Limits },
    }
}

impl<L, S> Future for LaneFuture<L, S>
where
    L: Future<Output = Result<Response, BoxError>>,
    S: Future<Output = Result<Response, Infallible>>,
{
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            LaneProjection::Limited { inner, limits, .. } => {
                let result = ready!(inner.poll(context));
                Poll::Ready(Ok(result.unwrap_or_else(|_| too_slow(*limits))))
            }
            LaneProjection::Short { inner } => inner.poll(context),
            LaneProjection::Refused { limits } => Poll::Ready(Ok(too_many(*limits))),
        }
    }
}

/// Returns the response to a request that took too long.
fn too_slow(limits: Limits) -> Response {
    let message =
        format!("the request took longer than the limit of {} s", limits.request_timeout_s);
    Problem::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", message).into_response()
}

/// Returns the response to a request beyond the number of those at the same time.
fn too_many(limits: Limits) -> Response {
    let limit = limits.requests;
    let message =
        format!("the server has reached its limit of {limit} concurrent requests; try again");
    let code = "too_many_requests_at_once";
    retry_later(Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, message))
}
