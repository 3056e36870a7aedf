//! `Idempotency-Key`: a request that is sent twice under one key is done once, and answered twice.
//!
//! As draft-ietf-httpapi-idempotency-key-header has it. A key is a user's own: 1 to 255 visible ASCII characters, of which
//! the whole header is taken, with quotes where there are some. The same request under it is answered as it was first,
//! with `Idempotency-Replayed: true`; another request under it is answered 422, and one whose first is still under way
//! 409. Requests are the same when method, path with query, `If-Match` and body are.
//!
//! # What is kept, and what is not
//! Answers are kept in memory for a day, the newest 1,000 of a user, and of those 8 MiB; of all users the newest
//! 100,000, and of those 256 MiB. A key that was forgotten is a new one, so whoever repeats a request later than that
//! gives its transfers ids of their own, which a ledger knows for ever. An answer of 500 or more is not kept, because a
//! repetition may go better, and nothing was done that it tells: the ledger refuses before it writes, and what refuses for
//! want of memory refuses the repetition too. A request that ends in a panic has no answer at all; what came of it is
//! not known, so its key stays under way until the service ends.
//!
//! # Protocol
//! Between the claim of a key and its answer nothing is waited for: the body was read before, and no endpoint that takes
//! a key waits for anything but the ledger. So a host that gives a request up, as at its time limit, does so before the
//! claim or after the answer is kept.

mod store;

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};

use super::extract::JsonBody;
use super::{Problem, Service, auth};
use store::{Answer, Claim, Hash, IdempotencyStore};

/// The name of the header.
pub(super) const KEY: &str = "Idempotency-Key";

/// The most characters of a key.
const KEY_LENGTH_MAX: usize = 255;

/// What an answer has that was given before.
pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Headers of an answer that are kept with it; all others are a host's.
const KEPT_HEADERS: [HeaderName; 2] = [header::CONTENT_TYPE, header::ETAG];

/// The header, as a parameter of endpoints. Whatever has it goes through [`IdempotencyLayer::once`].
pub(super) struct IdempotencyKey;

impl IntoParams for IdempotencyKey {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let text = ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
        let text =
            text.min_length(Some(1)).max_length(Some(KEY_LENGTH_MAX)).pattern(Some("^[!-~]+$"));
        let about = "A name for this request, chosen by the one who asks: sent again under it, it is done once and answered \
                     again as it was, for a day and for the user's latest 1,000 keys.";
        let parameter = ParameterBuilder::new()
            .name(KEY)
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(about))
            .schema(Some(text));
        vec![parameter.build()]
    }
}

/// The answers that a service has given under keys.
#[derive(Debug, Default)]
pub(in crate::api) struct Answers(Mutex<IdempotencyStore>);

impl Answers {
    fn lock(&self) -> MutexGuard<'_, IdempotencyStore> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What requests with a key are done by: the service, and the paths whose POST takes a key.
pub(super) struct IdempotencyLayer {
    pub(super) service: Arc<Service>,
    pub(super) paths: BTreeSet<String>,
}

impl IdempotencyLayer {
    /// Whether a request has a key and is of a kind that takes one. All others go on as they are.
    pub(super) fn concerns(&self, request: &Request) -> bool {
        request.headers().contains_key(KEY) && self.takes_key(request)
    }

    fn takes_key(&self, request: &Request) -> bool {
        let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
        let path = path.map(|path| path.strip_suffix('/').unwrap_or(path));
        request.method() == "POST" && path.is_some_and(|path| self.paths.contains(path))
    }

