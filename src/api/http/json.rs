//! Responses in JSON.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// A response with a value in JSON. Unlike axum's, it serializes to a vector, as other parts of the crate do, so a
/// WebAssembly module has one serializer for each type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Json<T>(pub(super) T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        response(serde_json::to_vec(&self.0))
    }
}

fn response(json: serde_json::Result<Vec<u8>>) -> Response {
    match json {
        Ok(json) => {
            let media_type = HeaderValue::from_static("application/json");
            ([(header::CONTENT_TYPE, media_type)], json).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
