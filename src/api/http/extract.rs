//! What a request brings beside its query: its body, and the id in its path. What is wrong with them is a [`Problem`].

use axum::body::{Bytes, HttpBody};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;

use super::{BODY_BYTES_MAX, Problem};

/// The whole body of a request, of [`BODY_BYTES_MAX`] bytes at most.
pub(super) struct JsonBody(pub(super) Bytes);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        // A body that says beforehand that it is too large is not waited for.
        let announced = request.body().size_hint().lower();
        if announced > BODY_BYTES_MAX as u64 {
            return Err(body_too_large(&format!("this one has {announced}")));
        }
        Bytes::from_request(request, state).await.map(Self).map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                return body_too_large("this one has more");
            }
            Problem::new(StatusCode::BAD_REQUEST, "bad_body", "the body broke off before its end")
        })
    }
}

/// The answer to a body that is too large; `found` says how large it is.
pub(crate) fn body_too_large(found: &str) -> Problem {
    let sentence = format!("a body has at most {BODY_BYTES_MAX} bytes; {found}");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", sentence)
}

/// An id in a path: a number, or a UUID in its usual text form.
pub(super) struct Id(pub(super) u128);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        read_id(&of_path(parts, state, "id").await?).map(Self)
    }
}

/// The text of a path's only parameter, which has this name.
pub(super) async fn of_path<S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
    name: &str,
) -> Result<String, Problem> {
    Path::from_request_parts(parts, state).await.map(|Path(text)| text).map_err(|_| {
        let sentence = format!("the {name} in the path must be UTF-8, percent-encoded");
        Problem::new(StatusCode::BAD_REQUEST, "bad_path", sentence).about(name)
    })
}

fn read_id(text: &str) -> Result<u128, Problem> {
    let uuid = || uuid::Uuid::try_parse(text).ok().map(|uuid| uuid.as_u128());
    text.parse().ok().or_else(uuid).ok_or_else(|| {
        let shown: String = text.chars().take(48).collect();
        let sentence =
            format!("id must be a whole number, 0 to 2^128 - 1, or a UUID, not {shown:?}");
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_id", sentence).about("id")
    })
}
