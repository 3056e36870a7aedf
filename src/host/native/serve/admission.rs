//! What every request passes before it is handled: the check of its `Host`, and the limits of its user
//! and client. Refusals are logged.

use std::convert::Infallible;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{Method, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use hyper::body::{Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};
use tower::{Layer, Service};

use super::client::{RequestUser, client_address};
use super::connections::Connection;
use super::hosts::{self, HostName};
use super::lanes::{is_probe, is_short};
use super::rate_limit::{HANDLED_PER_SECOND, Pace, RateLimit};
use super::refusals::RefusalLog;
use super::retry::retry_later;
use super::slots::{Slot, Slots};
use crate::api::{self, Problem};

/// The time until a client gets the refusal of a request beyond its rate. A client that does not wait for
/// responses would otherwise send as many as the server can refuse.
const REFUSAL_DELAY: Duration = Duration::from_secs(1);

/// Who may send how many requests at the same time.
#[derive(Debug)]
pub(super) struct Admission {
    pub(super) service: Arc<api::Service>,
    pub(super) allowed_hosts: Vec<HostName>,
    pub(super) trusted_proxies: Vec<IpAddr>,
    /// Requests of each user.
    pub(super) users: Arc<Slots<Arc<str>>>,
    /// Requests of each client of a trusted proxy.
    pub(super) clients: Arc<Slots<IpAddr>>,
    /// Requests without a valid token of each client.
    pub(super) unauthenticated: RateLimit,
    /// When requests without a valid token are handled.
    pub(super) pace: Pace,
    pub(super) refusals: Arc<RefusalLog>,
}

/// A request that was admitted, until its response begins.
#[derive(Debug)]
struct Active {
    connection: Option<Arc<Connection>>,
    /// Whether the connection counts it. One that is not counted lets its connection make way.
    is_counted: bool,
    user: Option<Arc<str>>,
    client: IpAddr,
    /// The time until the request has its turn, or until its refusal is sent. Otherwise thousands of connections
    /// with many requests in their buffers would keep a newcomer waiting for seconds.
    delay: Option<Pin<Box<Sleep>>>,
    _user_slot: Option<Slot<Arc<str>>>,
    /// It is kept until the response ends.
    client_slot: Option<Slot<IpAddr>>,
}

impl Active {
    fn set_counted(&mut self, is_counted: bool) {
        if let Some(connection) = &self.connection
            && self.is_counted != is_counted
        {
            match is_counted {
                true => connection.begin_request(),
                false => connection.end_request(),
            }
            self.is_counted = is_counted;
        }
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        self.set_counted(false);
    }
}

impl Admission {
    /// Admits a request, or returns the problem of one that is refused.
    fn admit<B>(&self, request: &mut Request<B>) -> (Active, Result<(), Problem>) {
        let connection = request.extensions().get::<Arc<Connection>>().cloned();
        let (peer, local) = connection.as_ref().map_or(
            (IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::LOCALHOST)),
            |connection| (connection.peer, connection.local),
        );
        let client = client_address(&self.trusted_proxies, peer, request.headers());
        let (user, _user_slot, client_slot) = (None, None, None);
        let mut active = Active {
            connection,
            is_counted: false,
            user,
            client,
            delay: None,
            _user_slot,
            client_slot,
        };
        active.set_counted(true);
        let result = self.admit_as(&mut active, peer, local, request);
        (active, result)
    }

    fn admit_as<B>(
        &self,
        active: &mut Active,
        peer: IpAddr,
        local: IpAddr,
        request: &mut Request<B>,
    ) -> Result<(), Problem> {
        let head = (request.version(), request.uri(), request.headers());
        hosts::check(&self.allowed_hosts, local, head)?;
        let is_short = is_short(request.uri().path());
        if active.client != peer && !is_short {
            let slot = self.clients.take(&active.client);
            active.client_slot = Some(slot.ok_or_else(|| {
                let limit = self.clients.limit();
                let detail = format!(
                    "the address {} has {limit} requests in progress, its limit; try again",
                    active.client
                );
                Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests_of_peer", detail)
            })?);
        }
        let authentication = self.service.authenticate(request.headers(), request.uri());
        let user = authentication.user();
        let user =
            user.map(|user| RequestUser { name: user.name.as_str().into(), role: user.role });
        request.extensions_mut().insert(authentication);
        let Some(user) = user else {
            if !is_probe(request.uri().path()) && !self.unauthenticated.take(active.client) {
                return Err(self.too_many_unauthenticated(active));
            }
            // Browsers send no token before they know whether they may send one.
            if is_short || request.method() == Method::OPTIONS {
                return Ok(());
            }
            let wait = self.pace.wait().ok_or_else(|| too_many_waiting(active))?;
            active.delay = (!wait.is_zero()).then(|| Box::pin(sleep(wait)));
            return Ok(());
        };
        request.extensions_mut().insert(user.clone());
        let user = user.name;
        active.connection.iter().for_each(|connection| connection.authenticate(&user));
        active.user = Some(Arc::clone(&user));
        if is_short {
            return Ok(());
        }
        active._user_slot = Some(self.users.take(&user).ok_or_else(|| {
            let limit = self.users.limit();
            let detail =
                format!("this user has {limit} requests in progress, the limit; try again");
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests_of_user", detail)
        })?);
        Ok(())
    }
}

