//! HTTP requests from JavaScript.
//!
//! [`open_service`] opens a service in the module's memory, so that every worker of that memory can call it. [`handle`]
//! passes it a request. [`next_chunk`] returns the response's body chunk by chunk, so that an export is never in memory as
//! a whole.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use axum::response::IntoResponse;
use js_sys::Uint8Array;
use serde::{Deserialize, Serialize};
use tower::ServiceExt;
use wasm_bindgen::prelude::*;

use super::body_stream::{self, BodyReservation};
use super::call_error::CallError;
use super::clock::WebClock;
use super::{from_js, services, to_js};
use crate::api::{
    self, BODY_BYTES_MAX, Problem, Role, Service, ServiceConfig, TokenHash, User, Users,
};

/// Memory for a service's trail unless the options say otherwise: half a million entries.
const TRAIL_BYTES: u64 = 64 << 20;

/// The maximum memory of a module.
const TRAIL_BYTES_MAX: u64 = 4 << 30;

/// The maximum size of a request's address and headers in bytes, and the maximum number of headers, as in the native server.
const HEAD_BYTES_MAX: usize = 16 << 10;
const HEADERS_MAX: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceOptions {
    /// The demo's users, whose tokens are public, unless others are given.
    users: Option<Vec<UserOptions>>,
    sessions: Option<usize>,
    trail_bytes: Option<u64>,
}

/// A user and the token that the user's requests carry.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserOptions {
    name: String,
    role: Role,
    coins: i64,
    token: String,
}

/// Opens a service and returns its number. `options` are
/// - `users`: a list of `{ name, role, coins, token }` with the role `user`, `auditor` or `operator`. The default is the
///   demo's: aaron, bryan, auditor and operator, whose tokens are public.
/// - `sessions`: how many requests may change the ledger at the same time, 1 to 255. The default is 4.
/// - `trail_bytes`: memory for the trail, from 512 KiB for each session to 4 GiB. The default is 64 MiB. It is taken as it
///   is used.
///
/// # Errors
/// When an option, a user or the size of the ledger is invalid, and when 16 services are open.
#[wasm_bindgen]
pub fn open_service(options: JsValue) -> Result<u32, JsValue> {
    let options: ServiceOptions = from_js("the options", options)?;
    let mut config = ServiceConfig::default();
    config.sessions = options.sessions.unwrap_or(config.sessions);
    config.ledger.trail_bytes = options.trail_bytes.unwrap_or(TRAIL_BYTES);
    if config.ledger.trail_bytes > TRAIL_BYTES_MAX {
        let found = config.ledger.trail_bytes;
        let message = format!("trail_bytes must be at most {TRAIL_BYTES_MAX}, not {found}");
        return Err(CallError::refused(message).into());
    }
    let users = match options.users {
        None => Users::demo(),
        Some(users) => read_users(users)?,
    };
    let service = Service::open(config, users, WebClock).map_err(CallError::from)?;
    Ok(services::insert(service).map_err(CallError::from)?)
}

fn read_users(users: Vec<UserOptions>) -> Result<Users, CallError> {
    // A request without a token has an empty one.
    if let Some(UserOptions { name, .. }) = users.iter().find(|user| user.token.is_empty()) {
        return Err(CallError::refused(format!("the token of {name:?} is empty")));
    }
    let user = |UserOptions { name, role, coins, token }: UserOptions| User {
        name,
        role,
        token: TokenHash::of(&token),
        old_token: None,
        coins,
    };
    Ok(Users::new(users.into_iter().map(user).collect())?)
}

/// A response, whose body is read by its number.
#[derive(Serialize)]
struct ResponseHead {
    status: u16,
    headers: Vec<(String, String)>,
    body: u32,
}

/// Passes a request to a service and returns the response, `{ status, headers, body }`.
///
/// `url` is a path with its query, or a whole address of which these are taken. `headers` are pairs `[name, value]`, or
/// nothing; the response's are pairs too. `body` is a `Uint8Array` or nothing. The response's body is a number for
/// [`next_chunk`]; it must be read to its end or closed by [`close_body`].
///
/// # Errors
/// If there is no such service, if an argument has the wrong type, and if 256 bodies are open. Any other error, such
/// as headers of more than 16 KiB, is a response with a status and a problem.
#[wasm_bindgen]
pub async fn handle(
    service: u32,
    method: JsValue,
    url: JsValue,
    headers: JsValue,
    body: JsValue,
) -> Result<JsValue, JsValue> {
    let router = services::router(service).ok_or_else(|| CallError::no_service(service))?;
    let head = RequestHead::read(&method, &url, headers)?;
    let body = bytes(&body)?;
    let reservation = BodyReservation::new()?;
    let response = match head.too_large().or_else(|| body_too_large(&body)) {
        Some(problem) => problem.into_response(),
        None => {
            let request = head.request(Body::from(body.to_vec()))?;
            let Ok(response) = router.oneshot(request).await;
            response
        }
    };
    store_response(response, reservation)
}