    /// Does a request with a key once; `next`, which is ready, does it.
    pub(super) async fn once<S>(self: Arc<Self>, request: Request, mut next: S) -> Response
    where
        S: tower::Service<Request, Response = Response, Error = Infallible>,
    {
        let service = &self.service;
        let mut go_on = async |request| {
            let Ok(response) = next.call(request).await;
            response
        };
        // Who is not known has no keys, and is told so by the endpoint.
        let Some(user) = auth::holding(service.users(), request.headers()) else {
            return go_on(request).await;
        };
        let (key, request, fingerprint) = match read(&user.name, request).await {
            Ok(read) => read,
            Err(problem) => return problem.into_response(),
        };
        let claim = service.answers().lock().claim(key, fingerprint, service.now_ns());
        match claim {
            Claim::First => first(service, key, &user.name, go_on(request).await).await,
            Claim::Answered(answer) => again(answer),
            Claim::Other => refused(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                "this key was used for another request; a new request needs a new key",
            ),
            Claim::UnderWay => refused(
                StatusCode::CONFLICT,
                "idempotency_key_in_use",
                "the first request under this key is under way, or failed so that what came of it is not known",
            ),
            Claim::NoRoom => refused(
                StatusCode::SERVICE_UNAVAILABLE,
                "too_many_idempotency_keys",
                "there are 10000 requests with a key under way, which are the most; try again",
            ),
        }
    }
}

fn refused(status: StatusCode, code: &'static str, sentence: &str) -> Response {
    Problem::new(status, code, sentence).about(KEY).into_response()
}

/// The key with its user, the request with its body in memory, and what tells it from others.
async fn read(user: &str, request: Request) -> Result<(Hash, Request, Hash), Problem> {
    let key = key(request.headers(), user)?;
    let (parts, body) = request.into_parts();
    let JsonBody(body) =
        JsonBody::from_request(Request::from_parts(parts.clone(), body), &()).await?;
    let fingerprint = fingerprint(&parts, &body);
    Ok((key, Request::from_parts(parts, Body::from(body)), fingerprint))
}

fn key(headers: &HeaderMap, user: &str) -> Result<Hash, Problem> {
    let bad = |sentence: String| {
        Problem::new(StatusCode::BAD_REQUEST, "bad_idempotency_key", sentence).about(KEY)
    };
    let mut values = headers.get_all(KEY).iter();
    let value = values.next().map(HeaderValue::as_bytes).unwrap_or_default();
    if values.next().is_some() {
        return Err(bad(format!("{KEY} must be given once")));
    }
    let length = value.len();
    if length == 0 || length > KEY_LENGTH_MAX {
        return Err(bad(format!("{KEY} must have 1 to {KEY_LENGTH_MAX} characters, not {length}")));
    }
    if let Some(place) = value.iter().position(|byte| !byte.is_ascii_graphic()) {
        return Err(bad(format!(
            "{KEY} must be of visible ASCII characters, which byte {place} is not"
        )));
    }
    Ok(hash_of(&[user.as_bytes(), value]))
}

fn fingerprint(parts: &Parts, body: &[u8]) -> Hash {
    let path = parts.uri.path_and_query().map_or("", |path| path.as_str());
    let mut all = vec![parts.method.as_str().as_bytes(), path.as_bytes(), body];
    all.extend(parts.headers.get_all(header::IF_MATCH).iter().map(HeaderValue::as_bytes));
    hash_of(&all)
}

/// Each part with its length, so that no two lists are the same text.
fn hash_of(parts: &[&[u8]]) -> Hash {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
    }
    *hasher.finalize().as_bytes()
}

/// Keeps a first answer, and gives it.
async fn first(service: &Service, key: Hash, user: &str, response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a body in memory can be read");
    let mut kept = service.answers().lock();
    if parts.status.is_server_error() {
        kept.let_go(key);
    } else {
        let header = |name: HeaderName| Some((name.clone(), parts.headers.get(name)?.clone()));
        let headers = KEPT_HEADERS.into_iter().filter_map(header).collect();
        let answer = Answer { status: parts.status, headers, body: body.clone() };
        kept.keep(key, user, answer, service.now_ns());
    }
    Response::from_parts(parts, Body::from(body))
}

/// The same answer, once more.
fn again(answer: Answer) -> Response {
    let mut response = (answer.status, Body::from(answer.body)).into_response();
    response.headers_mut().extend(answer.headers);
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

#[cfg(all(test, not(any(target_family = "wasm", loom, shuttle))))]
mod tests {
    use std::thread;

    use axum::Router;
    use tower::ServiceExt;

    use super::*;
    use crate::api::{ServiceConfig, Users, router};

    fn add(router: &Router) -> Response {
        let request = Request::post("/account/coins/add?username=aaron&amount=5")
            .header("authorization", "1")
            .header(KEY, "one")
            .body(Body::empty())
            .expect("it is a request");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(router.clone().oneshot(request)).expect("the router never fails")
    }

    #[test]
    fn a_repetition_of_what_is_under_way_is_answered_409_and_of_what_is_done_as_before() {
        let service = Service::open(ServiceConfig::default(), Users::demo(), || 1);
        let service = service.expect("it can be opened");
        let router = router(Arc::clone(&service));
        thread::scope(|scope| {
            let nobody_writes = service.all_sessions();
            let first = scope.spawn(|| add(&router));
            while service.answers().lock().count_under_way() == 0 {
                thread::yield_now();
            }
            assert_eq!(add(&router).status(), StatusCode::CONFLICT);
            drop(nobody_writes);
            let first = first.join().expect("it does not panic");
            assert_eq!((first.status(), first.headers().get(&REPLAYED)), (StatusCode::OK, None));
        });
        let again = add(&router);
        assert_eq!(
            (again.status(), again.headers()[REPLAYED].as_bytes()),
            (StatusCode::OK, &b"true"[..])
        );
        assert_eq!(service.coins().balance("aaron"), Ok(1_005));
    }
}
