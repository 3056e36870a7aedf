//! The router, called from JavaScript: services, and the bodies of their answers, known by number.
//!
//! [`open_service`] makes a service in the module's memory, so that every worker of that memory can call it; [`handle`]
//! answers a request with it; [`next_piece`] hands out the body of an answer, piece by piece, so that an export is never
//! in memory as a whole. As all exports, they may not be called on a browser's window thread: they wait for each other.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use axum::response::IntoResponse;
use js_sys::Uint8Array;
use serde::{Deserialize, Serialize};
use tower::ServiceExt;
use wasm_bindgen::prelude::*;

use super::clock::now_ns;
use super::opened;
use super::pieces::{self, Place};
use super::to_js;
use crate::api::{
    self, BODY_BYTES_MAX, Problem, Role, Service, ServiceConfig, TokenHash, User, Users,
};

/// Memory for the trail of a service that does not ask for another: half a million entries.
const TRAIL_BYTES: u64 = 64 << 20;

/// All the memory that a module can have.
const TRAIL_BYTES_MAX: u64 = 4 << 30;

/// The most bytes of a request's address and headers together, and the most headers; the native server's bounds.
const HEAD_BYTES_MAX: usize = 16 << 10;
const HEADERS_MAX: usize = 100;

/// How a service is to be.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    /// Those of the demo, whose tokens everybody knows, unless others are named.
    users: Option<Vec<Named>>,
    sessions: Option<usize>,
    trail_bytes: Option<u64>,
}

/// A user, with the token by which the service will know the user.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
    role: Role,
    coins: i64,
    token: String,
}

/// Opens a service and answers its number. `options` may name
/// - `users`, a list of `{ name, role, coins, token }`, where a role is `user`, `auditor` or `operator`; without it they
///   are the demo's: aaron, bryan, auditor and operator, whose tokens are public,
/// - `sessions`, how many requests may change the ledger at the same time, 1 to 255, otherwise 4,
/// - `trail_bytes`, memory for the trail, 512 KiB for each session to 4 GiB, otherwise 64 MiB; it is taken as it is used.
///
/// # Errors
/// A sentence that names what cannot be: an option, a user, the ledger, or one service more than 16.
#[wasm_bindgen]
pub fn open_service(options: JsValue) -> Result<u32, JsError> {
    let options = read_options(options)
        .map_err(|error| sentence(format!("the options cannot be read: {error}")))?;
    let mut config = ServiceConfig::default();
    config.sessions = options.sessions.unwrap_or(config.sessions);
    config.ledger.trail_bytes = options.trail_bytes.unwrap_or(TRAIL_BYTES);
    if config.ledger.trail_bytes > TRAIL_BYTES_MAX {
        let found = config.ledger.trail_bytes;
        let text = format!("trail_bytes must be at most {TRAIL_BYTES_MAX}, not {found}");
        return Err(sentence(text));
    }
    let users = match options.users {
        None => Users::demo(),
        Some(named) => users(named)?,
    };
    opened::keep(Service::open(config, users, now_ns)?).map_err(|many| sentence(many.to_string()))
}

/// By way of JSON, because from JavaScript itself serde takes what it knows and passes over the rest: an option that is
/// written wrong would be as if it were not there, and the users those of the demo.
fn read_options(options: JsValue) -> Result<Options, Box<dyn std::error::Error>> {
    let options: serde_json::Value = serde_wasm_bindgen::from_value(options)?;
    Ok(serde_json::from_value(options)?)
}

fn users(named: Vec<Named>) -> Result<Users, JsError> {
    // Whoever sends no token sends an empty one.
    if let Some(Named { name, .. }) = named.iter().find(|user| user.token.is_empty()) {
        return Err(sentence(format!("the token of {name:?} is empty")));
    }
    let user = |Named { name, role, coins, token }: Named| User {
        name,
        role,
        token: TokenHash::of(&token),
        coins,
    };
    Ok(Users::new(named.into_iter().map(user).collect())?)
}

/// An answer, whose body is to be had by its number.
#[derive(Serialize)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: u32,
}