impl Admission {
    /// Returns the problem of a request without a valid token beyond the rate of its client.
    fn too_many_unauthenticated(&self, active: &mut Active) -> Problem {
        active.delay = Some(Box::pin(sleep(REFUSAL_DELAY)));
        // The connection can make way meanwhile.
        active.set_counted(false);
        let client = active.client;
        let per_second = self.unauthenticated.per_second();
        let detail = format!(
            "the address {client} may send {per_second} requests without a valid token a second; \
             wait, or send the header Authorization"
        );
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_unauthenticated_requests", detail)
    }
}

/// Returns the problem of a request without a valid token that would have its turn too late.
fn too_many_waiting(active: &mut Active) -> Problem {
    active.delay = Some(Box::pin(sleep(REFUSAL_DELAY)));
    active.set_counted(false);
    let detail = format!(
        "the server handles {HANDLED_PER_SECOND} requests without a valid token a second, and too many are waiting; \
         try again, or send the header Authorization"
    );
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_unauthenticated_requests", detail)
}

/// Puts an [`AdmissionService`] in front of a service.
#[derive(Clone, Debug)]
pub(super) struct AdmissionLayer(pub(super) Arc<Admission>);

impl<S> Layer<S> for AdmissionLayer {
    type Service = AdmissionService<S>;

    fn layer(&self, inner: S) -> AdmissionService<S> {
        AdmissionService { admission: Arc::clone(&self.0), inner }
    }
}

/// A service that handles only admitted requests.
#[derive(Clone, Debug)]
pub(super) struct AdmissionService<S> {
    admission: Arc<Admission>,
    inner: S,
}

impl<S> Service<Request<Body>> for AdmissionService<S>
where
    S: Service<Request<Body>, Response = Response, Error = Infallible> + Clone,
{
    type Response = Response;
    type Error = Infallible;
    type Future = AdmittedFuture<S, S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let (active, admitted) = self.admission.admit(&mut request);
        let outcome = match admitted {
            // Nothing behind this counts the request, or its time, before its turn.
            Ok(()) if active.delay.is_some() => {
                Outcome::Waiting { service: self.inner.clone(), request: Some(request) }
            }
            Ok(()) => Outcome::Handled { inner: self.inner.call(request) },
            Err(problem) => Outcome::Refused { problem: Some(problem) },
        };
        AdmittedFuture { outcome, active, admission: Arc::clone(&self.admission) }
    }
}

pin_project! {
    /// The response to a request, with what the request occupies until then.
    pub(super) struct AdmittedFuture<S, F> {
        #[pin]
        outcome: Outcome<S, F>,
        active: Active,
        admission: Arc<Admission>,
    }
}

