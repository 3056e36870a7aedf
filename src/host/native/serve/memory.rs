//! The memory budget of bodies and responses.
//!
//! The memory of a body is taken before it is read: twice its length, because its parts are joined when
//! all have arrived. That of a response is taken until the client has it. A user has at most a quarter of
//! the budget, and its last sixteenth is for operators. Bodies without a valid token are not read, and what is sent without one is stored once.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{Request, StatusCode};
use axum::response::Response;
use hyper::body::{Frame, SizeHint};
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use super::admission::Holding;
use super::client::RequestUser;
use super::retry::retry_later;
use super::stream::{STALL_BYTES, StallTimer};
use crate::api::{BODY_BYTES_MAX, HostMetric, Problem};

/// A body of unknown length takes memory in steps of this size.
const STEP_BYTES: u64 = 64 << 10;

/// Responses below this size are not counted.
const RESPONSE_BYTES_MIN: u64 = 16 << 10;

/// Why memory cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NoMemory {
    /// The budget is used up.
    Full,
    /// The user's share is used up.
    OfUser,
}

#[derive(Debug, Default)]
struct Taken {
    all: u64,
    by_user: HashMap<Arc<str>, u64>,
}

/// See the module documentation.
#[derive(Debug)]
pub(super) struct BodyMemory {
    limit: u64,
    taken: Mutex<Taken>,
}

impl BodyMemory {
    /// Creates a budget in bytes.
    pub(super) fn new(limit: u64) -> Arc<Self> {
        Arc::new(Self { limit, taken: Mutex::default() })
    }

    fn hold(self: &Arc<Self>, user: &RequestUser) -> Held {
        Held { memory: Arc::clone(self), user: user.clone(), bytes: 0 }
    }

    /// Returns the metrics of the budget.
    pub(super) fn metrics(&self) -> [HostMetric; 2] {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner).all;
        [
            HostMetric::gauge(
                "body_memory_used_bytes",
                "The memory that bodies and responses use.",
                taken,
            ),
            HostMetric::gauge(
                "body_memory_budget_bytes",
                "The memory that bodies and responses may use.",
                self.limit,
            ),
        ]
    }
}

/// Memory of a user. It is released when this is dropped.
#[derive(Debug)]
struct Held {
    memory: Arc<BodyMemory>,
    user: RequestUser,
    bytes: u64,
}

impl Held {
    /// Takes more memory.
    fn grow(&mut self, bytes: u64) -> Result<(), NoMemory> {
        self.take(bytes, self.user.role.part_of(self.memory.limit), self.memory.limit / 4)
    }

    /// Takes more memory although there may be none, for a response whose request had an effect. Until it
    /// is released, others are refused.
    fn charge(&mut self, bytes: u64) {
        let taken = self.take(bytes, u64::MAX, u64::MAX);
        debug_assert!(taken.is_ok(), "there is no limit");
    }

    fn take(&mut self, bytes: u64, limit: u64, share: u64) -> Result<(), NoMemory> {
        let mut taken = self.memory.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let of_user = taken.by_user.get(&self.user.name).copied().unwrap_or_default();
        if taken.all.saturating_add(bytes) > limit {
            return Err(NoMemory::Full);
        }
        if of_user.saturating_add(bytes) > share {
            return Err(NoMemory::OfUser);
        }
        taken.all += bytes;
        taken.by_user.insert(Arc::clone(&self.user.name), of_user + bytes);
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut taken = self.memory.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= self.bytes;
        if let Some(of_user) = taken.by_user.get_mut(&self.user.name) {
            *of_user -= self.bytes;
            if *of_user == 0 {
                taken.by_user.remove(&self.user.name);
            }
        }
    }
}

/// Why a body is not read to its end.
#[derive(Clone, Copy, Debug)]
enum BodyRefusal {
    NoMemory(NoMemory),
    TooSlow { seconds: u64 },
}

