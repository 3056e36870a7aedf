//! `Idempotency-Key`: a request that is sent twice with the same key is executed once.
//!
//! It follows draft-ietf-httpapi-idempotency-key-header. Each user has separate keys. A key is the whole
//! value of the header, quotes included: 1 to 255 visible ASCII characters. A repeated request gets the
//! first response again, with `Idempotency-Replayed: true`; while the first request is in progress, it
//! gets 409. A different request with the key gets 422. Requests are the same if method, path with
//! query, `If-Match` and body are the same.
//!
//! # What is stored
//! A key, the hash of its request and the response are stored in memory for exactly a day after the
//! request. The results of a batch are stored packed, unless they have balances. All keys share a memory budget, of which a user's
//! keys take at most a quarter. A new key that exceeds the budget is rejected with 503 or 429 and
//! `Retry-After` before the request is executed; stored keys are never evicted. After a day a key is
//! unknown again, whereas a ledger never forgets the ids of transfers. A response of 500 or more is not
//! stored: the ledger rejects before it writes, so the request had no effect and a retry may succeed. (On a remote engine
//! it may have had one; the ids of its events belong to the key, so a retry resolves it.) A
//! request that ends in a panic has no response, and its outcome is unknown. Its key stays in progress
//! for the rest of the day. Neither is one of 429: the request was refused before it was executed.
//!
//! With a store, keys and responses are in its log, too: `key_notes.rs`.
//!
//! # Protocol
//! There is no await point between the claim of a key and its response: the body was read before, and
//! endpoints that take a key wait only for the ledger. A host that cancels a request, for example at
//! its time limit, therefore does so before the claim or after the response is stored. That is not so if a remote engine
//! keeps the ledger: there a request that is dropped releases its key, see [`AbandonedKey`].

mod key_notes;
mod store;
mod stored_response;

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::{FromRequest, MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use utoipa::IntoParams;

use super::auth::Authentication;
use super::extract::JsonBody;
use super::problem::Problem;
use super::query::QueryParameters;
use super::request_key::KeyOfRequest;
use crate::api::http::json::Json;
use crate::api::service::Service;
use crate::wire::{EVENTS_MAX, PackedResults, Results};
use store::Claim;
pub(crate) use store::{NotedKeys, SharedStore};
use stored_response::{Hash, STORED_HEADERS, StoredBody, StoredResponse};

/// The name of the header.
pub(super) const KEY: &str = "Idempotency-Key";

/// The maximum length of a key in characters.
const KEY_LENGTH_MAX: usize = 255;

/// The header of a replayed response.
pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The maximum size of a response without the results of a batch: a problem, or a response of GoLedger's
/// endpoints.
const SMALL_RESPONSE_BYTES: usize = 1 << 10;

/// The maximum size of a packed result in bytes.
const PACKED_RESULT_BYTES: usize = 32;

/// The maximum size of a result with the balances of its two accounts in JSON, in bytes.
const RESULT_WITH_BALANCES_BYTES: usize = 1 << 10;

/// The header as a parameter of endpoints. [`IdempotencyLayer::once`] handles the requests to endpoints that have it.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "`key` reads what it describes")]
pub(super) struct IdempotencyKey {
    /// A key for this request, chosen by the client. Requests with the same key are executed once and get the same response,
    /// for a day. If a remote engine keeps the ledger, the ids of new events belong to the key for ever: after a day the same request changes
    /// nothing either.
    #[param(
        rename = "Idempotency-Key",
        required = false,
        min_length = 1,
        max_length = 255,
        pattern = "^[!-~]+$"
    )]
    key: String,
}

/// The middleware that executes requests with a key once.
pub(super) struct IdempotencyLayer {
    pub(super) service: Arc<Service>,
    /// The paths whose POST takes a key.
    pub(super) paths: BTreeSet<String>,
}

impl IdempotencyLayer {
    /// Whether a request has a key and its endpoint takes one.
    pub(super) fn applies_to(&self, request: &Request) -> bool {
        request.headers().contains_key(KEY) && self.takes_key(request)
    }

    fn takes_key(&self, request: &Request) -> bool {
        let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
        let path = path.map(|path| path.strip_suffix('/').unwrap_or(path));
        request.method() == "POST" && path.is_some_and(|path| self.paths.contains(path))
    }

    /// Executes a request with a key once, by `next`, which is ready.
    pub(super) async fn once<S>(self: Arc<Self>, request: Request, mut next: S) -> Response
    where
        S: tower::Service<Request, Response = Response, Error = Infallible>,
    {
        let service = &self.service;
        let mut call = async |request| {
            let Ok(response) = next.call(request).await;
            response
        };
        // The endpoint rejects an unauthenticated caller, who has no keys.
        let authentication = Authentication::of(service, &request);
        let Some(user) = authentication.user() else {
            return call(request).await;
        };
        let (key, mut request, fingerprint) = match read_request(&user.name, request).await {
            Ok(read) => read,
            Err(problem) => return problem.into_response(),
        };
        request.extensions_mut().insert(KeyOfRequest(key));
        // A ledger that refuses every attempt stores no keys.
        if let Some(refusal) = service.coins().ledger().refusal() {
            return Problem::from(refusal).into_response();
        }
        let bytes = response_bytes_max(&request);
        let now_ns = service.now_ns();
        let claim = service.idempotency().lock().claim(key, &user.name, fingerprint, bytes, now_ns);
        match claim {
            Claim::First => {
                let abandoned = AbandonedKey { service, key };
                let response = call(request).await;
                std::mem::forget(abandoned);
                first(service, key, response).await
            }
            Claim::Answered(response) => replay(response),
            Claim::Reused => reject(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                "this key was used for another request; a new request needs a new key",
            ),
            Claim::InProgress => reject(
                StatusCode::CONFLICT,
                "idempotency_key_in_use",
                "the first request with this key is in progress, or failed with an unknown outcome",
            ),
            Claim::UserFull { retry_after_ns } => reject_until(
                retry_after_ns,
                StatusCode::TOO_MANY_REQUESTS,
                "idempotency_share_full",
                "this user's keys of the last day use up the user's share of the memory for keys; \
                 send fewer or larger batches, or choose the ids of transfers instead of keys",
            ),
            Claim::Full { retry_after_ns } => reject_until(
                retry_after_ns,
                StatusCode::SERVICE_UNAVAILABLE,
                "idempotency_full",
                "the keys of the last day use up the memory for keys; choose the ids of transfers \
                 instead of keys, or ask an operator for a higher --idempotency-mib",
            ),
        }
    }
}

