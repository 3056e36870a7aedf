//! Extractors for the body of a request and the id in its path. A rejection is a [`Problem`].

use axum::body::{Bytes, HttpBody};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};

use super::problem::Problem;
use super::query::QueryParameters;
use crate::wire::value::id_in_text;
use crate::wire::{self, ParseErrorKind};

/// The maximum size of a request's body in bytes. A batch of 8,189 transfers with all fields takes about half of it.
pub const BODY_BYTES_MAX: usize = 8 << 20;

/// The maximum number of characters of a value that an error quotes.
const SHOWN_MAX: usize = 48;

/// Returns the beginning of a value, in quotes, for an error.
pub(super) fn shown(text: &str) -> String {
    format!("{:?}", text.chars().take(SHOWN_MAX).collect::<String>())
}

/// Checks that a query has no other parameters. A misspelt one would change what a request does.
pub(super) fn check_names(query: &QueryParameters, known: &[&str]) -> Result<(), Problem> {
    match query.pairs().find(|(name, _)| !known.contains(name)) {
        None => Ok(()),
        Some((name, _)) => {
            let known = known.join(", ");
            let detail = format!("unknown parameter {}; the parameters are {known}", shown(name));
            Err(Problem::new(StatusCode::BAD_REQUEST, "bad_query", detail).about(name))
        }
    }
}

/// Checks that a body is JSON without an encoding, by its headers. A body without a type is JSON, and so
/// is one of the type that `fetch` gives to a text.
pub(super) fn must_be_json(headers: &HeaderMap) -> Result<(), Problem> {
    let unsupported = |code, detail: String, field| {
        Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, code, detail).about(field))
    };
    for value in headers.get_all(header::CONTENT_ENCODING) {
        let encoding = String::from_utf8_lossy(value.as_bytes());
        if !encoding.trim().eq_ignore_ascii_case("identity") {
            let detail = format!("a body must not be encoded, not even as {}", shown(&encoding));
            return unsupported("bad_content_encoding", detail, "Content-Encoding");
        }
    }
    for value in headers.get_all(header::CONTENT_TYPE) {
        let text = String::from_utf8_lossy(value.as_bytes());
        let media_type = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let is_json = matches!(&*media_type, "application/json" | "text/plain");
        if !is_json && !media_type.ends_with("+json") {
            let detail = format!("a body must be application/json, not {}", shown(&text));
            return unsupported("bad_content_type", detail, "Content-Type");
        }
    }
    Ok(())
}

/// The whole body of a request, at most [`BODY_BYTES_MAX`] bytes.
pub(super) struct JsonBody(pub(super) Bytes);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        // A body whose announced length is too large is rejected before it arrives.
        let announced = request.body().size_hint().lower();
        if announced > BODY_BYTES_MAX as u64 {
            return Err(body_too_large(&format!("this one has {announced}")));
        }
        Bytes::from_request(request, state).await.map(Self).map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                return body_too_large("this one has more");
            }
            Problem::new(StatusCode::BAD_REQUEST, "bad_body", "the body ended early")
        })
    }
}

/// The content of a body in JSON.
pub(super) struct Parsed<B: wire::Body>(pub(super) B::Content);

impl<S: Send + Sync, B: wire::Body> FromRequest<S> for Parsed<B> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        must_be_json(request.headers())?;
        let JsonBody(body) = JsonBody::from_request(request, state).await?;
        let text = std::str::from_utf8(&body).map_err(|error| {
            let detail = format!("the body must be UTF-8; byte {} is not", error.valid_up_to());
            Problem::new(StatusCode::BAD_REQUEST, "bad_body", detail)
        })?;
        wire::read_body::<B>(text).map(Self).map_err(|error| {
            let status = match error.kind() {
                ParseErrorKind::Syntax { .. } => StatusCode::BAD_REQUEST,
                ParseErrorKind::Length { .. } => StatusCode::PAYLOAD_TOO_LARGE,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            Problem::new(status, "bad_body", error.to_string()).about(error.field())
        })
    }
}

/// The problem of a body that is too large. `found` is a clause about its size.
pub(crate) fn body_too_large(found: &str) -> Problem {
    let detail = format!("a body has at most {BODY_BYTES_MAX} bytes; {found}");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
}

/// An id in a path: a number, or a hyphenated UUID.
pub(super) struct PathId(pub(super) u128);

impl<S: Send + Sync> FromRequestParts<S> for PathId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = path_parameter(parts, state, "id").await?;
        id_in_text(&text).map(Self).ok_or_else(|| {
            let shown = shown(&text);
            let detail =
                format!("id must be a whole number, 0 to 2^128 - 1, or a UUID, not {shown}");
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_id", detail).about("id")
        })
    }
}

/// Returns the text of a path's only parameter. `name` is used in errors.
pub(super) async fn path_parameter<S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
    name: &str,
) -> Result<String, Problem> {
    Path::from_request_parts(parts, state).await.map(|Path(text)| text).map_err(|_| {
        let detail = format!("the {name} in the path must be UTF-8, percent-encoded");
        Problem::new(StatusCode::BAD_REQUEST, "bad_path", detail).about(name)
    })
}
