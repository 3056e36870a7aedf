//! Extractors for the body of a request and the id in its path. A rejection is a [`Problem`].

use axum::body::{Bytes, HttpBody};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;

use super::problem::Problem;
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
