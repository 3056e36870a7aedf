//! The problems of endpoints, in groups for `responses(…)` of `utoipa::path`.

use axum::http::StatusCode;
use serde_json::json;
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

pub(in crate::api::http) fn response(
    status: u16,
    when: &str,
    example: (&str, &str),
) -> (String, RefOr<Response>) {
    let response = ResponseBuilder::new().description(when);
    let response = response.content(PROBLEM, content(status, example)).build();
    (status.to_string(), response.into())
}

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident { $($status:literal $when:literal ($code:literal, $detail:literal),)+ })+) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl utoipa::IntoResponses for $name {
            fn responses() -> std::collections::BTreeMap<
                String,
                utoipa::openapi::RefOr<utoipa::openapi::Response>,
            > {
                [$($crate::api::http::openapi::response($status, $when, ($code, $detail)),)+].into()
            }
        }
    )+};
}

#[cfg(test)]
pub(in crate::api::http) use problems;

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
    /// The caller has as many long reads as a user may have at the same time.
    ReadProblem {
        429 "The user has reached the limit of long reads at the same time." (
            "too_many_reads_of_user",
            "this user has reached the limit of 16 long reads at the same time; try again"
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
    /// The host issues no tickets, or none now.
    TicketProblems {
        429 "There are too many unused tickets. `Retry-After` has the seconds to wait." (
            "too_many_tickets",
            "there are too many unused tickets; they expire after 30 s"
        ),
        501 "This host issues no tickets." (
            "no_tickets_here",
            "this host issues no tickets; `ledgerlab serve` does with --cors-origin"
        ),
    }
    /// A quota of the user does not suffice.
    QuotaProblems {
        429 "A quota of the user is used up: attempts a second, or the share of the trail. `Retry-After` has the seconds to wait." (
            "too_many_attempts",
            "a user may make 1000 attempts a second; wait, or send fewer"
        ),
    }
    /// No visible account or transfer has this id.
    NotFoundProblem {
        404 "No account or transfer that the caller may see has this id." (
            "not_found",
            "there is no transfer 7"
        ),
    }
}
