//! Errors as RFC 9457 defines them: `application/problem+json`, with a code for programs and the
//! name of the invalid field.

use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::query::QueryError;
use crate::api::quotas::SessionError;
use crate::coins::CoinsError;
use crate::ledger::LedgerError;
use crate::model::amounts::JsonU128;

/// The type of all problems.
const ABOUT_BLANK: &str = "about:blank";

/// The header `WWW-Authenticate` of each response with the status 401.
pub(super) const BEARER: HeaderValue = HeaderValue::from_static("Bearer");

/// An error as the response to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    /// The type of problem. It is always `about:blank`; `code` distinguishes problems.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The HTTP status in words.
    title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What happened, in a sentence that names the value and the limit.
    #[schema(value_type = String)]
    detail: Box<str>,
    /// A name for programs, in snake case: a status of the model, or one of the API's own.
    #[schema(pattern = "^[a-z_]+$")]
    code: &'static str,
    /// The invalid parameter, header, or field of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>)]
    field: Option<Box<str>>,
    /// If the outcome is unknown: the ids of the events that asked for new ones, in order.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false, value_type = Vec<JsonU128>)]
    ids: Box<[JsonU128]>,
    /// The header `Retry-After`, in seconds.
    #[serde(skip)]
    #[schema(ignore)]
    retry_after_s: Option<u64>,
}

/// The code of a problem, in the extensions of its response, for the host's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProblemCode(pub &'static str);

impl Problem {
    /// Creates a problem with a code for programs and a sentence for people.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: ABOUT_BLANK,
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into().into(),
            code,
            field: None,
            ids: Box::default(),
            retry_after_s: None,
        }
    }

    /// Creates the problem of a filter or another parameter that has no valid value.
    pub(super) fn bad_filter(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_filter", detail)
    }

    /// Creates the problem of an id that no visible account or transfer has.
    pub(super) fn not_found(what: &str, id: u128) -> Self {
        let detail = format!("there is no {what} {id}");
        Self::new(StatusCode::NOT_FOUND, "not_found", detail).about("id")
    }

    /// Returns the same problem with the name of the invalid field, unless that is empty.
    pub fn about(self, field: impl Into<String>) -> Self {
        let field = Some(field.into()).filter(|field| !field.is_empty());
        Self { field: field.map(Into::into), ..self }
    }

    /// Returns the same problem with the ids of events whose outcome is unknown.
    #[cfg_attr(
        target_family = "wasm",
        allow(dead_code, reason = "in a browser the ledger is embedded")
    )]
    pub(super) fn of_ids(self, ids: &[u128]) -> Self {
        Self { ids: ids.iter().copied().map(JsonU128).collect(), ..self }
    }

    /// Returns the same problem with the time after which the request may be sent again.
    pub(super) fn retry_after_ns(self, after_ns: u64) -> Self {
        Self { retry_after_s: Some(whole_seconds(after_ns)), ..self }
    }

    /// The ids of events whose outcome is unknown.
    pub(super) fn ids(&self) -> Vec<u128> {
        self.ids.iter().map(|id| id.0).collect()
    }

    /// The header `Retry-After`, in seconds.
    pub(super) fn retry_after_s(&self) -> Option<u64> {
        self.retry_after_s
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The description of the error.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

/// Returns a time in whole seconds, rounded up and at least one, as in `Retry-After`.
pub(super) fn whole_seconds(nanoseconds: u64) -> u64 {
    nanoseconds.div_ceil(1_000_000_000).max(1)
}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_query", error.message).about(error.field)
    }
}

impl From<getrandom::Error> for Problem {
    fn from(error: getrandom::Error) -> Self {
        let detail = format!("no random numbers are available: {error}");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "no_randomness", detail)
    }
}

impl From<LedgerError> for Problem {
    fn from(error: LedgerError) -> Self {
        let (status, code) = match error {
            LedgerError::TrailFull(_) => (StatusCode::SERVICE_UNAVAILABLE, "trail_full"),
            LedgerError::TransferIdsFull { .. } => {
                (StatusCode::SERVICE_UNAVAILABLE, "transfer_ids_full")
            }
            LedgerError::AccountsFull { .. } => (StatusCode::SERVICE_UNAVAILABLE, "accounts_full"),
            LedgerError::BatchTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "batch_too_large"),
            LedgerError::IdReserved { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "id_reserved"),
            LedgerError::TimestampsExhausted => {
                (StatusCode::SERVICE_UNAVAILABLE, "timestamps_exhausted")
            }
            LedgerError::StoreNoSpace => (StatusCode::SERVICE_UNAVAILABLE, "store_no_space"),
            LedgerError::StoreEnded => (StatusCode::SERVICE_UNAVAILABLE, "store_failed"),
            LedgerError::OutcomeUnknown => (StatusCode::SERVICE_UNAVAILABLE, "outcome_unknown"),
            _ => (StatusCode::SERVICE_UNAVAILABLE, "ledger_refused"),
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<SessionError> for Problem {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Quota(error) => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, error.code(), error.to_string())
                    .retry_after_ns(error.retry_after_ns())
            }
            SessionError::Ledger(error) => error.into(),
        }
    }
}

impl From<CoinsError> for Problem {
    fn from(error: CoinsError) -> Self {
        match error {
            CoinsError::Ledger(error) => error.into(),
            CoinsError::IdReserved { .. } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "id_reserved", error.to_string())
            }
            _ => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "rejected", error.to_string()),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let body = serde_json::to_string(&self).expect("a problem serializes");
        let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"))];
        let mut response = (status, json, body).into_response();
        response.extensions_mut().insert(ProblemCode(self.code));
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, BEARER);
        }
        if status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
            let headers = response.headers_mut();
            headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// Returns the problem of a path that does not exist.
pub(super) async fn no_such_path(uri: Uri) -> Problem {
    let path: String = uri.path().chars().take(200).collect();
    Problem::new(StatusCode::NOT_FOUND, "no_such_path", format!("no endpoint has the path {path}"))
}

/// Returns the problem for a method that the path does not support. The router lists the supported
/// methods in the `Allow` header.
pub(super) async fn no_such_method(method: Method, uri: Uri) -> Problem {
    let path: String = uri.path().chars().take(200).collect();
    let detail = format!(
        "{path} does not accept {method}; the header Allow lists the methods that it accepts"
    );
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "no_such_method", detail)
}