/// Returns the next bytes of a response's body, at most 256 KiB, and `undefined` at its end, which closes it.
///
/// # Errors
/// If there is no such body, if another call is reading it, and if it is interrupted, which closes it.
#[wasm_bindgen]
pub async fn next_chunk(body: u32) -> Result<Option<Uint8Array>, JsValue> {
    let chunk = body_stream::next_chunk(body).await?;
    Ok(chunk.map(|chunk| Uint8Array::from(&chunk[..])))
}

/// Closes a response's body. Closing one that does not exist does nothing.
#[wasm_bindgen]
pub fn close_body(body: u32) {
    body_stream::close(body);
}

fn store_response(
    response: Response<Body>,
    reservation: BodyReservation,
) -> Result<JsValue, JsValue> {
    let (head, body) = response.into_parts();
    // A browser reads each byte of a header as the character with that number.
    let text =
        |value: &HeaderValue| value.as_bytes().iter().map(|byte| char::from(*byte)).collect();
    let headers = head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value)));
    let headers = headers.collect();
    to_js(&ResponseHead { status: head.status.as_u16(), headers, body: reservation.store(body) })
}

/// A request without its body.
struct RequestHead {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
}

impl RequestHead {
    fn read(method: &JsValue, url: &JsValue, headers: JsValue) -> Result<Self, CallError> {
        let (method, url) = (text("method", method)?, text("url", url)?);
        let headers: Option<_> = serde_wasm_bindgen::from_value(headers).map_err(|error| {
            CallError::refused(format!("headers must be pairs of name and value: {error}"))
        })?;
        Ok(Self { method, url, headers: headers.unwrap_or_default() })
    }

    /// Returns the response to a request that is too large.
    fn too_large(&self) -> Option<Problem> {
        let count = self.headers.len();
        let pairs = self.headers.iter();
        let bytes =
            pairs.map(|(name, value)| name.len() + value.len()).sum::<usize>() + self.url.len();
        if bytes <= HEAD_BYTES_MAX && count <= HEADERS_MAX {
            return None;
        }
        let text = format!(
            "a request has at most {HEADERS_MAX} headers, and {HEAD_BYTES_MAX} bytes of address and headers; this one \
             has {count} headers and {bytes} bytes"
        );
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        Some(Problem::new(status, "head_too_large", text))
    }

    fn request(&self, body: Body) -> Result<Request<Body>, CallError> {
        let mut request = Request::new(body);
        *request.method_mut() = Method::from_bytes(self.method.as_bytes())
            .map_err(|_| CallError::refused(format!("{:?} is no method", shown(&self.method))))?;
        *request.uri_mut() = self.url.parse::<Uri>().map_err(|error| {
            CallError::refused(format!("{:?} is no address: {error}", shown(&self.url)))
        })?;
        for (name, value) in &self.headers {
            let invalid = |what| {
                let name = shown(name);
                CallError::refused(format!("the {what} of the header {name:?} cannot be sent"))
            };
            let name = name.parse::<HeaderName>().map_err(|_| invalid("name"))?;
            let bytes = value.chars().map(|character| u8::try_from(u32::from(character)));
            let bytes = bytes.collect::<Result<Vec<u8>, _>>().map_err(|_| invalid("value"))?;
            let value = HeaderValue::from_bytes(&bytes).map_err(|_| invalid("value"))?;
            request.headers_mut().append(name, value);
        }
        Ok(request)
    }
}

/// Returns the response to a body that is too large. Such a body is not copied.
fn body_too_large(body: &Uint8Array) -> Option<Problem> {
    let length = body.length() as usize;
    let found = || api::body_too_large(&format!("this one has {length}"));
    (length > BODY_BYTES_MAX).then(found)
}

fn text(what: &str, value: &JsValue) -> Result<String, CallError> {
    let invalid = || CallError::refused(format!("{what} must be text, not {value:?}"));
    value.as_string().ok_or_else(invalid)
}

/// Returns the bytes of a body without copying them from JavaScript.
fn bytes(body: &JsValue) -> Result<Uint8Array, CallError> {
    if body.is_undefined() || body.is_null() {
        return Ok(Uint8Array::new_with_length(0));
    }
    let bytes = body.dyn_ref::<Uint8Array>().cloned();
    bytes.ok_or_else(|| CallError::refused("body must be a Uint8Array or nothing"))
}

/// Returns the beginning of a text for an error.
fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}