impl BodyRefusal {
    fn response(self) -> Response {
        match self {
            Self::NoMemory(NoMemory::Full) => retry_later(Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "body_memory_full",
                "the bodies and responses of all users use up the memory for them; try again",
            )),
            Self::NoMemory(NoMemory::OfUser) => retry_later(Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "body_share_full",
                "this user's bodies and responses use up a user's quarter of the memory for them; try again",
            )),
            Self::TooSlow { seconds } => axum::response::IntoResponse::into_response(Problem::new(
                StatusCode::REQUEST_TIMEOUT,
                "body_too_slow",
                format!("a body must arrive with at least {STALL_BYTES} bytes in {seconds} s"),
            )),
        }
    }
}

/// What a body and its request share.
#[derive(Debug)]
struct BodyState {
    /// Released when the request ends, because the body is in use until then.
    held: Mutex<Held>,
    refusal: OnceLock<BodyRefusal>,
}

impl BodyState {
    fn grow(&self, bytes: u64) -> Result<(), BodyRefusal> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.grow(bytes).map_err(BodyRefusal::NoMemory)
    }
}

/// What a body yields: a frame or an error, or nothing at its end.
type NextFrame = Option<Result<Frame<Bytes>, axum::Error>>;

/// A body whose memory is counted, and which must arrive in time.
struct MeteredBody {
    inner: Body,
    state: Arc<BodyState>,
    timer: StallTimer,
    seconds: u64,
    /// The bytes for which memory is held.
    granted: u64,
    arrived: u64,
}

impl MeteredBody {
    /// Takes memory for this many bytes of the body.
    fn grant(&mut self, bytes: u64) -> Result<(), BodyRefusal> {
        // The endpoint rejects what is longer.
        let bytes = bytes.min(BODY_BYTES_MAX as u64);
        if bytes > self.granted {
            self.state.grow(2 * (bytes - self.granted))?;
            self.granted = bytes;
        }
        Ok(())
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<NextFrame, BodyRefusal>> {
        let first = self.inner.size_hint().exact().map_or(STEP_BYTES, |left| left + self.arrived);
        self.grant(first)?;
        match Pin::new(&mut self.inner).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                let length = frame.data_ref().map_or(0, Bytes::len);
                self.timer.record(length);
                self.arrived += length as u64;
                self.grant(self.arrived.next_multiple_of(STEP_BYTES))?;
                Poll::Ready(Ok(Some(Ok(frame))))
            }
            Poll::Pending if self.timer.is_stalled(context) => {
                Poll::Ready(Err(BodyRefusal::TooSlow { seconds: self.seconds }))
            }
            other => other.map(Ok),
        }
    }
}