/// Has a service answer a request with `{ status, headers, body }`.
///
/// `url` is a path with its query, or a whole address of which these are taken. `headers` is a list of pairs
/// `[name, value]`, or nothing; so are those of the answer. `body` is a `Uint8Array` or nothing. The answer's body is a number for
/// [`next_piece`]; it must be read to its end, or given up by [`close_body`].
///
/// # Errors
/// A sentence, when there is no such service, when an argument is none of the above, or when 256 bodies are open.
/// Whatever else goes wrong, such as address and headers of more than 16 KiB, is an answer, with a status and a problem.
#[wasm_bindgen]
pub async fn handle(
    service: u32,
    method: JsValue,
    url: JsValue,
    headers: JsValue,
    body: JsValue,
) -> Result<JsValue, JsError> {
    let router = opened::router(service);
    let router = router.ok_or_else(|| {
        sentence(format!("there is no service {service}; it was closed or never opened"))
    })?;
    let head = Head::read(&method, &url, headers)?;
    let body = bytes(&body)?;
    let place = Place::reserve()?;
    let response = match head.too_large().or_else(|| body_too_large(&body)) {
        Some(problem) => problem.into_response(),
        None => {
            let request = head.request(Body::from(body.to_vec()))?;
            let Ok(response) = router.oneshot(request).await;
            response
        }
    };
    answer(response, place)
}

/// The next bytes of an answer's body, at most 256 KiB; `undefined` at its end, after which its number is nobody's.
///
/// # Errors
/// A sentence, when there is no such body, when somebody is just reading it, or when it breaks off; then it is gone.
#[wasm_bindgen]
pub async fn next_piece(body: u32) -> Result<Option<Uint8Array>, JsError> {
    let piece = pieces::next(body).await?;
    Ok(piece.map(|piece| Uint8Array::from(&piece[..])))
}

/// Gives up the rest of an answer's body. One that is not there, or is at its end, is no error.
#[wasm_bindgen]
pub fn close_body(body: u32) {
    pieces::close(body);
}

fn answer(response: Response<Body>, place: Place) -> Result<JsValue, JsError> {
    let (head, body) = response.into_parts();
    // A header's bytes are characters of the same numbers to a browser.
    let text =
        |value: &HeaderValue| value.as_bytes().iter().map(|byte| char::from(*byte)).collect();
    let headers = head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value)));
    let headers = headers.collect();
    to_js(&Answer { status: head.status.as_u16(), headers, body: place.keep(body) })
}

/// A request as it comes, without its body.
struct Head {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
}

impl Head {
    fn read(method: &JsValue, url: &JsValue, headers: JsValue) -> Result<Self, JsError> {
        let (method, url) = (text("method", method)?, text("url", url)?);
        let headers: Option<_> = serde_wasm_bindgen::from_value(headers).map_err(|error| {
            sentence(format!("headers must be pairs of name and value: {error}"))
        })?;
        Ok(Self { method, url, headers: headers.unwrap_or_default() })
    }

    /// The answer to one that is past the bounds.
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

    fn request(&self, body: Body) -> Result<Request<Body>, JsError> {
        let mut request = Request::new(body);
        *request.method_mut() = Method::from_bytes(self.method.as_bytes())
            .map_err(|_| sentence(format!("{:?} is no method", shown(&self.method))))?;
        *request.uri_mut() = self
            .url
            .parse::<Uri>()
            .map_err(|error| sentence(format!("{:?} is no address: {error}", shown(&self.url))))?;
        for (name, value) in &self.headers {
            let wrong = |what| {
                sentence(format!("the {what} of the header {:?} cannot be sent", shown(name)))
            };
            let name = name.parse::<HeaderName>().map_err(|_| wrong("name"))?;
            let bytes = value.chars().map(|character| u8::try_from(u32::from(character)));
            let bytes = bytes.collect::<Result<Vec<u8>, _>>().map_err(|_| wrong("value"))?;
            let value = HeaderValue::from_bytes(&bytes).map_err(|_| wrong("value"))?;
            request.headers_mut().append(name, value);
        }
        Ok(request)
    }
}

/// The answer to a body that is past the bound, which is not copied then.
fn body_too_large(body: &Uint8Array) -> Option<Problem> {
    let length = body.length() as usize;
    let found = || api::body_too_large(&format!("this one has {length}"));
    (length > BODY_BYTES_MAX).then(found)
}

fn text(what: &str, value: &JsValue) -> Result<String, JsError> {
    value.as_string().ok_or_else(|| sentence(format!("{what} must be text, not {value:?}")))
}

/// The bytes of a body, which are still JavaScript's.
fn bytes(body: &JsValue) -> Result<Uint8Array, JsError> {
    if body.is_undefined() || body.is_null() {
        return Ok(Uint8Array::new_with_length(0));
    }
    let bytes = body.dyn_ref::<Uint8Array>().cloned();
    bytes.ok_or_else(|| sentence("body must be a Uint8Array or nothing".to_owned()))
}

/// The beginning of a text that somebody sent.
fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}

fn sentence(text: String) -> JsError {
    JsError::new(&text)
}
