//! The problems of endpoints, in groups for `responses(…)` of `utoipa::path`.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::json;
use utoipa::IntoResponses;
use utoipa::openapi::{Content, Ref, RefOr, Response, ResponseBuilder};

/// The media type of a problem.
const PROBLEM: &str = "application/problem+json";

/// Returns the content of a response that is a problem, with the code and the detail of an example.
fn content(status: u16, (code, detail): (&str, &str)) -> Content {
    let title = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let example = json!({
        "type": "about:blank", "title": title, "status": status, "detail": detail, "code": code,
    });
    let schema = Some(Ref::from_schema_name("Problem"));
    Content::builder().schema(schema).example(Some(example)).build()
}

fn response(status: u16, when: &str, example: (&str, &str)) -> (String, RefOr<Response>) {
    let response = ResponseBuilder::new().description(when);
    let response = response.content(PROBLEM, content(status, example)).build();
    (status.to_string(), response.into())
}

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident { $($status:literal $when:literal ($code:literal, $detail:literal),)+ })+) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                [$(response($status, $when, ($code, $detail)),)+].into()
            }
        }
    )+};
}

problems! {
    /// The caller is not authenticated.
    TokenProblem {
        401 "The token is missing or unknown." (
            "unauthorized",
            "the header Authorization must be `Bearer ` and a token that is known here"
        ),
    }
    /// The caller is not authenticated, or the role does not allow it.
    RoleProblems {
        401 "The token is missing or unknown." (
            "unauthorized",
            "the header Authorization must be `Bearer ` and a token that is known here"
        ),
        403 "The role of the caller does not allow it." (
            "forbidden",
            "this is for the operator role, not user"
        ),
    }
    /// The body is invalid.
    BodyProblems {
        400 "The body, a header or the query is malformed." (
            "bad_body",
            "EOF while parsing an object at column 1"
        ),
        413 "The body has more than 8,388,608 bytes, or a list in it more than 8,189 elements." (
            "body_too_large",
            "a body has at most 8388608 bytes; this one has more"
        ),
        422 "A field of the body is missing, unknown, repeated or invalid." (
            "bad_body",
            "events[0].amount must be a whole number, as a JSON number or a string of digits, not -1"
        ),
    }
    /// The id in the path is invalid.
    IdProblems {
        400 "The path is not UTF-8." (
            "bad_path",
            "the id in the path must be UTF-8, percent-encoded"
        ),
        422 "The id is neither a number nor a hyphenated UUID." (
            "bad_id",
            "id must be a whole number, 0 to 2^128 - 1, or a UUID, not \"x\""
        ),
    }
    /// The query is invalid.
    QueryProblems {
        400 "A parameter of the query is repeated or unknown." (
            "bad_query",
            "limit must be given once"
        ),
        422 "A parameter of the query is invalid." (
            "bad_filter",
            "limit must be a whole number, as a JSON number or a string of digits, not \"x\""
        ),
    }
    /// The number of a run in the path is invalid, or no such run is stored.
    RunProblems {
        400 "The path is not UTF-8." (
            "bad_path",
            "the run in the path must be UTF-8, percent-encoded"
        ),
        404 "No run with this number is stored." (
            "not_found",
            "there is no run 7; the last 16 are stored"
        ),
        422 "The number of the run is invalid." (
            "bad_run",
            "a run is a whole number from 1, not \"x\""
        ),
    }
    /// A run is active.
    ActiveRunProblem {
        409 "A run is active, or it failed." (
            "run_under_way",
            "run 1 is active, and only one can be at a time; cancel it or wait"
        ),
    }
    /// The host does not run scenarios.
    NoHostProblem {
        501 "This host does not run scenarios." (
            "no_runs_here",
            "this host does not run scenarios; `ledgerlab serve` does"
        ),
    }
    /// No visible account or transfer has this id.
    NotFoundProblem {
        404 "No account or transfer that the caller may see has this id." (
            "not_found",
            "there is no transfer 7"
        ),
    }
    /// The idempotency key is invalid or in use.
    KeyProblems {
        400 "The key is malformed." (
            "bad_idempotency_key",
            "Idempotency-Key must have 1 to 255 characters, not 0"
        ),
        409 "The first request with the key is still in progress." (
            "idempotency_key_in_use",
            "the first request with this key is in progress, or failed with an unknown outcome"
        ),
        422 "The key was used for another request." (
            "idempotency_key_reused",
            "this key was used for another request; a new request needs a new key"
        ),
        429 "The user's keys of the last day use up the user's share of the memory for keys." (
            "idempotency_share_full",
            "this user's keys of the last day use up the user's share of the memory for keys"
        ),
        503 "The keys of the last day use up the memory for keys." (
            "idempotency_full",
            "the keys of the last day use up the memory for keys"
        ),
    }
    /// The host responds instead of the endpoint.
    HostProblems {
        408 "The request took longer than the server's time limit." (
            "request_timeout",
            "the request took longer than the limit of 30 s"
        ),
        500 "The server failed; the outcome of the request is unknown." (
            "internal",
            "the server failed; the outcome of the request is unknown; see the server's log"
        ),
        503 "The server is at one of its limits, or the ledger is full." (
            "too_many_requests_at_once",
            "the server has reached its limit of 512 concurrent requests; try again"
        ),
    }
}
