//! Problems that endpoints answer, as groups for `responses(…)` of `utoipa::path`.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::json;
use utoipa::IntoResponses;
use utoipa::openapi::{Content, Ref, RefOr, Response, ResponseBuilder};

/// The media type of a problem.
pub(super) const PROBLEM: &str = "application/problem+json";

/// A problem as the content of an answer: its status, and the name of an example and its sentence.
pub(super) fn content(status: u16, (code, detail): (&str, &str)) -> Content {
    let title = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let example = json!({
        "type": "about:blank", "title": title, "status": status, "detail": detail, "code": code,
    });
    let schema = Some(Ref::from_schema_name("Problem"));
    Content::builder().schema(schema).example(Some(example)).build()
}

fn answer(status: u16, when: &str, example: (&str, &str)) -> (String, RefOr<Response>) {
    let response = ResponseBuilder::new().description(when);
    let response = response.content(PROBLEM, content(status, example)).build();
    (status.to_string(), response.into())
}

macro_rules! answers {
    ($($(#[$doc:meta])* $name:ident { $($status:literal $when:literal ($code:literal, $detail:literal),)+ })+) => {$(
        $(#[$doc])*
        pub(in crate::api) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                [$(answer($status, $when, ($code, $detail)),)+].into()
            }
        }
    )+};
}

answers! {
    /// Who asks is not known.
    Unknown {
        401 "The token is missing, or nobody's." (
            "unauthorized",
            "the header Authorization must be `Bearer ` and a token that is known here"
        ),
    }
    /// Who asks is not known, or may not.
    Guarded {
        401 "The token is missing, or nobody's." (
            "unauthorized",
            "the header Authorization must be `Bearer ` and a token that is known here"
        ),
        403 "The role of the one who asks does not go so far." (
            "forbidden",
            "this is for the role operator, not user"
        ),
    }
    /// The body cannot be read, or what it says cannot be.
    BadBody {
        400 "The body, a header or the query is not what it must be." (
            "bad_body",
            "EOF while parsing an object at column 1"
        ),
        413 "The body has more than 8,388,608 bytes, or a list in it more than 8,189 elements." (
            "body_too_large",
            "a body has at most 8388608 bytes; this one has more"
        ),
        422 "A field of the body is missing, not known, given twice, or not what it must be." (
            "bad_body",
            "events[0].amount must be a whole number, in digits or as a string of digits, not -1"
        ),
    }
    /// The id in the path cannot be read.
    BadId {
        400 "The path is no UTF-8." (
            "bad_path",
            "the id in the path must be UTF-8, percent-encoded"
        ),
        422 "The id is neither a number nor a UUID." (
            "bad_id",
            "id must be a whole number, 0 to 2^128 - 1, or a UUID, not \"x\""
        ),
    }
    /// The query cannot be read, or what it says cannot be.
    BadQuery {
        400 "The query names a parameter twice, or one that is not known." (
            "bad_query",
            "limit must be given once"
        ),
        422 "A parameter of the query is not what it must be." (
            "bad_filter",
            "limit must be a whole number, not \"x\""
        ),
    }
    /// The number of a run in the path cannot be read, or none of this number is remembered.
    BadRun {
        400 "The path is no UTF-8." (
            "bad_path",
            "the run in the path must be UTF-8, percent-encoded"
        ),
        404 "No run of this number is remembered." (
            "not_found",
            "there is no run 7; the last 16 are remembered"
        ),
        422 "The number of a run is not one." (
            "bad_run",
            "a run is a whole number from 1, not \"x\""
        ),
    }
    /// A run goes on.
    UnderWay {
        409 "A run goes on, or it could not be finished." (
            "run_under_way",
            "run 1 goes on, and there is one at a time; cancel it or wait"
        ),
    }
    /// This host runs nothing.
    NoRuns {
        501 "This host runs no scenarios." (
            "no_runs_here",
            "this host answers requests and runs no scenarios; `ledgerlab serve` does"
        ),
    }
    /// Nothing of this id is there.
    NotFound {
        404 "There is nothing of this id that may be seen." (
            "not_found",
            "there is no transfer 7"
        ),
    }
}