pin_project! {
    #[project = OutcomeProjection]
    enum Outcome<S, F> {
        Waiting { service: S, request: Option<Request<Body>> },
        Handled { #[pin] inner: F },
        Refused { problem: Option<Problem> },
    }
}

impl<S> Future for AdmittedFuture<S, S::Future>
where
    S: Service<Request<Body>, Response = Response, Error = Infallible>,
{
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(mut delay) = this.active.delay.take()
            && delay.as_mut().poll(context).is_pending()
        {
            // Thousands of connections can wait, and a newcomer needs one that makes way.
            this.active.set_counted(false);
            this.active.delay = Some(delay);
            return Poll::Pending;
        }
        let response = loop {
            match this.outcome.as_mut().project() {
                OutcomeProjection::Waiting { service, request } => {
                    ready!(service.poll_ready(context)?);
                    let request = request.take().expect("it is handled once");
                    let inner = service.call(request);
                    this.outcome.set(Outcome::Handled { inner });
                }
                OutcomeProjection::Handled { inner } => {
                    this.active.set_counted(true);
                    break ready!(inner.poll(context)?);
                }
                OutcomeProjection::Refused { problem } => {
                    let problem = problem.take().expect("a future is not polled after its end");
                    break match problem.status() {
                        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                            retry_later(problem)
                        }
                        _ => problem.into_response(),
                    };
                }
            }
        };
        this.admission.refusals.record(&response, this.active.client, this.active.user.as_ref());
        Poll::Ready(Ok(match this.active.client_slot.take() {
            Some(slot) => response.map(|inner| Body::new(Holding { inner, _held: slot })),
            None => response,
        }))
    }
}

pin_project! {
    /// A body that holds something until it ends.
    #[derive(Debug)]
    pub(super) struct Holding<T> {
        #[pin]
        pub(super) inner: Body,
        pub(super) _held: T,
    }
}

impl<T> HttpBody for Holding<T> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.project().inner.poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Waker;

    use tower::service_fn;

    use super::super::connections::{ConnectionLimits, Connections};
    use super::*;
    use crate::api::{Service as LedgerService, ServiceConfig, Users};

    #[tokio::test]
    async fn request_without_token_waits_for_its_turn() {
        let service = LedgerService::open(ServiceConfig::default(), Users::demo(), || 1);
        let service = service.expect("it can be opened");
        let router = crate::api::router(Arc::clone(&service));
        let admission = Admission {
            service,
            allowed_hosts: Vec::new(),
            trusted_proxies: Vec::new(),
            users: Slots::new(1),
            clients: Slots::new(1),
            unauthenticated: RateLimit::new(1),
            pace: Pace::default(),
            refusals: Arc::default(),
        };
        while admission.pace.wait().is_some_and(|wait| wait < Duration::from_millis(100)) {}
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let counting = service_fn(move |request| {
            counted.fetch_add(1, Ordering::Relaxed);
            router.clone().call(request)
        });
        let layer = AdmissionLayer(Arc::new(admission)).layer(counting);
        let limits = ConnectionLimits { all: 9, per_peer: 9, includes_loopback: false };
        let connections = Connections::new(limits, Vec::new());
        for (path, token, waits) in
            [("/livez", "", false), ("/v1/me", "1", false), ("/v1/me", "", true)]
        {
            let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
            let connection =
                connections.admit(local, local).expect("there is room").connection.clone();
            let request = Request::get(path).extension(Arc::clone(&connection));
            let request = request.header("host", "localhost").header("authorization", token);
            let request = request.body(Body::empty()).expect("it is a request");
            let calls_before = calls.load(Ordering::Relaxed);
            let mut response = Box::pin(layer.clone().call(request));
            assert_eq!(connection.count_requests(), 1, "{path} {token:?}");
            // What counts requests behind this has not counted one that waits.
            let called = calls.load(Ordering::Relaxed) - calls_before;
            assert_eq!(called, usize::from(!waits), "{path} {token:?}");
            let mut context = Context::from_waker(Waker::noop());
            let is_ready = response.as_mut().poll(&mut context).is_ready();
            assert_eq!(is_ready, !waits, "{path} {token:?}");
            // A connection whose request waits for its turn can make way.
            assert_eq!(connection.count_requests() == 1, is_ready, "{path} {token:?}");
            if waits {
                let Ok(response) = response.as_mut().await;
                assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
                assert_eq!(connection.count_requests(), 1);
            }
            drop(response);
            assert_eq!(connection.count_requests(), 0, "{path} {token:?}");
        }
    }
}