impl HttpBody for MeteredBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        Poll::Ready(match ready!(this.poll(context)) {
            Ok(frame) => frame,
            Err(refusal) => {
                let _ = this.state.refusal.set(refusal);
                Some(Err(axum::Error::new("the server does not read the rest of the body")))
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Puts a [`MemoryService`] in front of a service.
#[derive(Clone, Debug)]
pub(super) struct MemoryLayer {
    pub(super) memory: Arc<BodyMemory>,
    /// The time in which the next part of a body must arrive.
    pub(super) stall_timeout: Duration,
}

impl<S> Layer<S> for MemoryLayer {
    type Service = MemoryService<S>;

    fn layer(&self, inner: S) -> MemoryService<S> {
        MemoryService { layer: self.clone(), inner }
    }
}

/// A service whose bodies and responses have a memory budget.
#[derive(Clone, Debug)]
pub(super) struct MemoryService<S> {
    layer: MemoryLayer,
    inner: S,
}

impl<S> Service<Request<Body>> for MemoryService<S>
where
    S: Service<Request<Body>, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = MemoryFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let MemoryLayer { memory, stall_timeout } = &self.layer;
        let user = request.extensions().get::<RequestUser>().cloned();
        let is_safe = request.method().is_safe();
        let Some(user) = user else {
            return MemoryFuture {
                inner: self.inner.call(request),
                is_safe,
                held: None,
                state: None,
            };
        };
        let held = Some(memory.hold(&user));
        if request.body().is_end_stream() {
            return MemoryFuture { inner: self.inner.call(request), is_safe, held, state: None };
        }
        let state =
            Arc::new(BodyState { held: Mutex::new(memory.hold(&user)), refusal: OnceLock::new() });
        let request = request.map(|inner| {
            Body::new(MeteredBody {
                inner,
                state: Arc::clone(&state),
                timer: StallTimer::new(*stall_timeout),
                seconds: stall_timeout.as_secs(),
                granted: 0,
                arrived: 0,
            })
        });
        MemoryFuture { inner: self.inner.call(request), is_safe, held, state: Some(state) }
    }
}

pin_project! {
    /// The response to a request, with the memory that the request uses.
    pub(super) struct MemoryFuture<F> {
        #[pin]
        inner: F,
        is_safe: bool,
        // For the response of a user.
        held: Option<Held>,
        state: Option<Arc<BodyState>>,
    }
}

impl<F: Future<Output = Result<Response, Infallible>>> Future for MemoryFuture<F> {
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(context)?);
        let refusal = this.state.as_ref().and_then(|state| state.refusal.get().copied());
        if let Some(refusal) = refusal {
            return Poll::Ready(Ok(refusal.response()));
        }
        let size = response.body().size_hint().exact().filter(|size| *size >= RESPONSE_BYTES_MIN);
        let (Some(bytes), Some(mut held)) = (size, this.held.take()) else {
            return Poll::Ready(Ok(response));
        };
        if *this.is_safe {
            if let Err(why) = held.grow(bytes) {
                return Poll::Ready(Ok(BodyRefusal::NoMemory(why).response()));
            }
        } else {
            held.charge(bytes);
        }
        Poll::Ready(Ok(response.map(|inner| Body::new(Holding { inner, _held: held }))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Role;

    fn user(memory: &Arc<BodyMemory>, number: u32, role: Role) -> Held {
        memory.hold(&RequestUser { name: number.to_string().into(), role })
    }

    #[test]
    fn budget_has_limits_for_all_and_for_each_user() {
        let memory = BodyMemory::new(400);
        let user = |number: u32| user(&memory, number, Role::User);
        let mut held: Vec<_> = (0..4).map(user).collect();
        for held in &mut held[..3] {
            assert_eq!(held.grow(60), Ok(()));
        }
        assert_eq!(held[0].grow(41), Err(NoMemory::OfUser), "a quarter is 100");
        for held in &mut held[..3] {
            assert_eq!(held.grow(40), Ok(()));
        }
        assert_eq!(held[3].grow(75), Ok(()));
        assert_eq!(user(5).grow(1), Err(NoMemory::Full));
        let mut charged = user(5);
        charged.charge(50);
        drop(held.pop());
        assert_eq!(user(6).grow(26), Err(NoMemory::Full));
        assert_eq!(user(6).grow(25), Ok(()));
        drop((held, charged));
        let taken = memory.taken.lock().expect("no panic");
        assert_eq!((taken.all, taken.by_user.len()), (0, 0));
    }

    #[test]
    fn last_sixteenth_is_for_operators() {
        // Four users, each with a quarter, could keep operators from acting.
        let memory = BodyMemory::new(1_600);
        let mut held: Vec<_> = (0..4).map(|number| user(&memory, number, Role::User)).collect();
        for held in &mut held[..3] {
            assert_eq!(held.grow(400), Ok(()));
        }
        assert_eq!(held[3].grow(301), Err(NoMemory::Full));
        assert_eq!(held[3].grow(300), Ok(()));
        let mut operator = user(&memory, 5, Role::Operator);
        assert_eq!(operator.grow(100), Ok(()));
        assert_eq!(operator.grow(1), Err(NoMemory::Full));
    }
}
