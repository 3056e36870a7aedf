//! Refusals of requests that may be sent again.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::api::Problem;

/// Returns the response to a request that may be sent again in a second.
pub(super) fn retry_later(problem: Problem) -> Response {
    let mut response = problem.into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}