/// Releases a key when the request is dropped before it has a response, because its client has gone. Only if a remote engine keeps
/// the ledger: the ids of its events belong to the key, so the request can be repeated, which resolves its outcome. The embedded
/// ledger answers at once.
struct AbandonedKey<'a> {
    service: &'a Service,
    key: Hash,
}

impl Drop for AbandonedKey<'_> {
    fn drop(&mut self) {
        if !self.service.is_embedded() {
            self.service.idempotency().lock().release(self.key);
        }
    }
}

fn reject(status: StatusCode, code: &'static str, detail: &str) -> Response {
    Problem::new(status, code, detail).about(KEY).into_response()
}

/// Returns a response with the results of a batch, which a key stores packed.
pub(super) fn respond_with_results(status: StatusCode, results: Results) -> Response {
    let results = Arc::new(results);
    let mut response = (status, Json(&*results)).into_response();
    response.extensions_mut().insert(results);
    response
}

/// Rejects a request until the budget has capacity for its key.
fn reject_until(after_ns: u64, status: StatusCode, code: &'static str, detail: &str) -> Response {
    Problem::new(status, code, detail).about(KEY).retry_after_ns(after_ns).into_response()
}

/// Returns the maximum size of the stored response to a request. Each result of a batch has an event in
/// the body, of at least two bytes (`{}`).
fn response_bytes_max(request: &Request) -> usize {
    let body = usize::try_from(request.body().size_hint().lower()).unwrap_or(usize::MAX);
    let query = QueryParameters::read(request.uri()).unwrap_or_default();
    let result_bytes = match query.get("balances") {
        Some("true") => RESULT_WITH_BALANCES_BYTES,
        _ => PACKED_RESULT_BYTES,
    };
    SMALL_RESPONSE_BYTES + result_bytes * (body / 2).min(EVENTS_MAX)
}

/// Returns the hash of user and key, the request with its body in memory, and the hash of the request.
async fn read_request(user: &str, request: Request) -> Result<(Hash, Request, Hash), Problem> {
    let key = key(request.headers(), user)?;
    let (parts, body) = request.into_parts();
    let JsonBody(body) =
        JsonBody::from_request(Request::from_parts(parts.clone(), body), &()).await?;
    let fingerprint = fingerprint(&parts, &body);
    Ok((key, Request::from_parts(parts, Body::from(body)), fingerprint))
}

fn key(headers: &HeaderMap, user: &str) -> Result<Hash, Problem> {
    let bad = |detail: String| {
        Problem::new(StatusCode::BAD_REQUEST, "bad_idempotency_key", detail).about(KEY)
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
    if let Some(index) = value.iter().position(|byte| !byte.is_ascii_graphic()) {
        return Err(bad(format!(
            "{KEY} must consist of visible ASCII characters; byte {index} is another"
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

/// Hashes each part with its length, so that different lists have different input.
fn hash_of(parts: &[&[u8]]) -> Hash {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
    }
    *hasher.finalize().as_bytes()
}

/// Stores the first response, and returns it.
async fn first(service: &Service, key: Hash, response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a body in memory can be read");
    let mut store = service.idempotency().lock();
    if parts.status.is_server_error() || parts.status == StatusCode::TOO_MANY_REQUESTS {
        store.release(key);
    } else {
        let header = |name: HeaderName| Some((name.clone(), parts.headers.get(name)?.clone()));
        let headers = STORED_HEADERS.into_iter().filter_map(header).collect();
        let stored_body = match parts.extensions.get::<Arc<Results>>() {
            Some(results) => StoredBody::Results(PackedResults::pack(results)),
            None => StoredBody::Bytes((&*body).into()),
        };
        let stored = StoredResponse { status: parts.status, headers, body: stored_body };
        store.complete(key, stored);
    }
    Response::from_parts(parts, Body::from(body))
}

fn replay(stored: StoredResponse) -> Response {
    let body = match stored.body {
        StoredBody::Bytes(bytes) => Body::from(Vec::from(bytes)),
        StoredBody::Results(packed) => {
            Body::from(serde_json::to_vec(&packed.unpack()).expect("results serialize"))
        }
    };
    let mut response = (stored.status, body).into_response();
    response.headers_mut().extend(stored.headers);
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

#[cfg(all(test, not(target_family = "wasm")))]
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
    fn repeated_request_gets_409_while_first_is_in_progress() {
        let service = Service::open(ServiceConfig::default(), Users::demo(), || 1);
        let service = service.expect("it can be opened");
        let router = router(Arc::clone(&service));
        thread::scope(|scope| {
            let sessions = service.all_sessions();
            let first = scope.spawn(|| add(&router));
            while service.idempotency().lock().count_in_progress() == 0 {
                thread::yield_now();
            }
            assert_eq!(add(&router).status(), StatusCode::CONFLICT);
            drop(sessions);
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
