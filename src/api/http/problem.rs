//! What goes wrong, as RFC 9457 has it: `application/problem+json`, with the status name of the model, the field and the
//! limit where there are any.

use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::query::BadQuery;
use crate::ledger::LedgerError;

/// Where the kinds of problem are described.
const ABOUT: &str = "about:blank";

/// One problem. It answers a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    /// A reference to a description of its kind. The title says all, so it is `about:blank`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The HTTP status in words.
    title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What happened, in a sentence that names the value and the limit.
    detail: String,
    /// A name for programs, in snake case: a status of the model, or one of the API's own.
    #[schema(pattern = "^[a-z_]+$")]
    code: &'static str,
    /// What it is about: a parameter, a header, or a field of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    field: Option<String>,
}

impl Problem {
    /// One of this status, with a name for programs and a sentence for people.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: ABOUT,
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            code,
            field: None,
        }
    }

    /// The same, about this field.
    pub fn about(self, field: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..self }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The sentence.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl From<BadQuery> for Problem {
    fn from(bad: BadQuery) -> Self {
        let problem = Self::new(StatusCode::BAD_REQUEST, "bad_query", bad.sentence);
        if bad.field.is_empty() { problem } else { problem.about(bad.field) }
    }
}

impl From<LedgerError> for Problem {
    fn from(error: LedgerError) -> Self {
        let (status, code) = match error {
            LedgerError::TrailFull(_) => (StatusCode::SERVICE_UNAVAILABLE, "trail_full"),
            LedgerError::AccountsFull { .. } => (StatusCode::SERVICE_UNAVAILABLE, "accounts_full"),
            LedgerError::BatchTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "batch_too_large"),
            LedgerError::IdReserved { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "id_reserved"),
            _ => (StatusCode::SERVICE_UNAVAILABLE, "ledger_refused"),
        };
        Self::new(status, code, error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let body = serde_json::to_string(&self).expect("a problem serializes");
        let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"))];
        let mut response = (status, json, body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let bearer = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, bearer);
        }
        response
    }
}

/// The answer for a path that is none.
pub(super) async fn no_such_path(uri: Uri) -> Problem {
    let path: String = uri.path().chars().take(200).collect();
    Problem::new(StatusCode::NOT_FOUND, "no_such_path", format!("there is nothing at {path}"))
}

/// The answer for a method that a path does not take; the router names those that it does in `Allow`.
pub(super) async fn no_such_method(method: Method, uri: Uri) -> Problem {
    let path: String = uri.path().chars().take(200).collect();
    let sentence = format!("{path} does not take {method}; the header Allow names what it takes");
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "no_such_method", sentence)
}
